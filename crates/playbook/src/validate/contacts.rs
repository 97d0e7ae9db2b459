//! Where agents and targets are, and how people are reached.

use serde_json::{Map, Value};

use super::place::{Place, shown};
use super::vocabulary::REGIONS;
use super::{Report, forms, members, variables};

pub(super) fn check(party: &Map<String, Value>, place: &Place<'_>, report: &mut Report) {
    if let Some(contact) = party.get("contact").and_then(Value::as_object) {
        check_contact(contact, &place.key("contact"), report);
    }
    if let Some(location) = party.get("location").and_then(Value::as_object) {
        check_location(location, &place.key("location"), report);
    }
}

fn check_contact(contact: &Map<String, Value>, place: &Place<'_>, report: &mut Report) {
    members::check(contact, &[members::CONTACT], place, report);
    for member in ["email", "phone"] {
        let Some(value) = contact.get(member) else { continue };
        let place = place.key(member);
        let Some(ways) = value.as_object() else {
            let message = format!("`{member}` must give each name a text, as {{work: …}}");
            report.add("contact-keys", &place, message);
            continue;
        };
        for (name, way) in ways.iter().filter(|(name, way)| !variables::is_key(name) || !way.is_string()) {
            let message = if way.is_string() {
                format!("{} is no name of a way; use letters, digits, `_` and `-`", shown(name))
            } else {
                format!("{} must be one text", shown(name))
            };
            report.add("contact-keys", &place.key(name), message);
        }
    }
}

fn check_location(location: &Map<String, Value>, place: &Place<'_>, report: &mut Report) {
    members::check(location, &[members::LOCATION], place, report);
    let has = |member: &str| location.contains_key(member);
    let open = |value: &Value| value.as_str().is_some_and(forms::has_reference);
    if let Some(region) = location.get("region").filter(|region| !open(region)) {
        let known = region.as_str().is_some_and(|region| REGIONS.contains(&region));
        report.demand(
            known,
            "civic-region",
            &place.key("region"),
            "`region` must be on the list, such as `western-europe`",
        );
    }
    if let Some(country) = location.get("country").filter(|country| !open(country)) {
        let code = |code: &str| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        let fits = country.as_str().is_some_and(code);
        report.demand(
            fits,
            "civic-country",
            &place.key("country"),
            "`country` must be a code of two letters, such as `DE`",
        );
    }
    let pair = has("latitude") == has("longitude");
    report.demand(pair, "civic-lat-long-pair", place, "`latitude` and `longitude` stand together; add the other one");
    let both = has("latitude") && has("longitude");
    let message = "`precision` needs `latitude` and `longitude`; add them or take it out";
    report.demand(both || !has("precision"), "civic-precision", place, message);
    for (member, limit) in [("latitude", 90.0), ("longitude", 180.0)] {
        let Some(value) = location.get(member).filter(|value| !open(value)) else { continue };
        let degrees = value.as_str().and_then(|text| text.parse::<f64>().ok());
        let fits = degrees.is_some_and(|degrees| -limit < degrees && degrees <= limit);
        let message = format!("`{member}` must be text with a number above -{limit} and up to {limit}");
        report.demand(fits, "civic-lat-long-range", &place.key(member), &message);
    }
}
