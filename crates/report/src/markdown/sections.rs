//! What follows the story of an incident in Markdown.

use quell_model::{Candidate, EntityKind, Incident, ResourceRef, Scope, ScopedProcess};

use super::{Text, code, table};
use crate::words;

/// Writes the sections in the order of the terminal report.
pub(super) fn write(out: &mut Text, incident: &Incident) {
    alerts(out, incident);
    scope(out, &incident.scope);
    endpoints(out, incident);
    attack(out, incident);
    alternatives(out, incident);
    missing(out, incident);
    next_actions(out, incident);
}

fn alerts(out: &mut Text, incident: &Incident) {
    if incident.alerts.is_empty() {
        return;
    }
    out.lit("\n### Alerts\n");
    let rows = incident.alerts.iter().map(|alert| {
        let mut evidence = Text::new();
        evidence.code_verbatim(&words::evidence(&alert.event));
        let time = alert.time.map_or_else(String::new, words::moment);
        vec![Text::of(&time), Text::of(alert.rule.level.as_str()), Text::of(&alert.rule.title), evidence]
    });
    table(out, &["Time", "Level", "Rule", "Record"], &rows.collect::<Vec<_>>());
}

fn scope(out: &mut Text, scope: &Scope) {
    out.lit("\n### Scope\n\n").text(&words::scope(scope)).lit("\n\n");
    names(out, "Hosts", EntityKind::Host, &scope.hosts);
    names(out, "Principals", EntityKind::Principal, &scope.principals);
    names(out, "Credentials", EntityKind::Credential, &scope.credentials);
    names(out, "Files", EntityKind::File, &scope.files);
    let process = |process: &ScopedProcess| {
        let pid = process.pid.map(|pid| pid.to_string()).unwrap_or_default();
        vec![code(EntityKind::Host, &process.host), code(EntityKind::Process, &process.image), Text::of(&pid)]
    };
    table(out, &["Host", "Process", "Pid"], &scope.processes.iter().map(process).collect::<Vec<_>>());
    let resource = |resource: &ResourceRef| {
        vec![Text::of(words::kind(resource.kind)), code(resource.kind, &resource.name), Text::of(&resource.how)]
    };
    table(out, &["Kind", "Resource", "What was done"], &scope.resources.iter().map(resource).collect::<Vec<_>>());
}

fn names(out: &mut Text, label: &'static str, kind: EntityKind, names: &[String]) {
    if names.is_empty() {
        return;
    }
    out.lit("- **").lit(label).lit(":** ");
    for (index, name) in names.iter().enumerate() {
        out.lit(if index == 0 { "" } else { ", " }).code(kind, name);
    }
    out.lit("\n");
}

fn endpoints(out: &mut Text, incident: &Incident) {
    if incident.endpoints.is_empty() {
        return;
    }
    out.lit("\n### Endpoints\n");
    let rows = incident.endpoints.iter().map(|endpoint| {
        vec![code(EntityKind::Endpoint, &words::address(endpoint)), Text::of(words::role(endpoint.role))]
    });
    table(out, &["Address", "Role"], &rows.collect::<Vec<_>>());
}

fn attack(out: &mut Text, incident: &Incident) {
    let tactics = words::tactics(incident);
    if tactics.is_empty() && incident.techniques.is_empty() {
        return;
    }
    out.lit("\n### ATT&CK\n\n");
    if !tactics.is_empty() {
        out.lit("- **Tactics:** ").text(&tactics.join(", ")).lit("\n");
    }
    if !incident.techniques.is_empty() {
        out.lit("- **Techniques:** ").text(&incident.techniques.join(", ")).lit("\n");
    }
}

fn alternatives(out: &mut Text, incident: &Incident) {
    let others: Vec<&Candidate> = incident.root_cause.candidates.iter().skip(1).collect();
    if others.is_empty() {
        return;
    }
    out.lit("\n### Alternatives considered\n");
    let rows = others.iter().map(|candidate| {
        let mut entry = Text::new();
        entry.verbatim(&words::entry_line(&candidate.entry));
        vec![
            Text::of(&candidate.rank.to_string()),
            Text::of(&format!("{:.2}", candidate.score)),
            entry,
            Text::of(&candidate.why),
        ]
    });
    table(out, &["Rank", "Score", "Entry", "Why"], &rows.collect::<Vec<_>>());
}

fn missing(out: &mut Text, incident: &Incident) {
    if incident.missing_telemetry.is_empty() {
        return;
    }
    out.lit("\n### Missing telemetry and what it would show\n\n");
    for gap in &incident.missing_telemetry {
        let (source, shows) = words::gap(gap);
        out.lit("- **").text(&source).lit("** ").text(&shows).lit("\n");
    }
}

fn next_actions(out: &mut Text, incident: &Incident) {
    if incident.next_actions.is_empty() {
        return;
    }
    out.lit("\n### Next actions\n");
    for (phase, actions) in words::by_phase(&incident.next_actions) {
        out.lit("\n#### ").lit(phase.as_str()).lit("\n\n");
        for action in actions {
            let (text, why) = words::action(action);
            out.lit("- [ ] ").text(&text).lit(" ").text(&why).lit("\n");
        }
    }
}
