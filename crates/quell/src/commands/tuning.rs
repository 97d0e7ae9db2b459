//! `quell tuning`: filters for rules that were wrong, proposed from false positives and decided upon by people.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Api, Server, plain};

#[derive(Debug, Args)]
pub(crate) struct Tuning {
    #[command(flatten)]
    server: Server,
    #[command(subcommand)]
    command: TuningCommand,
}

#[derive(Debug, Subcommand)]
enum TuningCommand {
    /// List proposals, the newest first
    List,
    /// Propose a filter from an alert that was found to be harmless, and hold it against the alerts of its rule
    Propose {
        /// Id of the alert
        alert: String,
        /// Filter by this field; can be given again. Found by Quell, if not given
        #[arg(long, value_name = "FIELD")]
        field: Vec<String>,
    },
    /// Let a filter come into force when the server starts the next time
    Accept {
        id: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Let a filter not come into force
    Reject {
        id: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Print all accepted filters as Sigma documents
    Filters,
}

/// Runs it.
pub(crate) fn tuning(arguments: &Tuning) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(arguments))?;
    Ok(ExitCode::SUCCESS)
}

async fn run(arguments: &Tuning) -> Result<()> {
    let api = Api::of(&arguments.server)?;
    match &arguments.command {
        TuningCommand::List => {
            let list = api.get("/tuning", &[]).await?;
            list["items"].as_array().into_iter().flatten().try_for_each(show)
        }
        TuningCommand::Propose { alert, field } => {
            show(&api.post(&format!("/alerts/{alert}/tuning"), &json!({ "fields": field })).await?)
        }
        TuningCommand::Accept { id, reason } => decide(&api, id, (true, reason)).await,
        TuningCommand::Reject { id, reason } => decide(&api, id, (false, reason)).await,
        TuningCommand::Filters => {
            let answer = api.ask(Method::GET, "/tuning/filters", &[], None).await?;
            Ok(io::stdout().lock().write_all(&answer.bytes().await?)?)
        }
    }
}

async fn decide(api: &Api, id: &str, (accepted, reason): (bool, &str)) -> Result<()> {
    let decision = json!({ "accepted": accepted, "reason": reason });
    show(&api.post(&format!("/tuning/{id}/decision"), &decision).await?)
}

fn show(view: &Value) -> Result<()> {
    let mut out = io::stdout().lock();
    let proposal = &view["proposal"];
    let force = if view["in_force"] == true { ", in force" } else { "" };
    writeln!(out, "{}  {}{force}  {}", plain(&view["id"]), plain(&view["state"]), plain(&proposal["title"]))?;
    for line in proposal["filter"].as_str().unwrap_or_default().lines() {
        writeln!(out, "    {}", quell_report::clean(line))?;
    }
    for replayed in proposal["replay"].as_array().into_iter().flatten() {
        let (status, silenced, raised) = (plain(&replayed["status"]), &replayed["silenced"], &replayed["raised"]);
        writeln!(out, "  {status:<15} {silenced} would be silent, {raised} would be raised")?;
    }
    if proposal["hides_confirmed"] == true {
        writeln!(out, "  It would hide an alert that was confirmed to be hostile.")?;
    }
    Ok(())
}
