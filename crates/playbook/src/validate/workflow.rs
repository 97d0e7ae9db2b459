//! The workflow as a whole: that every id leads somewhere, that there is one start, that each branch is a line of its own with an
//! end of its own, and that nothing is left over.

use super::graph::Graph;
use super::place::{Place, shown};
use super::successors::ways;
use super::vocabulary::STEPS;
use super::{Book, Report, forms, members};

pub(super) fn check(book: &Book<'_>, report: &mut Report) {
    let root = Place::ROOT;
    let Some(workflow) = book.dictionary("workflow") else { return };
    members::check_entries(Some(workflow), &root.key("workflow"), report);
    check_keys(book, report);
    check_ways(book, report);
    let graph = Graph::of(book);
    check_counts(&graph, report);
    let start = check_start(book, &graph, report);
    let exception = check_exception(book, &graph, report);
    check_lines(&graph, (start, exception), report);
    for (step, to) in graph.returns() {
        let message = format!("the step leads back to {}; repeat with a while-condition", shown(graph.ids[to]));
        report.add("wf-acyclic", &root.key("workflow").key(graph.ids[step]), message);
    }
}

fn check_keys(book: &Book<'_>, report: &mut Report) {
    let root = Place::ROOT;
    let workflow = root.key("workflow");
    for (id, step) in book.steps() {
        let place = workflow.key(id);
        forms::check_id(&id.into(), &place, report);
        let prefix = forms::prefix(id);
        if !STEPS.contains(&prefix) {
            let message = format!("{} is no type of step; correct the key", shown(prefix));
            report.add("wf-key-is-step-type", &place, message);
        }
        if step.get("type").is_none_or(|kind| kind != prefix) {
            let message = format!("the key begins with {}, the `type` says something else; correct one", shown(prefix));
            report.add("wf-key-matches-type", &place, message);
        }
        let version = forms::uuid_of(id).filter(|_| forms::is_id(id)).and_then(|uuid| uuid.as_bytes().get(14).copied());
        let message = "steps have a UUID of version 4; make a new one";
        report.demand(version.is_none_or(|version| version == b'4'), "id-step-uuid-v4", &place, message);
    }
}

fn check_ways(book: &Book<'_>, report: &mut Report) {
    let root = Place::ROOT;
    let workflow = root.key("workflow");
    for (id, step) in book.steps() {
        let place = workflow.key(id);
        for way in ways(step) {
            // What is no id in `cases` has a rule of its own.
            let Some(to) = way.to.as_str().or((way.member() != "cases").then_some("")) else { continue };
            let Some(target) = book.defined("workflow", to) else {
                let pointer = way.pointer(&place);
                let message = format!("{} is no step; name a key of `workflow`", shown(to));
                report.add("wf-refs-resolve", &Place::of(&pointer), message);
                forms::check_id(way.to, &Place::of(&pointer), report);
                continue;
            };
            if target.get("type").is_some_and(|kind| kind == "start") {
                let pointer = way.pointer(&place);
                let message = "nothing leads to a start step; name the step behind it";
                report.add("step-start-no-previous", &Place::of(&pointer), message);
            }
            if to == id {
                let pointer = way.pointer(&place);
                report.add("step-self-reference", &Place::of(&pointer), "the step follows itself; name another one");
            }
        }
    }
}

fn check_counts(graph: &Graph<'_>, report: &mut Report) {
    let root = Place::ROOT;
    let place = root.key("workflow");
    let count = |wanted: &str| graph.kinds.iter().filter(|kind| **kind == wanted).count();
    let starts = count("start");
    if starts > 1 {
        report.add("wf-one-start", &place, format!("there are {starts} start steps; leave one"));
    } else if starts == 0 {
        report.add("wf-one-start", &place, "there is no start step; add one");
    }
    let acts = count("action") + count("playbook-action");
    let message =
        "a workflow has at least a start step, an action or playbook-action, and an end step; add what is missing";
    report.demand(starts > 0 && acts > 0 && count("end") > 0, "wf-minimum", &place, message);
}

fn check_start(book: &Book<'_>, graph: &Graph<'_>, report: &mut Report) -> Option<usize> {
    let root = Place::ROOT;
    let place = root.key("workflow_start");
    let any_start = || graph.kinds.iter().position(|kind| *kind == "start");
    let value = book.members.get("workflow_start")?;
    let Some(start) = value.as_str().and_then(|id| graph.number(id)) else {
        report.add("wf-start-resolves", &place, "`workflow_start` names no step; name the start step of `workflow`");
        forms::check_id(value, &place, report);
        return any_start();
    };
    let message = "`workflow_start` must name a step of type `start`";
    report.demand(graph.kinds.get(start) == Some(&"start"), "wf-start-is-start", &place, message);
    Some(start)
}

fn check_exception(book: &Book<'_>, graph: &Graph<'_>, report: &mut Report) -> Option<usize> {
    let root = Place::ROOT;
    let place = root.key("workflow_exception");
    let value = book.members.get("workflow_exception")?;
    let Some(exception) = value.as_str().and_then(|id| graph.number(id)) else {
        report.add("wf-exception-resolves", &place, "`workflow_exception` names no step; name a key of `workflow`");
        forms::check_id(value, &place, report);
        return None;
    };
    let start = graph.kinds.get(exception) == Some(&"start");
    let message = "a failure would begin the playbook again; name another step";
    report.demand(!start, "wf-exception-not-start", &place, message);
    Some(exception)
}

fn check_lines(graph: &Graph<'_>, (start, exception): (Option<usize>, Option<usize>), report: &mut Report) {
    let root = Place::ROOT;
    let workflow = root.key("workflow");
    let lines = graph.lines(start, exception);
    let ending = graph.ending();
    let ends = |head: &usize| ending.get(*head) == Some(&true);
    if let Some(start) = start.filter(|start| !ends(start)) {
        let message = "a path of the main line never comes to an end step; add one";
        report.add("wf-main-end", &workflow.key(graph.ids[start]), message);
    }
    for head in exception.iter().chain(&lines.branch_heads).filter(|head| !ends(head)) {
        let message = "a path of the branch that begins here never comes to an end step; add one";
        report.add("wf-branch-ends", &workflow.key(graph.ids[*head]), message);
    }
    for meeting in &lines.meetings {
        let step = shown(graph.ids[meeting.step]);
        let end = graph.kinds.get(meeting.step) == Some(&"end");
        let (rule, message) = if meeting.exception {
            let message = "the exception branch has its own steps and its own end; give it a copy";
            ("wf-exception-separate", format!("{step} is of the exception branch and of another line: {message}"))
        } else if end {
            ("wf-branch-end-unique", format!("{step} is the end of another branch, too; give each its own end step"))
        } else {
            ("wf-branch-disjoint", format!("{step} is in another branch, too; go on behind the branching step instead"))
        };
        match meeting.from {
            Some(from) => report.add(rule, &workflow.key(graph.ids[from]), message),
            None => report.add(rule, &root.key("workflow_exception"), message),
        }
    }
    let left = graph.ids.iter().zip(&lines.reached).filter(|(_, reached)| !**reached);
    for (id, _) in left.filter(|_| start.is_some()) {
        let message = "nothing leads to the step; name it somewhere or take it out";
        report.add("wf-all-reachable", &workflow.key(id), message);
    }
}
