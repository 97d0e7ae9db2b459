//! Each step by itself: what all have in common, and what actions and playbook-actions need.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::declared::Declared;
use super::place::{Place, shown};
use super::vocabulary::STEPS;
use super::{Book, Report, branches, commands, extensions, forms, items, members, repeated, successors, variables};
use crate::condition::forms::is_variable_name;

pub(super) fn check(book: &Book<'_>, report: &mut Report) {
    let root = Place::ROOT;
    let workflow = root.key("workflow");
    let declared = Declared::of(book);
    for (id, step) in book.steps() {
        let place = workflow.key(id);
        check_common(book, step, &place, report);
        declared.check(step, &place, report);
        match step.get("type").and_then(Value::as_str) {
            Some("action") => check_action(book, step, &place, report),
            Some("playbook-action") => check_call(book, step, &place, report),
            Some("parallel") => branches::check_parallel(step, &place, report),
            Some("if-condition") => branches::check_condition(book, ("if-required", step), &place, report),
            Some("while-condition") => branches::check_condition(book, ("while-required", step), &place, report),
            Some("switch-condition") => branches::check_switch(step, &place, report),
            _ => {}
        }
    }
}

fn check_common(book: &Book<'_>, step: &Map<String, Value>, place: &Place<'_>, report: &mut Report) {
    let kind = step.get("type").and_then(Value::as_str).unwrap_or_default();
    if !STEPS.contains(&kind) {
        let message = format!("{} is no type of step; write one of {}", shown(kind), STEPS.join(", "));
        report.add("step-type-enum", &place.key("type"), message);
    }
    members::check(step, &[members::STEP, members::of_step(kind).unwrap_or_default()], place, report);
    forms::check_references(step, place, report);
    extensions::check_dictionary(book, (step, "step_extensions"), place, report);
    variables::check_step(book, step, place, report);
    for (member, rule) in [("delay", "step-delay-range"), ("timeout", "step-timeout-range")] {
        let Some(value) = step.get(member) else { continue };
        let fits = forms::whole(value).is_some_and(|number| number >= 0);
        let message = format!("`{member}` must be a whole number of milliseconds, 0 or more");
        report.demand(fits, rule, &place.key(member), &message);
    }
    forms::check_identity(step, "owner", "step-owner-identity", (place, &mut *report));
    successors::check(kind, step, place, report);
}

fn check_action(book: &Book<'_>, step: &Map<String, Value>, place: &Place<'_>, report: &mut Report) {
    match step.get("commands").and_then(Value::as_array) {
        Some(list) if !list.is_empty() => commands::check(list, &place.key("commands"), report),
        _ => {
            report.add("action-commands", place, "an action has a list of at least one command in `commands`; add one")
        }
    }
    match step.get("agent") {
        None => report.add("action-agent", place, "an action has an `agent`; name a key of `agent_definitions`"),
        Some(agent) => {
            let wanted = ("agent_definitions", "action-agent-resolves");
            check_party(book, (agent, wanted), &place.key("agent"), report);
        }
    }
    let targets = place.key("targets");
    let empty = step.get("targets").and_then(Value::as_array).is_some_and(Vec::is_empty);
    report.demand(!empty, "action-targets-min", &targets, "`targets` is empty; leave it out");
    for (index, target) in items(step, "targets").iter().enumerate() {
        let wanted = ("target_definitions", "action-targets-resolve");
        check_party(book, (target, wanted), &targets.index(index), report);
    }
    if let Some(target) = repeated(items(step, "targets").iter().filter_map(Value::as_str)) {
        report.add("action-targets-unique", &targets, format!("{} stands here twice; take one out", shown(target)));
    }
    check_applicable(book, step, place, report);
    check_arguments(book, step, place, report);
}

fn check_party(
    book: &Book<'_>,
    (value, (dictionary, rule)): (&Value, (&str, &'static str)),
    place: &Place<'_>,
    report: &mut Report,
) {
    let id = value.as_str().unwrap_or_default();
    if book.defined(dictionary, id).is_none() {
        forms::check_id(value, place, report);
        report.add(rule, place, format!("{} is not defined; add it to `{dictionary}`", shown(id)));
    }
}

/// Whether a command of this kind can do nothing to a target of that kind.
fn is_lost(command: &str, target: &str) -> bool {
    let machine = command != "manual" && members::of_command(command).is_some();
    match target {
        "individual" | "group" | "organization" | "sector" | "location" => machine,
        "ssh" => matches!(command, "http-api" | "openc2-http"),
        "http-api" => command == "ssh",
        _ => false,
    }
}

fn check_applicable(book: &Book<'_>, step: &Map<String, Value>, place: &Place<'_>, report: &mut Report) {
    let targets = items(step, "targets").iter().filter_map(|id| book.defined("target_definitions", id.as_str()?));
    let targets: BTreeSet<&str> = targets.filter_map(|target| target.get("type")?.as_str()).collect();
    let commands = items(step, "commands").iter();
    let commands: BTreeSet<&str> = commands.filter_map(|command| command.get("type")?.as_str()).collect();
    for command in commands {
        for target in targets.iter().filter(|target| is_lost(command, target)) {
            let message = format!(
                "a command of type `{command}` does nothing to a target of type `{target}`; take the target out or write a \
                 `manual` command in a step of its own"
            );
            report.add("action-applicable", &place.key("targets"), message);
        }
    }
}

fn check_call(book: &Book<'_>, step: &Map<String, Value>, place: &Place<'_>, report: &mut Report) {
    let callee = step.get("playbook_id").and_then(Value::as_str).unwrap_or_default();
    let called = place.key("playbook_id");
    if forms::prefix(callee) == "playbook" {
        forms::check_id(&callee.into(), &called, report);
    } else {
        report.add("pa-playbook-id", place, "a playbook-action has a `playbook_id`; name a playbook, as `playbook--…`");
    }
    let own = !callee.is_empty() && book.text("id") == Some(callee);
    report.demand(!own, "pa-not-self", &called, "the playbook calls itself; repeat with a while-condition");
    forms::check_time(step, "playbook_version", Some("pa-version-ms"), (place, &mut *report));
    check_arguments(book, step, place, report);
}

fn check_arguments(book: &Book<'_>, step: &Map<String, Value>, place: &Place<'_>, report: &mut Report) {
    for member in ["in_args", "out_args"] {
        let Some(value) = step.get(member) else { continue };
        let list = place.key(member);
        let named = |item: &Value| item.as_str().is_some_and(is_variable_name);
        let once = repeated(items(step, member).iter().filter_map(Value::as_str)).is_none();
        let fits = value.as_array().is_some_and(|items| !items.is_empty() && items.iter().all(named));
        let message =
            format!("`{member}` lists names of variables, each once, without `:value`; leave it out if it is empty");
        report.demand(fits && once, "args-form", &list, &message);
        for (index, item) in items(step, member).iter().enumerate() {
            let Some(name) = item.as_str().map(|name| name.trim_end_matches(":value")) else { continue };
            let Some(variable) = book.variable(step, name) else {
                let message = format!("{} is not declared; add it to `playbook_variables`", shown(name));
                report.add("args-declared", &list.index(index), message);
                continue;
            };
            let constant = member == "out_args" && variable.get("constant") == Some(&Value::Bool(true));
            let message = format!("{} is a constant, which no step changes; use another variable", shown(name));
            report.demand(!constant, "out-args-not-constant", &list.index(index), &message);
        }
    }
}
