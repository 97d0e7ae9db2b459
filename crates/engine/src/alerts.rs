//! Alerts of a run, folded: repeats of one rule about one thing are counted and the earliest are kept.

use std::collections::BTreeMap;

use quell_detect::RuleIndex;
use quell_graph::EntityId;
use quell_model::{Alert, Level, RecordRef, Timestamp};

/// Repeats kept of one rule about one thing.
const KEPT_MAX: usize = 3;

/// An alert with the record behind it.
#[derive(Debug, Clone)]
pub(crate) struct Raised {
    pub(crate) time: Option<Timestamp>,
    pub(crate) record: RecordRef,
    /// What it is about, best first.
    pub(crate) subjects: Vec<EntityId>,
    pub(crate) alert: Alert,
}

/// Alerts of one rule about one thing.
#[derive(Debug, Clone)]
pub(crate) struct Folded {
    pub(crate) rule: RuleIndex,
    pub(crate) level: Level,
    /// The earliest, by time, then by input name and record.
    pub(crate) kept: Vec<Raised>,
    pub(crate) count: u64,
}

impl Folded {
    pub(crate) fn first(&self) -> Option<&Raised> {
        self.kept.first()
    }
}

/// All alerts of a run.
#[derive(Debug, Default)]
pub(crate) struct AlertBook {
    folded: BTreeMap<(RuleIndex, Vec<EntityId>), Folded>,
    pub(crate) total: u64,
}

impl AlertBook {
    /// Adds an alert of `rule` about `subjects`, raised on a record of the input called `file`. `make` is called only if
    /// the alert is among the earliest. Which are kept does not depend on the order of the calls.
    pub(crate) fn add(
        &mut self,
        (rule, level): (RuleIndex, Level),
        subjects: &[EntityId],
        (time, record, file): (Option<Timestamp>, RecordRef, &str),
        make: impl FnOnce() -> Alert,
    ) {
        self.total += 1;
        let key = (rule, subjects.first().copied().into_iter().collect());
        let folded = self.folded.entry(key).or_insert_with(|| Folded { rule, level, kept: Vec::new(), count: 0 });
        folded.count += 1;
        let full = folded.kept.len() >= KEPT_MAX;
        if full && folded.kept.last().is_some_and(|last| order(last) <= (time, file, record.position)) {
            return;
        }
        folded.kept.push(Raised { time, record, subjects: subjects.to_vec(), alert: make() });
        folded.kept.sort_by(|a, b| order(a).cmp(&order(b)));
        folded.kept.truncate(KEPT_MAX);
    }

    pub(crate) fn into_folded(self) -> Vec<Folded> {
        self.folded.into_values().collect()
    }
}

fn order(raised: &Raised) -> (Option<Timestamp>, &str, u64) {
    (raised.time, &raised.alert.event.file, raised.record.position)
}
