//! `quell incident`: the work on incidents of a running server, from a terminal or a script. A thin client of the API.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use reqwest::{Body, Method};
use serde_json::{Value, json};

use super::client::{Api, Server, plain, print, save};

#[derive(Debug, Args)]
pub(crate) struct Incident {
    #[command(flatten)]
    server: Server,
    #[command(subcommand)]
    command: IncidentCommand,
}

#[derive(Debug, Subcommand)]
enum IncidentCommand {
    /// List incidents, the newest first
    List {
        /// Words of title, hosts, accounts, techniques or id
        text: Option<String>,
    },
    /// Report an incident that Quell did not find, or split one
    New {
        /// One line that says what happened and where
        title: String,
        /// informational, low, medium, high or critical
        #[arg(long)]
        severity: String,
        /// Why it is an incident
        #[arg(long)]
        reason: String,
        /// An alert that belongs to it; can be given again. It is taken from the incident that it belongs to
        #[arg(long, value_name = "ALERT")]
        alert: Vec<String>,
        /// It is an exercise
        #[arg(long)]
        exercise: bool,
    },
    /// Make an incident part of another
    Merge {
        id: String,
        /// The incident that goes on
        into: String,
        /// Why both are one
        #[arg(long)]
        reason: String,
    },
    /// Carry over a case that another program exported as JSON
    Import {
        file: PathBuf,
        /// thehive or iris
        #[arg(long)]
        program: String,
    },
    /// Open a bundle of another Quell
    Open {
        file: PathBuf,
        /// Id of the key that must have signed it; `quell keys public` prints it there, beside the key
        #[arg(long)]
        key: String,
    },
    /// Show an incident and everything that was found, decided and done
    Show { id: String },
    /// Show phases, activities and what is missing, under a framework
    Process {
        id: String,
        /// Another framework than that of the incident
        #[arg(long)]
        framework: Option<String>,
        /// As it was known at this time
        #[arg(long, value_name = "TIME")]
        as_of: Option<String>,
    },
    /// Record work, in the words of the ledger: `record inc-… task.set '{"title": "call the owner"}'`
    Record {
        id: String,
        /// Kind of the entry; docs/INCIDENTS.md lists them
        kind: String,
        /// Its body, JSON; standard input for `-`
        body: String,
    },
    /// Show the timeline
    Timeline { id: String },
    /// Show what is due to whom, by when
    Clocks { id: String },
    /// Show incidents that have something in common with it
    Similar { id: String },
    /// Show what was said about a host, account, address or anything else of this name, in all incidents
    Entity { name: String },
    /// Show who has to hear of it, by when, and who did
    Communication { id: String },
    /// Draw a message up from a template of the handbook; what nobody recorded stays in double braces
    Draft {
        id: String,
        /// Name of the template, such as first-notice-management
        #[arg(long)]
        template: String,
    },
    /// Show what to collect of each asset before it is touched, and what was sealed
    Collection { id: String },
    /// Seal a file as evidence
    Seal {
        id: String,
        file: PathBuf,
        /// What it is
        #[arg(long)]
        description: String,
        /// memory, temporary, disk, remote_logs, configuration or archive
        #[arg(long)]
        volatility: String,
        /// Who collected it
        #[arg(long)]
        collected_by: String,
        /// When it was collected
        #[arg(long, value_name = "TIME")]
        collected_at: String,
        /// What it was taken from, as KIND=NAME: host=ws-01
        #[arg(long, value_name = "KIND=NAME")]
        entity: Option<String>,
    },
    /// Compare all evidence with its hashes
    Verify { id: String },
    /// Write a report as it would be given out now; the name ends with .md, .html or .pdf
    Report {
        id: String,
        /// executive, legal, regulator, technical, customers or post_mortem
        #[arg(long)]
        audience: String,
        /// clear, green, amber, amber+strict or red
        #[arg(long, default_value = "amber+strict")]
        tlp: String,
        /// File to write
        #[arg(long, short)]
        out: PathBuf,
    },
    /// Write it for other programs
    Export {
        id: String,
        /// stix or veris
        #[arg(long)]
        form: String,
    },
    /// Write everything, with all evidence, as an archive that a stranger can check
    Bundle {
        id: String,
        /// File to write
        #[arg(long, short)]
        out: PathBuf,
    },
}

