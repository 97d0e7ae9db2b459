//! The chain as numbered steps: when, who, did what, to what, shown by which record, found by which alert.

use quell_model::{EntityKind, Incident, Step, Timestamp};

use super::level_style;
use super::paper::{Paper, Prose, Style};
use crate::escape::Safe;
use crate::words::{self, Names};

/// Steps listed. A story is meant to be short; a longer one is read in the page.
const STEPS_SHOWN_MAX: usize = 60;

/// Records named per step.
const EVIDENCE_SHOWN_MAX: usize = 3;

/// Indent of a step's text: number, time and the gaps around them.
const STEP_INDENT: usize = 17;

/// Writes the section.
pub(super) fn write(paper: &mut Paper, incident: &Incident) {
    let chain = &incident.root_cause.chain;
    if chain.is_empty() {
        return;
    }
    paper.section("What happened (UTC)");
    let (mut day, mut names) = (None, Names::of(chain));
    for (index, step) in chain.iter().take(STEPS_SHOWN_MAX).enumerate() {
        new_day(paper, &mut day, step.time);
        action(paper, index + 1, (step, &mut names));
        detail(paper, step);
        shown_by(paper, step);
        alerts(paper, incident, step);
    }
    paper.more(chain.len(), STEPS_SHOWN_MAX, STEP_INDENT);
}

fn new_day(paper: &mut Paper, shown: &mut Option<String>, time: Option<Timestamp>) {
    let day = time.map(words::day);
    if let Some(text) = day.as_deref().filter(|_| day != *shown) {
        paper.flow(7, &Prose::new().say(Style::Dim, text));
        *shown = day;
    }
}

fn action<'a>(paper: &mut Paper, number: usize, (step, names): (&'a Step, &mut Names<'a>)) {
    let columns = paper.name_columns();
    let time = step.time.map_or_else(|| "no time".to_owned(), words::clock);
    let cells =
        [(Style::Bold, Safe::of(&number.to_string()).aligned_right(3)), (Style::Plain, Safe::of(&time).padded(8))];
    let prose = Prose::new()
        .lit(Style::Dim, words::kind(step.source_kind))
        .name(Style::Plain, step.source_kind, (names.shown(step.source_kind, &step.source), columns))
        .lit(Style::Dim, "→")
        .say(Style::Bold, &step.action)
        .lit(Style::Dim, "→")
        .lit(Style::Dim, words::kind(step.target_kind))
        .name(Style::Plain, step.target_kind, (names.shown(step.target_kind, &step.target), columns));
    paper.entry(&cells, &prose);
}

fn detail(paper: &mut Paper, step: &Step) {
    if let Some(detail) = words::detail(step) {
        let columns = paper.two_lines(STEP_INDENT + 2);
        let prose = Prose::new().lit(Style::Dim, "with:").short(Style::Plain, detail, columns);
        paper.hanging(STEP_INDENT, STEP_INDENT + 2, &prose);
    }
}

fn shown_by(paper: &mut Paper, step: &Step) {
    let mut prose = Prose::new();
    if let Some(host) = &step.host {
        prose = prose.lit(Style::Dim, "on").name(Style::Dim, EntityKind::Host, (host, paper.name_columns()));
    }
    if !step.evidence.is_empty() {
        let evidence = words::evidence_list(&step.evidence, EVIDENCE_SHOWN_MAX);
        prose = prose.lit(Style::Dim, "shown by").verbatim(Style::Dim, &evidence);
    }
    if !prose.is_empty() {
        paper.flow(STEP_INDENT, &prose);
    }
    if let Some(why) = words::inferred(step) {
        paper.flow(STEP_INDENT, &Prose::new().say(Style::Yellow, &format!("({why})")));
    }
}

fn alerts(paper: &mut Paper, incident: &Incident, step: &Step) {
    let techniques = step.techniques.join(", ");
    for (index, title) in step.alerts.iter().enumerate() {
        let level = words::alert_level(incident, title);
        let style = level.map_or(Style::Red, level_style);
        let mut prose = Prose::new().lit(style, "!").say(style, title);
        if let Some(level) = level {
            prose = prose.say(Style::Dim, &format!("[{level}]"));
        }
        if index + 1 == step.alerts.len() {
            prose = prose.say(Style::Dim, &techniques);
        }
        paper.hanging(STEP_INDENT, STEP_INDENT + 2, &prose);
    }
}
