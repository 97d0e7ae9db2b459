//! `quell run`: runs of playbooks on a running server, from a terminal or a script. A thin client of the API.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::client::{Api, Server, plain, print};

#[derive(Debug, Args)]
pub(crate) struct Run {
    #[command(flatten)]
    server: Server,
    #[command(subcommand)]
    command: RunCommand,
}

#[derive(Debug, Subcommand)]
enum RunCommand {
    /// List runs, the newest first
    List {
        /// Only those for this incident
        #[arg(long)]
        incident: Option<String>,
    },
    /// List playbooks that fit an incident, and why
    Propose { incident: String },
    /// Show what a run would do; changes nothing
    Preview(Begin),
    /// Begin a run
    Begin(Begin),
    /// Show where a run is, what it waits for, what it changed
    Show {
        run: String,
        /// Print it as JSON
        #[arg(long)]
        json: bool,
    },
    /// Say that a step is done
    Done {
        run: String,
        /// The place that waits, as `show` numbers it
        place: u64,
        /// A variable that the step gives
        #[arg(long = "set", value_name = "NAME=VALUE", value_parser = variable)]
        variables: Vec<(String, String)>,
    },
    /// Say that a step did not do what it is for
    Fail(Refused),
    /// Leave a step out
    Skip(Refused),
    /// Agree to a step, exactly as it is shown now
    Approve { run: String, place: u64 },
    /// Stop a run for now
    Pause(Reason),
    /// Let it go on
    Resume(Reason),
    /// End it; what it changed stays until it is taken back
    Cancel(Reason),
    /// Stop every run that changed something lately, and take that back
    UndoLast {
        /// Changes of how many minutes
        #[arg(long, default_value_t = 60)]
        minutes: u32,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Take back what it changed, the latest first
    Undo {
        run: String,
        /// Only this change, as `show` numbers it; can be given again
        #[arg(long, value_name = "ENTRY")]
        entry: Vec<u64>,
        /// Why
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Args)]
struct Begin {
    incident: String,
    playbook: String,
    /// A variable of the playbook
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = variable)]
    variables: Vec<(String, String)>,
    /// Fill other variables from the incident
    #[arg(long)]
    fill: bool,
    /// Only play it: nothing outside of Quell is touched
    #[arg(long)]
    simulated: bool,
}

#[derive(Debug, Args)]
struct Refused {
    run: String,
    /// The place that waits, as `show` numbers it
    place: u64,
    /// Why
    #[arg(long)]
    reason: String,
}

#[derive(Debug, Args)]
struct Reason {
    run: String,
    /// Why
    #[arg(long)]
    reason: String,
}

/// Runs it.
pub(crate) fn run(arguments: &Run) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(carry_out(&Api::of(&arguments.server)?, &arguments.command))?;
    Ok(ExitCode::SUCCESS)
}

async fn carry_out(api: &Api, command: &RunCommand) -> Result<()> {
    match command {
        RunCommand::List { incident } => {
            let path = incident.as_ref().map_or_else(|| "/runs".to_owned(), |id| format!("/incidents/{id}/runs"));
            list(&api.get(&path, &[]).await?)
        }
        RunCommand::Propose { incident } => {
            proposals(&api.get(&format!("/incidents/{incident}/playbooks"), &[]).await?)
        }
        RunCommand::Preview(begin) => {
            let path = format!("/incidents/{}/runs/preview", begin.incident);
            preview(&api.post(&path, &wish(begin)).await?)
        }
        RunCommand::Begin(begin) => {
            let path = format!("/incidents/{}/runs", begin.incident);
            show(&api.post(&path, &wish(begin)).await?)
        }
        RunCommand::Show { run, json } => {
            let view = api.get(&format!("/runs/{run}"), &[]).await?;
            if *json { print(&view) } else { show(&view) }
        }
        RunCommand::Done { run, place, variables } => {
            let given: BTreeMap<&str, &str> = variables.iter().map(|(name, value)| (&**name, &**value)).collect();
            step(api, run, json!({ "token": place, "outcome": "done", "variables": given })).await
        }
        RunCommand::Fail(refused) => end(api, refused, "failed").await,
        RunCommand::Skip(refused) => end(api, refused, "skipped").await,
        RunCommand::Approve { run, place } => approve(api, run, *place).await,
        RunCommand::Pause(why) => steer(api, why, "paused").await,
        RunCommand::Resume(why) => steer(api, why, "resumed").await,
        RunCommand::Cancel(why) => steer(api, why, "cancelled").await,
        RunCommand::UndoLast { minutes, reason } => {
            halted(&api.post("/runs/undo", &json!({ "minutes": minutes, "reason": reason })).await?)
        }
        RunCommand::Undo { run, entry, reason } => {
            let body = json!({ "entries": entry, "reason": reason });
            show(&api.post(&format!("/runs/{run}/undo"), &body).await?)
        }
    }
}

