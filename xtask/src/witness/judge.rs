//! What must be true, whenever the server died.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::people::{Told, written};
use super::{Shared, feed, lock};
use crate::live::{Server, rest};

/// Faults of one kind that are shown.
const SHOWN: usize = 5;
/// Looks until the last commits and tellings are through.
const PATIENCE: u32 = 60;

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    acknowledged: usize,
    sent_again: u64,
    lost: usize,
    duplicates: usize,
    alerts: usize,
    alerts_twice: usize,
    commands: usize,
    commands_lost: usize,
    commands_twice: usize,
    under_key: usize,
    under_key_unknown: usize,
    under_key_again: u64,
    under_key_twice: usize,
    shrunk: usize,
    incidents: Option<(usize, usize, usize)>,
    ledger: Option<String>,
    /// What must not be.
    pub(crate) faults: Vec<String>,
}

impl Found {
    /// Prints what must not be.
    pub(crate) fn print_faults(&self) {
        self.faults.iter().for_each(|fault| println!("  FAULT: {fault}"));
    }

    /// Whether nothing is wrong.
    pub(crate) fn is_good(&self) -> bool {
        self.faults.is_empty()
    }

    fn fault(&mut self, what: &str, which: impl IntoIterator<Item = String>) -> usize {
        let which: Vec<String> = which.into_iter().collect();
        if !which.is_empty() {
            let shown = which[..which.len().min(SHOWN)].join("; ");
            self.faults.push(format!("{} {what}: {shown}", which.len()));
        }
        which.len()
    }
}

impl fmt::Display for Found {
    fn fmt(&self, form: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(form, "{} records acknowledged, {} deliveries sent again, ", self.acknowledged, self.sent_again)?;
        write!(form, "{} lost, {} duplicates, ", self.lost, self.duplicates)?;
        write!(form, "{} alerts, {} twice, ", self.alerts, self.alerts_twice)?;
        write!(
            form,
            "{} commands acknowledged, {} lost, {} twice, ",
            self.commands, self.commands_lost, self.commands_twice
        )?;
        write!(
            form,
            "{} under a key, {} cut off and told so, {} sent again, {} twice",
            self.under_key, self.under_key_unknown, self.under_key_again, self.under_key_twice
        )?;
        write!(form, ", {} alerts of incidents taken back", self.shrunk)?;
        if let Some((expected, missing, stale)) = self.incidents {
            write!(form, ", {expected} incidents as files tell them, {missing} missing, {stale} told no more")?;
        }
        if let Some(ledger) = &self.ledger {
            write!(form, ", ledger: {ledger}")?;
        }
        Ok(())
    }
}

/// Looks at everything that was acknowledged. The server is up and nobody sends.
pub(super) fn look(server: &Server, shared: &Shared) -> Result<Found> {
    let mut found = Found::default();
    records(server, shared, &mut found)?;
    alerts(server, &mut found)?;
    let entries = entries(server)?;
    commands(&entries, shared, &mut found);
    tellings(&entries, &mut found);
    let verified = server.http.post("/api/v1/ledger/verification", &Value::Null)?.json()?;
    if verified["whole"] != true {
        found.faults.push(format!("the ledger is not whole: {verified}"));
    }
    let odd = lock(&shared.feed).faults.clone();
    found.fault("odd answers to deliveries", odd);
    let odd = lock(&shared.people).faults.clone();
    found.fault("odd answers to commands", odd);
    Ok(found)
}

/// Each acknowledged record is found, once; what sources count is what is found.
fn records(server: &Server, shared: &Shared, found: &mut Found) -> Result<()> {
    let acknowledged = lock(&shared.feed).acknowledged.clone();
    found.sent_again = lock(&shared.feed).again;
    for (source, numbers) in &acknowledged {
        let mut seen = seen(server, source)?;
        for _ in 0..PATIENCE {
            // A chunk that is not matched yet shows its duplicates.
            if seen.values().all(|times| *times == 1) {
                break;
            }
            rest(250);
            seen = self::seen(server, source)?;
        }
        found.acknowledged += numbers.len();
        let lost = numbers.iter().filter(|number| !seen.contains_key(*number));
        found.lost += found.fault("records lost", lost.map(|number| format!("{source} {number}")));
        let twice = seen.iter().filter(|(_, times)| **times > 1);
        found.duplicates +=
            found.fault("records seen twice", twice.map(|(number, times)| format!("{source} {number} {times} times")));
        let counted = counted(server, source)?;
        if counted != seen.len() as u64 {
            found
                .faults
                .push(format!("source {source} counts {counted} records of its own, but {} are found", seen.len()));
        }
    }
    Ok(())
}

