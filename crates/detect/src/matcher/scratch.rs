//! Per-thread working memory of a scan. Reused from event to event; nothing is allocated on the usual path.

use quell_model::{FieldId, Fields, Scalar};

use super::RuleIndex;
use crate::PredicateId;

/// Working memory for [`super::Detector::scan`].
#[derive(Debug, Default)]
pub struct Scratch {
    /// Number of the current event; marks from earlier events are stale without being cleared.
    epoch: u32,
    /// Per predicate: `epoch << 1 | value`.
    predicates: Vec<u32>,
    /// Per local rule: epoch in which it became a candidate.
    candidates_seen: Vec<u32>,
    /// Local indices of candidate rules.
    pub(super) candidates: Vec<u32>,
    /// Folded values of the current event, one after the other.
    folded: String,
    /// Field, start and end in `folded`.
    values: Vec<(FieldId, u32, u32)>,
    /// Folded text of the whole record, when keywords asked for it.
    pub(super) keyword_text: Option<String>,
    /// The record in lower case, for keywords.
    pub(super) lower: Vec<u8>,
    /// Predicates that the probes found true.
    pub(super) hits: Vec<PredicateId>,
    found: Vec<RuleIndex>,
}

impl Scratch {
    /// Starts the next event.
    pub(super) fn begin(&mut self, predicate_count: usize) {
        if self.epoch >= u32::MAX >> 1 || self.predicates.len() != predicate_count {
            self.epoch = 0;
            self.predicates.clear();
            self.predicates.resize(predicate_count, 0);
            self.candidates_seen.clear();
        }
        self.epoch += 1;
        self.candidates.clear();
        self.folded.clear();
        self.values.clear();
        self.keyword_text = None;
        self.found.clear();
    }

    /// What is known of a predicate in this event.
    pub(super) fn known(&self, id: PredicateId) -> Option<bool> {
        let state = self.predicates[id.index()];
        (state >> 1 == self.epoch).then_some(state & 1 == 1)
    }

    pub(super) fn set(&mut self, id: PredicateId, value: bool) {
        self.predicates[id.index()] = self.epoch << 1 | u32::from(value);
    }

    /// Marks a local rule as candidate, once per event.
    pub(super) fn add_candidate(&mut self, rule: u32) {
        let at = rule as usize;
        if at >= self.candidates_seen.len() {
            self.candidates_seen.resize(at + 1, 0);
        }
        if self.candidates_seen[at] != self.epoch {
            self.candidates_seen[at] = self.epoch;
            self.candidates.push(rule);
        }
    }

    pub(super) fn add_found(&mut self, rule: RuleIndex) {
        self.found.push(rule);
    }

    pub(super) fn found(&mut self) -> &[RuleIndex] {
        self.found.sort_unstable();
        &self.found
    }

    /// Folds the values of the fields that `wanted` names, once.
    pub(super) fn fold_values(&mut self, fields: &Fields, wanted: impl Fn(FieldId) -> bool) {
        for (field, value) in fields.iter() {
            if wanted(field) {
                self.fold_value(field, value);
            }
        }
    }

    /// Folded values of the event with their field, by position.
    pub(super) fn value(&self, at: usize) -> Option<(FieldId, &str)> {
        self.values.get(at).map(|&(field, start, end)| (field, &self.folded[start as usize..end as usize]))
    }

    /// Folded values of one field.
    pub(super) fn values_of(&self, field: FieldId) -> impl Iterator<Item = &str> {
        let spans = self.values.iter().filter(move |(id, _, _)| *id == field);
        spans.map(|&(_, start, end)| &self.folded[start as usize..end as usize])
    }

    fn fold_value(&mut self, field: FieldId, value: Scalar<'_>) {
        use std::fmt::Write as _;
        let start = self.folded.len();
        match value {
            Scalar::Null | Scalar::Nested => return,
            Scalar::Str(text) if text.is_ascii() => {
                self.folded.push_str(text);
                self.folded[start..].make_ascii_lowercase();
            }
            Scalar::Str(text) => self.folded.push_str(&text.to_lowercase()),
            Scalar::Bool(flag) => self.folded.push_str(if flag { "true" } else { "false" }),
            // Writing to a string cannot fail.
            Scalar::Int(number) => drop(write!(self.folded, "{number}")),
            Scalar::Float(number) => drop(write!(self.folded, "{number}")),
        }
        self.values.push((field, start as u32, self.folded.len() as u32));
    }
}
