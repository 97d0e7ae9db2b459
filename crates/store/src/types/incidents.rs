//! Incidents as lists show them.

use quell_incident::Status;
use quell_model::{AlertGroupId, IncidentId, Level, TeamId, Timestamp, UserId};

/// Which incidents to list. An empty filter is all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IncidentFilter {
    /// Words of title, hosts, accounts, techniques or id; all of them.
    pub text: Option<String>,
    /// One of these; empty for all.
    pub status: Vec<Status>,
    /// One of these; empty for all.
    pub severity: Vec<Level>,
    /// Who is responsible.
    pub assignee: Option<UserId>,
    /// Whose it is.
    pub team: Option<TeamId>,
    /// ATT&CK technique; one without a part after the dot means all its sub-techniques, too.
    pub technique: Option<String>,
    /// A host in scope, without regard to case.
    pub host: Option<String>,
    /// Opened at or after.
    pub since: Option<Timestamp>,
    /// Opened at or before.
    pub until: Option<Timestamp>,
    /// Exercises only, or none of them.
    pub exercise: Option<bool>,
}

/// An incident in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentRow {
    /// Which.
    pub id: IncidentId,
    /// Version of its stream.
    pub version: u64,
    /// How far work is.
    pub status: Status,
    /// One line.
    pub title: String,
    /// How serious.
    pub severity: Level,
    /// Time of its earliest event.
    pub first_seen: Option<Timestamp>,
    /// Time of its latest event.
    pub last_seen: Option<Timestamp>,
    /// When Quell opened it.
    pub opened_at: Timestamp,
    /// When its last entry was written.
    pub updated_at: Timestamp,
    /// ATT&CK technique ids.
    pub techniques: Vec<String>,
    /// Hosts in scope.
    pub hosts: Vec<String>,
    /// Accounts in scope.
    pub principals: Vec<String>,
    /// How many alerts it has, as told.
    pub alerts: u64,
    /// Who is responsible.
    pub assignee: Option<UserId>,
    /// Which team's it is; none for all.
    pub team: Option<TeamId>,
    /// Whether only its members see it.
    pub restricted: bool,
    /// The incident it is part of.
    pub merged_into: Option<IncidentId>,
    /// SHA-256 of its story, in hex; empty if Quell tells none.
    pub story: String,
    /// Where it comes from, if Quell did not find it itself: `report`, `split` or `elsewhere`.
    pub origin: Option<String>,
    /// Whether it is an exercise.
    pub exercise: bool,
}

/// Alerts of one rule about one thing that people said belong to an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldGroup {
    /// Which.
    pub group: AlertGroupId,
    /// To which incident.
    pub incident: IncidentId,
    /// How many alerts that are.
    pub alerts: u64,
    /// Sources that they come from.
    pub sources: Vec<String>,
    /// The incident is closed, and some of them came after the last that was said about it.
    pub is_late: bool,
}
