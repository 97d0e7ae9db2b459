//! Alerts of a run, folded: repeats of one rule about one thing are counted and the earliest are kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use quell_detect::RuleIndex;
use quell_graph::{EntityId, Observation};
use quell_model::{Alert, AlertGroupId, Level, RecordRef, Timestamp};

/// Repeats kept of one rule about one thing.
const KEPT_MAX: usize = 3;

/// An alert with the record behind it.
#[derive(Debug, Clone)]
pub(crate) struct Raised {
    pub(crate) time: Option<Timestamp>,
    pub(crate) record: RecordRef,
    /// What it is about, best first.
    pub(crate) subjects: Vec<EntityId>,
    pub(crate) alert: Arc<Alert>,
}

/// Alerts of one rule about one thing.
#[derive(Debug, Clone)]
pub(crate) struct Folded {
    pub(crate) rule: RuleIndex,
    pub(crate) level: Level,
    /// Name of the group outside of this run.
    pub(crate) group: AlertGroupId,
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
        (rule, level, group): (RuleIndex, Level, &AlertGroupId),
        subjects: &[EntityId],
        (time, record, file): (Option<Timestamp>, RecordRef, &str),
        make: impl FnOnce() -> Arc<Alert>,
    ) {
        self.total += 1;
        let key = (rule, subjects.first().copied().into_iter().collect());
        let new = || Folded { rule, level, group: group.clone(), kept: Vec::new(), count: 0 };
        let folded = self.folded.entry(key).or_insert_with(new);
        folded.count += 1;
        let full = folded.kept.len() >= KEPT_MAX;
        if full && folded.kept.last().is_some_and(|last| order(last) <= (time, file, record.position)) {
            return;
        }
        folded.kept.push(Raised { time, record, subjects: subjects.to_vec(), alert: make() });
        folded.kept.sort_by(|a, b| order(a).cmp(&order(b)));
        folded.kept.truncate(KEPT_MAX);
    }

    /// All of them.
    pub(crate) fn folded(&self) -> Vec<Folded> {
        self.folded.values().cloned().collect()
    }

    /// The records behind the alerts that are kept, with what they are about.
    pub(crate) fn observations(&self, action: &Arc<str>) -> Vec<Observation> {
        let kept = self.folded.values().flat_map(|folded| &folded.kept);
        let observation = |raised: &Raised| Observation {
            time: raised.time,
            record: raised.record,
            action: Arc::clone(action),
            edge: None,
            subjects: raised.subjects.clone(),
            count: 1,
        };
        kept.map(observation).collect()
    }

    /// Drops groups whose latest alert that is kept was raised before a record, unless they are wanted.
    pub(crate) fn forget(&mut self, before: u64, wanted: impl Fn(&Folded) -> bool) {
        let recent = |folded: &Folded| folded.kept.iter().any(|raised| raised.record.position >= before);
        self.folded.retain(|_, folded| recent(folded) || wanted(folded));
    }

    /// Every id of a description that is held here, for changing; the book is in order again after [`AlertBook::reorder`].
    pub(crate) fn subjects_mut(&mut self) -> impl Iterator<Item = &mut EntityId> {
        self.folded.values_mut().flat_map(|folded| &mut folded.kept).flat_map(|raised| &mut raised.subjects)
    }

    /// Puts the book in order after its ids were changed.
    pub(crate) fn reorder(&mut self) {
        let folded = std::mem::take(&mut self.folded).into_values();
        let key = |folded: &Folded| {
            let subject = folded.kept.first().and_then(|raised| raised.subjects.first().copied());
            (folded.rule, subject.into_iter().collect())
        };
        self.folded = folded.map(|folded| (key(&folded), folded)).collect();
    }
}

fn order(raised: &Raised) -> (Option<Timestamp>, &str, u64) {
    (raised.time, &raised.alert.event.file, raised.record.position)
}
