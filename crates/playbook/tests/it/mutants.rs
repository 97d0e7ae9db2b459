//! A document without errors, and every way in which we broke it: each is found by its rule.

use std::collections::BTreeSet;

use quell_playbook::validate::{Grade, check};
use quell_playbook::{Document, author};
use serde_json::Value;

use crate::patch::apply;

pub(crate) const BASE: &str = include_str!("data/base.json");
const MUTANTS: &str = include_str!("data/mutants.json");
/// Rules that only somebody who computes signatures can keep.
const CRYPTOGRAPHY: [&str; 2] = ["sig-verifies", "sig-countersign-scope"];

pub(crate) fn base() -> Value {
    serde_json::from_str(BASE).unwrap()
}

/// Rule, reason and document of each mutant.
pub(crate) fn mutants() -> Vec<(String, String, Document)> {
    let all: Value = serde_json::from_str(MUTANTS).unwrap();
    let text = |mutant: &Value, member: &str| mutant[member].as_str().unwrap().to_owned();
    let make = |mutant: &Value| {
        let mut document = base();
        apply(&mut document, &mutant["patch"]);
        (text(mutant, "rule"), text(mutant, "why"), Document::of(document).unwrap())
    };
    all.as_array().unwrap().iter().map(make).collect()
}

/// Asserts that nothing is lost on the way to YAML and back.
pub(crate) fn survives(document: &Document) {
    let again = author::from_yaml(&author::to_yaml(document)).unwrap();
    assert_eq!(again.canonical(), document.canonical());
    assert_eq!(Document::from_json(&again.to_json()).unwrap().canonical(), document.canonical());
}

#[test]
fn the_base_has_no_finding() {
    let document = Document::from_json(BASE).unwrap();
    assert_eq!(check(&document), []);
    survives(&document);
}

#[test]
fn every_mutant_is_found_by_its_rule() {
    let mut rules = BTreeSet::new();
    let (mut tried, mut missed) = (0, Vec::new());
    for (rule, why, document) in mutants() {
        if CRYPTOGRAPHY.contains(&rule.as_str()) {
            continue;
        }
        tried += 1;
        let findings = check(&document);
        if !findings.iter().any(|finding| finding.rule == rule) {
            let found: Vec<_> = findings.iter().map(|finding| finding.rule).collect();
            missed.push(format!("{rule}: {why} {found:?}"));
        }
        rules.insert(rule);
    }
    assert_eq!(missed, [""; 0], "not found");
    println!("mutants: {tried} of {} rules, all found", rules.len());
}

#[test]
fn every_finding_says_where_in_our_voice() {
    for (rule, why, document) in mutants() {
        let value = document.value();
        for finding in check(&document) {
            let parent = finding.at.rsplit_once('/').map_or("", |(parent, _)| parent);
            let place = value.pointer(&finding.at).or(value.pointer(parent));
            assert!(place.is_some(), "{rule} ({why}): {finding:?}");
            let message = &finding.message;
            let named = message.starts_with("NOT stands") || message.starts_with("OpenC2");
            assert!(!message.ends_with('.') && !message.contains(finding.rule) && message.len() < 400, "{finding:?}");
            assert!(message.starts_with(|c: char| c.is_lowercase() || c == '`') || named, "{finding:?}");
        }
    }
}

#[test]
fn every_mutant_survives_yaml() {
    for (_, _, document) in mutants() {
        survives(&document);
    }
}

#[test]
fn grades_are_as_the_module_says() {
    let all = mutants().into_iter().flat_map(|(_, _, document)| check(&document));
    let grades: BTreeSet<(&str, Grade)> = all.map(|finding| (finding.rule, finding.grade)).collect();
    let warnings: Vec<&str> =
        grades.iter().filter(|(_, grade)| *grade == Grade::Warning).map(|(rule, _)| *rule).collect();
    println!("{} rules found something, {} of them warn", grades.len(), warnings.len());
    let stops = [
        "wf-branch-disjoint",
        "wf-exception-separate",
        "step-failure-needs-success",
        "condition-type-fit",
        "action-applicable",
    ];
    for rule in stops {
        assert!(grades.contains(&(rule, Grade::Error)) && !warnings.contains(&rule), "{rule}");
    }
    for rule in ["pb-external-refs-closure", "wf-acyclic", "variable-shadowing", "summary-if"] {
        assert!(warnings.contains(&rule) && !grades.contains(&(rule, Grade::Error)), "{rule}");
    }
}
