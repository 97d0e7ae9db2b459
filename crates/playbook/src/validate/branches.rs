//! Steps that branch: parallel, if, while, switch, and the conditions that they ask.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::place::{Place, shown};
use super::vocabulary::STEPS;
use super::{Book, Report, forms, items, repeated, variables};
use crate::condition::Condition;
use crate::condition::forms::{is_reference, references};

/// Most patterns in the conditions of a playbook: compiling one may take a millisecond.
const PATTERNS_MAX: usize = 1000;

pub(super) fn check_parallel(step: &Map<String, Value>, place: &Place<'_>, report: &mut Report) {
    let branches = items(step, "next_steps");
    let message = "a parallel step has two or more branches; list them in `next_steps`";
    report.demand(branches.len() >= 2, "parallel-min-two", place, message);
    if let Some(branch) = repeated(branches.iter().filter_map(Value::as_str)) {
        let message = format!("{} stands here twice; take one out", shown(branch));
        report.add("parallel-distinct", &place.key("next_steps"), message);
    }
}

/// Checks an if or a while, whose rule for what is missing is given.
pub(super) fn check_condition(
    book: &Book<'_>,
    (rule, step): (&'static str, &Map<String, Value>),
    place: &Place<'_>,
    report: &mut Report,
) {
    for member in ["condition", "on_true"] {
        if !step.contains_key(member) {
            report.add(rule, place, format!("`{member}` is missing; add it"));
        }
    }
    let Some(text) = step.get("condition").and_then(Value::as_str) else { return };
    let place = place.key("condition");
    report.patterns += text.matches("MATCHES").count() + text.matches("LIKE").count();
    if report.patterns > PATTERNS_MAX {
        let message = format!("a playbook has at most {PATTERNS_MAX} patterns; compare with `=` or IN");
        return report.add("condition-syntax", &place, message);
    }
    let condition = match Condition::parse(text) {
        Ok(condition) => condition,
        Err(error) => return report.add("condition-syntax", &place, error.to_string()),
    };
    // Those that are written without blanks are found with the other texts of the step.
    let found: BTreeSet<&str> = references(text).collect();
    for name in condition.variables().into_iter().filter(|name| !found.contains(name)) {
        let message = format!("{} is not declared; add it to `playbook_variables`", shown(name));
        report.demand(book.variable(step, name).is_some(), "variable-declared", &place, &message);
    }
    let kind_of = |name: &str| book.variable(step, name)?.get("type")?.as_str();
    for mismatch in condition.mismatches(&kind_of) {
        report.add("condition-type-fit", &place, mismatch.to_string());
    }
}

pub(super) fn check_switch(step: &Map<String, Value>, place: &Place<'_>, report: &mut Report) {
    let cases = step.get("cases").and_then(Value::as_object).filter(|cases| !cases.is_empty());
    match step.get("switch") {
        None => report.add("switch-required", place, "`switch` is missing; name a variable, as `__name__:value`"),
        Some(switch) => {
            let fits = switch.as_str().is_some_and(is_reference);
            let message = "`switch` must be one variable and nothing else, as `__name__:value`";
            report.demand(fits, "switch-variable", &place.key("switch"), message);
        }
    }
    let message = "`cases` must have at least one case, such as `default`; add one";
    report.demand(cases.is_some(), "switch-required", place, message);
    let place = place.key("cases");
    for (key, target) in cases.into_iter().flatten() {
        let place = place.key(key);
        if !variables::is_key(key) {
            let message = format!("{} is no case; use 1 to 250 letters, digits, `_` and `-`", shown(key));
            report.add("switch-case-keys", &place, message);
        }
        let step = target.as_str().is_some_and(|id| STEPS.contains(&forms::prefix(id)));
        report.demand(step, "switch-case-refs", &place, "a case names one step; write its id");
    }
}
