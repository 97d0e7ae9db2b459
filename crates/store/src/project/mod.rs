//! From entries to read models, in the transaction that appends them. A read model says nothing that the entries do not
//! say, so that [`crate::Store::rebuild`] can make it again.

mod account;
mod alert;
mod directory;
mod incident;
mod run;
mod source;
mod work;

use quell_incident::carried::original;
use quell_incident::work::WorkFact;
use quell_incident::{Fact, IncidentFact, UnknownFact};
use quell_model::LedgerEntry;

use crate::StoreError;
use crate::sql::Transaction;

/// Brings the read models up to one entry. Entries that this version does not know are left out, with a warning.
pub(crate) async fn entry(transaction: &mut Transaction, entry: &LedgerEntry) -> Result<(), StoreError> {
    let Some((kind, id)) = entry.stream.split_once('/') else { return Ok(()) };
    let said = &*original(entry);
    match kind {
        "incident" => match IncidentFact::read(&said.kind, &said.body) {
            Ok(fact) => incident::project(transaction, id, entry, fact).await,
            Err(_) => match known(said, WorkFact::read(&said.kind, &said.body)) {
                Some(fact) => work::project(transaction, id, work::Word { entry, said }, fact).await,
                None => Ok(()),
            },
        },
        "timeline" => match read(said) {
            Some(fact) => work::project_timeline(transaction, id, work::Word { entry, said }, fact).await,
            None => Ok(()),
        },
        "alert" => match read(entry) {
            Some(fact) => alert::project(transaction, id, entry, fact).await,
            None => Ok(()),
        },
        "user" => match read(entry) {
            Some(fact) => account::project(transaction, id, entry, fact).await,
            None => Ok(()),
        },
        "team" => match read(entry) {
            Some(fact) => account::project_team(transaction, id, entry, fact).await,
            None => Ok(()),
        },
        "stakeholder" => match read(entry) {
            Some(fact) => directory::project(transaction, id, entry, fact).await,
            None => Ok(()),
        },
        "tuning" => match read(entry) {
            Some(fact) => directory::project_tuning(transaction, id, entry, fact).await,
            None => Ok(()),
        },
        "run" => run::project(transaction, id, entry).await,
        "source" => match read(entry) {
            Some(fact) => source::project(transaction, id, entry, fact).await,
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

fn read<F: Fact>(entry: &LedgerEntry) -> Option<F> {
    known(entry, F::read(&entry.kind, &entry.body))
}

fn known<F>(entry: &LedgerEntry, fact: Result<F, UnknownFact>) -> Option<F> {
    if let Err(error) = &fact {
        tracing::warn!(seq = entry.seq, stream = entry.stream, %error, "an entry is left out of the read models");
    }
    fact.ok()
}

/// JSON of a list of texts, as read models keep it.
pub(crate) fn list<T: serde::Serialize>(items: &[T]) -> String {
    serde_json::to_string(items).unwrap_or_else(|_| "[]".to_owned())
}

/// Techniques to find something by: those named, and those they are part of.
pub(crate) fn techniques<'a>(named: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for technique in named {
        let technique = technique.to_uppercase();
        if let Some((whole, _)) = technique.split_once('.') {
            all.push(whole.to_owned());
        }
        all.push(technique);
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// Tables that a rebuild empties. Not `alert`: it holds what records say, too.
pub(crate) const TABLES: [&str; 18] = [
    "incident",
    "message",
    "timeline_item",
    "evidence",
    "entity_word",
    "stakeholder",
    "tuning",
    "run",
    "incident_technique",
    "incident_host",
    "incident_member",
    "incident_source",
    "alert_group",
    "team",
    "app_user",
    "user_team",
    "user_identity",
    "source",
];