fn wish(begin: &Begin) -> Value {
    let variables: BTreeMap<&str, &str> = begin.variables.iter().map(|(name, value)| (&**name, &**value)).collect();
    let (playbook, fill, simulated) = (&begin.playbook, begin.fill, begin.simulated);
    json!({ "playbook": playbook, "variables": variables, "fill": fill, "simulated": simulated })
}

async fn step(api: &Api, run: &str, answer: Value) -> Result<()> {
    show(&api.post(&format!("/runs/{run}/steps"), &answer).await?)
}

async fn end(api: &Api, refused: &Refused, outcome: &str) -> Result<()> {
    let answer = json!({ "token": refused.place, "outcome": outcome, "reason": refused.reason });
    step(api, &refused.run, answer).await
}

async fn approve(api: &Api, run: &str, place: u64) -> Result<()> {
    let view = api.get(&format!("/runs/{run}"), &[]).await?;
    let found = view["places"].as_array().into_iter().flatten().find(|one| one["token"] == place);
    let wait = found.map(|one| &one["wait"]).filter(|wait| wait["for"] == "approval");
    let Some(wait) = wait else { bail!("no step waits for an agreement at place {place}") };
    let agreement = json!({ "token": place, "rendered": wait["rendered"] });
    show(&api.post(&format!("/runs/{run}/approvals"), &agreement).await?)
}

async fn steer(api: &Api, why: &Reason, state: &str) -> Result<()> {
    let body = json!({ "state": state, "reason": why.reason });
    show(&api.post(&format!("/runs/{}/state", why.run), &body).await?)
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list["items"].as_array().into_iter().flatten()
}

fn list(view: &Value) -> Result<()> {
    let mut out = io::stdout().lock();
    for run in items(view) {
        let (id, at, title) = (plain(&run["id"]), plain(&run["begun_at"]), plain(&run["title"]));
        writeln!(out, "{id}  {at}  {}  {title}", plain(&run["incident"]))?;
    }
    Ok(())
}

fn proposals(view: &Value) -> Result<()> {
    let mut out = io::stdout().lock();
    for one in items(view) {
        writeln!(out, "{}  {}", plain(&one["playbook"]), plain(&one["summary"]))?;
        for reason in one["reasons"].as_array().into_iter().flatten() {
            writeln!(out, "    {}", plain(reason))?;
        }
        for missing in one["missing"].as_array().into_iter().flatten() {
            writeln!(out, "    needs {}", plain(missing))?;
        }
    }
    Ok(())
}

fn preview(view: &Value) -> Result<()> {
    let mut out = io::stdout().lock();
    for step in items(view) {
        let who = if step["by_hand"] == true { "people" } else { "Quell" };
        writeln!(out, "{:<8} {who:<6}  {}", plain(&step["phase"]), plain(&step["name"]))?;
        call(&mut out, &step["call"])?;
        let notes = [("target", ""), ("ttl_minutes", "minutes until it is taken back: ")];
        for (name, before) in notes.into_iter().filter(|(name, _)| !step[*name].is_null()) {
            writeln!(out, "    {before}{}", plain(&step[name]))?;
        }
        if step["already"] == true {
            writeln!(out, "    it is so already")?;
        }
        if step["approvals"].as_u64() > Some(0) {
            writeln!(out, "    people who have to agree: {}", step["approvals"])?;
        }
        for (name, before) in [("evidence_missing", "evidence not sealed"), ("missing", "no value yet")] {
            let all: Vec<String> = step[name].as_array().into_iter().flatten().map(plain).collect();
            if !all.is_empty() {
                writeln!(out, "    {before}: {}", all.join(", "))?;
            }
        }
    }
    radius(&mut out, &view["radius"])
}

/// What is cut off of what the intruder holds, what is left, and whom it costs.
fn radius(out: &mut impl Write, radius: &Value) -> Result<()> {
    for (name, before) in [("cut", "cut off"), ("left", "left to the intruder")] {
        let held = |one: &Value| format!("{} {}", plain(&one["kind"]), plain(&one["name"]));
        let all: Vec<String> = radius[name].as_array().into_iter().flatten().map(held).collect();
        if !all.is_empty() {
            writeln!(out, "{before}: {}", all.join(", "))?;
        }
    }
    let affects: Vec<String> = radius["affects"].as_array().into_iter().flatten().map(plain).collect();
    if !affects.is_empty() {
        writeln!(out, "depends on what is touched: {}", affects.join(", "))?;
    }
    Ok(())
}

