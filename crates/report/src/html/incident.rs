//! One incident of the page: header, then story, then what follows from it.

use quell_model::{Alert, Candidate, Endpoint, EntityKind, Incident, ResourceRef, Scope, ScopedProcess};

use super::parts::{Page, Table, badge, cell, more, name, table, verbatim};
use super::story;
use crate::words;

/// Names listed for one kind of thing in scope.
const NAMES_MAX: usize = 100;

/// Writes the incident with its place among `total`.
pub(super) fn write(out: &mut Page, incident: &Incident, (place, total): (usize, usize)) {
    out.lit("<article class=\"card incident\" id=\"incident-").text(&place.to_string()).lit("\">");
    header(out, incident, (place, total));
    out.lit("<div class=\"columns\">");
    beginning(out, incident);
    severity(out, incident);
    out.lit("</div>");
    story::write(out, incident, place);
    next_actions(out, incident);
    scope(out, &incident.scope);
    endpoints(out, &incident.endpoints);
    alerts(out, incident);
    attack(out, incident);
    alternatives(out, incident);
    missing(out, incident);
    out.lit("</article>");
}

fn header(out: &mut Page, incident: &Incident, (place, total): (usize, usize)) {
    out.lit("<header><p class=\"place\">Incident ");
    if total > 1 {
        out.text(&format!("{place} of {total}")).lit(" ");
    }
    out.safe(&badge(incident.severity)).lit("</p><h2>").text(&words::title(incident)).lit("</h2><p class=\"meta\">");
    out.text(&words::period(incident)).lit("<br>").text(&words::size(incident)).lit("<br>Id ");
    out.safe(&verbatim(&incident.id)).lit("</p></header>");
}

fn beginning(out: &mut Page, incident: &Incident) {
    let cause = &incident.root_cause;
    out.lit("<section><h3>How it began</h3><p>").verbatim(&words::beginning(cause)).lit("</p><dl class=\"facts\">");
    if let Some(time) = cause.entry.time {
        out.lit("<dt>time</dt><dd>").text(&words::moment(time)).lit("</dd>");
    }
    for (word, value) in words::entry_facts(&cause.entry) {
        out.lit("<dt>").lit(word).lit("</dt><dd><code>").verbatim(&value).lit("</code></dd>");
    }
    out.lit("<dt>confidence</dt><dd>").lit(cause.confidence.as_str()).lit("</dd></dl></section>");
}

fn severity(out: &mut Page, incident: &Incident) {
    out.lit("<section><h3>Why ").lit(incident.severity.as_str()).lit("</h3><ul class=\"reasons\">");
    for reason in incident.severity_reasons.iter().take(NAMES_MAX) {
        out.lit("<li>").safe(&badge(reason.level)).lit(" ").text(&reason.text).lit("</li>");
    }
    out.lit("</ul></section>");
}

fn next_actions(out: &mut Page, incident: &Incident) {
    if incident.next_actions.is_empty() {
        return;
    }
    out.lit("<section><h3>Next actions</h3><div class=\"phases\">");
    for (phase, actions) in words::by_phase(&incident.next_actions) {
        out.lit("<div class=\"phase\"><h4>").lit(phase.as_str()).lit("</h4><ol>");
        for action in actions.iter().take(NAMES_MAX) {
            let (text, why) = words::action(action);
            out.lit("<li>").text(&text).lit(" <span class=\"why\">").text(&why).lit("</span></li>");
        }
        out.lit("</ol></div>");
    }
    out.lit("</div></section>");
}

fn scope(out: &mut Page, scope: &Scope) {
    out.lit("<section><h3>Scope</h3><p>").text(&words::scope(scope)).lit("</p><div class=\"groups\">");
    names(out, "Hosts", EntityKind::Host, &scope.hosts);
    names(out, "Principals", EntityKind::Principal, &scope.principals);
    names(out, "Credentials", EntityKind::Credential, &scope.credentials);
    names(out, "Files", EntityKind::File, &scope.files);
    out.lit("</div>");
    let process = |process: &ScopedProcess| {
        let pid = process.pid.map(|pid| pid.to_string()).unwrap_or_default();
        let guid = process.guid.as_deref().map(verbatim).unwrap_or_else(Page::new);
        vec![name(EntityKind::Host, &process.host), name(EntityKind::Process, &process.image), cell(&pid), guid]
    };
    let shape = Table { caption: "Processes in the attacker's hands", heads: &["Host", "Program", "Pid", "GUID"] };
    table(out, &shape, scope.processes.iter().map(process));
    let resource = |resource: &ResourceRef| {
        vec![cell(words::kind(resource.kind)), name(resource.kind, &resource.name), cell(&resource.how)]
    };
    let shape = Table { caption: "Other things touched", heads: &["Kind", "Name", "What was done"] };
    table(out, &shape, scope.resources.iter().map(resource));
    out.lit("</section>");
}

