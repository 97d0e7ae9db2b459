//! The work on incidents, as it is read.

use quell_incident::Incident;
use quell_incident::timeline::MomentKind;
use quell_incident::work::{ItemId, Reference, Stamp, Work};
use quell_model::{IncidentId, Timestamp};

/// An incident with everything that was done about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Worked {
    /// Version of its stream.
    pub version: u64,
    /// As it is told, and who may see it.
    pub incident: Incident,
    /// What people did.
    pub work: Work,
    /// It, and those that became part of it.
    pub parts: Vec<IncidentId>,
}

/// Which items of a timeline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TimelineQuery {
    /// One of these kinds; empty for all.
    pub kinds: Vec<MomentKind>,
    /// As it was then; now, if not given.
    pub as_of: Option<Timestamp>,
    /// Happened at or after.
    pub since: Option<Timestamp>,
    /// Happened at or before.
    pub until: Option<Timestamp>,
}

/// An item of a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineRow {
    /// Its id.
    pub item: ItemId,
    /// Entry that says it, when and by whom.
    pub stamp: Stamp,
    /// The incident whose it is, of those that are one now.
    pub incident: IncidentId,
    /// What it is.
    pub kind: MomentKind,
    /// When it happened.
    pub at: Timestamp,
    /// When it became known.
    pub discovered_at: Option<Timestamp>,
    /// What happened.
    pub title: String,
    /// More about it.
    pub text: Option<String>,
    /// What it is a part of.
    pub parent: Option<ItemId>,
    /// What shows it.
    pub references: Vec<Reference>,
}
