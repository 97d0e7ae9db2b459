//! `quell incident`: the work on incidents of a running server, from a terminal or a script. A thin client of the API.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use reqwest::{Body, Client, Method, Response};
use serde_json::{Value, json};

/// Seconds that an answer may take; bundles of large evidence take as long as they take.
const CONNECT_SECONDS: u64 = 10;

#[derive(Debug, Args)]
pub(crate) struct Incident {
    #[command(flatten)]
    server: Server,
    #[command(subcommand)]
    command: IncidentCommand,
}

#[derive(Debug, Args)]
struct Server {
    /// Where the server is
    #[arg(long, global = true, value_name = "URL", env = "QUELL_URL", default_value = "http://127.0.0.1:7400")]
    url: String,
    /// File with an API token; the variable QUELL_TOKEN, if not given
    #[arg(long, global = true, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum IncidentCommand {
    /// List incidents, the newest first
    List {
        /// Words of title, hosts, accounts, techniques or id
        text: Option<String>,
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

/// A server, and who asks it.
struct Api {
    client: Client,
    url: String,
    token: String,
}

/// Names and values; what has no value is left out.
type Query<'q> = [(&'q str, Option<&'q str>)];

impl Api {
    fn of(server: &Server) -> Result<Api> {
        let token = match &server.token_file {
            Some(file) => fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?,
            None => token_of_environment()?,
        };
        // One provider for the whole process.
        let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().connect_timeout(std::time::Duration::from_secs(CONNECT_SECONDS)).build()?;
        Ok(Api { client, url: server.url.trim_end_matches('/').to_owned(), token: token.trim().to_owned() })
    }

    async fn get(&self, path: &str, query: &Query<'_>) -> Result<Value> {
        let answer = self.ask(Method::GET, path, query, None).await?;
        Ok(serde_json::from_slice(&answer.bytes().await?)?)
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let body = Some(("application/json", Body::from(body.to_string())));
        let answer = self.ask(Method::POST, path, &[], body).await?;
        Ok(serde_json::from_slice(&answer.bytes().await?)?)
    }

    async fn ask(&self, method: Method, path: &str, query: &Query<'_>, body: Option<(&str, Body)>) -> Result<Response> {
        let mut url = reqwest::Url::parse(&format!("{}/api/v1{path}", self.url)).context("--url is no URL")?;
        let given = query.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
        for (name, value) in given {
            url.query_pairs_mut().append_pair(name, value);
        }
        let mut request = self.client.request(method, url).bearer_auth(&self.token);
        if let Some((kind, body)) = body {
            request = request.header("content-type", kind).body(body);
        }
        let answer = request.send().await.with_context(|| format!("no answer from {}", self.url))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let problem: Value = serde_json::from_slice(&answer.bytes().await?).unwrap_or_default();
        bail!("{status}: {}", problem["detail"].as_str().unwrap_or("no reason was given"))
    }
}

#[expect(clippy::disallowed_methods, reason = "a token comes from the environment or a file, never from an argument")]
fn token_of_environment() -> Result<String> {
    std::env::var("QUELL_TOKEN").context("no token: set QUELL_TOKEN, or name a file with --token-file")
}

async fn list(api: &Api, text: Option<&str>) -> Result<()> {
    let found = api.get("/incidents", &[("text", text), ("limit", Some("100"))]).await?;
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
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let body = Some(("application/octet-stream", Body::from(bytes)));
    let answer = api.ask(Method::POST, &format!("/incidents/{id}/evidence"), &query, body).await?;
    print(&serde_json::from_slice(&answer.bytes().await?)?)
}

fn form_of(out: &Path) -> Result<&'static str> {
    match out.extension().and_then(|extension| extension.to_str()) {
        Some("md" | "markdown") => Ok("markdown"),
        Some("html" | "htm") => Ok("html"),
        Some("pdf") => Ok("pdf"),
        _ => bail!("the name of the report ends with .md, .html or .pdf"),
    }
}

/// Writes an answer to a file that was not there, piece by piece.
async fn save(mut answer: Response, out: &Path) -> Result<()> {
    let mut file = fs::File::create_new(out).with_context(|| format!("cannot create {}", out.display()))?;
    while let Some(piece) = answer.chunk().await.context("the answer was cut off; what was written is not whole")? {
        file.write_all(&piece)?;
    }
    Ok(file.sync_all()?)
}

fn print(value: &Value) -> Result<()> {
    Ok(writeln!(io::stdout().lock(), "{}", serde_json::to_string_pretty(value)?)?)
}

/// A value for a terminal: what came from a log can hold anything.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => quell_report::clean(text),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
