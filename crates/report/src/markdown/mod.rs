//! An investigation as Markdown (CommonMark with GitHub's tables), for tickets, chats and repositories.
//!
//! No raw HTML, no links, no images: what a record says is text or a code span.

mod sections;

use quell_model::{EntityKind, Incident, Investigation, SourceCount, Step, Unparsed};

use crate::escape::{Markdown, Safe};
use crate::words;

/// Rows of a table, and steps of a story, that are written.
const ROWS_MAX: usize = 500;

/// Rows about what could not be read.
const UNPARSED_MAX: usize = 20;

type Text = Safe<Markdown>;

/// The investigation as Markdown.
#[must_use]
pub fn markdown(investigation: &Investigation) -> String {
    let investigation = &words::told(investigation);
    let mut out = Text::new();
    out.lit("# Incident report\n\n**").text(&words::headline(investigation)).lit("**\n\n");
    out.text(&words::what_was_read(investigation)).lit("\n");
    if investigation.incidents.is_empty() {
        out.lit("\n").text(&words::nothing_found(investigation)).lit("\n");
    }
    let total = investigation.incidents.len();
    for (index, incident) in investigation.incidents.iter().enumerate() {
        let place = format!("{} of {total}:", index + 1);
        out.lit("\n## Incident ").text(&place).lit(" ").text(&words::title(incident)).lit("\n\n");
        write_incident(&mut out, incident);
    }
    alerts_apart(&mut out, &investigation.alerts_apart);
    unparsed(&mut out, &investigation.unparsed, investigation.totals.unparsed);
    out.into_string()
}

/// One incident as Markdown.
#[must_use]
pub fn incident_markdown(incident: &Incident) -> String {
    let incident = &words::told_incident(incident);
    let mut out = Text::new();
    out.lit("# Incident: ").text(&words::title(incident)).lit("\n\n");
    write_incident(&mut out, incident);
    out.into_string()
}

/// A table; nothing is written without rows.
fn table(out: &mut Text, heads: &[&'static str], rows: &[Vec<Text>]) {
    if rows.is_empty() {
        return;
    }
    out.lit("\n|");
    heads.iter().for_each(|head| {
        out.lit(" ").lit(head).lit(" |");
    });
    out.lit("\n|");
    heads.iter().for_each(|_| {
        out.lit("---|");
    });
    for row in rows.iter().take(ROWS_MAX) {
        out.lit("\n|");
        for cell in row {
            out.lit(" ").safe(cell).lit(" |");
        }
    }
    out.lit("\n");
    if let Some(left) = rows.len().checked_sub(ROWS_MAX).filter(|left| *left > 0) {
        out.lit("\nand ").text(&words::number(left as u64)).lit(" more\n");
    }
}

fn code(kind: EntityKind, name: &str) -> Text {
    let mut cell = Text::new();
    cell.code(kind, name);
    cell
}

fn write_incident(out: &mut Text, incident: &Incident) {
    out.lit("- **Severity:** ").text(incident.severity.as_str()).lit("\n");
    for reason in &incident.severity_reasons {
        out.lit("  - ").text(reason.level.as_str()).lit(": ").text(&reason.text).lit("\n");
    }
    out.lit("- **Time:** ").text(&words::period(incident)).lit("\n");
    out.lit("- **Size:** ").text(&words::size(incident)).lit("\n");
    out.lit("- **Id:** ").code_verbatim(&incident.id).lit("\n");
    out.lit("\n### How it began\n\n").verbatim(&words::beginning(&incident.root_cause)).lit("\n");
    if !incident.root_cause.chain.is_empty() {
        out.lit("\n### What happened (UTC)\n\n");
        for (index, step) in incident.root_cause.chain.iter().take(ROWS_MAX).enumerate() {
            write_step(out, index + 1, step);
        }
    }
    sections::write(out, incident);
}

fn write_step(out: &mut Text, number: usize, step: &Step) {
    let time = step.time.map_or_else(|| "no time".to_owned(), words::moment);
    out.number(i64::try_from(number).unwrap_or(i64::MAX)).lit(". ").text(&time).lit(": ");
    out.lit(words::kind(step.source_kind)).lit(" ").code(step.source_kind, &step.source);
    out.lit(" **").text(&step.action).lit("** ");
    out.lit(words::kind(step.target_kind)).lit(" ").code(step.target_kind, &step.target);
    if let Some(host) = &step.host {
        out.lit(" on ").code(EntityKind::Host, host);
    }
    out.lit("\n");
    if let Some(detail) = words::detail(step) {
        out.lit("     - with ").code_text(detail).lit("\n");
    }
    if let Some(why) = words::inferred(step) {
        out.lit("     - *(").text(&why).lit(")*\n");
    }
    if !step.evidence.is_empty() {
        out.lit("     - shown by ");
        for (index, event) in step.evidence.iter().enumerate() {
            out.lit(if index == 0 { "" } else { ", " }).code_verbatim(&words::evidence_full(event));
        }
        out.lit("\n");
    }
    for alert in &step.alerts {
        out.lit("     - **alert:** ").text(alert).lit("\n");
    }
    if !step.techniques.is_empty() {
        out.lit("     - ATT&CK: ").text(&step.techniques.join(", ")).lit("\n");
    }
}

fn alerts_apart(out: &mut Text, rules: &[SourceCount]) {
    if rules.is_empty() {
        return;
    }
    out.lit("\n## Alerts outside incidents\n");
    let rows: Vec<Vec<Text>> =
        rules.iter().map(|rule| vec![Text::of(&words::number(rule.count)), Text::of(&rule.name)]).collect();
    table(out, &["Alerts", "Rule"], &rows);
    out.lit("\n").text(words::ALERTS_APART).lit("\n");
}

fn unparsed(out: &mut Text, parts: &[Unparsed], total: u64) {
    if parts.is_empty() && total == 0 {
        return;
    }
    out.lit("\n## What could not be read\n\n").text(&words::count(total, "part")).lit(" could not be read.\n");
    let unread = words::unread(parts);
    let row = |part: &words::Unread<'_>| {
        let mut file = Text::new();
        file.code_verbatim(part.file);
        vec![file, Text::of(&words::number(part.count)), Text::of(part.reason), Text::of(&words::number(part.first))]
    };
    let rows: Vec<Vec<Text>> = unread.iter().take(UNPARSED_MAX).map(row).collect();
    table(out, &["Input", "Parts", "Reason", "First at byte"], &rows);
    let left = [words::unread_left(&unread, UNPARSED_MAX), words::unread_unlisted(parts, total)];
    for text in left.into_iter().flatten() {
        out.lit("\n").text(&text).lit("\n");
    }
}