/// Which runs were stopped, and how much of each is taken back.
fn halted(view: &Value) -> Result<()> {
    let mut out = io::stdout().lock();
    if items(view).next().is_none() {
        return Ok(writeln!(out, "nothing that was changed in that time is still in force")?);
    }
    for one in items(view) {
        let stopped = if one["cancelled"] == true { ", and the run is stopped" } else { "" };
        let count = one["entries"].as_array().map_or(0, Vec::len);
        writeln!(out, "{}  changes that are taken back: {count}{stopped}", plain(&one["run"]))?;
    }
    Ok(())
}

fn call(out: &mut impl Write, call: &Value) -> Result<()> {
    if call.is_null() {
        return Ok(());
    }
    let with = call["with"].as_object().into_iter().flatten();
    let with: Vec<String> =
        with.map(|(name, value)| format!("{}={}", quell_report::clean(name), plain(value))).collect();
    let about = &call["about"];
    let about = about.is_object().then(|| format!("on {} {}", plain(&about["kind"]), plain(&about["name"])));
    let words: Vec<String> = [plain(&call["action"])].into_iter().chain(with).chain(about).collect();
    Ok(writeln!(out, "    {}", words.join(" "))?)
}

fn show(view: &Value) -> Result<()> {
    let mut out = io::stdout().lock();
    let state = match (view["ended"]["how"].as_str(), view["paused"].as_str()) {
        (Some(how), _) => how,
        (None, Some(_)) => "paused",
        (None, None) => "under way",
    };
    let played = if view["simulated"] == true { ", only played" } else { "" };
    writeln!(out, "{}  {state}{played}  {}  {}", plain(&view["id"]), plain(&view["incident"]), plain(&view["title"]))?;
    for done in view["done"].as_array().into_iter().flatten() {
        let reason = done["reason"].as_str().map(|reason| format!(": {}", quell_report::clean(reason)));
        let outcome = plain(&done["outcome"]);
        writeln!(out, "  {}  {outcome}  {}{}", plain(&done["at"]), plain(&done["name"]), reason.unwrap_or_default())?;
    }
    for effect in view["effects"].as_array().into_iter().flatten() {
        writeln!(out, "  change {}, taken back: {}", effect["entry"], plain(&effect["undo"]["state"]))?;
        call(&mut out, &effect["call"])?;
        if let Some(seen) = effect["verified"].as_str() {
            writeln!(out, "    seen: {}", quell_report::clean(seen))?;
        }
    }
    for place in view["places"].as_array().into_iter().flatten().filter(|place| place["stage"] != "branched") {
        writeln!(out, "  place {}  {}  {}", place["token"], plain(&place["stage"]), plain(&place["name"]))?;
        waits(&mut out, place)?;
    }
    radius(&mut out, &view["radius"])
}

fn waits(out: &mut impl Write, place: &Value) -> Result<()> {
    let wait = &place["wait"];
    match wait["for"].as_str() {
        Some("person") => {
            for command in wait["commands"].as_array().into_iter().flatten() {
                writeln!(out, "    {}", plain(command))?;
            }
            for asked in wait["asks"].as_array().into_iter().flatten() {
                writeln!(out, "    needs --set {}=…", plain(asked))?;
            }
        }
        Some("approval") => {
            call(out, &wait["call"])?;
            let (quorum, from) = (&wait["quorum"], plain(&wait["from"]));
            writeln!(
                out,
                "    {} of {quorum} agreed; needs {from}, until {}",
                place["approved"],
                plain(&wait["expires_at"])
            )?;
            let owners: Vec<String> = place["owners"].as_array().into_iter().flatten().map(plain).collect();
            if !owners.is_empty() {
                writeln!(out, "    one of them has to be an owner: {}", owners.join(", "))?;
            }
        }
        Some("run") => writeln!(out, "    until the playbook that it called ends: {}", plain(&wait["run"]))?,
        Some(_) => {
            let classes: Vec<String> = wait["classes"].as_array().into_iter().flatten().map(plain).collect();
            writeln!(out, "    needs sealed evidence: {}", classes.join(", "))?;
        }
        None => {}
    }
    Ok(())
}

fn variable(text: &str) -> Result<(String, String)> {
    let (name, value) = text.split_once('=').context("write NAME=VALUE")?;
    let name = name.trim_matches('_');
    Ok((format!("__{name}__"), value.to_owned()))
}
