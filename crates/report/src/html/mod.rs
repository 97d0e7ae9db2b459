//! An investigation as one self-contained page: it can be mailed, archived, printed and opened where nothing is trusted.
//!
//! No scripts, nothing loaded, one inline style sheet, and a policy that forbids the rest. Light and dark, screen and
//! paper. Every drawing has a table that says the same.

mod incident;
mod parts;
mod story;
mod style;

use quell_model::{Incident, Investigation, SourceCount, Unparsed};

use crate::escape::{Html, Safe};
use crate::words;
use parts::{Page, Table, cell, table, verbatim};

/// Rows about what could not be read.
const UNPARSED_MAX: usize = 20;

/// The investigation as an HTML page.
#[must_use]
pub fn html(investigation: &Investigation) -> String {
    let investigation = &words::told(investigation);
    let mut out = Page::new();
    head(&mut out);
    out.lit("<body><header class=\"top\"><p class=\"brand\">Quell</p><h1>Incident report</h1><p class=\"headline\">");
    out.text(&words::headline(investigation)).lit("</p>");
    tiles(&mut out, investigation);
    contents(&mut out, investigation);
    out.lit("</header><main>");
    if investigation.incidents.is_empty() {
        out.lit("<section class=\"card\"><h2>No incident</h2><p>").text(&words::nothing_found(investigation));
        out.lit("</p></section>");
    }
    for (index, incident) in investigation.incidents.iter().enumerate() {
        incident::write(&mut out, incident, (index + 1, investigation.incidents.len()));
    }
    alerts_apart(&mut out, &investigation.alerts_apart);
    read(&mut out, investigation);
    foot(&mut out);
    out.into_string()
}

/// One incident as an HTML page.
#[must_use]
pub fn incident_html(incident: &Incident) -> String {
    let mut out = Page::new();
    head(&mut out);
    out.lit("<body><header class=\"top\"><p class=\"brand\">Quell</p><h1>Incident report</h1></header><main>");
    incident::write(&mut out, &words::told_incident(incident), (1, 1));
    foot(&mut out);
    out.into_string()
}

/// Begins a page of any kind, up to its body.
pub(crate) fn begin_page(out: &mut Safe<Html>) {
    head(out);
}

/// Ends a page of any kind.
pub(crate) fn end_page(out: &mut Safe<Html>) {
    foot(out);
}

fn foot(out: &mut Safe<Html>) {
    out.lit("</main><footer><p>Indicators are shown defanged. All times are UTC.</p></footer></body></html>\n");
}

fn head(out: &mut Safe<Html>) {
    out.lit("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    out.lit("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">");
    out.lit("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    out.lit("<meta name=\"referrer\" content=\"no-referrer\"><meta name=\"color-scheme\" content=\"light dark\">");
    out.lit("<title>Quell incident report</title><style>").lit(style::SHEET).lit("</style></head>\n");
}

fn tiles(out: &mut Safe<Html>, investigation: &Investigation) {
    let totals = &investigation.totals;
    let tiles = [
        ("Incidents", investigation.incidents.len() as u64),
        ("Alerts", totals.alerts),
        ("Records read", totals.records),
        ("Inputs", totals.inputs),
        ("Rules in force", totals.rules),
        ("Parts not read", totals.unparsed),
    ];
    out.lit("<dl class=\"tiles\">");
    for (label, number) in tiles {
        out.lit("<div><dt>").lit(label).lit("</dt><dd>").text(&words::number(number)).lit("</dd></div>");
    }
    out.lit("</dl>");
}

fn contents(out: &mut Safe<Html>, investigation: &Investigation) {
    if investigation.incidents.len() < 2 {
        return;
    }
    out.lit("<nav aria-label=\"Incidents\"><ol>");
    for (index, incident) in investigation.incidents.iter().enumerate() {
        out.lit("<li><a href=\"#incident-").text(&(index + 1).to_string()).lit("\">").text(&words::title(incident));
        out.lit("</a> ").safe(&parts::badge(incident.severity)).lit("</li>");
    }
    out.lit("</ol></nav>");
}

fn alerts_apart(out: &mut Safe<Html>, rules: &[SourceCount]) {
    if rules.is_empty() {
        return;
    }
    out.lit("<section class=\"card\"><h2>Alerts outside incidents</h2>");
    let rows = rules.iter().map(|rule| vec![cell(&words::number(rule.count)), cell(&rule.name)]);
    table(out, &Table { caption: "Alerts that joined no incident, by rule", heads: &["Alerts", "Rule"] }, rows);
    out.lit("<p class=\"more\">").lit(words::ALERTS_APART).lit("</p></section>");
}

fn read(out: &mut Safe<Html>, investigation: &Investigation) {
    out.lit("<section class=\"card\"><h2>What was read</h2><p>").text(&words::what_was_read(investigation)).lit("</p>");
    let sources =
        investigation.sources.iter().map(|source| vec![cell(&source.name), cell(&words::number(source.count))]);
    table(out, &Table { caption: "Records by source", heads: &["Source", "Records"] }, sources);
    if investigation.totals.unparsed > 0 || !investigation.unparsed.is_empty() {
        out.lit("<h3>What could not be read</h3>");
        unread(out, &investigation.unparsed, investigation.totals.unparsed);
    }
    out.lit("</section>");
}

fn unread(out: &mut Safe<Html>, parts: &[Unparsed], total: u64) {
    let unread = words::unread(parts);
    let row = |part: &words::Unread<'_>| {
        let count = cell(&words::number(part.count));
        vec![verbatim(part.file), count, cell(part.reason), cell(&words::number(part.first))]
    };
    let shape = Table {
        caption: "Parts of inputs that could not be read, equal reasons together",
        heads: &["Input", "Parts", "Reason", "First at byte"],
    };
    table(out, &shape, unread.iter().take(UNPARSED_MAX).map(row));
    let left = [words::unread_left(&unread, UNPARSED_MAX), words::unread_unlisted(parts, total)];
    for text in left.into_iter().flatten() {
        out.lit("<p class=\"more\">").text(&text).lit("</p>");
    }
}
