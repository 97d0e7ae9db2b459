//! Phrases that all media share, so that a terminal, a ticket and a page tell the same story in the same words.
//!
//! Returns plain strings that still hold hostile text; only `escape::Safe` may write them. No markup here.

mod entry;
mod gaps;
mod names;
mod read;
mod told;

use jiff::SignedDuration;
use quell_model::{
    AlertEvent, Confidence, Endpoint, EndpointRole, EntityKind, Incident, Level, NextAction, Phase, RootCause, Scope,
    Step, Tactic, Timestamp,
};

use crate::clean::shorten;
use crate::defang::defang_name;

pub(crate) use entry::{beginning, entry_facts, entry_line};
pub(crate) use gaps::{action, gap};
pub(crate) use names::{Names, base_name};
pub(crate) use read::{
    ALERTS_APART, Unread, headline, nothing_found, unread, unread_left, unread_unlisted, what_was_read,
};
pub(crate) use told::{told, told_incident};

/// Longest name inside a sentence, in characters.
const NAME_COLUMNS_MAX: usize = 100;

/// Longest title, in characters.
const TITLE_COLUMNS_MAX: usize = 200;

/// `1234567` as `1,234,567`.
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `3 alerts`, `1 alert`; the plural is the singular with an s.
pub(crate) fn count(number: impl TryInto<u64>, one: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {one}{ending}", self::number(number))
}

/// `3 processes`
pub(crate) fn processes(number: usize) -> String {
    if number == 1 { "1 process".to_owned() } else { format!("{} processes", self::number(number as u64)) }
}

/// `2024-05-01`
pub(crate) fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

/// `10:02:11`
pub(crate) fn clock(time: Timestamp) -> String {
    time.strftime("%H:%M:%S").to_string()
}

/// `2024-05-01 10:02:11 UTC`
pub(crate) fn moment(time: Timestamp) -> String {
    format!("{} {} UTC", day(time), clock(time))
}

/// A span of time in its two largest units: `1 h 37 min`.
pub(crate) fn duration(span: SignedDuration) -> String {
    let seconds = span.as_secs().unsigned_abs();
    let parts = [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")];
    let first = parts.iter().position(|(value, _)| *value > 0).unwrap_or(parts.len() - 1);
    let shown = parts.iter().skip(first).take(2).filter(|(value, _)| *value > 0);
    let text: Vec<String> = shown.map(|(value, unit)| format!("{} {unit}", number(*value))).collect();
    if text.is_empty() { "under 1 s".to_owned() } else { text.join(" ") }
}

/// When an incident was active.
pub(crate) fn period(incident: &Incident) -> String {
    match (incident.first_seen, incident.last_seen) {
        (Some(first), Some(last)) if first == last => moment(first),
        (Some(first), Some(last)) => {
            let until = if day(first) == day(last) { clock(last) } else { format!("{} {}", day(last), clock(last)) };
            let lasted = duration(last.duration_since(first));
            format!("{} {} to {until} UTC ({lasted})", day(first), clock(first))
        }
        (Some(only), None) | (None, Some(only)) => moment(only),
        (None, None) => "time unknown".to_owned(),
    }
}

/// How much an intrusion touched.
pub(crate) fn scope(scope: &Scope) -> String {
    let counts = [
        (scope.hosts.len(), count(scope.hosts.len(), "host")),
        (scope.principals.len(), count(scope.principals.len(), "principal")),
        (scope.credentials.len(), count(scope.credentials.len(), "credential")),
        (scope.processes.len(), processes(scope.processes.len())),
        (scope.files.len(), count(scope.files.len(), "file")),
        (scope.resources.len(), count(scope.resources.len(), "resource")),
    ];
    let known: Vec<String> = counts.into_iter().filter(|(n, _)| *n > 0).map(|(_, text)| text).collect();
    if known.is_empty() { "Nothing is known to be touched.".to_owned() } else { format!("{}.", known.join(", ")) }
}

/// The first `shown_max` of a list, and how many more there are.
pub(crate) fn listed(items: &[String], shown_max: usize) -> String {
    let shown: Vec<&str> = items.iter().take(shown_max).map(String::as_str).collect();
    match items.len().saturating_sub(shown_max) {
        0 => shown.join(", "),
        more => format!("{} and {} more", shown.join(", "), number(more as u64)),
    }
}

/// Title of an incident; a hostile one cannot push the rest off the screen.
pub(crate) fn title(incident: &Incident) -> String {
    shorten(&incident.title, TITLE_COLUMNS_MAX)
}

/// How much there is to look at.
pub(crate) fn size(incident: &Incident) -> String {
    let repeats = match incident.alerts_folded {
        0 => String::new(),
        folded => format!(" ({} folded)", count(folded, "repeat")),
    };
    let entities = if incident.nodes_to_read == 1 { "entity" } else { "entities" };
    format!(
        "{}{repeats}, {}, {} {entities} to read",
        count(incident.alerts.len(), "alert"),
        count(incident.root_cause.chain.len(), "step"),
        number(u64::from(incident.nodes_to_read))
    )
}

/// The confidence with its reasons.
pub(crate) fn confidence(cause: &RootCause) -> String {
    let level = match cause.confidence {
        Confidence::Low => "Confidence is low",
        Confidence::Medium => "Confidence is medium",
        Confidence::High => "Confidence is high",
    };
    match cause.confidence_reasons.as_slice() {
        [] => format!("{level}."),
        reasons => sentence(&format!("{level}: {}", reasons.join("; "))),
    }
}

/// Ends a sentence that does not end yet.
pub(crate) fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// A name of an entity inside a sentence.
pub(crate) fn name(kind: EntityKind, name: &str) -> String {
    shorten(&defang_name(kind, name), NAME_COLUMNS_MAX)
}

/// What a reader calls a kind of entity.
pub(crate) fn kind(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::Url => "web address",
        EntityKind::Endpoint => "address",
        other => other.as_str(),
    }
}

