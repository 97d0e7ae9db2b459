//! All rules on all corpora: equal to the oracle, how fast, in how much memory.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;
use quell_engine::Sensor;
use quell_normalize::Item;

use super::Score;
use crate::run;

const MEMORY_MIB_MAX: u64 = 500;

/// Scores the fast matcher against the plain one, then the whole pipeline.
pub(super) fn score(data: &Path) -> Result<Vec<Score>> {
    let knowledge = run::knowledge(true, Some(&data.join("sigma/rules")))?;
    let inputs: Vec<PathBuf> = [
        "windows",
        "cloud/stratus",
        "cloud/panther/tests",
        "kubernetes",
        "network",
        "sigma/regression",
        "sigma/correlation/evtx",
    ]
    .iter()
    .map(|folder| data.join(folder))
    .collect();
    let begun = now();
    let investigation = run::investigate(&inputs, &knowledge)?;
    let seconds = begun.elapsed().as_secs_f64();
    let peak_mib = peak_memory_mib();
    let records = investigation.totals.records;
    let rate = records as f64 / seconds;
    let figure = format!(
        "{records} records, {} alerts, {} incidents, {rate:.0} records/s on one core with the graph, peak {peak_mib} MiB",
        investigation.totals.alerts,
        investigation.incidents.len(),
    );
    let whole = Score::new("all corpora, own and SigmaHQ rules, end to end", figure, peak_mib < MEMORY_MIB_MAX);
    drop(investigation);

    let shares = shares(&inputs, &knowledge, seconds)?;
    let (compared, different) = compare(&inputs, &knowledge)?;
    let oracle = Score::new(
        "fast matcher against the oracle",
        format!("{compared} events, {different} different"),
        different == 0,
    );
    Ok(vec![whole, shares, oracle])
}

/// Share of time in reading records, in normalising and matching, and in graph and story (what is left of the whole).
fn shares(inputs: &[PathBuf], knowledge: &quell_engine::Knowledge, whole: f64) -> Result<Score> {
    let begun = now();
    let mut records = 0_u64;
    run::items(inputs, knowledge, |_, _, item| records += u64::from(matches!(item, Item::Record(_))))?;
    let reading = begun.elapsed().as_secs_f64();
    let begun = now();
    let mut sensor = Sensor::new(knowledge);
    run::items(inputs, knowledge, |number, _, item| {
        if let Item::Record(record) = item
            && let Ok(observed) = sensor.observe(record, (number, 1))
        {
            let event = observed.event;
            sensor.recycle(event);
        }
    })?;
    let matching = begun.elapsed().as_secs_f64() - reading;
    let percent = |seconds: f64| 100.0 * seconds / whole;
    let figure = format!(
        "reading {:.0} %, normalising and matching {:.0} %, graph and story {:.0} %, of {whole:.2} s for {records} records",
        percent(reading),
        percent(matching),
        percent(whole - reading - matching),
    );
    Ok(Score::note("share of time", figure))
}

fn compare(inputs: &[PathBuf], knowledge: &quell_engine::Knowledge) -> Result<(u64, u64)> {
    let mut sensor = Sensor::new(knowledge);
    let (mut compared, mut different) = (0, 0);
    run::items(inputs, knowledge, |number, _, item| {
        let Item::Record(record) = item else { return };
        let Ok(observed) = sensor.observe(record, (number, 1)) else { return };
        let fast = observed.rules.to_vec();
        let event = observed.event;
        compared += 1;
        different += u64::from(sensor.oracle(&event) != fast);
        sensor.recycle(event);
    })?;
    Ok((compared, different))
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn now() -> Instant {
    Instant::now()
}

/// Peak resident memory of this process; 0 where the system does not tell.
fn peak_memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or_default() / 1024
}
