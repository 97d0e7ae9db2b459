//! `quell investigate`: from logs to the story of each incident.

use std::fs;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use quell_engine::Investigator;
use quell_model::Investigation;
use quell_normalize::Item;
use quell_report::TerminalOptions;

use super::FOUND;
use crate::arguments::{Investigate, Report, ReportFormat};
use crate::knowledge;
use crate::progress::{Progress, complain};
use crate::reading::{self, Sink};

const WIDTH_DEFAULT: usize = 100;

/// Reads, tells the story on standard output and writes the reports.
pub(crate) fn investigate(arguments: &Investigate) -> Result<ExitCode> {
    let knowledge = knowledge::load(&arguments.inputs.knowledge)?;
    if !arguments.inputs.quiet {
        knowledge::tell_refused(&knowledge);
    }
    let investigator = Investigator::new(&knowledge);
    let mut sink = Telling { investigator, progress: Progress::new(arguments.inputs.quiet), input: String::new() };
    reading::read(&arguments.inputs.paths, &knowledge, &mut sink)?;
    sink.progress.clear();
    let investigation = sink.investigator.finish();

    for Report { file, format } in &arguments.report {
        let text = match format {
            ReportFormat::Html => quell_report::html(&investigation),
            ReportFormat::Markdown => quell_report::markdown(&investigation),
        };
        fs::write(file, text).with_context(|| format!("cannot write report {}", file.display()))?;
        if !arguments.inputs.quiet {
            complain(&format!("report written to {}", file.display()));
        }
    }
    print(&investigation, arguments.json)?;
    let worst = investigation.incidents.iter().map(|incident| incident.severity).max();
    let found = arguments.fail_on.is_some_and(|least| worst >= Some(least.level()));
    Ok(if found { ExitCode::from(FOUND) } else { ExitCode::SUCCESS })
}

fn print(investigation: &Investigation, json: bool) -> Result<()> {
    let stdout = io::stdout();
    let color = stdout.is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let columns = std::env::var_os("COLUMNS").and_then(|columns| columns.to_str()?.parse().ok());
    let width = columns.unwrap_or(WIDTH_DEFAULT);
    let mut out = BufWriter::new(stdout.lock());
    if json {
        serde_json::to_writer_pretty(&mut out, investigation)?;
        writeln!(out)?;
    } else {
        out.write_all(quell_report::terminal(investigation, TerminalOptions { width, color }).as_bytes())?;
    }
    Ok(out.flush()?)
}

struct Telling<'k> {
    investigator: Investigator<'k>,
    progress: Progress,
    input: String,
}

impl Sink for Telling<'_> {
    fn begin(&mut self, input: &str) {
        self.investigator.begin_input(input);
        input.clone_into(&mut self.input);
    }

    fn item(&mut self, item: Item) -> Result<()> {
        self.investigator.take(item);
        let (records, alerts) = self.investigator.progress();
        self.progress.update(records, alerts, &self.input);
        Ok(())
    }

    fn problem(&mut self, name: &str, offset: u64, reason: String) {
        self.investigator.problem(name, offset, reason);
    }
}
