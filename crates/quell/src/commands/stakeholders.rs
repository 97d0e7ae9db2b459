//! `quell stakeholders`: who has to hear of incidents, and how they are reached.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Api, Server, plain, print};

#[derive(Debug, Args)]
pub(crate) struct Stakeholders {
    #[command(flatten)]
    server: Server,
    #[command(subcommand)]
    command: StakeholdersCommand,
}

#[derive(Debug, Subcommand)]
enum StakeholdersCommand {
    /// List everybody, by name
    List,
    /// Enter somebody
    Add {
        name: String,
        /// For whom they stand in the communication plan, such as management or legal; can be given again
        #[arg(long, required = true)]
        audience: Vec<String>,
        /// A way to reach them, the best first, as WAY=ADDRESS: phone=+43-1-555-0100. Ways are mail, webhook, phone, meeting,
        /// portal and other
        #[arg(long, value_name = "WAY=ADDRESS")]
        contact: Vec<String>,
        /// To whom they belong, if that is another organisation
        #[arg(long)]
        organisation: Option<String>,
    },
    /// Take somebody out
    Remove { id: String },
}

/// Runs it.
pub(crate) fn stakeholders(arguments: &Stakeholders) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(arguments))?;
    Ok(ExitCode::SUCCESS)
}

async fn run(arguments: &Stakeholders) -> Result<()> {
    let api = Api::of(&arguments.server)?;
    match &arguments.command {
        StakeholdersCommand::List => list(&api.get("/stakeholders", &[]).await?),
        StakeholdersCommand::Add { name, audience, contact, organisation } => {
            let contacts = contact.iter().map(|text| contact_of(text)).collect::<Result<Vec<_>>>()?;
            let body =
                json!({ "name": name, "organisation": organisation, "audiences": audience, "contacts": contacts });
            print(&api.post("/stakeholders", &body).await?)
        }
        StakeholdersCommand::Remove { id } => {
            api.ask(Method::DELETE, &format!("/stakeholders/{id}"), &[], None).await.map(drop)
        }
    }
}

fn contact_of(text: &str) -> Result<Value> {
    match text.split_once('=') {
        Some((channel, address)) => Ok(json!({ "channel": channel, "address": address })),
        None => bail!("--contact is WAY=ADDRESS, such as phone=+43-1-555-0100"),
    }
}

fn list(view: &Value) -> Result<()> {
    let mut out = io::stdout().lock();
    for one in view["items"].as_array().into_iter().flatten() {
        let id = plain(&one["id"]);
        let one = &one["stakeholder"];
        let audiences = one["audiences"].as_array().into_iter().flatten().map(plain).collect::<Vec<_>>().join(", ");
        writeln!(out, "{id}  {} ({audiences})", plain(&one["name"]))?;
        for contact in one["contacts"].as_array().into_iter().flatten() {
            let (channel, address, when) =
                (plain(&contact["channel"]), plain(&contact["address"]), plain(&contact["when"]));
            writeln!(out, "  {channel} {address} {when}")?;
        }
    }
    Ok(())
}
