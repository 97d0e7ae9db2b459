//! What follows the story of an incident: other alerts, scope, endpoints, ATT&CK, alternatives, gaps, next actions.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use quell_model::{
    Alert, Endpoint, EntityKind, Incident, Level, MissingTelemetry, NextAction, ResourceRef, RootCause, Scope,
    ScopedProcess,
};

use super::level_style;
use super::paper::{Paper, Prose, Style};
use crate::escape::Safe;
use crate::words;

/// Entries of one kind that are listed; the JSON has them all.
const LISTED_MAX: usize = 12;

/// Columns of the label beside a list.
const LABEL_COLUMNS: usize = 12;

/// Alerts named below one rule.
const ALERTS_OF_RULE_MAX: usize = 4;

/// Fields shown of an alert.
const FIELDS_SHOWN_MAX: usize = 8;

/// Indent below a rule: its level and the gaps around it.
const ALERT_INDENT: usize = 17;

/// Alerts of the incident that belong to no step of the chain, by rule, each with its record. Without a story the first
/// one also says what matched: nothing else would.
pub(super) fn alerts_off_chain(paper: &mut Paper, incident: &Incident) {
    let chain = &incident.root_cause.chain;
    let on_chain = |title: &str| chain.iter().any(|step| step.alerts.iter().any(|t| t == title));
    let mut rules: BTreeMap<(Reverse<Level>, &str), Vec<&Alert>> = BTreeMap::new();
    for alert in incident.alerts.iter().filter(|alert| !on_chain(&alert.rule.title)) {
        rules.entry((Reverse(alert.rule.level), &alert.rule.title)).or_default().push(alert);
    }
    if rules.is_empty() {
        return;
    }
    paper.section(if chain.is_empty() { "Alerts of the incident" } else { "Other alerts of the incident" });
    for (index, ((level, title), alerts)) in rules.iter().take(LISTED_MAX).enumerate() {
        let level = (level_style(level.0), Safe::of(level.0.as_str()).padded(13));
        paper.entry(&[level], &Prose::new().say(Style::Plain, title));
        for alert in alerts.iter().take(ALERTS_OF_RULE_MAX) {
            record(paper, alert);
        }
        paper.more(alerts.len(), ALERTS_OF_RULE_MAX, ALERT_INDENT);
        if let (true, 0, Some(first)) = (chain.is_empty(), index, alerts.first()) {
            matched(paper, first);
        }
    }
    paper.more(rules.len(), LISTED_MAX, 2);
}

fn record(paper: &mut Paper, alert: &Alert) {
    let time = alert.time.map_or_else(|| "no time".to_owned(), words::moment);
    let prose = Prose::new()
        .say(Style::Plain, &time)
        .lit(Style::Dim, "shown by")
        .verbatim(Style::Dim, &words::evidence(&alert.event));
    paper.hanging(ALERT_INDENT, ALERT_INDENT + 2, &prose);
}

fn matched(paper: &mut Paper, alert: &Alert) {
    let columns = paper.two_lines(ALERT_INDENT + 2);
    for (field, value) in alert.matched.iter().take(FIELDS_SHOWN_MAX) {
        let prose = Prose::new().short(Style::Dim, &format!("{field}:"), 40).short(Style::Plain, value, columns);
        paper.hanging(ALERT_INDENT, ALERT_INDENT + 2, &prose);
    }
    paper.more(alert.matched.len(), FIELDS_SHOWN_MAX, ALERT_INDENT);
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
    for endpoint in endpoints.iter().take(LISTED_MAX) {
        let role = Safe::of(words::role(endpoint.role)).padded(19);
        let prose = Prose::new().full_name(Style::Plain, EntityKind::Endpoint, &words::address(endpoint));
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
    paper.section("Missing telemetry and what it would show");
    for gap in missing.iter().take(LISTED_MAX) {
        let (source, shows) = words::gap(gap);
        let prose = Prose::new().lit(Style::Dim, "-").say(Style::Yellow, &source).say(Style::Plain, &shows);
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
    listed(paper, label, names, |name| Prose::new().full_name(Style::Plain, kind, name));
}

fn process(process: &ScopedProcess) -> Prose {
    let pid = process.pid.map(|pid| format!("pid {pid}")).unwrap_or_default();
    Prose::new()
        .full_name(Style::Plain, EntityKind::Process, &process.image)
        .say(Style::Dim, &pid)
        .lit(Style::Dim, "on")
        .full_name(Style::Dim, EntityKind::Host, &process.host)
}

fn resource(resource: &ResourceRef) -> Prose {
    Prose::new()
        .lit(Style::Dim, words::kind(resource.kind))
        .full_name(Style::Plain, resource.kind, &resource.name)
        .say(Style::Dim, &resource.how)
}

/// One entry per line: a list that is read at night is read down.
fn listed<T>(paper: &mut Paper, label: &'static str, items: &[T], prose: impl Fn(&T) -> Prose) {
    for (index, item) in items.iter().take(LISTED_MAX).enumerate() {
        labelled(paper, if index == 0 { label } else { "" }, &prose(item));
    }
    paper.more(items.len(), LISTED_MAX, LABEL_COLUMNS + 4);
}

fn labelled(paper: &mut Paper, label: &'static str, prose: &Prose) {
    paper.entry(&[(Style::Dim, Safe::of(label).padded(LABEL_COLUMNS))], prose);
}
