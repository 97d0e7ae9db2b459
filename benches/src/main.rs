//! Speed of matching: Quell beside rsigma-eval, with the same allocator, rules and records, in one run.
//!
//! Rounds of both are interleaved, and the median of each is compared, because machines are noisy. Both are measured from
//! the bytes of a record to its detections, and with the record already parsed. rsigma is run with and without its own
//! selection by log source, and the faster of the two is compared.

mod corpus;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use quell_detect::{Scanner, Scratch};
use quell_engine::{Knowledge, KnowledgeBuilder};
use quell_model::Fields;
use quell_normalize::{Normalizer, RawRecord};
use rsigma_eval::Engine;
use rsigma_eval::event::JsonEvent;
use serde_json::Value;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 3;
const RATIO_MIN: f64 = 1.5;
const MEMORY_MIB_MAX: u64 = 300;

fn main() -> Result<ExitCode> {
    let data = std::env::var_os("QUELL_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    if !data.is_dir() {
        println!("skip  {} is not there; set QUELL_DATA", data.display());
        println!("0 passed, 0 failed, 1 skipped");
        return Ok(ExitCode::SUCCESS);
    }
    let files = corpus::rules(&data.join("sigma/rules/rules/windows"))?;
    let records = corpus::flat_windows(&data)?;
    let bytes: usize = records.iter().map(|record| record.bytes.len()).sum();
    println!("{} flat Windows records, {} MB; {} rule files", records.len(), bytes / 1_000_000, files.len());
    if std::env::args().any(|argument| argument == "profile") {
        profile(&files, &records)?;
        return Ok(ExitCode::SUCCESS);
    }
    let (mut passed, mut failed) = (0, 0);
    // The larger set first: memory that is reused would hide what it needs.
    for count in [files.len(), 100] {
        let step = files.len() / count;
        let chosen: Vec<&PathBuf> = files.iter().step_by(step.max(1)).take(count).collect();
        let ratio = compare(&chosen, &records)?;
        if ratio >= RATIO_MIN { passed += 1 } else { failed += 1 }
    }
    println!("{passed} passed, {failed} failed");
    if failed > 0 {
        println!("less than {RATIO_MIN} times as fast as the other engine");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the figures of one rule set; the answer is how many times faster Quell is, from bytes to detections.
fn compare(rules: &[&PathBuf], records: &[RawRecord]) -> Result<f64> {
    let before = resident_mib();
    let begun = Instant::now();
    let mut builder = KnowledgeBuilder::new()?;
    for file in rules {
        builder.rules(&file.display().to_string(), &std::fs::read_to_string(file)?);
    }
    let knowledge = builder.build()?;
    let mut quell = Quell::new(&knowledge);
    let own_found = quell.from_bytes(records);
    let compile = begun.elapsed();
    let memory = resident_mib().saturating_sub(before);
    let other = Other::new(rules)?;

    let mut times: [Vec<f64>; 5] = Default::default();
    let parsed_own = quell.parsed(records);
    let parsed_other: Vec<Value> =
        records.iter().map(|record| serde_json::from_slice(&record.bytes)).collect::<Result<_, _>>()?;
    let mut other_found = 0;
    for _ in 0..ROUNDS {
        times[0].push(timed(|| quell.from_bytes(records)).0);
        times[1].push(timed(|| other.from_bytes(records)).0);
        times[2].push(timed(|| quell.scan(&parsed_own)).0);
        let (seconds, found) = timed(|| other.scan(&parsed_other, false));
        other_found = found;
        times[3].push(seconds);
        times[4].push(timed(|| other.scan(&parsed_other, true)).0);
    }
    let [own, foreign, own_scan, foreign_scan, foreign_routed] = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    });
    let rate = |seconds: f64| records.len() as f64 / seconds;
    let best_scan = foreign_scan.min(foreign_routed);
    println!("{} rules in force of {}", knowledge.rule_count(), rules.len());
    println!("  from bytes   quell {:9.0}/s   rsigma {:9.0}/s   ratio {:.2}", rate(own), rate(foreign), foreign / own);
    println!(
        "  parsed       quell {:9.0}/s   rsigma {:9.0}/s   ratio {:.2}",
        rate(own_scan),
        rate(best_scan),
        best_scan / own_scan
    );
    println!(
        "  detections   quell {own_found} (strict log sources)   rsigma {other_found} (no selection by log source)"
    );
    println!(
        "  load, compile and first pass {:.2} s; rules and automata {memory} MiB (at most {MEMORY_MIB_MAX})",
        compile.as_secs_f64()
    );
    Ok((foreign / own).min(best_scan / own_scan))
}

