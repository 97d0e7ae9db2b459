//! The story of an incident in the page: graph, timeline, and the table that says what both say.

use quell_model::{EntityKind, Incident, Step, Timestamp};

use super::parts::{Page, Table, cell, kind_and_name, more, name, table, verbatim};
use crate::svg;
use crate::words;

const GRAPH_CAPTION: &str = "Causal graph, from cause above to effect below. Solid arrow: shown by a \
    record. Dashed arrow: inferred. Red dot: an alert was raised. Numbers are the steps of the table below.";

const TIMELINE_CAPTION: &str = "Timeline. Numbers are steps; a diamond is an alert with the first letter of its level. \
    Pauses are drawn shorter than they were.";

/// Writes the section; `place` makes ids unique.
pub(super) fn write(out: &mut Page, incident: &Incident, place: usize) {
    if incident.root_cause.chain.is_empty() {
        return;
    }
    out.lit("<section><h3>What happened</h3>");
    let mut graph = Page::new();
    svg::causal_graph(&mut graph, &incident.root_cause, place);
    figure(out, ("Causal graph", GRAPH_CAPTION), &graph);
    let mut timeline = Page::new();
    svg::timeline(&mut timeline, incident, place);
    figure(out, ("Timeline", TIMELINE_CAPTION), &timeline);
    let heads = &["Step", "Time (UTC)", "Host", "Who", "Did", "To what", "Shown by"];
    let rows = incident.root_cause.chain.iter().enumerate().map(|(index, step)| row(index + 1, step));
    table(out, &Table { caption: "Steps of the story", heads }, rows);
    out.lit("</section>");
}

/// A time in two lines: day and clock.
pub(super) fn moment(time: Option<Timestamp>) -> Page {
    let mut cell = Page::new();
    if let Some(time) = time {
        cell.lit("<span class=\"time\">").text(&words::day(time)).lit("<br>").text(&words::clock(time)).lit("</span>");
    }
    cell
}

fn figure(out: &mut Page, (label, caption): (&'static str, &'static str), drawing: &Page) {
    if drawing.is_empty() {
        return;
    }
    out.lit("<figure><div class=\"drawing\" role=\"region\" tabindex=\"0\" aria-label=\"").lit(label).lit("\">");
    out.safe(drawing).lit("</div><figcaption>").lit(caption).lit("</figcaption></figure>");
}

fn row(number: usize, step: &Step) -> Vec<Page> {
    vec![
        cell(&number.to_string()),
        moment(step.time),
        host(step),
        kind_and_name(step.source_kind, &step.source),
        cell(&step.action),
        target(step),
        shown_by(step),
    ]
}

fn target(step: &Step) -> Page {
    let mut cell = kind_and_name(step.target_kind, &step.target);
    if let Some(detail) = words::detail(step) {
        cell.lit("<div class=\"detail\"><span class=\"what\">with</span> <code>").text(detail).lit("</code></div>");
    }
    cell
}

fn host(step: &Step) -> Page {
    let mut cell = Page::new();
    if let Some(host) = &step.host {
        cell.lit("<div class=\"host\">").safe(&name(EntityKind::Host, host)).lit("</div>");
    }
    cell
}

fn shown_by(step: &Step) -> Page {
    const RECORDS_MAX: usize = 8;
    let mut cell = Page::new();
    if let Some(why) = words::inferred(step) {
        cell.lit("<span class=\"inferred-mark\">").text(&why).lit("</span>");
    }
    for event in step.evidence.iter().take(RECORDS_MAX) {
        cell.lit("<div title=\"").verbatim(&words::evidence_full(event)).lit("\">");
        cell.safe(&verbatim(&words::evidence(event))).lit("</div>");
    }
    more(&mut cell, step.evidence.len().saturating_sub(RECORDS_MAX));
    for title in &step.alerts {
        cell.lit("<div class=\"alert-title\">Alert: ").text(title).lit("</div>");
    }
    if !step.techniques.is_empty() {
        cell.lit("<div class=\"what\">").text(&step.techniques.join(", ")).lit("</div>");
    }
    cell
}
