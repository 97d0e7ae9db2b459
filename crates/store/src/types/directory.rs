//! The directory of stakeholders, tuning proposals, and what was said about entities.

use quell_incident::{Stakeholder, TuningProposal, TuningState};
use quell_model::{EntityKind, IncidentId, Timestamp};

/// Somebody in the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StakeholderRow {
    /// Which.
    pub id: String,
    /// Version of its stream.
    pub version: u64,
    /// What the directory says.
    pub stakeholder: Stakeholder,
}

/// A tuning proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TuningRow {
    /// Which.
    pub id: String,
    /// Version of its stream.
    pub version: u64,
    /// How far it is.
    pub state: TuningState,
    /// Why it was decided so; empty while it was not.
    pub reason: String,
    /// When it was made.
    pub proposed_at: Timestamp,
    /// What it proposes.
    pub proposal: TuningProposal,
}

/// What was last said about an entity in an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityWordRow {
    /// In which incident.
    pub incident: IncidentId,
    /// What kind it is.
    pub kind: EntityKind,
    /// Its name, in lower case.
    pub name: String,
    /// `in_scope`, `affected`, `ruled_out` or `retired`.
    pub word: String,
    /// When.
    pub at: Timestamp,
    /// The entry that says it.
    pub entry: u64,
}
