//! Forms that many objects share: ids, timestamps, base64, external references, references to variables.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::place::{Place, shown};
use super::{Report, members};
use crate::condition::forms::{NoTimestamp, references, timestamp};

/// What an id has before the two hyphens; empty if it has none.
pub(super) fn prefix(id: &str) -> &str {
    id.split_once("--").map_or("", |(prefix, _)| prefix)
}

/// The UUID of an id in lower case; none if there is none.
pub(super) fn uuid_of(id: &str) -> Option<String> {
    id.split_once("--").map(|(_, uuid)| uuid.to_ascii_lowercase())
}

/// Whether this is a UUID of any version.
pub(super) fn is_uuid(text: &str) -> bool {
    let hyphen = |index: usize| matches!(index, 8 | 13 | 18 | 23);
    let fits = |(index, byte): (usize, u8)| if hyphen(index) { byte == b'-' } else { byte.is_ascii_hexdigit() };
    text.len() == 36 && text.bytes().enumerate().all(fits)
}

/// Checks an id: type name, two hyphens, UUID of version 1 to 5.
pub(super) fn check_id(value: &Value, place: &Place<'_>, report: &mut Report) {
    let id = value.as_str().unwrap_or_default();
    if !is_id_form(id) {
        let message = format!("{} is no id; write a type name, two hyphens and a UUID", shown(id));
        return report.add("id-form", place, message);
    }
    let message = "the UUID must have a version from 1 to 5 and the usual variant; make a new one of version 4";
    report.demand(is_id(id), "id-uuid-version", place, message);
}

fn is_id_form(id: &str) -> bool {
    let (kind, uuid) = id.split_once("--").unwrap_or_default();
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let begins = kind.starts_with(|first: char| first.is_ascii_lowercase());
    kind.len() >= 3 && kind.bytes().all(letter) && begins && !kind.ends_with('-') && is_uuid(uuid)
}

/// Whether this is an id in every respect.
pub(super) fn is_id(id: &str) -> bool {
    let uuid = id.split_once("--").unwrap_or_default().1.as_bytes();
    let version = uuid.get(14).is_some_and(|digit| (b'1'..=b'5').contains(digit));
    is_id_form(id) && version && uuid.get(19).is_some_and(|digit| b"89abAB".contains(digit))
}

/// Checks a member that names a STIX identity, if it is there.
pub(super) fn check_identity(
    object: &Map<String, Value>,
    member: &str,
    rule: &'static str,
    (place, report): (&Place<'_>, &mut Report),
) {
    let Some(value) = object.get(member) else { return };
    let place = place.key(member);
    check_id(value, &place, report);
    let identity = value.as_str().is_some_and(|id| prefix(id) == "identity");
    report.demand(identity, rule, &place, &format!("`{member}` must name an identity, as `identity--…`"));
}

/// Reads and checks a timestamp, if it is there; with milliseconds if its rule is given.
pub(super) fn check_time(
    object: &Map<String, Value>,
    member: &str,
    exact: Option<&'static str>,
    (place, report): (&Place<'_>, &mut Report),
) -> Option<Timestamp> {
    let value = object.get(member)?;
    let place = place.key(member);
    let text = value.as_str().unwrap_or_default();
    if let Some(rule) = exact {
        let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction);
        let message = format!("`{member}` must have milliseconds, as in 2026-11-30T00:00:00.000Z");
        let written = fraction.len() == 4 || timestamp(text) == Err(NoTimestamp::Form);
        report.demand(written, rule, &place, &message);
    }
    match timestamp(text) {
        Ok(timestamp) => Some(timestamp),
        Err(NoTimestamp::Form) => {
            let message = format!("`{member}` must be a timestamp, as in 2026-11-30T00:00:00.000Z");
            report.add("timestamp-form", &place, message);
            None
        }
        Err(NoTimestamp::Calendar) => {
            report.add("timestamp-calendar", &place, format!("there is no such day or time as {}", shown(text)));
            None
        }
    }
}

/// Checks that `valid_until` lies after `valid_from`.
pub(super) fn check_validity(
    object: &Map<String, Value>,
    rule: &'static str,
    (place, report): (&Place<'_>, &mut Report),
) {
    let from = check_time(object, "valid_from", None, (place, &mut *report));
    let until = check_time(object, "valid_until", None, (place, &mut *report));
    if let (Some(from), Some(until)) = (from, until) {
        let message = "`valid_until` must lie after `valid_from`; correct one of them";
        report.demand(until > from, rule, &place.key("valid_until"), message);
    }
}

/// Checks the external references of an object.
pub(super) fn check_references(object: &Map<String, Value>, place: &Place<'_>, report: &mut Report) {
    let place = place.key("external_references");
    for (index, reference) in super::items(object, "external_references").iter().enumerate() {
        let place = place.index(index);
        let Some(reference) = reference.as_object() else {
            report.add("member-type", &place, "an external reference must be an object");
            continue;
        };
        members::check(reference, &[members::REFERENCE], &place, report);
        report.demand(reference.contains_key("name"), "extref-name", &place, "the reference has no `name`; add one");
        let more = ["description", "source", "url", "external_id", "reference_id"];
        let more = more.iter().any(|member| reference.contains_key(*member));
        let message =
            "a name alone refers to nothing; add `description`, `source`, `url`, `external_id` or `reference_id`";
        report.demand(more, "extref-one-more", &place, message);
    }
}

/// Bytes of standard base64 with padding.
pub(super) fn base64(value: &Value) -> Option<Vec<u8>> {
    STANDARD.decode(value.as_str()?).ok()
}

/// A whole number; 5.0 is one, too.
pub(super) fn whole(value: &Value) -> Option<i64> {
    let real = || value.as_f64().filter(|real| real.fract() == 0.0 && real.abs() < 9e15);
    // Whole and within 53 bits: nothing is cut off.
    value.as_i64().or_else(|| real().map(|real| real as i64))
}

/// Whether a text refers to a variable.
pub(super) fn has_reference(text: &str) -> bool {
    references(text).next().is_some()
}

/// Names of the variables that any text in a value refers to; keys count, too.
pub(super) fn names_in(value: &Value, names: &mut BTreeSet<String>) {
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::String(text) => names.extend(references(text).map(str::to_owned)),
            Value::Array(items) => open.extend(items),
            Value::Object(object) => {
                for (key, value) in object {
                    names.extend(references(key).map(str::to_owned));
                    open.push(value);
                }
            }
            _ => {}
        }
    }
}
