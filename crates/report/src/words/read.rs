//! What was read and what was not, in words.

use std::collections::{BTreeMap, BTreeSet};

use quell_model::{Incident, Investigation, Level, Unparsed};

use super::{count, listed, number};
use crate::clean::shorten;

/// Longest reason in a sentence, in characters.
const REASON_COLUMNS_MAX: usize = 120;

/// What came of the inputs, before any rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// There was nothing in them.
    Empty,
    /// Something was in them, and no mapping knew it.
    Unknown,
    /// Records were recognised.
    Records,
}

fn reading(investigation: &Investigation) -> Reading {
    let totals = &investigation.totals;
    let is_clean = totals.unparsed == 0 && investigation.unparsed.is_empty();
    match (investigation.sources.is_empty(), totals.records) {
        (false, _) => Reading::Records,
        (true, 0) if is_clean => Reading::Empty,
        (true, _) => Reading::Unknown,
    }
}

/// First line of every report: what was found, in what, and what could not be read.
pub(crate) fn headline(investigation: &Investigation) -> String {
    let totals = &investigation.totals;
    let records = count(totals.records, "record");
    let unread = match totals.unparsed {
        0 => "everything could be read".to_owned(),
        parts => format!("{} could not be read", count(parts, "part")),
    };
    match (investigation.incidents.as_slice(), reading(investigation)) {
        ([], Reading::Empty) if totals.inputs == 0 => "Nothing to read: no inputs.".to_owned(),
        ([], Reading::Empty) => format!("Nothing to read: {}.", count(totals.inputs, "empty input")),
        ([], Reading::Unknown) => format!("No record was recognised. {records} found; {unread}."),
        ([], Reading::Records) => {
            format!("No incident found. {records} read, {}; {unread}.", count(totals.alerts, "alert"))
        }
        (incidents, _) => {
            let found = format!("{}{}", count(incidents.len(), "incident"), by_severity(incidents));
            format!("{found}. {records} read, {}; {unread}.", count(totals.alerts, "alert"))
        }
    }
}

fn by_severity(incidents: &[Incident]) -> String {
    let of = |level| incidents.iter().filter(|incident| incident.severity == level).count();
    let levels = [Level::Critical, Level::High, Level::Medium, Level::Low, Level::Informational];
    let parts: Vec<String> = levels
        .into_iter()
        .map(|level| (level, of(level)))
        .filter(|(_, n)| *n > 0)
        .map(|(level, n)| format!("{n} {level}"))
        .collect();
    format!(" ({})", parts.join(", "))
}

/// What was read, for the reader who doubts that everything was.
pub(crate) fn what_was_read(investigation: &Investigation) -> String {
    const SOURCES_SHOWN_MAX: usize = 8;
    let totals = &investigation.totals;
    let sources: Vec<String> = investigation
        .sources
        .iter()
        .map(|source| format!("{} {}", number(source.count), shorten(&source.name, 40)))
        .collect();
    let mut text = format!("Read {}", count(totals.inputs, "input"));
    if !sources.is_empty() {
        text.push_str(&format!(": {}", listed(&sources, SOURCES_SHOWN_MAX)));
    }
    if totals.duplicates > 0 {
        text.push_str(&format!("; {} dropped", count(totals.duplicates, "duplicate")));
    }
    format!("{text}. {} in force.", count(totals.rules, "rule"))
}

/// What it means that there is no incident.
pub(crate) fn nothing_found(investigation: &Investigation) -> String {
    match (reading(investigation), investigation.totals.alerts) {
        (Reading::Empty, _) => "Nothing was read, so nothing can be said. Check the inputs.".to_owned(),
        (Reading::Unknown, _) => format!(
            "No record was recognised, so nothing can be said about what happened. {}",
            found_instead(&investigation.unparsed)
        ),
        (Reading::Records, 0) => {
            "No rule matched. That is no proof that nothing happened: see what was read and how many rules were in force."
                .to_owned()
        }
        (Reading::Records, _) => {
            "Some rules matched, but no alerts belong together as an incident. They are listed below.".to_owned()
        }
    }
}

/// Reasons over all inputs, the most frequent first.
fn found_instead(parts: &[Unparsed]) -> String {
    const REASONS_SHOWN_MAX: usize = 3;
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    for part in parts {
        *reasons.entry(&part.reason).or_default() += 1;
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let shown: Vec<String> = reasons
        .into_iter()
        .map(|(reason, count)| format!("{}{}", times(count), shorten(reason, REASON_COLUMNS_MAX)))
        .collect();
    if shown.is_empty() { String::new() } else { format!("What was found: {}.", listed(&shown, REASONS_SHOWN_MAX)) }
}

/// Parts of one input that could not be read for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unread<'a> {
    pub(crate) file: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) count: u64,
    pub(crate) first: u64,
}

impl Unread<'_> {
    /// `510 × no known log format, first at byte 0`
    pub(crate) fn what(&self) -> String {
        let place = if self.count == 1 { "at byte" } else { "first at byte" };
        format!("{}{}, {place} {}", times(self.count), self.reason, number(self.first))
    }
}

fn times(count: u64) -> String {
    if count == 1 { String::new() } else { format!("{} × ", number(count)) }
}

/// What could not be read, equal reasons of one input folded, in order of the list.
pub(crate) fn unread(parts: &[Unparsed]) -> Vec<Unread<'_>> {
    let mut folded: Vec<Unread<'_>> = Vec::new();
    let mut places: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for part in parts {
        let place = *places.entry((&part.file, &part.reason)).or_insert(folded.len());
        match folded.get_mut(place) {
            Some(known) => {
                known.count += 1;
                known.first = known.first.min(part.offset);
            }
            None => folded.push(Unread { file: &part.file, reason: &part.reason, count: 1, first: part.offset }),
        }
    }
    folded
}

/// How many parts could not be read beyond those that are listed.
pub(crate) fn unread_unlisted(parts: &[Unparsed], total: u64) -> Option<String> {
    let left = total.saturating_sub(parts.len() as u64);
    (left > 0 && !parts.is_empty()).then(|| format!("and {} of these inputs", count(left, "more part")))
}

/// How to see the alerts that joined no incident.
pub(crate) const ALERTS_APART: &str = "Run quell detect on the same input to list each of them with its record.";

/// What a list of `shown_max` entries leaves out, if anything.
pub(crate) fn unread_left(parts: &[Unread<'_>], shown_max: usize) -> Option<String> {
    let left = parts.get(shown_max..).filter(|left| !left.is_empty())?;
    let shown: BTreeSet<&str> = parts.iter().take(shown_max).map(|part| part.file).collect();
    let files: BTreeSet<&str> = left.iter().map(|part| part.file).filter(|file| !shown.contains(file)).collect();
    match files.len() {
        0 => Some(format!("and {}", count(left.len(), "more reason"))),
        files => Some(format!("and {}", count(files, "more file"))),
    }
}
