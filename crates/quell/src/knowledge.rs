//! Rules and mappings from the command line.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use quell_engine::{Knowledge, KnowledgeBuilder};

use crate::arguments::Knowledge as Arguments;
use crate::progress::complain;

/// Deepest folder below a rule folder.
const DEPTH_MAX: usize = 32;

/// Says on standard error how many rules are not in force; `quell rules` lists each with its reason.
pub(crate) fn tell_refused(knowledge: &Knowledge) {
    let refused = knowledge.refused();
    if let Some(first) = refused.first() {
        let count = refused.len();
        complain(&format!("{count} rule documents are not in force (`quell rules` lists them); the first: {first}"));
    }
}

/// Puts together what a run starts from.
pub(crate) fn load(arguments: &Arguments) -> Result<Knowledge> {
    let mut builder = KnowledgeBuilder::new()?;
    for file in &arguments.mapping {
        let text = fs::read_to_string(file).with_context(|| format!("cannot read mapping {}", file.display()))?;
        builder.mapping(&file.display().to_string(), &text)?;
    }
    for (name, _) in &arguments.placeholder {
        let values = arguments.placeholder.iter().filter(|(known, _)| known == name).map(|(_, value)| value.clone());
        builder.placeholder(name, values.collect());
    }
    if !arguments.no_default_rules {
        builder.own_rules();
    }
    for path in &arguments.rules {
        add_rules(&mut builder, path, 0)?;
    }
    let knowledge = builder.build()?;
    if knowledge.rule_count() == 0 {
        bail!("no rule is in force; name a folder of Sigma rules with --rules");
    }
    Ok(knowledge)
}

/// Adds the rules below a path.
pub(crate) fn add_rules(builder: &mut KnowledgeBuilder, path: &Path, depth: usize) -> Result<()> {
    if depth > DEPTH_MAX {
        bail!("{} is nested deeper than {DEPTH_MAX} folders", path.display());
    }
    let context = || format!("cannot read rules in {}", path.display());
    if !path.is_dir() {
        let bytes = fs::read(path).with_context(context)?;
        builder.rules(&path.display().to_string(), &String::from_utf8_lossy(&bytes));
        return Ok(());
    }
    let mut entries: Vec<_> =
        fs::read_dir(path).with_context(context)?.collect::<Result<_, _>>().with_context(context)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let is_rule = path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml");
        if path.is_dir() || is_rule {
            add_rules(builder, &path, depth + 1)?;
        }
    }
    Ok(())
}
