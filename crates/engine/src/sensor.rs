//! Records to events, and the rules that match them.

use std::sync::Arc;

use quell_detect::{RuleIndex, Scanner, Scratch, explain};
use quell_model::{Alert, AlertEvent, Event, Fields, Rejected};
use quell_normalize::{Normalizer, RawRecord};

use crate::{Knowledge, Sighting};

/// Normalises and matches, record by record. Holds no record after its call.
#[derive(Debug)]
pub struct Sensor<'k> {
    knowledge: &'k Knowledge,
    normalizer: Normalizer<'k>,
    scanners: Vec<Option<Scanner>>,
    scratch: Scratch,
    spare: Fields,
}

/// An event and the rules that match it.
#[derive(Debug)]
pub struct Observed<'s> {
    /// The event.
    pub event: Event,
    /// Rules that match, in order of the rule set.
    pub rules: &'s [RuleIndex],
}

impl<'k> Sensor<'k> {
    /// A sensor with empty memory.
    #[must_use]
    pub fn new(knowledge: &'k Knowledge) -> Sensor<'k> {
        let normalizer = knowledge.mappings.normalizer(&knowledge.table);
        Sensor { knowledge, normalizer, scanners: Vec::new(), scratch: Scratch::default(), spare: Fields::default() }
    }

    /// Reads one record, the `position`-th of the input with index `input`.
    ///
    /// # Errors
    /// Why the record is no event.
    pub fn observe(&mut self, record: RawRecord, (input, position): (u32, u64)) -> Result<Observed<'_>, Rejected> {
        let event = self.normalizer.normalize(record, (input, position), std::mem::take(&mut self.spare))?;
        let at = event.log_source as usize;
        if at >= self.scanners.len() {
            self.scanners.resize(at + 1, None);
        }
        let detector = &self.knowledge.detector;
        if self.scanners[at].is_none() {
            self.scanners[at] = self.normalizer.log_source(event.log_source).map(|source| detector.scanner(source));
        }
        let rules = match &self.scanners[at] {
            Some(scanner) => detector.scan(scanner, &mut self.scratch, (&event.fields, &event.raw)),
            None => &[],
        };
        Ok(Observed { event, rules })
    }

    /// Gives the memory of an event back.
    pub fn recycle(&mut self, event: Event) {
        self.spare = event.fields;
    }

    /// The rules that match an event by the plain evaluator, for comparison (invariant 5).
    #[must_use]
    pub fn oracle(&self, event: &Event) -> Vec<RuleIndex> {
        let rules = self.knowledge.detector.rules();
        let source = self.normalizer.log_source(event.log_source);
        source
            .map(|source| quell_detect::oracle::matching(rules, source, &event.fields, &event.raw))
            .unwrap_or_default()
    }
}

impl Knowledge {
    /// What an observed record, from the input called `file`, says for the story; and the event, for its memory.
    #[must_use]
    pub fn sighting(&self, observed: Observed<'_>, file: &str) -> (Sighting, Event) {
        let Observed { mut event, rules } = observed;
        let alerts = rules.iter().map(|rule| (*rule, Arc::new(self.alert(*rule, &event, file)))).collect();
        (Sighting::take(&mut event, alerts), event)
    }

    /// The alert that `rule` raises on `event`, which was read from the input called `file`.
    #[must_use]
    pub fn alert(&self, rule: RuleIndex, event: &Event, file: &str) -> Alert {
        let rules = self.detector.rules();
        Alert {
            rule: rules.rules[rule.index()].meta.clone(),
            time: event.time,
            event: AlertEvent {
                file: file.to_owned(),
                record: event.record.number,
                source: event.source.to_string(),
                position: event.record.position,
            },
            matched: explain(rules, rule, &self.table, (&event.fields, &event.raw)),
        }
    }
}
