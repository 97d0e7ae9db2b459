//! Agents, targets, and how they are signed in to. Any text of them may stand for a variable.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::{Map, Value};

use super::place::{Place, shown};
use super::vocabulary::{ADDRESSES, CATEGORIES, SECTORS};
use super::{Book, Report, contacts, extensions, forms, members, objects, variables};
use crate::condition::forms::{hardware_address, is_reference};

pub(super) fn check(book: &Book<'_>, report: &mut Report) {
    let root = Place::ROOT;
    for dictionary in ["agent_definitions", "target_definitions"] {
        let place = root.key(dictionary);
        members::check_entries(book.dictionary(dictionary), &place, report);
        for (id, party) in objects(book.dictionary(dictionary)) {
            let place = place.key(id);
            forms::check_id(&id.into(), &place, report);
            check_party(book, (id, party), &place, report);
        }
    }
    let place = root.key("authentication_info_definitions");
    let logins = book.dictionary("authentication_info_definitions");
    members::check_entries(logins, &place, report);
    for (id, login) in objects(logins) {
        let place = place.key(id);
        forms::check_id(&id.into(), &place, report);
        extensions::check_dictionary(book, (login, "authentication_info_extensions"), &place, report);
        check_login((id, login), &place, report);
    }
}

fn check_party(book: &Book<'_>, (id, party): (&str, &Map<String, Value>), place: &Place<'_>, report: &mut Report) {
    let kind = party.get("type").and_then(Value::as_str).unwrap_or_default();
    report.demand(party.contains_key("name"), "at-name", place, "`name` is missing; add it");
    let message =
        format!("the key begins with {}, the `type` says something else; correct one", shown(forms::prefix(id)));
    report.demand(kind == forms::prefix(id), "at-type-prefix", place, &message);
    extensions::check_dictionary(book, (party, "agent_target_extensions"), place, report);
    contacts::check(party, place, report);
    let Some(table) = members::of_party(kind) else {
        let message = format!("{} is no known type of agent or target", shown(kind));
        return report.add("open-vocabulary", &place.key("type"), message);
    };
    members::check(party, &[members::PARTY, table], place, report);
    if matches!(kind, "http-api" | "ssh" | "linux" | "net-address") {
        check_reachable(book, (kind, party), place, report);
    }
    check_category(kind, party, place, report);
    if kind == "sector" {
        report.demand(party.contains_key("sector"), "at-sector", place, "`sector` is missing; add it");
        let sector = party.get("sector").and_then(Value::as_str);
        if let Some(sector) = sector.filter(|sector| !SECTORS.contains(sector)) {
            report.add("open-vocabulary", &place.key("sector"), format!("{} is no known sector", shown(sector)));
        }
    }
}

/// What has an address: machines and services.
fn check_reachable(
    book: &Book<'_>,
    (kind, party): (&str, &Map<String, Value>),
    place: &Place<'_>,
    report: &mut Report,
) {
    report.demand(party.contains_key("address"), "at-address", place, "`address` is missing; add it");
    let addresses = party.get("address").and_then(Value::as_object);
    for (key, values) in addresses.into_iter().flatten() {
        let place = place.key("address");
        check_addresses(key, values, &place.key(key), report);
    }
    if let Some(port) = party.get("port") {
        let place = place.key("port");
        if kind == "net-address" {
            report.add("at-port-net-address", &place, "a net-address has no port; take it out");
        } else {
            let number =
                |text: &str| text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|n| n > 0);
            let fits = port.as_str().is_some_and(|text| is_reference(text) || number(text));
            report.demand(fits, "at-port", &place, "`port` must be text with a number from 1 to 65535, or a variable");
        }
    }
    if let Some(login) = party.get("authentication_info") {
        let place = place.key("authentication_info");
        let id = login.as_str().unwrap_or_default();
        if book.defined("authentication_info_definitions", id).is_none() {
            forms::check_id(login, &place, report);
            let message = format!("{} is not defined; add it to `authentication_info_definitions`", shown(id));
            report.add("at-auth-resolves", &place, message);
        }
    }
}

