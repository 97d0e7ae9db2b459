//! A whole investigation over a finite set of inputs.

use std::collections::BTreeMap;

use quell_graph::{Builder, Observation};
use quell_model::{Event, Investigation, Rejected, SourceCount, Totals, Unparsed};
use quell_normalize::Item;

use crate::alerts::AlertBook;
use crate::dedupe::Dedupe;
use crate::{Knowledge, Sensor, incidents, plot};

/// Unparsed places listed of one input; all are counted.
const UNPARSED_LISTED_MAX: usize = 20;

/// Takes records in any order and tells what happened.
#[derive(Debug)]
pub struct Investigator<'k> {
    knowledge: &'k Knowledge,
    sensor: Sensor<'k>,
    seen: Dedupe,
    builder: Builder,
    alerts: AlertBook,
    inputs: Vec<String>,
    sources: BTreeMap<String, u64>,
    unparsed: Vec<Unparsed>,
    /// The first rejections of the input at hand.
    rejected: Vec<Rejected>,
    rejected_count: u64,
    records_of_input: u64,
    events_of_input: u64,
    totals: Totals,
}

impl<'k> Investigator<'k> {
    /// An investigation that has seen nothing yet.
    #[must_use]
    pub fn new(knowledge: &'k Knowledge) -> Investigator<'k> {
        Investigator {
            knowledge,
            sensor: Sensor::new(knowledge),
            seen: Dedupe::default(),
            builder: Builder::default(),
            alerts: AlertBook::default(),
            inputs: Vec::new(),
            sources: BTreeMap::new(),
            unparsed: Vec::new(),
            rejected: Vec::new(),
            rejected_count: 0,
            records_of_input: 0,
            events_of_input: 0,
            totals: Totals::default(),
        }
    }

    /// Records that follow come from the input of this name.
    pub fn begin_input(&mut self, name: &str) {
        self.end_input();
        self.inputs.push(name.to_owned());
    }

    /// An input in which nothing was recognised is one thing that could not be read, however many lines it has. Faults of
    /// the input itself stay.
    fn end_input(&mut self) {
        let rejected = std::mem::take(&mut self.rejected);
        let nothing_known = self.events_of_input == 0 && self.rejected_count > UNPARSED_LISTED_MAX as u64;
        self.totals.unparsed += if nothing_known { 1 } else { self.rejected_count };
        let file = self.inputs.last().cloned().unwrap_or_default();
        let listed = rejected.into_iter().take(if nothing_known { 1 } else { UNPARSED_LISTED_MAX });
        self.unparsed.extend(listed.map(|Rejected { offset, mut reason }| {
            if nothing_known {
                reason = format!("nothing in it was recognised; the first of {} parts: {reason}", self.rejected_count);
            }
            Unparsed { file: file.clone(), offset, reason }
        }));
        (self.rejected_count, self.records_of_input, self.events_of_input) = (0, 0, 0);
    }

    /// Takes what a reader found.
    pub fn take(&mut self, item: Item) {
        match item {
            Item::Rejected(rejected) => self.reject(rejected),
            Item::Record(record) => {
                self.totals.records += 1;
                self.records_of_input += 1;
                let input = self.inputs.len().saturating_sub(1) as u32;
                if self.seen.is_duplicate(&record, input) {
                    self.totals.duplicates += 1;
                    self.events_of_input += 1;
                    return;
                }
                match self.sensor.observe(record, (input, self.records_of_input)) {
                    Err(rejected) => self.reject(rejected),
                    Ok(observed) => {
                        let rules = observed.rules.to_vec();
                        let event = observed.event;
                        self.observe(&event, &rules);
                        self.sensor.recycle(event);
                    }
                }
            }
        }
    }

    /// Notes that an input could not be read, or not to its end.
    pub fn problem(&mut self, name: &str, offset: u64, reason: String) {
        self.totals.unparsed += 1;
        self.unparsed.push(Unparsed { file: name.to_owned(), offset, reason });
    }

    /// Records and alerts so far, for showing progress.
    #[must_use]
    pub fn progress(&self) -> (u64, u64) {
        (self.totals.records, self.alerts.total)
    }

    /// Tells the story.
    #[must_use]
    pub fn finish(mut self) -> Investigation {
        self.end_input();
        self.totals.inputs = self.inputs.len() as u64;
        self.totals.alerts = self.alerts.total;
        self.totals.rules = self.knowledge.rule_count() as u64;
        self.unparsed.sort_by(|a, b| (&a.file, a.offset).cmp(&(&b.file, b.offset)));

        let mut by_name: Vec<usize> = (0..self.inputs.len()).collect();
        by_name.sort_by_key(|at| &self.inputs[*at]);
        let mut order = vec![0; self.inputs.len()];
        for (rank, at) in (0u32..).zip(by_name) {
            order[at] = rank;
        }
        let folded = self.alerts.into_folded();
        for raised in folded.iter().flat_map(|folded| &folded.kept) {
            let (time, record, subjects) = (raised.time, raised.record, raised.subjects.clone());
            let action = self.builder.action("");
            self.builder.observe(Observation { time, record, action, edge: None, subjects });
        }
        let (graph, about) = self.builder.build(&order, &self.knowledge.policy);
        let case = plot::Case {
            knowledge: self.knowledge,
            graph: &graph,
            about: &about,
            inputs: &self.inputs,
            sources: &self.sources,
            hosts_by_address: graph.hosts_by_address(),
        };
        let (incidents, alerts_apart) = incidents::tell(&case, folded);
        let sources =
            self.sources.iter().map(|(name, count)| SourceCount { name: name.clone(), count: *count }).collect();
        Investigation { incidents, alerts_apart, sources, unparsed: self.unparsed, totals: self.totals }
    }

    fn observe(&mut self, event: &Event, rules: &[quell_detect::RuleIndex]) {
        self.events_of_input += 1;
        *self.sources.entry(event.source.to_string()).or_default() += 1;
        let action = self.builder.action(&event.action);
        for activity in &event.activities {
            let from = self.builder.entity(&activity.from);
            let to = self.builder.entity(&activity.to);
            let edge = Some((from, activity.verb, to));
            let seen = Observation {
                time: event.time,
                record: event.record,
                action: action.clone(),
                edge,
                subjects: Vec::new(),
            };
            self.builder.observe(seen);
        }
        if rules.is_empty() {
            return;
        }
        let subjects: Vec<_> = event.subjects.iter().map(|subject| self.builder.entity(subject)).collect();
        let file = self.inputs.last().map(String::as_str).unwrap_or_default();
        for rule in rules {
            let level = self.knowledge.detector.rules().rules[rule.index()].meta.level;
            let make = || self.knowledge.alert(*rule, event, file);
            self.alerts.add((*rule, level), &subjects, (event.time, event.record, file), make);
        }
    }

    fn reject(&mut self, rejected: Rejected) {
        self.rejected_count += 1;
        if self.rejected.len() < UNPARSED_LISTED_MAX {
            self.rejected.push(rejected);
        }
    }
}
