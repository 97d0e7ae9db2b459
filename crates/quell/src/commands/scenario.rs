//! `quell scenario`: raw logs of a scripted intrusion, with the truth about it.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use quell_content::scenario::{RenderOptions, Rendered, Scenario, render};

use crate::arguments::ScenarioCommand;

/// Lists or renders scenarios.
pub(crate) fn scenario(command: &ScenarioCommand) -> Result<ExitCode> {
    match command {
        ScenarioCommand::List => {
            let mut out = io::stdout().lock();
            for name in quell_content::scenario_names() {
                writeln!(out, "{name}")?;
            }
        }
        ScenarioCommand::Render { name, out, background, seed, start } => {
            let scenario = Scenario::load(&|path| quell_content::file(path).map(str::to_owned), name)?;
            let options = RenderOptions { seed: *seed, background_ratio: *background, start: *start };
            write(&render(&scenario, &options)?, out)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn write(rendered: &Rendered, folder: &Path) -> Result<()> {
    for file in &rendered.files {
        let path = folder.join("logs").join(&file.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
        }
        fs::write(&path, &file.bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let truth = folder.join("truth.json");
    fs::write(&truth, serde_json::to_vec_pretty(&rendered.truth)?)
        .with_context(|| format!("cannot write {}", truth.display()))
}
