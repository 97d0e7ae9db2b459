//! Hostile input for the parsers: mutated fixtures, for some seconds each. Finds panics and hangs; needs no other tool.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use quell_engine::{Investigator, Knowledge};
use quell_normalize::RecordReader;

use crate::corpora;
use crate::run;

const SECONDS_DEFAULT: u64 = 10;

/// Mutates the logs of our scenarios, and EVTX files where public ones are at hand, and reads them. A panic ends the run
/// with its round on screen; the same round has the same bytes.
pub(crate) fn fuzz(seconds: Option<&str>) -> Result<bool> {
    let seconds = seconds.and_then(|text| text.parse().ok()).unwrap_or(SECONDS_DEFAULT);
    let knowledge = run::knowledge(true, None)?;
    let mut seeds: Vec<Vec<u8>> = Vec::new();
    for name in quell_content::scenario_names() {
        seeds.extend(corpora::rendered(name, 1)?.files.into_iter().map(|file| file.bytes));
    }
    let samples =
        std::env::var_os("QUELL_DATA").map(|data| Path::new(&data).join("windows/evtx-attack-samples/Discovery"));
    for file in samples
        .filter(|folder| folder.is_dir())
        .map(|folder| run::files(&folder, "evtx"))
        .transpose()?
        .unwrap_or_default()
    {
        seeds.push(std::fs::read(file)?);
    }
    let begun = now();
    let mut rounds = 0_u64;
    while begun.elapsed() < Duration::from_secs(seconds) {
        let mut random = Random(rounds + 1);
        let bytes = mutate(&seeds[random.below(seeds.len())], &mut random);
        let survived = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| read(&bytes, &knowledge)));
        if survived.is_err() {
            println!("fuzz: panic in round {}", rounds + 1);
            return Ok(false);
        }
        rounds += 1;
    }
    println!("fuzz: {rounds} mutated inputs read without a panic");
    Ok(true)
}

fn read(bytes: &[u8], knowledge: &Knowledge) {
    let mut investigator = Investigator::new(knowledge);
    investigator.begin_input("fuzz");
    if let Ok(mut reader) = RecordReader::new(bytes, &knowledge.mappings().formats(2026)) {
        while let Ok(Some(item)) = reader.next_item() {
            investigator.take(item);
        }
    }
    drop(quell_report::html(&investigator.finish()));
}

fn mutate(seed: &[u8], random: &mut Random) -> Vec<u8> {
    // EVTX needs its beginning; text can be cut anywhere.
    let evtx = seed.starts_with(b"ElfFile");
    let from = if evtx { 0 } else { random.below(seed.len()) };
    let length = if evtx { 140_000 } else { 20_000 };
    let mut bytes: Vec<u8> = seed[from..seed.len().min(from + length)].to_vec();
    for _ in 0..=random.below(40) {
        if bytes.is_empty() {
            break;
        }
        let at = random.below(bytes.len());
        match random.below(5) {
            0 => bytes[at] = random.below(256) as u8,
            1 => drop(bytes.drain(at..bytes.len().min(at + random.below(64)))),
            2 => bytes.truncate(at),
            3 => {
                let piece = bytes[at..bytes.len().min(at + random.below(256))].to_vec();
                bytes.splice(at..at, piece);
            }
            _ => drop(bytes.splice(at..at, b"{\"[\\\xFF\0\n".iter().copied())),
        }
    }
    bytes
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) as usize % limit.max(1)
    }
}

#[expect(clippy::disallowed_methods, reason = "runs for a while")]
fn now() -> Instant {
    Instant::now()
}