fn names(out: &mut Page, label: &'static str, kind: EntityKind, names: &[String]) {
    if names.is_empty() {
        return;
    }
    out.lit("<div class=\"group\"><h4>").lit(label).lit("</h4><ul>");
    for text in names.iter().take(NAMES_MAX) {
        out.lit("<li>").safe(&name(kind, text)).lit("</li>");
    }
    out.lit("</ul>");
    more(out, names.len().saturating_sub(NAMES_MAX));
    out.lit("</div>");
}

fn endpoints(out: &mut Page, endpoints: &[Endpoint]) {
    if endpoints.is_empty() {
        return;
    }
    out.lit("<section><h3>Endpoints</h3>");
    let row = |endpoint: &Endpoint| {
        vec![name(EntityKind::Endpoint, &words::address(endpoint)), cell(words::role(endpoint.role))]
    };
    let shape = Table { caption: "Remote addresses and what they were used for", heads: &["Address", "Role"] };
    table(out, &shape, endpoints.iter().map(row));
    out.lit("</section>");
}

fn alerts(out: &mut Page, incident: &Incident) {
    if incident.alerts.is_empty() {
        return;
    }
    out.lit("<section><h3>Alerts</h3>");
    let heads = &["Time (UTC)", "Level", "Rule", "Why it matched", "Record"];
    table(out, &Table { caption: "Alerts of the incident by time", heads }, incident.alerts.iter().map(alert));
    out.lit("</section>");
}

fn alert(alert: &Alert) -> Vec<Page> {
    const FIELDS_MAX: usize = 12;
    let mut matched = Page::new();
    for (field, value) in alert.matched.iter().take(FIELDS_MAX) {
        matched
            .lit("<div><span class=\"what\">")
            .verbatim(field)
            .lit("</span> <code>")
            .text(value)
            .lit("</code></div>");
    }
    more(&mut matched, alert.matched.len().saturating_sub(FIELDS_MAX));
    vec![
        story::moment(alert.time),
        badge(alert.rule.level),
        cell(&alert.rule.title),
        matched,
        verbatim(&words::evidence_full(&alert.event)),
    ]
}

fn attack(out: &mut Page, incident: &Incident) {
    let tactics = words::tactics(incident);
    if tactics.is_empty() && incident.techniques.is_empty() {
        return;
    }
    out.lit("<section><h3>ATT&amp;CK</h3>");
    if !tactics.is_empty() {
        out.lit("<p>Tactics: ").text(&tactics.join(", ")).lit(".</p>");
    }
    out.lit("<ul class=\"chips\">");
    for technique in incident.techniques.iter().take(NAMES_MAX) {
        out.lit("<li>").text(technique).lit("</li>");
    }
    out.lit("</ul></section>");
}

fn alternatives(out: &mut Page, incident: &Incident) {
    let others = incident.root_cause.candidates.get(1..).unwrap_or_default();
    if others.is_empty() {
        return;
    }
    out.lit("<section><h3>Alternatives considered</h3>");
    let row = |candidate: &Candidate| {
        let mut entry = Page::new();
        entry.verbatim(&words::entry_line(&candidate.entry));
        vec![cell(&candidate.rank.to_string()), cell(&format!("{:.2}", candidate.score)), entry, cell(&candidate.why)]
    };
    let shape = Table {
        caption: "Other places where it may have begun",
        heads: &["Rank", "Score", "Entry", "Why it ranks there"],
    };
    table(out, &shape, others.iter().map(row));
    out.lit("</section>");
}

fn missing(out: &mut Page, incident: &Incident) {
    if incident.missing_telemetry.is_empty() {
        return;
    }
    out.lit("<section><h3>Missing telemetry</h3>");
    let rows = incident.missing_telemetry.iter().map(|gap| vec![cell(&gap.log_source), cell(&words::gap(gap).1)]);
    let shape =
        Table { caption: "Log sources whose absence limits the story", heads: &["Log source", "What it would show"] };
    table(out, &shape, rows);
    out.lit("</section>");
}
