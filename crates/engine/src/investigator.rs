//! A whole investigation over a finite set of inputs.

use quell_model::{Investigation, Rejected, Totals, Unparsed};
use quell_normalize::Item;
use sha2::{Digest, Sha256};

use crate::dedupe::Dedupe;
use crate::{CaseFile, Knowledge, Sensor};

/// Unparsed places listed of one input; all are counted.
const UNPARSED_LISTED_MAX: usize = 20;

/// Takes records in any order and tells what happened.
#[derive(Debug)]
pub struct Investigator<'k> {
    knowledge: &'k Knowledge,
    sensor: Sensor<'k>,
    seen: Dedupe,
    file: CaseFile<'k>,
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
            file: CaseFile::new(knowledge),
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
        self.file.begin_input(name);
    }

    /// An input in which nothing was recognised is one thing that could not be read, however many lines it has. Faults of
    /// the input itself stay.
    fn end_input(&mut self) {
        let rejected = std::mem::take(&mut self.rejected);
        let nothing_known = self.events_of_input == 0 && self.rejected_count > UNPARSED_LISTED_MAX as u64;
        self.totals.unparsed += if nothing_known { 1 } else { self.rejected_count };
        let file = self.file.inputs().last().cloned().unwrap_or_default();
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
                let input = self.file.inputs().len().saturating_sub(1) as u32;
                if self.seen.is_duplicate(&Sha256::digest(&record.bytes).into(), &record.shape, input) {
                    self.totals.duplicates += 1;
                    self.events_of_input += 1;
                    return;
                }
                match self.sensor.observe(record, (input, self.records_of_input)) {
                    Err(rejected) => self.reject(rejected),
                    Ok(observed) => {
                        self.events_of_input += 1;
                        let name = self.file.inputs().last().map(String::as_str).unwrap_or_default();
                        let (sighting, event) = self.knowledge.sighting(observed, name);
                        self.file.add(sighting);
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
        (self.totals.records, self.file.alerts_total())
    }

    /// Tells the story.
    #[must_use]
    pub fn finish(mut self) -> Investigation {
        self.end_input();
        self.totals.inputs = self.file.inputs().len() as u64;
        self.totals.alerts = self.file.alerts_total();
        self.totals.rules = self.knowledge.rule_count() as u64;
        self.unparsed.sort_by(|a, b| (&a.file, a.offset).cmp(&(&b.file, b.offset)));
        let (tellings, alerts_apart) = self.file.tell();
        let incidents = tellings.into_iter().map(|telling| telling.incident).collect();
        let sources = self.file.sources();
        Investigation { incidents, alerts_apart, sources, unparsed: self.unparsed, totals: self.totals }
    }

    fn reject(&mut self, rejected: Rejected) {
        self.rejected_count += 1;
        if self.rejected.len() < UNPARSED_LISTED_MAX {
            self.rejected.push(rejected);
        }
    }
}
