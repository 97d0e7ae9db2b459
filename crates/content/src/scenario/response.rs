//! Responses: how a team answered a scenario, from the first look to the last lesson, as a script of ledger entries.
//!
//! Times count from the beginning of the intrusion, so that a response fits any day on which its scenario is rendered. What an
//! entry means, and whether it may be said at that moment, is decided where incidents are understood, not here.

use std::collections::BTreeMap;

use quell_model::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::error::{Fault, ScenarioError};
use super::load::parse;
use super::span::{NANOS_PER_SECOND, elapsed};

/// A scripted response.
#[derive(Debug, Clone)]
pub struct Response {
    /// Names of people, by what the script calls them.
    pub people: BTreeMap<String, String>,
    opened_nanos: i64,
    steps: Vec<Step>,
}

/// An entry of a response as it would have been written.
#[derive(Debug, Clone, PartialEq)]
pub struct ResponseEntry {
    /// Its number: what later entries call what this one made.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// By whom: a name of [`Response::people`], by what the script calls them.
    pub by: String,
    /// Kind of the entry.
    pub kind: String,
    /// Its body.
    pub body: Value,
    /// What was sealed or given out with it.
    pub content: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    people: BTreeMap<String, String>,
    opened: String,
    steps: Vec<RawStep>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    at: String,
    by: String,
    name: Option<String>,
    kind: String,
    body: Value,
    content: Option<String>,
}

#[derive(Debug, Clone)]
struct Step {
    at_nanos: i64,
    by: String,
    kind: String,
    body: Value,
    content: Option<String>,
}

impl Response {
    /// Reads `scenarios/<name>/response.yaml`; none if the scenario has no response. `files` gives a text by its path below
    /// `content/`.
    ///
    /// # Errors
    /// It is malformed, names something that is not there, or goes back in time.
    pub fn load(files: &dyn Fn(&str) -> Option<String>, name: &str) -> Result<Option<Response>, ScenarioError> {
        let file = format!("scenarios/{name}/response.yaml");
        if files(&file).is_none() {
            return Ok(None);
        }
        let script: Script = parse(files, &file)?;
        let opened_nanos = elapsed(&script.opened).map_err(|fault| fault.at(&file))?;
        let (mut steps, mut names) = (Vec::new(), BTreeMap::new());
        for (number, raw) in (1..).zip(script.steps) {
            let place = format!("{file}: step {number} ({} at {})", raw.kind, raw.at);
            let last = steps.last().map_or(opened_nanos, |step: &Step| step.at_nanos);
            let step = step(&script.people, &names, raw.at.as_str(), &raw, last).map_err(|fault| fault.at(&place))?;
            if let Some(name) = raw.name
                && names.insert(name.clone(), number).is_some()
            {
                return Err(Fault::Twice(name).at(&place));
            }
            steps.push(step);
        }
        Ok(Some(Response { people: script.people, opened_nanos, steps }))
    }

    /// When the incident was opened, if the intrusion began at `start`.
    #[must_use]
    pub fn opened_at(&self, start: Timestamp) -> Timestamp {
        after(start, self.opened_nanos)
    }

    /// All entries, if the intrusion began at `start`.
    #[must_use]
    pub fn entries(&self, start: Timestamp) -> Vec<ResponseEntry> {
        let entry = |(number, step): (u64, &Step)| ResponseEntry {
            number,
            at: after(start, step.at_nanos),
            by: step.by.clone(),
            kind: step.kind.clone(),
            body: dated(step.body.clone(), start),
            content: step.content.clone(),
        };
        (1..).zip(&self.steps).map(entry).collect()
    }
}

fn step(
    people: &BTreeMap<String, String>,
    names: &BTreeMap<String, u64>,
    at: &str,
    raw: &RawStep,
    last: i64,
) -> Result<Step, Fault> {
    let at_nanos = elapsed(at)?;
    if at_nanos < last {
        return Err(Fault::Step("a response goes on in time"));
    }
    if !people.contains_key(&raw.by) {
        return Err(Fault::UnknownName(raw.by.clone()));
    }
    let body = resolved(raw.body.clone(), people, names)?;
    Ok(Step { at_nanos, by: raw.by.clone(), kind: raw.kind.clone(), body, content: raw.content.clone() })
}

/// Numbers of steps for `$name`, people for `%name`; times have to be readable.
fn resolved(value: Value, people: &BTreeMap<String, String>, names: &BTreeMap<String, u64>) -> Result<Value, Fault> {
    let each = |value| resolved(value, people, names);
    Ok(match value {
        Value::Array(items) => Value::Array(items.into_iter().map(each).collect::<Result<_, _>>()?),
        Value::Object(object) => {
            let pairs = object.into_iter().map(|(key, value)| Ok((key, each(value)?)));
            Value::Object(pairs.collect::<Result<_, Fault>>()?)
        }
        Value::String(text) => match (text.strip_prefix('$'), text.strip_prefix('%'), text.strip_prefix('@')) {
            (Some(name), ..) => {
                let number = names.get(name).ok_or_else(|| Fault::UnknownName(name.to_owned()))?;
                Value::from(*number)
            }
            (_, Some(person), _) if people.contains_key(person) => Value::String(person.to_owned()),
            (_, Some(person), _) => return Err(Fault::UnknownName(person.to_owned())),
            (.., Some(span)) => {
                elapsed(span)?;
                Value::String(text)
            }
            _ => Value::String(text),
        },
        other => other,
    })
}

/// Times for `@span`.
fn dated(value: Value, start: Timestamp) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(|item| dated(item, start)).collect()),
        Value::Object(object) => {
            Value::Object(object.into_iter().map(|(key, value)| (key, dated(value, start))).collect())
        }
        Value::String(text) => match text.strip_prefix('@').map(elapsed) {
            Some(Ok(nanos)) => Value::String(after(start, nanos).to_string()),
            _ => Value::String(text),
        },
        other => other,
    }
}

fn after(start: Timestamp, nanos: i64) -> Timestamp {
    let whole = std::time::Duration::from_secs((nanos / NANOS_PER_SECOND).unsigned_abs());
    start.checked_add(whole).unwrap_or(start)
}
