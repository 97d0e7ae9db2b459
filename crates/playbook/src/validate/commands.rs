//! Commands: that each has what its kind needs. The published schemas look at what all kinds share only.

use serde_json::{Map, Value};

use super::place::{Place, shown};
use super::vocabulary::ACTIVITIES;
use super::{Report, forms, members, variables};
use crate::condition::forms::is_reference;

/// Checks the commands of an action.
pub(super) fn check(commands: &[Value], place: &Place<'_>, report: &mut Report) {
    for (index, command) in commands.iter().enumerate() {
        let place = place.index(index);
        match command.as_object() {
            Some(command) => check_one(command, &place, report),
            None => report.add("member-type", &place, "a command must be an object"),
        }
    }
}

fn check_one(command: &Map<String, Value>, place: &Place<'_>, report: &mut Report) {
    forms::check_references(command, place, report);
    check_activity(command, place, report);
    for member in ["command_b64", "content_b64"] {
        let Some(value) = command.get(member) else { continue };
        let message = format!("`{member}` must be base64 with the letters `+` and `/`, and with padding");
        report.demand(forms::base64(value).is_some(), "cmd-b64", &place.key(member), &message);
    }
    let Some(kind) = command.get("type").and_then(Value::as_str) else {
        return report.add("cmd-type", place, "the command has no `type`; add one, such as `manual`");
    };
    let Some(table) = members::of_command(kind) else {
        let message = format!("{} is no known type of command; nothing here can run it", shown(kind));
        return report.add("open-vocabulary", &place.key("type"), message);
    };
    members::check(command, &[members::COMMAND, table], place, report);
    let has = |member: &str| command.contains_key(member);
    match kind {
        "http-api" | "openc2-http" => check_http(kind, command, place, report),
        "elastic" | "jupyter" | "kestrel" | "sigma" | "yara" => {
            let message = format!("a command of type `{kind}` stands in `command_b64`, not in `command`");
            report.demand(has("command_b64") && !has("command"), "cmd-body-b64-only", place, &message);
        }
        _ => {
            let message = "the command says nothing; add `command` or `command_b64`";
            report.demand(has("command") || has("command_b64"), "cmd-body", place, message);
        }
    }
}

fn check_activity(command: &Map<String, Value>, place: &Place<'_>, report: &mut Report) {
    let Some(activity) = command.get("playbook_activity") else { return };
    let place = place.key("playbook_activity");
    let Some(activity) = activity.as_str() else {
        return report.add("cmd-activity-string", &place, "`playbook_activity` must be one text");
    };
    if !ACTIVITIES.contains(&activity) {
        report.add("open-vocabulary", &place, format!("{} is no known activity", shown(activity)));
    }
}

fn check_http(kind: &str, command: &Map<String, Value>, place: &Place<'_>, report: &mut Report) {
    let has = |member: &str| command.contains_key(member);
    report.demand(has("command"), "cmd-http-command", place, "the start line is missing; add `command`");
    if let Some(line) = command.get("command").and_then(Value::as_str) {
        check_start_line(kind, line, &place.key("command"), report);
    }
    if kind == "openc2-http" {
        let content = command.get("content_b64").and_then(forms::base64);
        let message = content.is_some_and(|bytes| serde_json::from_slice::<Value>(&bytes).is_ok());
        let wanted = "`content_b64` must have an OpenC2 message, which is JSON";
        report.demand(message, "cmd-openc2-content", place, wanted);
    }
    let both = has("content") && has("content_b64") && kind == "http-api";
    report.demand(!both, "cmd-http-one-content", place, "a request has one body; take `content` or `content_b64` out");
    let Some(headers) = command.get("headers") else { return };
    let place = place.key("headers");
    let texts = |value: &Value| value.as_array().is_some_and(|values| values.iter().all(Value::is_string));
    let fits = headers.as_object().is_some_and(|headers| headers.values().all(texts));
    let message = "`headers` must give each name a list of texts";
    report.demand(fits, "cmd-http-headers", &place, message);
    for name in headers.as_object().into_iter().flat_map(Map::keys).filter(|name| !variables::is_key(name)) {
        let message = format!("{} is no key of a dictionary; use letters, digits, `_` and `-`", shown(name));
        report.add("dict-key-form", &place, message);
    }
}

fn check_start_line(kind: &str, line: &str, place: &Place<'_>, report: &mut Report) {
    // A variable may stand anywhere; what it will hold is not known here.
    let parts: Vec<&str> = line.split(' ').collect();
    let method = |part: &str| is_reference(part) || !part.is_empty() && part.bytes().all(|b| b.is_ascii_uppercase());
    let target = |part: &str| !part.is_empty() && !part.contains(char::is_whitespace);
    let fits = match parts.as_slice() {
        [first, second, third] => method(first) && target(second) && is_version(third),
        _ => false,
    };
    if !fits {
        let message = "`command` must be a method, a target and a version, as in `GET /users HTTP/1.1`";
        report.add("cmd-http-start-line", place, message);
    } else if kind == "openc2-http" && parts.first().is_some_and(|method| *method != "POST" && !is_reference(method)) {
        report.add("cmd-openc2-post", place, "OpenC2 is sent with POST; write that method");
    }
}

fn is_version(text: &str) -> bool {
    let digit = |part: &str| part.len() == 1 && part.bytes().all(|byte| byte.is_ascii_digit());
    let version = text.strip_prefix("HTTP/").unwrap_or_default();
    is_reference(text) || is_reference(version) || version.split('.').count() <= 2 && version.split('.').all(digit)
}
