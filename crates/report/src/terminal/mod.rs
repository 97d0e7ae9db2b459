//! An investigation as text for a terminal, readable for a tired person at three in the morning.
//!
//! The answer comes first, then the story, then what to do. Writes through `paper` only, which knows width and colour;
//! must never emit an escape byte that came from a record.

mod incident;
mod paper;
mod sections;
mod story;

use quell_model::{Incident, Investigation, Level, SourceCount, Unparsed};

use crate::escape::Safe;
use crate::words;
use paper::{Paper, Prose, Style};

/// How the terminal looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalOptions {
    /// Columns of the terminal. Used between 40 and 120: narrower cannot hold a step, wider is hard to read.
    pub width: usize,
    /// Whether to use bold, dim, red and yellow.
    pub color: bool,
}

/// Rules listed with alerts that joined no incident.
const RULES_SHOWN_MAX: usize = 15;

/// Lines about what could not be read.
const UNPARSED_SHOWN_MAX: usize = 20;

/// Incidents listed before the first one.
const INDEX_SHOWN_MAX: usize = 40;

/// Least columns of a title in the index.
const INDEX_TITLE_MIN: usize = 24;

/// The investigation as terminal text.
#[must_use]
pub fn terminal(investigation: &Investigation, options: TerminalOptions) -> String {
    let investigation = &words::told(investigation);
    let mut paper = Paper::new(options);
    paper.flow(0, &Prose::new().say(Style::Bold, &words::headline(investigation)));
    paper.flow(0, &Prose::new().say(Style::Dim, &words::what_was_read(investigation)));
    if investigation.incidents.is_empty() {
        nothing_found(&mut paper, investigation);
    }
    index(&mut paper, &investigation.incidents);
    let total = investigation.incidents.len();
    for (index, incident) in investigation.incidents.iter().enumerate() {
        incident::write(&mut paper, incident, (index + 1, total));
    }
    alerts_apart(&mut paper, &investigation.alerts_apart);
    unparsed(&mut paper, &investigation.unparsed, investigation.totals.unparsed);
    paper.into_string()
}

/// Style of a level wherever it is shown.
fn level_style(level: Level) -> Style {
    match level {
        Level::Critical => Style::BoldRed,
        Level::High => Style::Red,
        Level::Medium => Style::Yellow,
        Level::Low | Level::Informational => Style::Dim,
    }
}

fn nothing_found(paper: &mut Paper, investigation: &Investigation) {
    paper.blank();
    paper.flow(0, &Prose::new().say(Style::Plain, &words::nothing_found(investigation)));
}

/// One line for each incident, where there are several.
fn index(paper: &mut Paper, incidents: &[Incident]) {
    if incidents.len() < 2 {
        return;
    }
    paper.blank();
    let shown = || incidents.iter().take(INDEX_SHOWN_MAX);
    let level_columns = shown().map(|incident| incident.severity.as_str().len()).max().unwrap_or(0);
    for (number, incident) in (1u64..).zip(shown()) {
        let level = Safe::of(&incident.severity.as_str().to_uppercase()).padded(level_columns);
        let cells =
            [(Style::Dim, Safe::of(&number.to_string()).aligned_right(2)), (level_style(incident.severity), level)];
        let began = format!("({})", words::began(incident));
        // Indent, number and the gaps around it, the gap after the level, and the blank before the time.
        let around = 2 + 4 + level_columns + 2 + 1 + began.chars().count();
        let columns = paper.width().saturating_sub(around).max(INDEX_TITLE_MIN);
        let prose = Prose::new().short(Style::Plain, &incident.title, columns).say(Style::Dim, &began);
        paper.entry(&cells, &prose);
    }
    paper.more(incidents.len(), INDEX_SHOWN_MAX, 2);
}

fn alerts_apart(paper: &mut Paper, rules: &[SourceCount]) {
    if rules.is_empty() {
        return;
    }
    let alerts: u64 = rules.iter().map(|rule| rule.count).fold(0, u64::saturating_add);
    let mut title = Safe::new();
    title.text(&format!("{} outside incidents, by rule", words::count(alerts, "alert")));
    paper.chapter(&title);
    for rule in rules.iter().take(RULES_SHOWN_MAX) {
        let mut count = Safe::new();
        count.text(&words::number(rule.count));
        paper.entry(&[(Style::Plain, count.aligned_right(8))], &Prose::new().say(Style::Plain, &rule.name));
    }
    paper.more(rules.len(), RULES_SHOWN_MAX, 10);
    paper.flow(2, &Prose::new().lit(Style::Dim, words::ALERTS_APART));
}

fn unparsed(paper: &mut Paper, parts: &[Unparsed], total: u64) {
    if parts.is_empty() && total == 0 {
        return;
    }
    let mut title = Safe::new();
    title.text(&format!("{} could not be read", words::count(total.max(parts.len() as u64), "part")));
    paper.chapter(&title);
    let unread = words::unread(parts);
    for part in unread.iter().take(UNPARSED_SHOWN_MAX) {
        let file = format!("{}:", part.file);
        paper.hanging(2, 4, &Prose::new().verbatim(Style::Yellow, &file).say(Style::Plain, &part.what()));
    }
    let left = [words::unread_left(&unread, UNPARSED_SHOWN_MAX), words::unread_unlisted(parts, total)];
    for text in left.into_iter().flatten() {
        paper.flow(2, &Prose::new().say(Style::Dim, &text));
    }
}