/// Runs it.
pub(crate) fn incident(arguments: &Incident) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(arguments))?;
    Ok(ExitCode::SUCCESS)
}

async fn run(arguments: &Incident) -> Result<()> {
    let api = Api::of(&arguments.server)?;
    match &arguments.command {
        IncidentCommand::List { text } => list(&api, text.as_deref()).await,
        IncidentCommand::New { title, severity, reason, alert, exercise } => {
            let new = json!({ "title": title, "severity": severity, "reason": reason, "alerts": alert,
                "exercise": exercise });
            print(&api.post("/incidents", &new).await?)
        }
        IncidentCommand::Merge { id, into, reason } => {
            print(&api.post(&format!("/incidents/{id}/merge"), &json!({ "into": into, "reason": reason })).await?)
        }
        IncidentCommand::Import { file, program } => {
            let body = ("application/json", body_of(file)?);
            carried(&api.send("/incidents/import", &[("program", Some(program.as_str()))], body).await?)
        }
        IncidentCommand::Open { file, key } => {
            let body = ("application/zip", body_of(file)?);
            carried(&api.send("/incidents/open", &[("key", Some(key.as_str()))], body).await?)
        }
        IncidentCommand::Similar { id } => similar(&api.get(&format!("/incidents/{id}/similar"), &[]).await?),
        IncidentCommand::Entity { name } => said(&api.get("/entities", &[("name", Some(name.as_str()))]).await?),
        IncidentCommand::Communication { id } => {
            planned(&api.get(&format!("/incidents/{id}/communication"), &[]).await?)
        }
        IncidentCommand::Draft { id, template } => {
            let path = format!("/incidents/{id}/communication/draft");
            drawn(&api.get(&path, &[("template", Some(template.as_str()))]).await?)
        }
        IncidentCommand::Collection { id } => collection(&api.get(&format!("/incidents/{id}/collection"), &[]).await?),
        IncidentCommand::Show { id } => {
            let incident = api.get(&format!("/incidents/{id}"), &[]).await?;
            let work = api.get(&format!("/incidents/{id}/work"), &[]).await?;
            print(&json!({ "incident": incident, "work": work["work"] }))
        }
        IncidentCommand::Process { id, framework, as_of } => {
            let query = [("framework", framework.as_deref()), ("as_of", as_of.as_deref())];
            process(&api.get(&format!("/incidents/{id}/process"), &query).await?)
        }
        IncidentCommand::Record { id, kind, body } => record(&api, id, kind, body).await,
        IncidentCommand::Timeline { id } => timeline(&api, id).await,
        IncidentCommand::Clocks { id } => clocks(&api.get(&format!("/incidents/{id}/clocks"), &[]).await?),
        IncidentCommand::Seal { .. } => seal(&api, &arguments.command).await,
        IncidentCommand::Verify { id } => {
            let checked = api.post(&format!("/incidents/{id}/evidence/verification"), &json!({})).await?;
            print(&checked)?;
            let damaged = checked.as_array().into_iter().flatten().any(|checked| checked["intact"] == false);
            if damaged { bail!("some evidence is not what was sealed") } else { Ok(()) }
        }
        IncidentCommand::Report { id, audience, tlp, out } => {
            let form = form_of(out)?;
            let query = [("audience", Some(audience.as_str())), ("form", Some(form)), ("tlp", Some(tlp.as_str()))];
            let answer = api.ask(Method::GET, &format!("/incidents/{id}/reports/draft"), &query, None).await?;
            save(answer, out).await
        }
        IncidentCommand::Export { id, form } => {
            print(&api.get(&format!("/incidents/{id}/export"), &[("form", Some(form.as_str()))]).await?)
        }
        IncidentCommand::Bundle { id, out } => {
            let body = Some(("application/json", Body::from("{}")));
            save(api.ask(Method::POST, &format!("/incidents/{id}/bundle"), &[], body).await?, out).await
        }
    }
}