/// How often each record is found.
fn seen(server: &Server, source: &str) -> Result<BTreeMap<u64, u32>> {
    let mut seen = BTreeMap::new();
    for event in server.pages("/api/v1/events/search", &json!({"limit": 500, "source": source}))? {
        let raw = event["raw"].as_str().unwrap_or_default();
        let number = feed::number_of(raw).with_context(|| format!("a record that nobody sent: {raw}"))?;
        *seen.entry(number).or_default() += 1;
    }
    Ok(seen)
}

/// Records of a source without duplicates, as its health says.
fn counted(server: &Server, source: &str) -> Result<u64> {
    let sources = server.http.get("/api/v1/sources")?.json()?;
    let named = sources.as_array().into_iter().flatten().find(|found| found["name"] == source);
    let of = |name: &str| named.and_then(|named| named[name].as_u64()).unwrap_or_default();
    Ok(of("records").saturating_sub(of("duplicates")))
}

/// One rule raises one alert on one record.
fn alerts(server: &Server, found: &mut Found) -> Result<()> {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    let mut wrong = BTreeSet::new();
    for alert in server.pages("/api/v1/alerts?limit=500", &Value::Null)? {
        *counts.entry(format!("{} on {}", alert["rule"], alert["event"])).or_default() += 1;
        let event = server.http.get(&format!("/api/v1/events/{}", alert["event"].as_str().unwrap_or_default()));
        if event.as_ref().is_ok_and(|event| event.status != 200) {
            wrong.insert(format!("{} on {}", alert["id"], alert["event"]));
        }
    }
    found.alerts = counts.len();
    let twice = counts.into_iter().filter(|(_, times)| *times > 1).map(|(alert, _)| alert);
    found.alerts_twice = found.fault("alerts twice", twice);
    found.fault("alerts on events that are not there", wrong);
    Ok(())
}

/// All entries of the ledger.
fn entries(server: &Server) -> Result<Vec<Value>> {
    let mut all = Vec::new();
    let mut after = 0;
    loop {
        let mut page = server.http.get(&format!("/api/v1/ledger?limit=1000&after={after}"))?.json()?;
        let Value::Array(page) = page.take() else { bail!("the ledger is no list") };
        let Some(last) = page.last() else { return Ok(all) };
        after = last["seq"].as_u64().unwrap_or_default();
        all.extend(page);
    }
}

/// Records only come: what was told of an incident is not taken back because the server reads them again.
fn tellings(entries: &[Value], found: &mut Found) {
    let mut told: BTreeMap<&str, u64> = BTreeMap::new();
    let mut shrunk = Vec::new();
    for entry in entries {
        let (Some(stream), Some(alerts)) = (entry["stream"].as_str(), entry["body"]["told"]["alerts"].as_u64()) else {
            continue;
        };
        if let Some(before) = told.insert(stream, alerts).filter(|before| *before > alerts) {
            shrunk.push(format!("entry {}: {stream} has {alerts} alerts, before {before}", entry["seq"]));
        }
    }
    found.shrunk = found.fault("entries take back alerts of an incident", shrunk);
}

