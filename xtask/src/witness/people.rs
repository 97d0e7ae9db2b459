//! People who work while the server dies: notes, decisions about incidents and alerts. Each carries a word of its own, by which
//! it is found in the ledger.

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::{Shared, lock};
use crate::live::{Dice, rest};

/// Type of the problem that is answered if a command with this key was begun and not ended.
const OUTCOME_UNKNOWN: &str = "urn:quell:problem:outcome-unknown";

/// What somebody was told about their command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// It is done: in the ledger once.
    Done,
    /// It is refused: not in the ledger.
    Refused,
    /// Nothing: in the ledger at most once.
    Nothing,
    /// Sent under a key until it was done: in the ledger once.
    DoneUnderKey,
    /// Sent under a key again after it was cut off: nobody knows, so in the ledger at most once.
    UnknownUnderKey,
}

/// A command with a key that was not answered.
#[derive(Debug, Clone)]
struct Open {
    path: String,
    body: String,
    word: u64,
}

/// All commands that were given.
#[derive(Debug, Default)]
pub(super) struct People {
    words: u64,
    /// By word.
    pub(super) told: Vec<(u64, Told)>,
    open: Vec<Open>,
    /// Commands sent again under their key.
    pub(super) again: u64,
    /// Answers that should never come.
    pub(super) faults: Vec<String>,
}

impl People {
    fn word(&mut self) -> u64 {
        self.words += 1;
        self.words
    }
}

/// How a word stands in a text.
pub(super) fn written(word: u64) -> String {
    format!("word-{word}-end")
}

/// One person does one thing.
pub(super) fn act(shared: &Shared, dice: &mut Dice) {
    rest(dice.below(20));
    match dice.below(10) {
        0..3 => drop(note(shared, dice)),
        3..6 => drop(note_under_key(shared, dice)),
        6..8 => drop(decide_incident(shared, dice)),
        _ => drop(decide_alert(shared, dice)),
    }
}

/// Any item of a list.
fn any(shared: &Shared, path: &str, dice: &mut Dice) -> Option<Value> {
    let mut page = shared.http.get(path).ok()?.json().ok()?;
    let items = page["items"].as_array_mut()?;
    (!items.is_empty()).then(|| items.swap_remove(dice.below(items.len() as u64) as usize))
}

fn give(shared: &Shared, method: &str, path: &str, body: &Value, word: u64) {
    let headers = [("content-type", "application/json")];
    let answer = shared.http.ask(method, path, &headers, body.to_string().as_bytes());
    let mut people = lock(&shared.people);
    let told = match answer {
        Ok(answer) => match answer.status {
            200 => Told::Done,
            404 | 409 | 422 => Told::Refused,
            503 => Told::Nothing,
            status => {
                people.faults.push(format!("{method} {path} is answered {status}: {}", answer.text()));
                Told::Nothing
            }
        },
        Err(_) => Told::Nothing,
    };
    people.told.push((word, told));
}

fn note(shared: &Shared, dice: &mut Dice) -> Option<()> {
    let incident = any(shared, "/api/v1/incidents?limit=50", dice)?;
    let word = lock(&shared.people).word();
    let path = format!("/api/v1/incidents/{}/notes", incident["id"].as_str()?);
    give(shared, "POST", &path, &json!({"text": written(word)}), word);
    Some(())
}

fn decide_incident(shared: &Shared, dice: &mut Dice) -> Option<()> {
    let incident = any(shared, "/api/v1/incidents?limit=50", dice)?;
    let word = lock(&shared.people).word();
    let status = ["open", "resolved", "false_positive"][dice.below(3) as usize];
    let path = format!("/api/v1/incidents/{}", incident["id"].as_str()?);
    give(shared, "PATCH", &path, &json!({"status": status, "reason": written(word)}), word);
    Some(())
}

fn decide_alert(shared: &Shared, dice: &mut Dice) -> Option<()> {
    let alert = any(shared, "/api/v1/alerts?limit=200", dice)?;
    let word = lock(&shared.people).word();
    let status = ["claimed", "benign", "false_positive", "confirmed"][dice.below(4) as usize];
    let mut change = json!({"status": status, "reason": written(word)});
    if dice.percent(30) {
        change["version"] = alert["version"].clone();
    }
    give(shared, "PATCH", &format!("/api/v1/alerts/{}", alert["id"].as_str()?), &change, word);
    Some(())
}

/// A note that is sent again under its key until there is an answer.
fn note_under_key(shared: &Shared, dice: &mut Dice) -> Option<()> {
    let waiting = lock(&shared.people).open.pop();
    let open = match waiting {
        Some(open) => {
            lock(&shared.people).again += 1;
            open
        }
        None => {
            let incident = any(shared, "/api/v1/incidents?limit=50", dice)?;
            let word = lock(&shared.people).word();
            let path = format!("/api/v1/incidents/{}/notes", incident["id"].as_str()?);
            Open { path, body: json!({"text": written(word)}).to_string(), word }
        }
    };
    send_under_key(shared, open);
    Some(())
}

fn send_under_key(shared: &Shared, open: Open) {
    let key = format!("note-{}", open.word);
    let headers = [("content-type", "application/json"), ("idempotency-key", key.as_str())];
    let answer = shared.http.ask("POST", &open.path, &headers, open.body.as_bytes());
    let mut people = lock(&shared.people);
    let told = match answer {
        Ok(answer) if answer.status == 200 => Told::DoneUnderKey,
        Ok(answer) if answer.status == 409 && answer.text().contains(OUTCOME_UNKNOWN) => Told::UnknownUnderKey,
        Ok(answer) if matches!(answer.status, 404 | 409 | 422) => Told::Refused,
        _ => return people.open.push(open),
    };
    people.told.push((open.word, told));
}

/// Sends what was not answered until it is. The server has to be up.
pub(super) fn finish(shared: &Shared) -> Result<()> {
    for _ in 0..1_000 {
        let waiting = lock(&shared.people).open.pop();
        let Some(open) = waiting else { return Ok(()) };
        lock(&shared.people).again += 1;
        send_under_key(shared, open);
    }
    bail!("a note under a key gets no answer")
}
