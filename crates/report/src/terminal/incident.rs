//! One incident: what it is, how serious, how it began; then its sections in the order a responder needs them.

use quell_model::Incident;

use super::paper::{Paper, Prose, Style};
use super::{level_style, sections, story};
use crate::escape::Safe;
use crate::words;

/// Reasons for a severity that are listed.
const REASONS_SHOWN_MAX: usize = 8;

/// Writes the incident with its place among `total`.
pub(super) fn write(paper: &mut Paper, incident: &Incident, (place, total): (usize, usize)) {
    header(paper, incident, (place, total));
    severity(paper, incident);
    paper.section("How it began");
    paper.flow(2, &Prose::new().verbatim(Style::Plain, &words::beginning(&incident.root_cause)));
    story::write(paper, incident);
    sections::alerts_off_chain(paper, incident);
    sections::scope(paper, &incident.scope);
    sections::endpoints(paper, &incident.endpoints);
    sections::attack(paper, incident);
    sections::alternatives(paper, &incident.root_cause);
    sections::missing(paper, &incident.missing_telemetry);
    sections::next_actions(paper, &incident.next_actions);
}

fn header(paper: &mut Paper, incident: &Incident, (place, total): (usize, usize)) {
    let mut chapter = Safe::new();
    chapter.text(&format!("Incident {place} of {total}"));
    paper.chapter(&chapter);
    let style = level_style(incident.severity);
    let title =
        Prose::new().say(style, &incident.severity.as_str().to_uppercase()).say(Style::Bold, &words::title(incident));
    paper.flow(0, &title);
    let meta = Prose::new()
        .say(Style::Plain, &format!("{}.", words::period(incident)))
        .say(Style::Dim, &format!("{}.", words::size(incident)))
        .lit(Style::Dim, "Id")
        .verbatim(Style::Dim, &incident.id);
    paper.flow(0, &meta);
}

fn severity(paper: &mut Paper, incident: &Incident) {
    if incident.severity_reasons.is_empty() {
        return;
    }
    paper.section("Why this severity");
    for reason in incident.severity_reasons.iter().take(REASONS_SHOWN_MAX) {
        let level = Safe::of(reason.level.as_str()).padded(13);
        paper.entry(&[(level_style(reason.level), level)], &Prose::new().say(Style::Plain, &reason.text));
    }
    paper.more(incident.severity_reasons.len(), REASONS_SHOWN_MAX, 2);
}
