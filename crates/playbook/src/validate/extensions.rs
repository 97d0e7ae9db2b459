//! Extensions: that each is defined, and that their members are named as extensions name them.

use serde_json::{Map, Value};

use super::place::{Place, shown};
use super::{Book, Report, forms, members, objects, ours};
use crate::EXTENSION;

/// Checks the definitions, and the extensions of the playbook itself.
pub(super) fn check(book: &Book<'_>, report: &mut Report) {
    let root = Place::ROOT;
    check_dictionary(book, (book.members, "playbook_extensions"), &root, report);
    let place = root.key("extension_definitions");
    let definitions = book.dictionary("extension_definitions");
    members::check_entries(definitions, &place, report);
    for (id, definition) in objects(definitions) {
        let place = place.key(id);
        check_key(id, &place, report);
        members::check(definition, &[members::EXTENSION], &place, report);
        for member in ["type", "name", "created_by", "schema", "version"] {
            if !definition.contains_key(member) {
                report.add("ext-required", &place, format!("`{member}` is missing; add it"));
            }
        }
        let kind = definition.get("type").is_none_or(|kind| kind == "extension-definition");
        report.demand(kind, "ext-required", &place.key("type"), "`type` must be `extension-definition`");
        forms::check_identity(definition, "created_by", "ext-created-by", (&place, &mut *report));
        forms::check_references(definition, &place, report);
    }
}

/// Checks the extensions of an object, if it has some.
pub(super) fn check_dictionary(
    book: &Book<'_>,
    (object, member): (&Map<String, Value>, &str),
    place: &Place<'_>,
    report: &mut Report,
) {
    let Some(value) = object.get(member) else { return };
    let place = place.key(member);
    let Some(extensions) = value.as_object().filter(|extensions| !extensions.is_empty()) else {
        let message = format!("`{member}` must have an entry for each extension; leave it out if there is none");
        return report.add("ext-key-form", &place, message);
    };
    for (id, extension) in extensions {
        let place = place.key(id);
        if !check_key(id, &place, report) {
            continue;
        }
        let Some(extension) = extension.as_object() else {
            report.add("ext-key-form", &place, "an extension must be an object");
            continue;
        };
        let defined = book.defined("extension_definitions", id).is_some();
        let message = "the extension is not defined; add it to `extension_definitions`";
        report.demand(defined, "ext-defined", &place, message);
        for name in extension.keys().filter(|name| !is_member_name(name)) {
            let message = format!("{} is no name here; use 3 to 250 of a-z, 0-9 and `_`", shown(name));
            report.add("ext-property-name", &place.key(name), message);
        }
        if id == EXTENSION {
            ours::check(member, extension, &place, report);
        }
    }
}

/// Whether this is the id of an extension definition.
fn check_key(id: &str, place: &Place<'_>, report: &mut Report) -> bool {
    let fits = forms::prefix(id) == "extension-definition" && forms::is_id(id);
    report.demand(
        fits,
        "ext-key-form",
        place,
        "the key of an extension is its id, as `extension-definition--` and a UUID",
    );
    fits
}

fn is_member_name(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (3..=250).contains(&name.len()) && name.bytes().all(letter)
}
