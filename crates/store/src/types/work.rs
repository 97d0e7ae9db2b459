//! The work on incidents, as it is read.

use quell_incident::carried::original;
use quell_incident::metric::StatusWord;
use quell_incident::timeline::MomentKind;
use quell_incident::work::{ItemId, Reference, Stamp, Work, WorkFact};
use quell_incident::{Fact, Incident, IncidentFact};
use quell_model::{Actor, IncidentId, LedgerEntry, SYSTEM_ACTOR, Timestamp};

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

/// Everything that was done about an incident, as figures need it.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// Which.
    pub id: IncidentId,
    /// As it stands; of what Quell told only title, severity and times are of now.
    pub incident: Incident,
    /// When it was opened here, and by whom.
    pub opened: (Timestamp, Actor),
    /// Every word about its status, in order.
    pub statuses: Vec<StatusWord>,
    /// When a person first gave it to somebody.
    pub assigned: Option<Timestamp>,
    /// What people did.
    pub work: Work,
}

impl History {
    /// That of a stream; none if it does not begin as one.
    pub(crate) fn of(entries: &[LedgerEntry]) -> Option<History> {
        let first = entries.first()?;
        let id = IncidentId::new(first.stream.strip_prefix("incident/")?);
        let mut incident = Incident::begin(IncidentFact::read(&first.kind, &first.body).ok()?)?;
        let (mut statuses, mut facts, mut assigned) = (Vec::new(), Vec::new(), None);
        for entry in &entries[1..] {
            let entry = &*original(entry);
            let Ok(fact) = IncidentFact::read(&entry.kind, &entry.body) else {
                facts.extend(WorkFact::read(&entry.kind, &entry.body).ok().map(|fact| (Stamp::of(entry), fact)));
                continue;
            };
            if let IncidentFact::StatusChanged { status, .. } = &fact {
                statuses.push((entry.at, entry.actor.clone(), *status));
            }
            if matches!(fact, IncidentFact::Assigned { .. }) && entry.actor != SYSTEM_ACTOR {
                assigned = assigned.or(Some(entry.at));
            }
            incident.apply(fact);
        }
        let opened = (first.at, first.actor.clone());
        Some(History { id, incident, opened, statuses, assigned, work: Work::of(facts) })
    }
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
