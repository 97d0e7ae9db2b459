//! Both scenarios from their raw logs: entry, chain, scope; the same in any order.

use std::collections::BTreeSet;

use quell_content::scenario::{RenderOptions, Rendered, Scenario, render};
use quell_engine::{Investigator, Knowledge, KnowledgeBuilder};
use quell_model::{Incident, Investigation, Level};
use quell_normalize::RecordReader;

const BACKGROUND: u32 = 20;

fn knowledge() -> Knowledge {
    let mut builder = KnowledgeBuilder::new().unwrap();
    builder.own_rules();
    builder.build().unwrap()
}

fn rendered(name: &str, seed: u64) -> Rendered {
    let scenario = Scenario::load(&|path| quell_content::file(path).map(str::to_owned), name).unwrap();
    let start = "2026-11-02T08:00:00Z".parse().unwrap();
    render(&scenario, &RenderOptions { seed, background_ratio: BACKGROUND, start }).unwrap()
}

fn investigate(knowledge: &Knowledge, rendered: &Rendered, reversed: bool) -> Investigation {
    let mut investigator = Investigator::new(knowledge);
    let mut files: Vec<_> = rendered.files.iter().collect();
    if reversed {
        files.reverse();
    }
    for file in files {
        investigator.begin_input(&file.path);
        let mut reader = RecordReader::new(file.bytes.as_slice(), &knowledge.mappings().formats(2026)).unwrap();
        while let Some(item) = reader.next_item().unwrap() {
            investigator.take(item);
        }
    }
    investigator.finish()
}

fn told(incident: &Incident) -> BTreeSet<(String, u64)> {
    let evidence = incident.root_cause.chain.iter().flat_map(|step| &step.evidence);
    evidence.map(|event| (event.file.clone(), event.record)).collect()
}

/// The worst incident is the scripted one: same entry, every step of the chain told, nothing else told.
fn check(name: &str, seed: u64) {
    let knowledge = knowledge();
    let rendered = rendered(name, seed);
    let investigation = investigate(&knowledge, &rendered, false);
    let truth = &rendered.truth;
    let incident = &investigation.incidents[0];
    let entry = &incident.root_cause.entry;
    assert_eq!(incident.severity, Level::Critical);
    assert_eq!((&entry.url, &entry.credential), (&truth.entry.url, &truth.entry.credential), "{name} {seed}");
    let told = told(incident);
    for step in truth.chain.iter().filter(|step| !step.evidence.is_empty()) {
        let shown = step.evidence.iter().any(|at| told.contains(&(at.file.clone(), at.record)));
        assert!(shown, "{name} {seed}: not told: {} {} {}", step.source, step.action, step.target);
    }
    for credential in &truth.scope.credentials {
        assert!(incident.scope.credentials.contains(credential), "{name} {seed}: {credential} is not in scope");
    }
    for host in &truth.scope.hosts {
        assert!(incident.scope.hosts.contains(host), "{name} {seed}: {host} is not in scope");
    }
    for step in incident.root_cause.chain.iter().filter(|step| step.evidence.is_empty()) {
        assert!(step.inferred && step.inferred_why.is_some(), "{name} {seed}: a step without evidence: {step:?}");
    }
    let again = investigate(&knowledge, &rendered, true);
    assert_eq!(serde_json::to_string(&investigation).unwrap(), serde_json::to_string(&again).unwrap(), "{name} {seed}");
}

#[test]
fn cloud_credential_theft() {
    (1..=2).for_each(|seed| check("cloud-credential-theft", seed));
}

#[test]
fn host_phishing_lateral() {
    (1..=2).for_each(|seed| check("host-phishing-lateral", seed));
}

#[test]
fn nothing_but_background_is_no_critical_incident() {
    let knowledge = knowledge();
    let mut rendered = rendered("host-phishing-lateral", 3);
    let attack: BTreeSet<(String, u64)> =
        rendered.truth.attack_events.iter().map(|at| (at.file.clone(), at.record)).collect();
    for file in rendered.files.iter_mut().filter(|file| file.path.ends_with(".jsonl")) {
        let text = String::from_utf8(file.bytes.clone()).unwrap();
        let benign = text.lines().filter(|line| {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            record["RecordNumber"].as_u64().is_none_or(|number| !attack.contains(&(file.path.clone(), number)))
        });
        file.bytes = benign.collect::<Vec<_>>().join("\n").into_bytes();
    }
    let worst = investigate(&knowledge, &rendered, false).incidents.iter().map(|incident| incident.severity).max();
    assert!(worst < Some(Level::Critical), "{worst:?}");
}
