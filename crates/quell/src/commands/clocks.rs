//! `quell clocks`: the laws and contracts that set a term.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Subcommand;
use quell_content::handbook::handbook;
use quell_model::regime::{Regime, RegimeTerm, TermLength};

#[derive(Debug, Subcommand)]
pub(crate) enum ClocksCommand {
    /// List the regimes, and whether each is used
    List,
    /// Show a regime: when it applies, what it asks for, by when, and how sure that is
    Show {
        /// Its id, as in the list
        id: String,
    },
}

/// Runs it.
pub(crate) fn clocks(command: &ClocksCommand) -> Result<ExitCode> {
    let book = handbook()?;
    let mut out = io::stdout().lock();
    match command {
        ClocksCommand::List => {
            for regime in &book.regimes {
                let used = if regime.stages.iter().any(|stage| regime.uses(stage)) { "on " } else { "off" };
                writeln!(out, "{used}  {:<14}  {:<4}  {}", regime.id, regime.jurisdiction, regime.name)?;
            }
            writeln!(out, "\nOff: proposed, not yet in force, or not certain. No legal advice; read the source.")?;
        }
        ClocksCommand::Show { id } => {
            let regime =
                book.regime(id).with_context(|| format!("there is no {id}; `quell clocks list` shows them"))?;
            show(regime, &mut out)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show(regime: &Regime, out: &mut impl Write) -> Result<()> {
    writeln!(out, "{}\n{}\n\nWhen: {}\nNote: {}", regime.name, regime.law, regime.trigger, regime.note)?;
    writeln!(out, "\nQuestions:")?;
    for question in &regime.questions {
        writeln!(out, "  {:<24}  {}", question.id, question.text)?;
    }
    for stage in &regime.stages {
        let used = if regime.uses(stage) { "" } else { " (off)" };
        let ours = if stage.advisory { ", hours are Quell's own" } else { "" };
        writeln!(out, "\n{}{used}: {} to {}{ours}", stage.id, stage.name, stage.to)?;
        for term in &stage.terms {
            writeln!(out, "  {} from {}{}", length(term.due), term.anchor, narrowed(term))?;
        }
        if let Some(term) = &stage.late_term {
            writeln!(out, "  {} from {}, if that came later than the others", length(term.due), term.anchor)?;
        }
        if let Some(note) = &stage.note {
            writeln!(out, "  {note}")?;
        }
    }
    Ok(())
}

fn length(length: TermLength) -> String {
    let (count, unit) = match length {
        TermLength::Minutes(count) => (count, "minute"),
        TermLength::Hours(count) => (count, "hour"),
        TermLength::Days(count) => (count, "day"),
        TermLength::BusinessDays(count) => (count, "business day"),
        TermLength::Months(count) => (count, "month"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// For which classes and ratings a term is.
fn narrowed(term: &RegimeTerm) -> String {
    let mut narrowed = String::new();
    if !term.classes.is_empty() {
        narrowed += &format!(", class {}", term.classes.iter().cloned().collect::<Vec<_>>().join("/"));
    }
    if !term.impact.is_empty() {
        let impact: Vec<String> = term.impact.iter().map(ToString::to_string).collect();
        narrowed += &format!(", impact {}", impact.join("/"));
    }
    narrowed
}