/// What people were told is what the ledger says.
fn commands(entries: &[Value], shared: &Shared, found: &mut Found) {
    let mut times: BTreeMap<u64, u32> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry["actor"] != "quell") {
        for text in ["text", "reason"].iter().filter_map(|name| entry["body"][*name].as_str()) {
            let word = text.strip_prefix("word-").and_then(|rest| rest.strip_suffix("-end")?.parse().ok());
            if let Some(word) = word {
                *times.entry(word).or_default() += 1;
            }
        }
    }
    let people = lock(&shared.people);
    let of = |word: u64| times.get(&word).copied().unwrap_or_default();
    let told = |kinds: &[Told], wrong: &dyn Fn(u32) -> bool| -> Vec<String> {
        let asked = people.told.iter().filter(|(_, told)| kinds.contains(told));
        let asked = asked.filter(|(word, _)| wrong(of(*word)));
        asked.map(|(word, _)| format!("{} {} times", written(*word), of(*word))).collect()
    };
    let count = |kind: Told| people.told.iter().filter(|(_, told)| *told == kind).count();
    found.commands = count(Told::Done);
    found.under_key = count(Told::DoneUnderKey);
    found.under_key_unknown = count(Told::UnknownUnderKey);
    found.under_key_again = people.again;
    let lost = told(&[Told::Done, Told::DoneUnderKey], &|times| times == 0);
    found.commands_lost = found.fault("acknowledged commands lost", lost);
    let twice = told(&[Told::Done, Told::Nothing], &|times| times > 1);
    found.commands_twice = found.fault("commands carried out twice", twice);
    let twice = told(&[Told::DoneUnderKey, Told::UnknownUnderKey], &|times| times > 1);
    found.under_key_twice = found.fault("commands under a key carried out twice", twice);
    let refused = told(&[Told::Refused], &|times| times > 0);
    found.fault("refused commands carried out", refused);
}

/// The server tells the incidents that the same records tell as files.
pub(super) fn incidents(server: &Server, shared: &Shared, found: &mut Found) -> Result<()> {
    let folder = server.data.with_file_name("delivered");
    fs::create_dir_all(&folder)?;
    for (source, body) in lock(&shared.feed).acknowledged_bodies() {
        fs::write(folder.join(source), body)?;
    }
    let expected = investigated(server, &folder)?;
    let mut live = BTreeMap::new();
    for _ in 0..PATIENCE {
        live = standing(server)?;
        if expected.iter().all(|id| live.contains_key(id)) {
            break;
        }
        rest(500);
    }
    let missing = expected.iter().filter(|id| !live.contains_key(*id)).cloned();
    let missing = found.fault("incidents that files tell are missing", missing);
    // What somebody worked on stays, whatever further records say.
    let stale = live.iter().filter(|(id, status)| status.as_str() == "new" && !expected.contains(*id));
    let stale = found.fault("incidents stand as new though no file tells them", stale.map(|(id, _)| id.clone()));
    found.incidents = Some((expected.len(), missing, stale));
    Ok(())
}

fn investigated(server: &Server, folder: &std::path::Path) -> Result<BTreeSet<String>> {
    let text = server.alone(&["investigate", "--json", "-q", &folder.display().to_string()])?;
    let told: Value = serde_json::from_str(&text).context("the investigation is no JSON")?;
    let Some(incidents) = told["incidents"].as_array() else { bail!("an investigation without incidents") };
    Ok(incidents.iter().filter_map(|incident| incident["id"].as_str().map(str::to_owned)).collect())
}

/// Incidents that stand for themselves, with their status.
fn standing(server: &Server) -> Result<BTreeMap<String, String>> {
    let incidents = server.pages("/api/v1/incidents?limit=500", &Value::Null)?;
    let text = |incident: &Value, name: &str| incident[name].as_str().unwrap_or_default().to_owned();
    let all = incidents.iter().map(|incident| (text(incident, "id"), text(incident, "status")));
    Ok(all.filter(|(_, status)| !matches!(status.as_str(), "merged" | "withdrawn")).collect())
}

/// The ledger is whole, says the binary. The server is down.
pub(super) fn ledger(server: &Server, found: &mut Found) -> Result<()> {
    let (status, text) = server.run(&["ledger", "verify"])?;
    let line = text.lines().last().unwrap_or_default();
    if !status.success() {
        found.faults.push(format!("the ledger is not whole: {text}"));
    }
    found.ledger = Some(line.split("; head").next().unwrap_or_default().to_owned());
    Ok(())
}
