//! What the document says about itself, against what is in it: the processing summary and the activities.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::place::{Place, shown};
use super::{Book, Report, items, objects};

pub(super) fn check(book: &Book<'_>, report: &mut Report) {
    check_activities(book, report);
    let Some(summary) = book.dictionary("playbook_processing_summary") else { return };
    let root = Place::ROOT;
    let place = root.key("playbook_processing_summary");
    let facts = facts(book);
    for (name, value) in summary {
        let known = facts.iter().any(|(_, known, _)| known == name);
        let message = if known {
            format!("`{name}` must be true or false")
        } else {
            format!("{} is no member of the summary; take it out", shown(name))
        };
        report.demand(known && value.is_boolean(), "pb-summary-types", &place.key(name), &message);
    }
    for (rule, name, fact) in facts {
        let said = summary.get(name) == Some(&Value::Bool(true));
        let readable = summary.get(name).is_none_or(Value::is_boolean);
        let message = format!("`{name}` does not say what is so; set it to {fact}");
        report.demand(said == fact || !readable, rule, &place.key(name), &message);
    }
}

/// Every activity that is listed is done by some command.
fn check_activities(book: &Book<'_>, report: &mut Report) {
    let activities = commands(book).filter_map(|command| command.get("playbook_activity")?.as_str());
    let done: HashSet<&str> = activities.collect();
    let root = Place::ROOT;
    let list = root.key("playbook_activities");
    for (index, activity) in items(book.members, "playbook_activities").iter().enumerate() {
        if let Some(activity) = activity.as_str().filter(|activity| !done.contains(activity)) {
            let message =
                format!("no command does {}; name it as `playbook_activity` of one, or take it out", shown(activity));
            report.add("pb-activities-reflected", &list.index(index), message);
        }
    }
}

fn commands<'d>(book: &Book<'d>) -> impl Iterator<Item = &'d Value> {
    let actions = book.steps().filter(|(_, step)| step.get("type").is_some_and(|kind| kind == "action"));
    actions.flat_map(|(_, step)| items(step, "commands"))
}

/// Rule, member of the summary, and what it should say.
fn facts(book: &Book<'_>) -> [(&'static str, &'static str, bool); 11] {
    let kinds = book.steps().filter_map(|(_, step)| step.get("type")?.as_str());
    let kinds: HashSet<&str> = kinds.collect();
    let manual = |command: &Value| command.get("type").is_some_and(|kind| kind == "manual");
    let has = |step: &Map<String, Value>| step.contains_key("delay") || step.contains_key("timeout");
    let signatures = items(book.members, "signatures");
    let countersigned = signatures.iter().any(|signature| signature.get("signature").is_some());
    [
        ("summary-manual", "manual_playbook", commands(book).next().is_some() && commands(book).all(manual)),
        ("summary-external", "external_playbooks", kinds.contains("playbook-action")),
        ("summary-parallel", "parallel_processing", kinds.contains("parallel")),
        ("summary-if", "if_logic", kinds.contains("if-condition")),
        ("summary-while", "while_logic", kinds.contains("while-condition")),
        ("summary-switch", "switch_logic", kinds.contains("switch-condition")),
        ("summary-temporal", "temporal_logic", book.steps().any(|(_, step)| has(step))),
        ("summary-markings", "data_markings", !items(book.members, "markings").is_empty()),
        ("summary-signatures", "digital_signatures", !signatures.is_empty()),
        ("summary-countersigned", "countersigned_signatures", countersigned),
        ("summary-extensions", "extensions", uses_extensions(book)),
    ]
}

fn uses_extensions(book: &Book<'_>) -> bool {
    let members = [
        ("workflow", "step_extensions"),
        ("agent_definitions", "agent_target_extensions"),
        ("target_definitions", "agent_target_extensions"),
        ("authentication_info_definitions", "authentication_info_extensions"),
        ("data_marking_definitions", "marking_extensions"),
    ];
    let used = |(dictionary, member): (&str, &str)| {
        objects(book.dictionary(dictionary)).any(|(_, object)| object.contains_key(member))
    };
    book.members.contains_key("playbook_extensions") || members.into_iter().any(used)
}
