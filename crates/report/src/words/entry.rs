//! How it began, in sentences.

use quell_model::{EntityKind, Entry, RootCause};

use super::{confidence, kind, moment, name, process, sentence};

/// The paragraph "How it began": the entry, the weakness, and how sure that is. Defanged by kind, so write it verbatim.
pub(crate) fn beginning(cause: &RootCause) -> String {
    let weakness = match cause.weakness.trim() {
        "" => String::new(),
        weakness => format!(" Weakness used: {}", sentence(weakness)),
    };
    format!("{}{weakness} {}", entry_sentence(&cause.entry), confidence(cause))
}

/// What is known of an entry, with a word for each fact.
pub(crate) fn entry_facts(entry: &Entry) -> Vec<(&'static str, String)> {
    let program = entry.process.as_ref().map(|p| process(&name(EntityKind::Process, &p.image), p.pid));
    let facts = [
        ("process", program),
        ("account", entry.principal.as_ref().map(|text| name(EntityKind::Principal, text))),
        ("credential", entry.credential.as_ref().map(|text| name(EntityKind::Credential, text))),
        ("file", entry.file.as_ref().map(|text| name(EntityKind::File, text))),
        ("web address", entry.url.as_ref().map(|text| name(EntityKind::Url, text))),
        ("remote address", entry.address.as_ref().map(|text| name(EntityKind::Endpoint, text))),
    ];
    facts.into_iter().filter_map(|(word, value)| Some((word, value?))).collect()
}

/// An entry on one line, for lists. Defanged by kind, so write it verbatim.
pub(crate) fn entry_line(entry: &Entry) -> String {
    let host = entry.host.as_ref().map(|host| format!("on {}", name(EntityKind::Host, host)));
    let time = entry.time.map(|time| format!("at {}", moment(time)));
    let facts = entry_facts(entry).into_iter().map(|(word, value)| format!("{word} {value}"));
    let parts: Vec<String> = facts.chain(host).chain(time).collect();
    if parts.is_empty() { kind(entry.kind).to_owned() } else { parts.join(", ") }
}

fn entry_sentence(entry: &Entry) -> String {
    let host = entry.host.as_ref().map(|host| format!(" on host {}", name(EntityKind::Host, host))).unwrap_or_default();
    let time = entry.time.map(|time| format!(" at {}", moment(time))).unwrap_or_default();
    let start = format!("The earliest step in the attacker's hands is {}{host}{time}", a(kind(entry.kind)));
    let facts: Vec<String> = entry_facts(entry).into_iter().map(|(word, value)| format!("{word} {value}")).collect();
    if facts.is_empty() { format!("{start}.") } else { format!("{start}: {}.", facts.join(", ")) }
}

fn a(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {noun}")
}
