//! `quell rules`: what is in force, what is not, and why.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;

use crate::arguments::Rules;
use crate::knowledge;

/// Prints the coverage of the rules.
pub(crate) fn rules(arguments: &Rules) -> Result<ExitCode> {
    let knowledge = knowledge::load(&arguments.knowledge)?;
    let mut out = io::stdout().lock();
    writeln!(out, "{} rules in force", knowledge.rule_count())?;

    let refused = knowledge.refused();
    writeln!(out, "{} refused", refused.len())?;
    for error in refused {
        writeln!(out, "  {}", quell_report::clean(&error.to_string()))?;
    }

    let mut sources: BTreeMap<String, u32> = BTreeMap::new();
    for (_, source) in knowledge.without_source() {
        *sources.entry(source).or_default() += 1;
    }
    writeln!(out, "{} in force for log sources that no mapping brings", sources.values().sum::<u32>())?;
    for (source, count) in sources {
        writeln!(out, "  {count:4}  {}", quell_report::clean(&source))?;
    }
    Ok(ExitCode::SUCCESS)
}
