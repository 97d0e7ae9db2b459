//! Variables: their names, and that a value has the form of its type.

use serde_json::{Map, Value};

use super::place::{Place, shown};
use super::vocabulary::VARIABLES;
use super::{Book, Report, forms, members};
use crate::condition::forms::{hardware_address, is_name_byte, is_variable_name, network};

/// Longest key of a dictionary.
const KEY_BYTES_MAX: usize = 250;

/// Checks the variables of the playbook.
pub(super) fn check_playbook(book: &Book<'_>, report: &mut Report) {
    let root = Place::ROOT;
    check_all(book.dictionary("playbook_variables"), &root.key("playbook_variables"), report);
}

/// Checks the variables of a step.
pub(super) fn check_step(book: &Book<'_>, step: &Map<String, Value>, place: &Place<'_>, report: &mut Report) {
    let variables = step.get("step_variables").and_then(Value::as_object);
    let place = place.key("step_variables");
    check_all(variables, &place, report);
    for (name, variable) in variables.into_iter().flatten() {
        let place = place.key(name);
        let external = variable.get("external") == Some(&Value::Bool(true));
        let message = "only variables of the playbook are external; take `external` out or move the variable";
        report.demand(!external, "variable-external-scope", &place, message);
        let hidden = book.defined("playbook_variables", name).and_then(|variable| variable.get("constant"));
        let message = format!("{} hides a constant of the playbook; choose another name", shown(name));
        report.demand(hidden != Some(&Value::Bool(true)), "variable-shadowing", &place, &message);
    }
}

fn check_all(variables: Option<&Map<String, Value>>, place: &Place<'_>, report: &mut Report) {
    members::check_entries(variables, place, report);
    for (name, variable) in variables.into_iter().flatten() {
        let place = place.key(name);
        if !is_variable_name(name) {
            let message =
                format!("{} is no name of a variable; write it as `__name__`, with a letter first", shown(name));
            report.add("variable-name", &place, message);
        }
        if let Some(variable) = variable.as_object() {
            check_one(variable, &place, report);
        }
    }
}

fn check_one(variable: &Map<String, Value>, place: &Place<'_>, report: &mut Report) {
    members::check(variable, &[members::VARIABLE], place, report);
    let kind = variable.get("type").and_then(Value::as_str);
    report.demand(
        kind.is_some(),
        "variable-type-present",
        place,
        "the variable has no `type`; add one, such as `string`",
    );
    if let Some(kind) = kind.filter(|kind| !VARIABLES.contains(kind)) {
        let message = format!("{} is no known type of variable, and is taken for text", shown(kind));
        report.add("open-vocabulary", &place.key("type"), message);
    }
    let is = |member: &str| variable.get(member) == Some(&Value::Bool(true));
    let value = variable.get("value").filter(|value| !value.is_null());
    if is("constant") && !is("external") && value.is_none() {
        report.add("variable-constant-value", place, "a constant that nobody fills from outside needs a `value`");
    }
    if let Some(value) = value {
        check_value(kind.unwrap_or_default(), value, &place.key("value"), report);
    }
}

fn check_value(kind: &str, value: &Value, place: &Place<'_>, report: &mut Report) {
    let text = match value {
        Value::String(text) => text,
        Value::Object(object) if kind == "dictionary" => return check_keys(object, place, report),
        _ => return report.add("variable-value-json-type", place, "a value must be text, or null if it is not known"),
    };
    if text.is_empty() || forms::has_reference(text) {
        return;
    }
    if kind == "dictionary"
        && let Ok(Value::Object(object)) = serde_json::from_str(text)
    {
        return check_keys(&object, place, report);
    }
    let Some((rule, wanted, fits)) = form(kind, text) else { return };
    report.demand(fits, rule, place, &format!("{} is no value of type `{kind}`; write {wanted}", shown(text)));
}

fn check_keys(object: &Map<String, Value>, place: &Place<'_>, report: &mut Report) {
    for key in object.keys().filter(|key| !is_key(key)) {
        let message = format!("{} is no key of a dictionary; use letters, digits, `_` and `-`", shown(key));
        report.add("dict-key-form", place, message);
    }
}

/// Whether this is a key that every dictionary may have.
pub(super) fn is_key(key: &str) -> bool {
    (1..=KEY_BYTES_MAX).contains(&key.len()) && key.bytes().all(is_name_byte)
}

/// The rule of a type, what its values look like, and whether this is one; none for types without a form.
fn form(kind: &str, text: &str) -> Option<(&'static str, &'static str, bool)> {
    let hex = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    Some(match kind {
        "bool" => ("value-bool", "`true` or `false`", matches!(text, "true" | "false")),
        "integer" | "long" => ("value-integer", "a whole number", is_integer(text)),
        "float" => ("value-float", "a decimal number", is_decimal(text)),
        "hexstring" => ("value-hexstring", "`0x` and hex digits", text.strip_prefix("0x").is_some_and(hex)),
        "ipv4-addr" => ("value-ipv4", "four numbers", network(text).is_some_and(|n| n.addr().is_ipv4())),
        "ipv6-addr" => ("value-ipv6", "an IPv6 address", network(text).is_some_and(|n| n.addr().is_ipv6())),
        "mac-addr" => {
            ("value-mac", "six pairs of hex digits with colons", text.contains(':') && hardware_address(text).is_some())
        }
        "md5-hash" => ("value-md5", "32 hex digits", text.len() == 32 && hex(text)),
        "sha256-hash" => ("value-sha256", "64 hex digits", text.len() == 64 && hex(text)),
        "uri" => ("value-uri", "an absolute URI", is_uri(text)),
        "uuid" => ("value-uuid", "a UUID", forms::is_uuid(text)),
        "dictionary" => ("value-dictionary", "a JSON object", false),
        _ => return None,
    })
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_decimal(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    plain && !text.ends_with('.') && text.parse::<f64>().is_ok()
}

/// Whether this is a scheme, a colon and more, without blanks.
pub(super) fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte);
    let begins = scheme.starts_with(|first: char| first.is_ascii_alphabetic());
    begins && scheme.bytes().all(letter) && !rest.is_empty() && !rest.contains(char::is_whitespace)
}