/// `image (pid 4242)`
pub(crate) fn process(image: &str, pid: Option<u64>) -> String {
    match pid {
        Some(pid) => format!("{image} (pid {pid})"),
        None => image.to_owned(),
    }
}

/// `file#record` with the last part of the file name; the member of an archive is a part.
pub(crate) fn evidence(event: &AlertEvent) -> String {
    let base = event.file.rsplit(['/', '\\', '!']).find(|part| !part.is_empty()).unwrap_or(&event.file);
    format!("{}#{}", shorten(base, 48), event.record)
}

/// `file#record` in full.
pub(crate) fn evidence_full(event: &AlertEvent) -> String {
    format!("{}#{}", event.file, event.record)
}

/// The records behind a step.
pub(crate) fn evidence_list(events: &[AlertEvent], shown_max: usize) -> String {
    let names: Vec<String> = events.iter().map(evidence).collect();
    listed(&names, shown_max)
}

/// What a step was done with, where the records say.
pub(crate) fn detail(step: &Step) -> Option<&str> {
    step.detail.as_deref().map(str::trim).filter(|detail| !detail.is_empty())
}

/// When an incident was first seen, to the minute.
pub(crate) fn began(incident: &Incident) -> String {
    incident.first_seen.map_or_else(|| "time unknown".to_owned(), |time| time.strftime("%Y-%m-%d %H:%M").to_string())
}

/// The mark of a step that no record shows.
pub(crate) fn inferred(step: &Step) -> Option<String> {
    let why = step.inferred_why.as_deref().unwrap_or("no record shows this step by itself");
    step.inferred.then(|| format!("inferred: {}", why.trim().trim_end_matches('.')))
}

/// `198.51.100.7:443`
pub(crate) fn address(endpoint: &Endpoint) -> String {
    match endpoint.port {
        Some(port) if endpoint.address.contains(':') => format!("{} port {port}", endpoint.address),
        Some(port) => format!("{}:{port}", endpoint.address),
        None => endpoint.address.clone(),
    }
}

/// What an address was used for.
pub(crate) fn role(role: EndpointRole) -> &'static str {
    match role {
        EndpointRole::Delivery => "delivery",
        EndpointRole::CommandAndControl => "command and control",
        EndpointRole::ToolDownload => "tool download",
        EndpointRole::Exfiltration => "exfiltration",
        EndpointRole::Origin => "origin of sessions",
    }
}

/// Tactics of an incident's alerts, in kill-chain order.
pub(crate) fn tactics(incident: &Incident) -> Vec<&'static str> {
    let tags = incident.alerts.iter().flat_map(|alert| &alert.rule.tags);
    let mut tactics: Vec<Tactic> = tags.filter_map(|tag| Tactic::of_tag(tag)).collect();
    tactics.sort_unstable();
    tactics.dedup();
    tactics.into_iter().map(Tactic::as_str).collect()
}

/// Next actions by phase, in order of incident response. Phases without actions are left out.
pub(crate) fn by_phase(actions: &[NextAction]) -> Vec<(Phase, Vec<&NextAction>)> {
    let phases = [Phase::Analysis, Phase::Containment, Phase::Eradication, Phase::Recovery, Phase::PostIncident];
    let of = |phase| actions.iter().filter(|action| action.phase == phase).collect::<Vec<_>>();
    phases.into_iter().map(|phase| (phase, of(phase))).filter(|(_, actions)| !actions.is_empty()).collect()
}

/// Level of the incident's alert of that title.
pub(crate) fn alert_level(incident: &Incident, title: &str) -> Option<Level> {
    incident.alerts.iter().filter(|alert| alert.rule.title == title).map(|alert| alert.rule.level).max()
}