async fn list(api: &Api, text: Option<&str>) -> Result<()> {
    let found = api.get("/incidents", &[("q", text), ("limit", Some("100"))]).await?;
    let mut out = io::stdout().lock();
    for incident in found["items"].as_array().into_iter().flatten() {
        let field = |name: &str| plain(&incident[name]);
        let (id, severity, status, title) = (field("id"), field("severity"), field("status"), field("title"));
        writeln!(out, "{id}  {severity:<13}  {status:<14}  {title}")?;
    }
    Ok(())
}

fn process(view: &Value) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", plain(&view["name"]))?;
    for phase in view["phases"].as_array().into_iter().flatten() {
        writeln!(out, "\n{} ({})", plain(&phase["name"]), plain(&phase["gate"]))?;
        for activity in phase["activities"].as_array().into_iter().flatten() {
            let (state, id) = (plain(&activity["state"]), plain(&activity["id"]));
            let optional = if activity["required"] == false { " (optional)" } else { "" };
            writeln!(out, "  {state:<12}  {id:<26}  {}{optional}", plain(&activity["title"]))?;
            for missing in activity["missing"].as_array().into_iter().flatten() {
                writeln!(out, "                {}", plain(missing))?;
            }
        }
    }
    Ok(())
}

async fn record(api: &Api, id: &str, kind: &str, body: &str) -> Result<()> {
    let mut text = body.to_owned();
    if body == "-" {
        text.clear();
        io::stdin().lock().read_to_string(&mut text)?;
    }
    let body: Value = serde_json::from_str(&text).context("the body is no JSON")?;
    print(&api.post(&format!("/incidents/{id}/work"), &json!({ "work": [{ "kind": kind, "body": body }] })).await?)
}

async fn timeline(api: &Api, id: &str) -> Result<()> {
    let mut cursor: Option<String> = None;
    loop {
        let query = [("limit", Some("500")), ("cursor", cursor.as_deref())];
        let page = api.get(&format!("/incidents/{id}/timeline"), &query).await?;
        let mut out = io::stdout().lock();
        for item in page["items"].as_array().into_iter().flatten() {
            let (at, kind, title) = (plain(&item["at"]), plain(&item["kind"]), plain(&item["title"]));
            writeln!(out, "#{:<7}  {at:<30}  {kind:<9}  {title}", plain(&item["id"]))?;
        }
        match page["next"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return Ok(()),
        }
    }
}

fn clocks(view: &Value) -> Result<()> {
    let mut out = io::stdout().lock();
    for deadline in view["deadlines"].as_array().into_iter().flatten() {
        let state = &deadline["state"];
        let state = match state["state"].as_str() {
            Some("running") if state["overdue"] == true => "OVERDUE".to_owned(),
            Some("waiting") => {
                let anchors = state["for_any_of"].as_array().into_iter().flatten().map(plain);
                format!("waits for {}", anchors.collect::<Vec<_>>().join(" or "))
            }
            other => other.unwrap_or_default().replace('_', " "),
        };
        let due = if deadline["due_at"].is_null() { "–".to_owned() } else { plain(&deadline["due_at"]) };
        let (regime, stage, to) = (plain(&deadline["regime"]), plain(&deadline["stage"]), plain(&deadline["to"]));
        writeln!(out, "{due:<22}  {state:<28}  {regime}, {stage}: {to}")?;
    }
    for regime in view["undecided"].as_array().into_iter().flatten() {
        writeln!(out, "{:<22}  {:<28}  {}", "–", "nobody decided", plain(regime))?;
    }
    Ok(())
}

async fn seal(api: &Api, command: &IncidentCommand) -> Result<()> {
    let IncidentCommand::Seal { id, file, description, volatility, collected_by, collected_at, entity } = command
    else {
        return Ok(());
    };
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let entity =
        entity.as_ref().map(|entity| entity.split_once('=').context("write --entity KIND=NAME")).transpose()?;
    let query = [
        ("name", Some(name.as_str())),
        ("description", Some(description.as_str())),
        ("volatility", Some(volatility.as_str())),
        ("collected_by", Some(collected_by.as_str())),
        ("collected_at", Some(collected_at.as_str())),
        ("entity_kind", entity.map(|(kind, _)| kind)),
        ("entity", entity.map(|(_, name)| name)),
    ];
    let body = ("application/octet-stream", body_of(file)?);
    print(&api.send(&format!("/incidents/{id}/evidence"), &query, body).await?)
}

