//! Data markings: who may see a playbook.

use serde_json::{Map, Value};

use super::place::{Place, shown};
use super::vocabulary::{MARKINGS, TLP_LEVELS};
use super::{Book, Report, extensions, forms, items, members, objects};

pub(super) fn check(book: &Book<'_>, report: &mut Report) {
    let root = Place::ROOT;
    let place = root.key("data_marking_definitions");
    let definitions = book.dictionary("data_marking_definitions");
    members::check_entries(definitions, &place, report);
    for (id, marking) in objects(definitions) {
        let place = place.key(id);
        check_marking((id, marking), &place, report);
        extensions::check_dictionary(book, (marking, "marking_extensions"), &place, report);
    }
    check_used(book, report);
}

/// Checks the markings of the playbook.
fn check_used(book: &Book<'_>, report: &mut Report) {
    let root = Place::ROOT;
    let place = root.key("markings");
    for (index, value) in items(book.members, "markings").iter().enumerate() {
        let place = place.index(index);
        let id = value.as_str().unwrap_or_default();
        if !MARKINGS.contains(&forms::prefix(id)) {
            let message = format!("{} is no marking; name one of `data_marking_definitions`", shown(id));
            report.add("pb-markings-prefix", &place, message);
        } else if book.defined("data_marking_definitions", id).is_none() {
            forms::check_id(value, &place, report);
            let message = format!("{} is not defined; add it to `data_marking_definitions`", shown(id));
            report.add("pb-markings-resolve", &place, message);
        }
    }
}

fn check_marking((id, marking): (&str, &Map<String, Value>), place: &Place<'_>, report: &mut Report) {
    forms::check_id(&id.into(), place, report);
    let kind = marking.get("type").and_then(Value::as_str).unwrap_or_default();
    let message = format!("`type` must be one of {}, and the key must begin with it", MARKINGS.join(", "));
    report.demand(MARKINGS.contains(&kind) && kind == forms::prefix(id), "marking-type-enum", place, &message);
    members::check(marking, &[members::MARKING, members::of_marking(kind).unwrap_or_default()], place, report);
    for member in ["id", "created_by", "created"].into_iter().filter(|member| !marking.contains_key(*member)) {
        report.add("marking-required", place, format!("`{member}` is missing; add it"));
    }
    let same = marking.get("id").is_none_or(|inner| inner == id);
    report.demand(same, "marking-key-id", &place.key("id"), "`id` and the key must be the same; correct one");
    forms::check_identity(marking, "created_by", "marking-created-by", (place, &mut *report));
    forms::check_time(marking, "created", Some("timestamp-ms"), (place, &mut *report));
    forms::check_validity(marking, "marking-validity-order", (place, &mut *report));
    if marking.contains_key("modified") {
        let message = "a marking has no versions; take `modified` out and make a new marking";
        report.add("marking-no-version", &place.key("modified"), message);
    }
    if marking.contains_key("markings") {
        report.add("marking-not-marked", &place.key("markings"), "a marking is not marked itself; take `markings` out");
    }
    match kind {
        "marking-statement" => {
            report.demand(
                marking.contains_key("statement"),
                "marking-statement-text",
                place,
                "`statement` is missing; add it",
            );
        }
        "marking-tlp" => check_tlp((id, marking), place, report),
        "marking-iep" => check_iep(marking, place, report),
        _ => {}
    }
    if kind != "marking-iep" {
        forms::check_references(marking, place, report);
    }
}

fn check_tlp((id, marking): (&str, &Map<String, Value>), place: &Place<'_>, report: &mut Report) {
    let level = marking.get("tlpv2_level").and_then(Value::as_str).unwrap_or_default();
    let place = place.key("tlpv2_level");
    let Some((level, uuid)) = TLP_LEVELS.into_iter().find(|(known, _)| *known == level) else {
        let levels = TLP_LEVELS.map(|(level, _)| level).join(", ");
        return report.add("marking-tlp-level", &place, format!("`tlpv2_level` must be one of {levels}"));
    };
    let message = format!("`{level}` has one object that all use; name it `marking-tlp--{uuid}`");
    report.demand(forms::uuid_of(id).as_deref() == Some(uuid), "marking-tlp-official-id", &place, &message);
}

/// The schema wants texts as external references here and objects everywhere: both are read.
fn check_iep(marking: &Map<String, Value>, place: &Place<'_>, report: &mut Report) {
    let needed = members::IEP.iter().map(|(member, _)| *member).chain(["name", "description", "external_references"]);
    for member in needed.filter(|member| !marking.contains_key(*member)) {
        report.add("marking-iep-fields", place, format!("`{member}` is missing; add it"));
    }
    forms::check_time(marking, "start_date", None, (place, &mut *report));
    if marking.get("end_date").is_some_and(|end| !end.is_null()) {
        forms::check_time(marking, "end_date", None, (place, report));
    }
}
