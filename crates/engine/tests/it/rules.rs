//! Each rule of our pack against the fixtures beside it: what must match and what must not.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use quell_engine::{Knowledge, KnowledgeBuilder, Sensor};
use quell_model::{Tactic, technique_of_tag};
use quell_normalize::{Item, RecordReader};
use serde_json::Value;

const RULES_MIN: usize = 80;

#[test]
fn every_rule_matches_what_its_fixtures_say() {
    let mut builder = KnowledgeBuilder::new().unwrap();
    builder.own_rules();
    let knowledge = builder.build().unwrap();
    let mut problems = String::new();
    for error in knowledge.refused() {
        writeln!(problems, "refused: {error}").unwrap();
    }
    let without_source = knowledge.without_source();
    for (id, source) in &without_source {
        writeln!(problems, "{id}: no mapping brings {source}").unwrap();
    }
    for rule in rule_files(&folder()) {
        check(&knowledge, &rule, &mut problems);
    }
    assert!(knowledge.rule_count() >= RULES_MIN, "{} rules", knowledge.rule_count());
    assert!(problems.is_empty(), "\n{problems}");
}

#[test]
fn every_rule_says_what_a_responder_needs() {
    let mut builder = KnowledgeBuilder::new().unwrap();
    builder.own_rules();
    let knowledge = builder.build().unwrap();
    let mut titles = BTreeSet::new();
    for rule in &knowledge.detector().0.rules().rules {
        let tags = &rule.meta.tags;
        let name = &rule.file;
        assert!(titles.insert(rule.meta.title.clone()), "{name}: its title is taken");
        assert!(tags.iter().any(|tag| technique_of_tag(tag).is_some()), "{name}: no ATT&CK technique");
        assert!(tags.iter().any(|tag| Tactic::of_tag(tag).is_some()), "{name}: no ATT&CK tactic");
        assert!(!rule.false_positives.is_empty(), "{name}: no false positives");
        assert!(rule.response.as_ref().is_some_and(|text| text.len() > 20), "{name}: no response hint");
        assert!(rule.description.len() > 60, "{name}: no description");
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/rules")
}

fn rule_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rule_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "yml") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn check(knowledge: &Knowledge, rule: &Path, problems: &mut String) {
    let name = rule.file_name().unwrap().to_string_lossy().into_owned();
    let Ok(cases) = fs::read_to_string(rule.with_extension("test.jsonl")) else {
        writeln!(problems, "{name}: no fixtures beside it").unwrap();
        return;
    };
    let mut outcomes = BTreeSet::new();
    for (number, line) in cases.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let case: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{name}:{}: {error}", number + 1));
        let wanted = case["match"].as_bool().unwrap();
        outcomes.insert(wanted);
        let file = rule.to_string_lossy();
        match fires(knowledge, &case["event"], &file) {
            Ok(found) if found == wanted => {}
            Ok(_) => writeln!(
                problems,
                "{name}:{}: {} ({})",
                number + 1,
                if wanted { "does not match" } else { "matches" },
                case["why"]
            )
            .unwrap(),
            Err(reason) => writeln!(problems, "{name}:{}: {reason}", number + 1).unwrap(),
        }
    }
    if outcomes.len() != 2 {
        writeln!(problems, "{name}: needs a fixture that matches and one that does not").unwrap();
    }
}

/// Whether the rule of this file fires on a record, which is JSON or `{"raw": "a log line"}`.
fn fires(knowledge: &Knowledge, event: &Value, file: &str) -> Result<bool, String> {
    let text = event["raw"].as_str().map_or_else(|| event.to_string(), str::to_owned);
    let mut reader = RecordReader::new(text.as_bytes(), &knowledge.mappings().formats(2026)).unwrap();
    let mut sensor = Sensor::new(knowledge);
    let mut fired = false;
    while let Some(item) = reader.next_item().unwrap() {
        let record = match item {
            Item::Record(record) => record,
            Item::Rejected(rejected) => return Err(rejected.reason),
        };
        let observed = sensor.observe(record, (0, 1)).map_err(|rejected| rejected.reason)?;
        let fast = observed.rules.to_vec();
        let rules = &knowledge.detector().0.rules().rules;
        fired |= fast.iter().any(|rule| file.ends_with(&rules[rule.index()].file));
        let event = observed.event;
        if sensor.oracle(&event) != fast {
            return Err("the fast matcher and the oracle differ".to_owned());
        }
    }
    Ok(fired)
}
