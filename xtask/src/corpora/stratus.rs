//! One detonation of one cloud attack technique a file, without the names that the tool leaves behind.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;
use quell_engine::{Knowledge, Sensor};
use quell_model::{Tactic, technique_of_tag};
use quell_normalize::{Item, RecordReader};

use super::Score;
use crate::run;

const RIGHT_MIN: usize = 30;
/// Names of the tool and of what it makes, in user agents and resource names.
const TOOL_NAMES: [&str; 5] = ["stratus-red-team", "stratus red team", "stratus_red_team", "stratus", "red-team"];

/// Scores our own rules alone.
pub(super) fn score(data: &Path) -> Result<Vec<Score>> {
    let knowledge = run::knowledge(true, None)?;
    let truth = std::fs::read_to_string(data.join("truth/stratus.tsv"))?;
    let (mut right, mut any, mut total, mut missed) = (0, 0, 0, Vec::new());
    for line in truth.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [technique, file, tactics, ids, ..] = columns[..] else { continue };
        let (found_tactics, found_ids) = alerts(&knowledge, &data.join(file))?;
        total += 1;
        any += usize::from(!found_tactics.is_empty() || !found_ids.is_empty());
        if fits(tactics, ids, &found_tactics, &found_ids) {
            right += 1;
        } else {
            missed.push(technique.to_owned());
        }
    }
    let figure = format!(
        "{right} of {total} of the right technique (tactic where the truth names none), {any} with any alert {missed:?}"
    );
    Ok(vec![Score::new("Stratus Red Team, own rules alone, tool names replaced", figure, right >= RIGHT_MIN)])
}

/// The same parent technique where the truth names one, a tactic of the technique where it names none.
fn fits(tactics: &str, ids: &str, found_tactics: &BTreeSet<String>, found_ids: &BTreeSet<String>) -> bool {
    let parent = |id: &str| id.split('.').next().unwrap_or(id).to_owned();
    let wanted: BTreeSet<String> = ids.split(';').filter(|id| !id.is_empty()).map(parent).collect();
    if wanted.is_empty() {
        return tactics.split(';').any(|tactic| found_tactics.contains(&tactic.trim().to_lowercase()));
    }
    found_ids.iter().any(|id| wanted.contains(&parent(id)))
}

fn alerts(knowledge: &Knowledge, file: &Path) -> Result<(BTreeSet<String>, BTreeSet<String>)> {
    let text = without_tool_names(&std::fs::read_to_string(file)?);
    let mut sensor = Sensor::new(knowledge);
    let mut reader = RecordReader::new(text.as_bytes(), &knowledge.mappings().formats(1970))?;
    let mut tags: BTreeMap<String, ()> = BTreeMap::new();
    while let Some(item) = reader.next_item()? {
        let Item::Record(record) = item else { continue };
        let Ok(observed) = sensor.observe(record, (0, 1)) else { continue };
        for rule in observed.rules {
            let rule = &knowledge.detector().0.rules().rules[rule.index()];
            tags.extend(rule.meta.tags.iter().map(|tag| (tag.clone(), ())));
        }
    }
    let tactics = tags.keys().filter_map(|tag| Tactic::of_tag(tag)).map(|tactic| tactic.as_str().to_owned()).collect();
    Ok((tactics, tags.keys().filter_map(|tag| technique_of_tag(tag)).collect()))
}

fn without_tool_names(text: &str) -> String {
    let mut text = text.to_owned();
    for name in TOOL_NAMES {
        let lower = text.to_ascii_lowercase();
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        for (at, _) in lower.match_indices(name) {
            out.push_str(&text[from..at]);
            out.push_str("example");
            from = at + name.len();
        }
        out.push_str(&text[from..]);
        text = out;
    }
    text
}