fn check_category(kind: &str, party: &Map<String, Value>, place: &Place<'_>, report: &mut Report) {
    let needed = kind == "security-category";
    let Some(category) = party.get("category") else {
        return report.demand(!needed, "at-category", place, "`category` is missing; add it, such as [orchestrator]");
    };
    let place = place.key("category");
    let words = category.as_array().filter(|words| !words.is_empty() && words.iter().all(Value::is_string));
    report.demand(words.is_some(), "at-category", &place, "`category` must be a list of at least one text");
    for word in words.into_iter().flatten().filter_map(Value::as_str).filter(|word| !CATEGORIES.contains(word)) {
        report.add("open-vocabulary", &place, format!("{} is no known category", shown(word)));
    }
}

fn check_addresses(key: &str, values: &Value, place: &Place<'_>, report: &mut Report) {
    if !ADDRESSES.contains(&key) {
        let message = format!("{} is no kind of address; write one of {}", shown(key), ADDRESSES.join(", "));
        return report.add("at-address-key", place, message);
    }
    let Some(values) = values.as_array() else {
        return report.add("at-address-list", place, "addresses stand in a list; put it in brackets");
    };
    for (index, value) in values.iter().enumerate() {
        let place = place.index(index);
        // The schemas want numbers for networks (VLAN), the text wants text: both are read.
        let number = value.as_i64().filter(|_| key == "vlan").map(|number| number.to_string());
        let Some(text) = value.as_str().or(number.as_deref()) else {
            report.add("at-address-list", &place, "an address must be text");
            continue;
        };
        if !forms::has_reference(text) && !is_address(key, text) {
            report.add(
                "at-address-value",
                &place,
                format!("{} is no address of kind `{key}`; correct it", shown(text)),
            );
        }
    }
}

fn is_address(key: &str, text: &str) -> bool {
    match key {
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok(),
        "l2mac" => text.contains(':') && hardware_address(text).is_some(),
        "vlan" => text.parse::<u16>().is_ok_and(|number| number <= 4095),
        "url" => variables::is_uri(text) && text.contains("://") && text.starts_with(|c: char| c.is_ascii_lowercase()),
        _ => is_domain(text),
    }
}

fn is_domain(text: &str) -> bool {
    let edge = |character: char| character.is_ascii_alphanumeric();
    let text = text.strip_suffix('.').unwrap_or(text);
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
    text.starts_with(edge) && text.ends_with(edge) && text.bytes().all(letter)
}

/// Members that hold what nobody may read.
const SECRETS: [&str; 2] = ["password", "token"];
/// Members that a key store has instead of the document.
const KEPT: [&str; 4] = ["user_id", "username", "password", "token"];

fn check_login((id, login): (&str, &Map<String, Value>), place: &Place<'_>, report: &mut Report) {
    let kind = login.get("type").and_then(Value::as_str).unwrap_or_default();
    let message =
        format!("the key begins with {}, the `type` says something else; correct one", shown(forms::prefix(id)));
    report.demand(kind == forms::prefix(id), "auth-type-prefix", place, &message);
    let Some(table) = members::of_login(kind) else {
        let message = format!("{} is no known type of authentication", shown(kind));
        return report.add("open-vocabulary", &place.key("type"), message);
    };
    members::check(login, &[members::LOGIN, table], place, report);
    let has = |member: &str| login.contains_key(member);
    let (store, key) = (login.get("kms") == Some(&Value::Bool(true)), has("kms_key_identifier"));
    let message = "a key store needs the name of the key; add `kms_key_identifier`";
    report.demand(!store || key, "auth-kms-needs-key", place, message);
    let message = "`kms_key_identifier` means nothing unless `kms` is true; set it or take the name out";
    report.demand(store || !key, "auth-key-needs-kms", place, message);
    for member in KEPT.into_iter().filter(|member| store && has(member)) {
        report.add("auth-kms-no-secret", &place.key(member), format!("the key store has it; take `{member}` out"));
    }
    if kind == "oauth2" {
        let message = "`oauth_header` is needed, and `token` unless `kms` is true; add what is missing";
        report.demand(has("oauth_header") && (has("token") || store), "auth-oauth2-required", place, message);
    }
    for member in SECRETS {
        let open = login.get(member).and_then(Value::as_str).is_some_and(|text| !forms::has_reference(text));
        let message =
            format!("everybody who has the playbook can read `{member}`; use an external variable or a key store");
        report.demand(!open, "pb-no-embedded-secret", &place.key(member), &message);
    }
}
