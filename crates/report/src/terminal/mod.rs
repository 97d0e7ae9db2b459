//! An investigation as text for a terminal, readable for a tired person at three in the morning.
//!
//! The answer comes first, then the story, then what to do. Writes through `paper` only, which knows width and colour;
//! must never emit an escape byte that came from a record.

mod incident;
mod paper;
mod sections;
mod story;

use quell_model::{Investigation, Level, SourceCount, Unparsed};

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

/// Unread parts listed.
const UNPARSED_SHOWN_MAX: usize = 10;

/// The investigation as terminal text.
#[must_use]
pub fn terminal(investigation: &Investigation, options: TerminalOptions) -> String {
    let mut paper = Paper::new(options);
    paper.flow(0, &Prose::new().say(Style::Bold, &words::headline(investigation)));
    paper.flow(0, &Prose::new().say(Style::Dim, &words::what_was_read(investigation)));
    if investigation.incidents.is_empty() {
        nothing_found(&mut paper, investigation);
    }
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
    paper.flow(0, &Prose::new().lit(Style::Plain, words::nothing_found(investigation)));
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
}

fn unparsed(paper: &mut Paper, parts: &[Unparsed], total: u64) {
    if parts.is_empty() && total == 0 {
        return;
    }
    let mut title = Safe::new();
    title.text(&format!("{} could not be read", words::count(total.max(parts.len() as u64), "part")));
    paper.chapter(&title);
    for part in parts.iter().take(UNPARSED_SHOWN_MAX) {
        let prose = Prose::new()
            .verbatim(Style::Yellow, &part.file)
            .say(Style::Dim, &format!("at byte {}:", words::number(part.offset)))
            .say(Style::Plain, &part.reason);
        paper.hanging(2, 4, &prose);
    }
    paper.more(parts.len(), UNPARSED_SHOWN_MAX, 2);
}
