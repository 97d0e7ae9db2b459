//! Alerts: what the machine says, and what analysts made of it.

use quell_incident::AlertStatus;
use quell_model::{AlertGroupId, AlertId, EventId, IncidentId, Level, Timestamp, UserId};

use super::SourceDelta;

/// What detection made of some chunks, with its own checkpoint: stored together or not at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outputs {
    /// The last chunk it has processed.
    pub processed: u64,
    /// A replay begins after this chunk.
    pub window: u64,
    /// What was found.
    pub alerts: Vec<NewAlert>,
    /// What arrived, by source.
    pub health: Vec<SourceDelta>,
}

/// How far detection is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// The last chunk it has processed.
    pub processed: u64,
    /// A replay begins after this chunk.
    pub window: u64,
}

/// An alert as detection raises it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAlert {
    /// Which. The same record and rule always have the same one.
    pub id: AlertId,
    /// Alerts of one rule about one thing.
    pub group: AlertGroupId,
    /// The stored record.
    pub event: EventId,
    /// Name of the source that brought it.
    pub source: String,
    /// Mapping that read it.
    pub mapping: String,
    /// Rule that matched.
    pub rule_id: String,
    /// Title of the rule.
    pub title: String,
    /// How serious.
    pub level: Level,
    /// Tags of the rule.
    pub tags: Vec<String>,
    /// Time of the event.
    pub time: Option<Timestamp>,
    /// What it is about, one line.
    pub subject: String,
    /// Fields that made the rule match, JSON.
    pub matched: String,
    /// Text to find it by, besides title and subject. Not given back.
    pub words: String,
}

/// A stored alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRow {
    /// Which.
    pub id: AlertId,
    /// Alerts of one rule about one thing.
    pub group: AlertGroupId,
    /// The stored record.
    pub event: EventId,
    /// Name of the source that brought it.
    pub source: String,
    /// Mapping that read it.
    pub mapping: String,
    /// Rule that matched.
    pub rule_id: String,
    /// Title of the rule.
    pub title: String,
    /// How serious.
    pub level: Level,
    /// Tags of the rule.
    pub tags: Vec<String>,
    /// Time of the event.
    pub time: Option<Timestamp>,
    /// What it is about, one line.
    pub subject: String,
    /// Fields that made the rule match, JSON.
    pub matched: String,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// What it was found to be.
    pub status: AlertStatus,
    /// Who claimed it.
    pub assignee: Option<UserId>,
    /// Why it has its status.
    pub reason: String,
    /// The incident it belongs to.
    pub incident: Option<IncidentId>,
    /// The alert that says the same, for duplicates.
    pub duplicate_of: Option<AlertId>,
    /// Version of its stream; 0 while nobody decided anything.
    pub version: u64,
}

/// All alerts of one rule about one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertGroup {
    /// Which.
    pub id: AlertGroupId,
    /// The incident they belong to.
    pub incident: Option<IncidentId>,
    /// How many.
    pub alerts: u64,
    /// Sources that they come from.
    pub sources: Vec<String>,
    /// Tags of the rule.
    pub tags: Vec<String>,
    /// Time of the earliest event.
    pub first: Option<Timestamp>,
    /// Time of the latest event.
    pub last: Option<Timestamp>,
}

/// Which alerts to list. An empty filter is all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlertFilter {
    /// Words of the alert; all of them.
    pub text: Option<String>,
    /// One of these; empty for all.
    pub status: Vec<AlertStatus>,
    /// One of these; empty for all.
    pub severity: Vec<Level>,
    /// Id of the rule.
    pub rule: Option<String>,
    /// ATT&CK technique; one without a part after the dot means all its sub-techniques, too.
    pub technique: Option<String>,
    /// Name of the source.
    pub source: Option<String>,
    /// Incident they belong to.
    pub incident: Option<IncidentId>,
    /// Their group.
    pub group: Option<AlertGroupId>,
    /// Event at or after.
    pub since: Option<Timestamp>,
    /// Event at or before.
    pub until: Option<Timestamp>,
}

impl AlertFilter {
    /// Whether it asks for nothing but status, severity, source and incident, of which totals are kept.
    pub(crate) fn is_of_kinds(&self) -> bool {
        let AlertFilter { text, rule, technique, group, since, until, .. } = self;
        let texts = [text.as_ref(), rule.as_ref(), technique.as_ref()];
        texts.iter().all(Option::is_none) && group.is_none() && since.is_none() && until.is_none()
    }
}
