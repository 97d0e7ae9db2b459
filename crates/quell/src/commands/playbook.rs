//! `quell playbook`: what there is, and whether a document is as the standard demands. Needs no server.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use quell_playbook::run::Plan;
use quell_playbook::validate::{Grade, check};
use quell_playbook::{Document, author};

use super::FOUND;

#[derive(Debug, Subcommand)]
pub(crate) enum PlaybookCommand {
    /// List our playbooks
    List,
    /// Print one of them as it is written; or as CACAO v2.0, for other tools
    Show {
        /// Its name, as in the list
        name: String,
        /// Print it as CACAO v2.0 JSON
        #[arg(long)]
        json: bool,
    },
    /// Say what is wrong with a playbook; exit with 3 if it is not as the standard demands, or cannot be run
    Check {
        /// YAML or JSON
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Print a playbook in the other form: YAML as CACAO v2.0 JSON, JSON as YAML
    Convert {
        /// YAML or JSON
        file: PathBuf,
    },
}

/// Runs it.
pub(crate) fn playbook(command: &PlaybookCommand) -> Result<ExitCode> {
    let mut out = io::stdout().lock();
    match command {
        PlaybookCommand::List => {
            for file in quell_content::playbooks() {
                let document = author::from_yaml(file.text).with_context(|| file.path.to_owned())?;
                writeln!(out, "{:<28}  {}", name_of(file.path), document.text("name"))?;
            }
        }
        PlaybookCommand::Show { name, json } => {
            let found = quell_content::playbooks().find(|file| name_of(file.path) == name);
            let Some(file) = found else { bail!("there is no playbook {name}; `quell playbook list` shows them") };
            if *json {
                writeln!(out, "{}", author::from_yaml(file.text)?.to_json())?;
            } else {
                write!(out, "{}", file.text)?;
            }
        }
        PlaybookCommand::Check { files } => return report(files),
        PlaybookCommand::Convert { file } => {
            let (document, is_json) = read(file)?;
            let text = if is_json { author::to_yaml(&document) } else { document.to_json() };
            writeln!(out, "{}", text.trim_end())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Says what is wrong with each file.
fn report(files: &[PathBuf]) -> Result<ExitCode> {
    let mut out = io::stdout().lock();
    let mut errors = 0;
    for file in files {
        let (document, _) = read(file)?;
        let mut findings: Vec<(Grade, &str, String, String)> =
            check(&document).into_iter().map(|found| (found.grade, found.rule, found.at, found.message)).collect();
        if let Err(error) = Plan::of(&document) {
            findings.push((Grade::Error, "cannot-be-run", error.at, error.what));
        }
        findings.sort();
        for (grade, rule, at, message) in &findings {
            let grade = if *grade == Grade::Error { "error" } else { "warning" };
            let (at, message) = (quell_report::clean(at), quell_report::clean(message));
            writeln!(out, "{}: {grade} {rule} at {at}: {message}", file.display())?;
        }
        let found = findings.iter().filter(|(grade, ..)| *grade == Grade::Error).count();
        writeln!(out, "{}: {found} errors, {} warnings", file.display(), findings.len() - found)?;
        errors += found;
    }
    Ok(if errors > 0 { ExitCode::from(FOUND) } else { ExitCode::SUCCESS })
}

/// A document, and whether it was JSON.
fn read(file: &Path) -> Result<(Document, bool)> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let is_json = text.trim_start().starts_with('{');
    let document = if is_json { Document::from_json(&text) } else { author::from_yaml(&text) };
    Ok((document.with_context(|| format!("{} is no playbook", file.display()))?, is_json))
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or(path)
}
