//! `quell detect`: every alert, as it is found.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use anyhow::Result;
use quell_engine::{Knowledge, Sensor};
use quell_model::{Alert, Level};
use quell_normalize::Item;

use super::FOUND;
use crate::arguments::Detect;
use crate::knowledge;
use crate::progress::{Progress, complain};
use crate::reading::{self, Sink};

/// Places listed that could not be read; all are counted.
const COMPLAINTS_MAX: u64 = 20;

/// Reads and prints alerts.
pub(crate) fn detect(arguments: &Detect) -> Result<ExitCode> {
    let knowledge = knowledge::load(&arguments.inputs.knowledge)?;
    if !arguments.inputs.quiet {
        knowledge::tell_refused(&knowledge);
    }
    let mut listing = Listing {
        knowledge: &knowledge,
        sensor: Sensor::new(&knowledge),
        out: BufWriter::new(io::stdout().lock()),
        json: arguments.json,
        quiet: arguments.inputs.quiet,
        progress: Progress::new(arguments.inputs.quiet || !arguments.json),
        input: String::new(),
        inputs: 0,
        records: 0,
        alerts: 0,
        unparsed: 0,
        worst: None,
    };
    reading::read(&arguments.inputs.paths, &knowledge, &mut listing)?;
    listing.out.flush()?;
    listing.progress.clear();
    if !arguments.inputs.quiet {
        let Listing { inputs, records, alerts, unparsed, .. } = listing;
        complain(&format!(
            "{alerts} alerts in {records} records of {inputs} inputs; {unparsed} parts could not be read"
        ));
    }
    let found = arguments.fail_on.is_some_and(|least| listing.worst >= Some(least.level()));
    Ok(if found { ExitCode::from(FOUND) } else { ExitCode::SUCCESS })
}

struct Listing<'k> {
    knowledge: &'k Knowledge,
    sensor: Sensor<'k>,
    out: BufWriter<io::StdoutLock<'static>>,
    json: bool,
    quiet: bool,
    progress: Progress,
    input: String,
    inputs: u32,
    records: u64,
    alerts: u64,
    unparsed: u64,
    worst: Option<Level>,
}

impl Sink for Listing<'_> {
    fn begin(&mut self, input: &str) {
        input.clone_into(&mut self.input);
        self.inputs += 1;
    }

    fn item(&mut self, item: Item) -> Result<()> {
        let record = match item {
            Item::Record(record) => record,
            Item::Rejected(rejected) => {
                self.reject(rejected.offset, &rejected.reason);
                return Ok(());
            }
        };
        self.records += 1;
        self.progress.update(self.records, self.alerts, &self.input);
        match self.sensor.observe(record, (self.inputs.saturating_sub(1), self.records)) {
            Err(rejected) => self.reject(rejected.offset, &rejected.reason),
            Ok(observed) => {
                for rule in observed.rules {
                    let alert = self.knowledge.alert(*rule, &observed.event, &self.input);
                    self.alerts += 1;
                    self.worst = self.worst.max(Some(alert.rule.level));
                    print(&mut self.out, &alert, self.json)?;
                }
                let event = observed.event;
                self.sensor.recycle(event);
            }
        }
        Ok(())
    }

    fn problem(&mut self, name: &str, offset: u64, reason: String) {
        self.input = name.to_owned();
        self.reject(offset, &reason);
    }
}

impl Listing<'_> {
    fn reject(&mut self, offset: u64, reason: &str) {
        self.unparsed += 1;
        if !self.quiet && self.unparsed <= COMPLAINTS_MAX {
            complain(&format!("{} at byte {offset}: {reason}", self.input));
        }
    }
}

fn print(out: &mut impl Write, alert: &Alert, json: bool) -> Result<()> {
    if json {
        serde_json::to_writer(&mut *out, alert)?;
        return Ok(writeln!(out)?);
    }
    let time = alert.time.map(|time| time.strftime("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_else(|| "-".to_owned());
    let title = quell_report::clean(&alert.rule.title);
    let file = quell_report::clean(&alert.event.file);
    writeln!(out, "{time:19}  {:13}  {title}  ({file}#{})", alert.rule.level, alert.event.record)?;
    Ok(())
}
