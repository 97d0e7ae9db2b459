//! What follows the story of an incident: other alerts, scope, endpoints, ATT&CK, alternatives, gaps, next actions.

use std::collections::BTreeMap;

use quell_model::{
    Endpoint, EntityKind, Incident, Level, MissingTelemetry, NextAction, ResourceRef, RootCause, Scope, ScopedProcess,
};

use super::level_style;
use super::paper::{Paper, Prose, Style};
use crate::escape::Safe;
use crate::words;

/// Entries of one kind that are listed; the JSON has them all.
const LISTED_MAX: usize = 12;

/// Columns of the label beside a list.
const LABEL_COLUMNS: usize = 12;

/// Alerts of the incident that belong to no step of the chain, by rule.
pub(super) fn alerts_off_chain(paper: &mut Paper, incident: &Incident) {
    let on_chain = |title: &str| incident.root_cause.chain.iter().any(|step| step.alerts.iter().any(|t| t == title));
    let mut rules: BTreeMap<(std::cmp::Reverse<Level>, &str), u64> = BTreeMap::new();
    for alert in incident.alerts.iter().filter(|alert| !on_chain(&alert.rule.title)) {
        *rules.entry((std::cmp::Reverse(alert.rule.level), &alert.rule.title)).or_default() += 1;
    }
    if rules.is_empty() {
        return;
    }
    paper.section("Other alerts of the incident");
    for ((level, title), count) in rules.iter().take(LISTED_MAX) {
        let style = level_style(level.0);
        let prose = Prose::new().say(Style::Plain, title).say(Style::Dim, &format!("×{count}"));
        paper.entry(&[(style, Safe::of(level.0.as_str()).padded(13))], &prose);
    }
    paper.more(rules.len(), LISTED_MAX, 2);
}

/// Everything the intrusion touched.
pub(super) fn scope(paper: &mut Paper, scope: &Scope) {
    paper.section("Scope");
    paper.flow(2, &Prose::new().say(Style::Plain, &words::scope(scope)));
    names(paper, "hosts", EntityKind::Host, &scope.hosts);
    names(paper, "principals", EntityKind::Principal, &scope.principals);
    names(paper, "credentials", EntityKind::Credential, &scope.credentials);
    listed(paper, "processes", &scope.processes, process);
    names(paper, "files", EntityKind::File, &scope.files);
    listed(paper, "resources", &scope.resources, resource);
}

/// Remote addresses with what they were used for.
pub(super) fn endpoints(paper: &mut Paper, endpoints: &[Endpoint]) {
    if endpoints.is_empty() {
        return;
    }
    paper.section("Endpoints");
    let columns = paper.name_columns();
    for endpoint in endpoints.iter().take(LISTED_MAX) {
        let role = Safe::of(words::role(endpoint.role)).padded(19);
        let prose = Prose::new().name(Style::Plain, EntityKind::Endpoint, (&words::address(endpoint), columns));
        paper.entry(&[(Style::Dim, role)], &prose);
    }
    paper.more(endpoints.len(), LISTED_MAX, 2);
}

/// Tactics and techniques.
pub(super) fn attack(paper: &mut Paper, incident: &Incident) {
    let tactics = words::tactics(incident);
    if incident.techniques.is_empty() && tactics.is_empty() {
        return;
    }
    paper.section("ATT&CK");
    if !tactics.is_empty() {
        labelled(paper, "tactics", &Prose::new().say(Style::Plain, &tactics.join(", ")));
    }
    if !incident.techniques.is_empty() {
        labelled(paper, "techniques", &Prose::new().say(Style::Plain, &incident.techniques.join(", ")));
    }
}

/// Entries that were considered and ranked lower.
pub(super) fn alternatives(paper: &mut Paper, cause: &RootCause) {
    const CANDIDATES_SHOWN_MAX: usize = 5;
    let others: Vec<_> = cause.candidates.iter().skip(1).collect();
    if others.is_empty() {
        return;
    }
    paper.section("Alternatives considered");
    for candidate in others.iter().take(CANDIDATES_SHOWN_MAX) {
        let rank = Safe::of(&candidate.rank.to_string()).aligned_right(3);
        let prose = Prose::new()
            .verbatim(Style::Plain, &words::entry_line(&candidate.entry))
            .say(Style::Dim, &format!("(score {:.2}):", candidate.score))
            .say(Style::Plain, &candidate.why);
        paper.entry(&[(Style::Dim, rank)], &prose);
    }
    paper.more(others.len(), CANDIDATES_SHOWN_MAX, 2);
}

/// Log sources whose absence limits the story.
pub(super) fn missing(paper: &mut Paper, missing: &[MissingTelemetry]) {
    if missing.is_empty() {
        return;
    }
    paper.section("Missing telemetry");
    for gap in missing.iter().take(LISTED_MAX) {
        let prose = Prose::new()
            .lit(Style::Dim, "-")
            .say(Style::Yellow, &gap.log_source)
            .say(Style::Plain, &format!("would show {}", gap.would_show));
        paper.hanging(2, 4, &prose);
    }
    paper.more(missing.len(), LISTED_MAX, 2);
}

/// What to do, by phase.
pub(super) fn next_actions(paper: &mut Paper, actions: &[NextAction]) {
    if actions.is_empty() {
        return;
    }
    paper.section("Next actions");
    for (phase, actions) in words::by_phase(actions) {
        paper.flow(2, &Prose::new().lit(Style::Bold, phase.as_str()));
        for (index, action) in actions.iter().take(LISTED_MAX).enumerate() {
            let (text, why) = words::action(action);
            let number = format!("{}.", index + 1);
            let prose = Prose::new().say(Style::Dim, &number).say(Style::Plain, &text).say(Style::Dim, &why);
            paper.hanging(4, 7, &prose);
        }
        paper.more(actions.len(), LISTED_MAX, 4);
    }
}

fn names(paper: &mut Paper, label: &'static str, kind: EntityKind, names: &[String]) {
    listed(paper, label, names, |columns, name| Prose::new().name(Style::Plain, kind, (name, columns)));
}

fn process(columns: usize, process: &ScopedProcess) -> Prose {
    let pid = process.pid.map(|pid| format!("pid {pid}")).unwrap_or_default();
    Prose::new()
        .name(Style::Plain, EntityKind::Process, (&process.image, columns))
        .say(Style::Dim, &pid)
        .lit(Style::Dim, "on")
        .name(Style::Dim, EntityKind::Host, (&process.host, columns))
}

fn resource(columns: usize, resource: &ResourceRef) -> Prose {
    Prose::new()
        .lit(Style::Dim, words::kind(resource.kind))
        .name(Style::Plain, resource.kind, (&resource.name, columns))
        .say(Style::Dim, &resource.how)
}

/// One entry per line: a list that is read at night is read down.
fn listed<T>(paper: &mut Paper, label: &'static str, items: &[T], prose: impl Fn(usize, &T) -> Prose) {
    let columns = paper.name_columns();
    for (index, item) in items.iter().take(LISTED_MAX).enumerate() {
        labelled(paper, if index == 0 { label } else { "" }, &prose(columns, item));
    }
    paper.more(items.len(), LISTED_MAX, LABEL_COLUMNS + 4);
}

fn labelled(paper: &mut Paper, label: &'static str, prose: &Prose) {
    paper.entry(&[(Style::Dim, Safe::of(label).padded(LABEL_COLUMNS))], prose);
}
