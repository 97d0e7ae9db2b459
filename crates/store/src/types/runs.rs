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
    /// How it stood when it was last carried on.
    pub standing: Standing,
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It goes on by itself.
    Running,
    /// A step of it waits for people.
    Waiting,
    /// It was stopped for now.
    Paused,
    /// It is over.
    Ended,
}

impl Standing {
    /// All of them.
    const ALL: [Standing; 4] = [Standing::Running, Standing::Waiting, Standing::Paused, Standing::Ended];

    /// Name in data.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Standing::Running => "running",
            Standing::Waiting => "waiting",
            Standing::Paused => "paused",
            Standing::Ended => "ended",
        }
    }

    pub(crate) fn read(name: &str) -> Option<Standing> {
        Standing::ALL.into_iter().find(|standing| standing.as_str() == name)
    }
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
