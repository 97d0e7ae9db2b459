//! Runs of playbooks, as they are found and read.

use quell_model::{Actor, IncidentId, Timestamp};
use quell_playbook::run::RunFact;

/// A run in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// Which.
    pub id: String,
    /// Version of its stream.
    pub version: u64,
    /// For which incident.
    pub incident: IncidentId,
    /// Id of the playbook.
    pub playbook: String,
    /// Name of the playbook.
    pub name: String,
    /// When it began.
    pub begun_at: Timestamp,
    /// When something last happened in it.
    pub updated_at: Timestamp,
}

/// An entry of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunEntry {
    /// Position in the ledger.
    pub seq: u64,
    /// Version of the stream after it.
    pub version: u64,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub actor: Actor,
    /// What.
    pub fact: RunFact,
}
