//! Signatures, in shape. Whether one is true is computed elsewhere: nothing here may be taken for a verification.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::place::{Place, shown};
use super::vocabulary::{ALGORITHMS, HASHES};
use super::{Book, Report, forms, items, members};

/// Members that every signature has.
const REQUIRED: [&str; 10] = [
    "type",
    "id",
    "created",
    "modified",
    "signee",
    "related_to",
    "related_version",
    "hash_algorithm",
    "algorithm",
    "value",
];
/// Members that say where the key is: exactly one of them is there.
const KEYS: [&str; 4] = ["public_key", "public_cert_chain", "cert_url", "thumbprint"];

pub(super) fn check(book: &Book<'_>, report: &mut Report) {
    let root = Place::ROOT;
    let list = root.key("signatures");
    members::check_items(book.members, "signatures", &root, report);
    let mut seen = HashSet::new();
    for (index, signature) in items(book.members, "signatures").iter().enumerate() {
        let Some(signature) = signature.as_object() else { continue };
        let place = list.index(index);
        let text = |member: &str| signature.get(member).and_then(Value::as_str);
        let new = seen.insert((text("id"), text("modified")));
        report.demand(new, "sig-id-unique", &place, "another signature has this `id` and `modified`; take one out");
        // Countersignatures stand in each other, as deep as somebody likes.
        let mut pointer = place.pointer();
        let mut next = Some(signature);
        while let Some(signature) = next {
            check_one(book, signature, &Place::of(&pointer), report);
            next = signature.get("signature").and_then(Value::as_object);
            pointer.push_str("/signature");
        }
    }
}

fn check_one(book: &Book<'_>, signature: &Map<String, Value>, place: &Place<'_>, report: &mut Report) {
    members::check(signature, &[members::SIGNATURE], place, report);
    for member in REQUIRED.into_iter().filter(|member| !signature.contains_key(*member)) {
        report.add("sig-required", place, format!("`{member}` is missing; add it"));
    }
    if let Some(kind) = signature.get("type") {
        report.demand(kind == "jss", "sig-type", &place.key("type"), "`type` must be `jss`");
    }
    if let Some(id) = signature.get("id") {
        forms::check_id(id, &place.key("id"), report);
        let own = id.as_str().is_some_and(|id| forms::prefix(id) == "jss");
        report.demand(own, "sig-type", &place.key("id"), "the id of a signature begins with `jss--`");
    }
    let keys = KEYS.iter().filter(|member| signature.contains_key(**member)).count();
    let message = format!("one of {} must be there, and only one", KEYS.join(", "));
    report.demand(keys == 1, "sig-one-key", place, &message);
    for (member, of_playbook, rule) in
        [("related_to", "id", "sig-related-to"), ("related_version", "modified", "sig-related-version")]
    {
        let Some(value) = signature.get(member) else { continue };
        let message = format!("`{member}` must be the `{of_playbook}` of this playbook");
        report.demand(Some(value) == book.members.get(of_playbook), rule, &place.key(member), &message);
    }
    let created = forms::check_time(signature, "created", Some("timestamp-ms"), (place, &mut *report));
    let modified = forms::check_time(signature, "modified", Some("timestamp-ms"), (place, &mut *report));
    if let (Some(created), Some(modified)) = (created, modified) {
        let message = "`modified` lies before `created`; correct one of them";
        report.demand(modified >= created, "sig-modified-order", &place.key("modified"), message);
    }
    forms::check_validity(signature, "sig-validity-order", (place, &mut *report));
    forms::check_identity(signature, "created_by", "sig-created-by", (place, &mut *report));
    check_texts(signature, place, report);
}

fn check_texts(signature: &Map<String, Value>, place: &Place<'_>, report: &mut Report) {
    let url_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    let base64url = |text: &str| !text.is_empty() && text.bytes().all(url_letter);
    let mut demand = |member: &str, rule: &'static str, fits: &dyn Fn(&str) -> bool, message: &str| {
        let Some(value) = signature.get(member) else { return };
        report.demand(value.as_str().is_some_and(fits), rule, &place.key(member), message);
    };
    demand("value", "sig-value-form", &base64url, "`value` must be base64url without padding");
    let body = |text: &str| {
        let text = text.trim_end_matches('=');
        !text.is_empty() && text.bytes().all(letter)
    };
    let message = "`public_key` must be the base64 body alone, without header, footer and line breaks";
    demand("public_key", "sig-key-no-pem", &body, message);
    let message = format!("`hash_algorithm` must be one of {}", HASHES.join(", "));
    demand("hash_algorithm", "sig-hash-name", &|name| HASHES.contains(&name), &message);
    let symmetric = |name: &str| matches!(name, "HS256" | "HS384" | "HS512");
    let message = "whoever can check a shared secret can sign with it; use a key pair, such as Ed25519";
    demand("algorithm", "sig-algorithm-symmetric", &|name| !symmetric(name), message);
    let secure = |url: &str| url.starts_with("https://");
    demand("cert_url", "sig-cert-url-https", &secure, "`cert_url` must begin with `https://`");
    let print = |text: &str| text.len() == 43 && base64url(text);
    let message = "`thumbprint` must be the SHA-256 of the certificate in base64url: 43 characters";
    demand("thumbprint", "sig-thumbprint-form", &print, message);
    let algorithm = signature.get("algorithm").and_then(Value::as_str);
    if let Some(name) = algorithm.filter(|name| !ALGORITHMS.contains(name) && !symmetric(name)) {
        report.add("open-vocabulary", &place.key("algorithm"), format!("{} is no known algorithm", shown(name)));
    }
}
