//! Our own scenarios against the truth that their rendering states.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;
use quell_content::scenario::{RenderOptions, Rendered, Scenario, Truth, TruthStep, render};
use quell_engine::{Investigator, Knowledge};
use quell_model::{Incident, Investigation};
use quell_normalize::RecordReader;

use super::Score;
use crate::run;

/// Benign records for each record of the intrusion.
const BACKGROUND: u32 = 1_000;

/// Scores our own rules.
pub(super) fn score(_: &Path) -> Result<Vec<Score>> {
    let knowledge = run::knowledge(true, None)?;
    let mut scores = Vec::new();
    for name in quell_content::scenario_names() {
        let rendered = rendered(name, BACKGROUND)?;
        let investigation = investigate(&rendered, &knowledge);
        scores.extend(judge(name, &rendered.truth, &investigation));
    }
    Ok(scores)
}

/// The logs of a scenario with a fixed seed and start.
pub(crate) fn rendered(name: &str, background_ratio: u32) -> Result<Rendered> {
    let scenario = Scenario::load(&|path| quell_content::file(path).map(str::to_owned), name)?;
    let start = "2026-11-02T08:00:00Z".parse()?;
    Ok(render(&scenario, &RenderOptions { seed: 1, background_ratio, start })?)
}

fn investigate(rendered: &Rendered, knowledge: &Knowledge) -> Investigation {
    let mut investigator = Investigator::new(knowledge);
    for file in &rendered.files {
        investigator.begin_input(&file.path);
        let Ok(mut reader) = RecordReader::new(file.bytes.as_slice(), &knowledge.mappings().formats(2026)) else {
            continue;
        };
        while let Ok(Some(item)) = reader.next_item() {
            investigator.take(item);
        }
    }
    investigator.finish()
}

/// The incident that tells most of the truth.
fn best<'i>(truth: &Truth, investigation: &'i Investigation) -> Option<&'i Incident> {
    investigation.incidents.iter().max_by_key(|incident| evidence(incident).intersection(&attack(truth)).count())
}

fn judge(name: &str, truth: &Truth, investigation: &Investigation) -> Vec<Score> {
    let line =
        |what: &str, figure: String, reached: bool| Score::new(format!("{name}, 1,000 to 1: {what}"), figure, reached);
    let count = investigation.incidents.len();
    let mut scores = vec![line("incidents, one of them the intrusion", count.to_string(), (1..=2).contains(&count))];
    let Some(incident) = best(truth, investigation) else { return scores };
    let entry = &incident.root_cause.entry;
    let same = |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
    let first = same(&truth.entry.url, &entry.url)
        && same(&truth.entry.credential, &entry.credential)
        && same(&truth.entry.file, &entry.file)
        && truth.entry.process.as_ref().is_none_or(|p| entry.process.as_ref().is_some_and(|q| q.pid == Some(p.pid)));
    scores.push(line("entry ranked first", format!("{:?} {:?}", entry.url, entry.credential), first));

    let told = evidence(incident);
    let infers = incident.root_cause.chain.iter().any(|step| step.inferred && step.evidence.is_empty());
    // A step that nothing logs must be told as inferred.
    let is_told = |step: &&TruthStep| match step.evidence.as_slice() {
        [] => infers,
        evidence => evidence.iter().any(|at| told.contains(&(at.file.clone(), at.record))),
    };
    let chain: BTreeSet<(String, u64)> =
        truth.chain.iter().flat_map(|step| &step.evidence).map(|at| (at.file.clone(), at.record)).collect();
    let steps = truth.chain.len().max(1);
    let missed: Vec<String> = truth
        .chain
        .iter()
        .filter(|step| !is_told(step))
        .map(|step| format!("{} {} {}", step.source, step.action, step.target))
        .collect();
    let recall = truth.chain.iter().filter(is_told).count() as f64 / steps as f64;
    let right = told.intersection(&attack(truth)).count();
    let precision = right as f64 / told.len().max(1) as f64;
    let wrong: Vec<_> = told.difference(&attack(truth)).take(5).cloned().collect();
    scores.push(line(
        "chain recall",
        format!("{recall:.2} of {steps} steps, {} records {missed:?}", chain.len()),
        recall >= 1.0,
    ));
    scores.push(line(
        "chain precision",
        format!("{precision:.2} of {} records {wrong:?}", told.len()),
        precision >= 0.95,
    ));
    scores
}

fn attack(truth: &Truth) -> BTreeSet<(String, u64)> {
    truth.attack_events.iter().map(|at| (at.file.clone(), at.record)).collect()
}

fn evidence(incident: &Incident) -> BTreeSet<(String, u64)> {
    let steps = incident.root_cause.chain.iter().flat_map(|step| &step.evidence);
    steps.map(|event| (event.file.clone(), event.record)).collect()
}