fn body_of(file: &Path) -> Result<Body> {
    Ok(Body::from(fs::read(file).with_context(|| format!("cannot read {}", file.display()))?))
}

/// What became of an incident from elsewhere.
fn carried(view: &Value) -> Result<()> {
    let mut out = io::stdout().lock();
    let (id, title) = (plain(&view["incident"]["incident"]["id"]), plain(&view["incident"]["title"]));
    writeln!(out, "{id}  {title}\n{} pieces of work carried over", plain(&view["pieces"]))?;
    for line in view["left_out"].as_array().into_iter().flatten() {
        writeln!(out, "left out: {}", plain(line))?;
    }
    Ok(())
}

fn similar(view: &Value) -> Result<()> {
    let mut out = io::stdout().lock();
    for one in view["items"].as_array().into_iter().flatten() {
        writeln!(out, "{}  score {}", plain(&one["incident"]), plain(&one["score"]))?;
        for shared in one["shared"].as_array().into_iter().flatten() {
            let (kind, name, others) = (plain(&shared["kind"]), plain(&shared["name"]), plain(&shared["others"]));
            writeln!(out, "  {kind:<10} {name}, in {others} other incidents")?;
        }
    }
    Ok(())
}

fn said(view: &Value) -> Result<()> {
    let mut out = io::stdout().lock();
    for one in view["items"].as_array().into_iter().flatten() {
        let (incident, kind, word) = (plain(&one["incident"]), plain(&one["kind"]), plain(&one["word"]));
        writeln!(out, "{}  {incident}  {kind:<10} {word}", plain(&one["at"]))?;
    }
    Ok(())
}

fn planned(view: &Value) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "severity {}", plain(&view["severity"]))?;
    for one in view["planned"].as_array().into_iter().flatten() {
        let (audience, state, due) = (plain(&one["audience"]), plain(&one["state"]), plain(&one["due_at"]));
        let who = one["who"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|who| plain(&who["stakeholder"]["name"]))
            .collect::<Vec<_>>();
        writeln!(out, "{audience:<14} {state:<13} {due:<30} {:<28} {}", plain(&one["template"]), who.join(", "))?;
        if one["only_if"].is_string() {
            writeln!(out, "  only if {}", plain(&one["only_if"]))?;
        }
    }
    Ok(())
}

fn drawn(view: &Value) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "To: {}\nTLP: {}\nSubject: {}\n",
        plain(&view["audience"]),
        plain(&view["tlp"]),
        plain(&view["subject"])
    )?;
    for line in view["text"].as_str().unwrap_or_default().lines() {
        writeln!(out, "{}", quell_report::clean(line))?;
    }
    Ok(())
}

fn collection(view: &Value) -> Result<()> {
    let mut out = io::stdout().lock();
    for one in view["items"].as_array().into_iter().flatten() {
        writeln!(out, "{} {}", plain(&one["entity"]["kind"]), plain(&one["entity"]["name"]))?;
        for caution in one["cautions"].as_array().into_iter().flatten() {
            writeln!(out, "  ! {}", plain(caution))?;
        }
        for step in one["steps"].as_array().into_iter().flatten() {
            let sealed = step["sealed"].as_array().map_or(0, Vec::len);
            let state = match (sealed, step["late"] == true) {
                (0, true) => "missing, and containment came first".to_owned(),
                (0, false) => "not sealed".to_owned(),
                (count, _) => format!("{count} sealed"),
            };
            writeln!(
                out,
                "  {:<13} {} ({state})\n                {}",
                plain(&step["volatility"]),
                plain(&step["what"]),
                plain(&step["how"])
            )?;
        }
    }
    Ok(())
}

fn form_of(out: &Path) -> Result<&'static str> {
    match out.extension().and_then(|extension| extension.to_str()) {
        Some("md" | "markdown") => Ok("markdown"),
        Some("html" | "htm") => Ok("html"),
        Some("pdf") => Ok("pdf"),
        _ => bail!("the name of the report ends with .md, .html or .pdf"),
    }
}
