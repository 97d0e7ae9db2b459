//! The same records in another order, or read in other portions, give the same story (invariant 4).

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Result;
use quell_engine::{Investigator, Knowledge};
use quell_normalize::{Item, RecordReader};

use super::{Score, scenarios};
use crate::run;

/// Records handed over at once.
const BATCHES: [usize; 3] = [1, 7, 10_000];

/// Compares stories of the multi-host corpora and of our scenarios.
pub(super) fn score(data: &Path) -> Result<Vec<Score>> {
    let knowledge = run::knowledge(true, None)?;
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for name in quell_content::scenario_names() {
        let rendered = scenarios::rendered(name, 50)?;
        files.extend(rendered.files.into_iter().map(|file| (format!("{name}/{}", file.path), file.bytes)));
    }
    let archives: Vec<PathBuf> = run::files(&data.join("windows/lateral-movement"), "zip")?;
    quell_connect::visit(&archives, |mut input| {
        let mut bytes = Vec::new();
        input.reader.read_to_end(&mut bytes)?;
        files.push((input.name, bytes));
        anyhow::Ok(())
    })?;

    let reference = story(&files, &knowledge, 1)?;
    let mut scores = Vec::new();
    for batch in BATCHES {
        let same = story(&files, &knowledge, batch)? == reference;
        scores.push(Score::new(
            format!("story from batches of {batch}"),
            if same { "identical" } else { "different" },
            same,
        ));
    }
    for seed in 1..=3_usize {
        let mut shuffled = files.clone();
        shuffle(&mut shuffled, seed as u64);
        let same = story(&shuffled, &knowledge, 7)? == reference;
        let figure = if same { "identical" } else { "different" };
        scores.push(Score::new(format!("story from {} files in shuffled order {seed}", files.len()), figure, same));
    }
    Ok(scores)
}

/// The whole investigation as JSON.
fn story(files: &[(String, Vec<u8>)], knowledge: &Knowledge, batch: usize) -> Result<String> {
    let mut investigator = Investigator::new(knowledge);
    for (name, bytes) in files {
        investigator.begin_input(name);
        let mut reader = RecordReader::new(bytes.as_slice(), &knowledge.mappings().formats(2026))?;
        let mut portion: Vec<Item> = Vec::new();
        while let Some(item) = reader.next_item()? {
            portion.push(item);
            if portion.len() >= batch {
                portion.drain(..).for_each(|item| investigator.take(item));
            }
        }
        portion.drain(..).for_each(|item| investigator.take(item));
    }
    Ok(serde_json::to_string(&investigator.finish())?)
}

/// Fisher-Yates with a linear congruential generator: repeatable.
fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    for at in (1..items.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(at, (state >> 33) as usize % (at + 1));
    }
}
