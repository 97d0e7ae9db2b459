//! What is wrong with a document: what the published schemas demand, and what only the text of the standard does.
//!
//! Each finding names its rule. A rule that the standard states is an error. A rule that follows from it only by our reading is a
//! warning, and so is `pb-external-refs-closure`, which published documents rarely keep. Five inferred rules are errors all the
//! same, because the engine could not run the document: a step in two branches (`wf-branch-disjoint`) or in the exception branch
//! and elsewhere (`wf-exception-separate`) has no single place in a run; a step with a way on after failure only
//! (`step-failure-needs-success`) has none after success; a comparison that does not fit its variable (`condition-type-fit`) and a
//! command that its targets cannot take (`action-applicable`) fail every time. Three rules are ours: `member-type` (a member has
//! the JSON type that the standard gives it; an error), `quell-extension` (our extension; an error) and `open-vocabulary` (a word that is on no published list, and so perhaps
//! a typing mistake; a warning).
//!
//! Signatures are checked in shape only: nothing here computes one. Cost is in proportion to the document, however it is made:
//! graphs are walked without recursion, and each step once.

use std::collections::HashSet;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::Document;
use crate::run::Plan;

mod branches;
mod commands;
mod contacts;
mod declared;
mod extensions;
mod forms;
mod graph;
mod head;
mod markings;
mod members;
mod ours;
mod parties;
mod place;
mod signatures;
mod steps;
mod successors;
mod summary;
mod variables;
mod vocabulary;
mod workflow;

use place::Place;

/// Most findings of a grade that are kept: whoever made more of them knows enough.
const FINDINGS_MAX: usize = 10_000;

/// Rules whose findings are warnings.
const WARNINGS: [&str; 29] = [
    "args-form",
    "action-targets-unique",
    "cmd-http-one-content",
    "dict-key-form",
    "open-vocabulary",
    "pa-not-self",
    "parallel-distinct",
    "pb-derived-from-self",
    "pb-external-refs-closure",
    "pb-no-embedded-secret",
    "sig-id-unique",
    "step-self-reference",
    "step-start-no-previous",
    "step-successor-present",
    "summary-countersigned",
    "summary-extensions",
    "summary-external",
    "summary-if",
    "summary-markings",
    "summary-parallel",
    "summary-signatures",
    "summary-switch",
    "summary-temporal",
    "summary-while",
    "variable-constant-value",
    "variable-shadowing",
    "wf-acyclic",
    "wf-all-reachable",
    "wf-exception-not-start",
];

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// The document is not what the standard demands, or cannot be run.
    Error,
    /// The document can be used; somebody should look.
    Warning,
}

/// One thing that is wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finding {
    /// Id of the rule.
    pub rule: &'static str,
    /// Where: a JSON pointer (RFC 6901).
    pub at: String,
    /// What is wrong and what to do.
    pub message: String,
    /// How much it weighs.
    pub grade: Grade,
}

/// What is wrong with a document; nothing if it is as it should be. At most 10,000 errors and as many warnings are named.
#[must_use]
pub fn check(document: &Document) -> Vec<Finding> {
    let book = Book { members: document.members() };
    let mut report = Report::default();
    head::check(&book, &mut report);
    variables::check_playbook(&book, &mut report);
    workflow::check(&book, &mut report);
    steps::check(&book, &mut report);
    parties::check(&book, &mut report);
    markings::check(&book, &mut report);
    extensions::check(&book, &mut report);
    signatures::check(&book, &mut report);
    summary::check(&book, &mut report);
    report.findings
}

/// What is wrong with a document, and why it cannot be run, if so: what an author has to know. Errors first.
#[must_use]
pub fn examine(document: &Document) -> Vec<Finding> {
    let mut findings = check(document);
    if let Err(error) = Plan::of(document) {
        let (rule, grade) = ("cannot-be-run", Grade::Error);
        findings.push(Finding { rule, at: pointer(document, &error.at), message: error.what, grade });
    }
    findings.sort_by(|a, b| (a.grade, a.rule, &a.at).cmp(&(b.grade, b.rule, &b.at)));
    findings
}

/// Where something that a plan names stands: a step, a member, or the document.
fn pointer(document: &Document, named: &str) -> String {
    let members = document.members();
    match members.get("workflow") {
        Some(workflow) if workflow.get(named).is_some() => format!("/workflow/{named}"),
        _ if members.contains_key(named) => format!("/{named}"),
        _ => String::new(),
    }
}

/// The document, as the rooms look at it.
struct Book<'d> {
    members: &'d Map<String, Value>,
}

impl<'d> Book<'d> {
    /// A dictionary of the document.
    fn dictionary(&self, name: &str) -> Option<&'d Map<String, Value>> {
        self.members.get(name)?.as_object()
    }

    /// What a dictionary of the document has under a key.
    fn defined(&self, dictionary: &str, key: &str) -> Option<&'d Value> {
        self.dictionary(dictionary)?.get(key)
    }

    /// The variable that a name means in a step: the step's own first.
    fn variable<'s>(&self, step: &'s Map<String, Value>, name: &str) -> Option<&'s Value>
    where
        'd: 's,
    {
        let own = step.get("step_variables").and_then(Value::as_object).and_then(|own| own.get(name));
        own.or_else(|| self.defined("playbook_variables", name))
    }

    /// Steps with their ids; what is no object is passed over.
    fn steps(&self) -> impl Iterator<Item = (&'d str, &'d Map<String, Value>)> {
        objects(self.dictionary("workflow"))
    }

    fn text(&self, name: &str) -> Option<&'d str> {
        self.members.get(name)?.as_str()
    }
}

/// The objects of a dictionary, with their keys.
fn objects(dictionary: Option<&Map<String, Value>>) -> impl Iterator<Item = (&str, &Map<String, Value>)> {
    dictionary.into_iter().flatten().filter_map(|(key, value)| Some((key.as_str(), value.as_object()?)))
}

/// The items of a list; none if it is no list.
fn items<'d>(object: &'d Map<String, Value>, name: &str) -> &'d [Value] {
    object.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The findings so far.
#[derive(Default)]
struct Report {
    findings: Vec<Finding>,
    counts: [usize; 2],
    /// Patterns of conditions that were compiled so far.
    patterns: usize,
}

impl Report {
    fn add(&mut self, rule: &'static str, place: &Place<'_>, message: impl Into<String>) {
        let warning = WARNINGS.contains(&rule);
        let Some(count) = self.counts.get_mut(usize::from(warning)).filter(|count| **count < FINDINGS_MAX) else {
            return;
        };
        *count += 1;
        let grade = if warning { Grade::Warning } else { Grade::Error };
        self.findings.push(Finding { rule, at: place.pointer(), message: message.into(), grade });
    }

    /// Adds a finding unless something holds.
    fn demand(&mut self, holds: bool, rule: &'static str, place: &Place<'_>, message: &str) {
        if !holds {
            self.add(rule, place, message);
        }
    }
}

/// Names seen once.
fn repeated<'t>(names: impl Iterator<Item = &'t str>) -> Option<&'t str> {
    let mut seen = HashSet::new();
    names.into_iter().find(|name| !seen.insert(*name))
}