/// Runs only our matcher, on parsed records, for a profiler.
fn profile(rules: &[PathBuf], records: &[RawRecord]) -> Result<()> {
    let mut builder = KnowledgeBuilder::new()?;
    for file in rules {
        builder.rules(&file.display().to_string(), &std::fs::read_to_string(file)?);
    }
    let knowledge = builder.build()?;
    let mut quell = Quell::new(&knowledge);
    let parsed = quell.parsed(records);
    quell.scan(&parsed);
    let (seconds, found) = timed(|| (0..ROUNDS).map(|_| quell.scan(&parsed)).sum::<usize>());
    println!("{:.2} us per record, {found} detections", seconds * 1e6 / (ROUNDS * parsed.len()) as f64);
    Ok(())
}

fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let begun = Instant::now();
    let value = work();
    (begun.elapsed().as_secs_f64(), value)
}

/// Our side.
struct Quell<'k> {
    knowledge: &'k Knowledge,
    normalizer: Normalizer<'k>,
    scanners: Vec<Scanner>,
    scratch: Scratch,
    fields: Fields,
}

impl<'k> Quell<'k> {
    fn new(knowledge: &'k Knowledge) -> Quell<'k> {
        let normalizer = knowledge.mappings().normalizer(knowledge.detector().1);
        Quell { knowledge, normalizer, scanners: Vec::new(), scratch: Scratch::default(), fields: Fields::default() }
    }

    fn from_bytes(&mut self, records: &[RawRecord]) -> usize {
        let mut found = 0;
        for record in records {
            let mut fields = std::mem::take(&mut self.fields);
            if let Ok(source) = self.normalizer.classify(record, &mut fields) {
                found += self.detections(source, &fields, &record.bytes);
            }
            self.fields = fields;
        }
        found
    }

    fn parsed<'r>(&mut self, records: &'r [RawRecord]) -> Vec<(u32, Fields, &'r [u8])> {
        let mut parsed = Vec::new();
        for record in records {
            let mut fields = Fields::default();
            if let Ok(source) = self.normalizer.classify(record, &mut fields) {
                parsed.push((source, fields, record.bytes.as_slice()));
            }
        }
        parsed
    }

    fn scan(&mut self, parsed: &[(u32, Fields, &[u8])]) -> usize {
        parsed.iter().map(|(source, fields, raw)| self.detections(*source, fields, raw)).sum()
    }

    fn detections(&mut self, source: u32, fields: &Fields, raw: &[u8]) -> usize {
        let detector = self.knowledge.detector().0;
        while self.scanners.len() <= source as usize {
            let next = self.normalizer.log_source(self.scanners.len() as u32).cloned().unwrap_or_default();
            self.scanners.push(detector.scanner(&next));
        }
        detector.scan(&self.scanners[source as usize], &mut self.scratch, (fields, raw)).len()
    }
}

/// The other side.
struct Other {
    engine: Engine,
    windows: rsigma_parser::LogSource,
}

impl Other {
    fn new(rules: &[&PathBuf]) -> Result<Other> {
        let mut engine = Engine::new();
        for file in rules {
            let collection = rsigma_parser::parse_sigma_yaml(&std::fs::read_to_string(file)?)?;
            for rule in &collection.rules {
                // Rules with placeholders are refused by both sides.
                let _ = engine.add_rule(rule);
            }
        }
        let windows = rsigma_parser::LogSource { product: Some("windows".to_owned()), ..Default::default() };
        Ok(Other { engine, windows })
    }

    fn from_bytes(&self, records: &[RawRecord]) -> usize {
        let values = records.iter().filter_map(|record| serde_json::from_slice::<Value>(&record.bytes).ok());
        values.map(|value| self.engine.evaluate(&JsonEvent::borrow(&value)).len()).sum()
    }

    fn scan(&self, values: &[Value], routed: bool) -> usize {
        let evaluate = |value: &Value| match routed {
            true => self.engine.evaluate_with_logsource(&JsonEvent::borrow(value), &self.windows).len(),
            false => self.engine.evaluate(&JsonEvent::borrow(value)).len(),
        };
        values.iter().map(evaluate).sum()
    }
}

/// Resident memory of this process; 0 where the system does not tell.
fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or_default() / 1024
}
