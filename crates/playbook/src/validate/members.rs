//! Which members each object of the standard has, and their JSON types. What has a rule of its own is left to it (`Any`).

use serde_json::{Map, Value};

use super::place::{Place, shown};
use super::{Report, items};

/// JSON type of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    Flag,
    Whole,
    Texts,
    List,
    Object,
    Any,
}

use Shape::{Any, Flag, List, Object, Text, Texts, Whole};

/// Names and JSON types of members.
pub(super) type Table = &'static [(&'static str, Shape)];

#[rustfmt::skip]
pub(super) const PLAYBOOK: Table = &[
    ("type", Any), ("spec_version", Any), ("id", Any), ("name", Text), ("description", Text), ("playbook_types", Any),
    ("playbook_activities", Texts), ("playbook_processing_summary", Object), ("created_by", Any), ("created", Any),
    ("modified", Any), ("revoked", Flag), ("valid_from", Any), ("valid_until", Any), ("derived_from", List),
    ("related_to", List), ("priority", Any), ("severity", Any), ("impact", Any), ("industry_sectors", Texts),
    ("labels", Texts), ("external_references", List), ("markings", List), ("playbook_variables", Object),
    ("workflow_start", Any), ("workflow_exception", Any), ("workflow", Object), ("playbook_extensions", Any),
    ("authentication_info_definitions", Object), ("agent_definitions", Object), ("target_definitions", Object),
    ("extension_definitions", Object), ("data_marking_definitions", Object), ("signatures", List),
];

#[rustfmt::skip]
pub(super) const STEP: Table = &[
    ("type", Any), ("name", Text), ("description", Text), ("external_references", List), ("delay", Any), ("timeout", Any),
    ("step_variables", Object), ("owner", Any), ("on_completion", Any), ("on_success", Any), ("on_failure", Any),
    ("step_extensions", Any),
];

/// What a kind of step has beside the common members; none if there is no such kind.
pub(super) fn of_step(kind: &str) -> Option<Table> {
    match kind {
        "start" | "end" => Some(&[]),
        "action" => Some(&[("commands", Any), ("agent", Any), ("targets", List), ("in_args", Any), ("out_args", Any)]),
        "playbook-action" => {
            Some(&[("playbook_id", Any), ("playbook_version", Any), ("in_args", Any), ("out_args", Any)])
        }
        "parallel" => Some(&[("next_steps", Any)]),
        "if-condition" => Some(&[("condition", Text), ("on_true", Any), ("on_false", Any)]),
        "while-condition" => Some(&[("condition", Text), ("on_true", Any)]),
        "switch-condition" => Some(&[("switch", Any), ("cases", Any)]),
        _ => None,
    }
}

#[rustfmt::skip]
pub(super) const COMMAND: Table = &[
    ("type", Any), ("description", Text), ("version", Text), ("playbook_activity", Any), ("external_references", List),
];

/// What a kind of command has beside the common members; none if the kind is not known.
pub(super) fn of_command(kind: &str) -> Option<Table> {
    match kind {
        "manual" | "bash" | "ssh" | "powershell" | "caldera-cmd" => Some(&[("command", Text), ("command_b64", Any)]),
        "elastic" | "jupyter" | "kestrel" | "sigma" | "yara" => Some(&[("command", Any), ("command_b64", Any)]),
        "http-api" => Some(&[("command", Text), ("headers", Any), ("content", Text), ("content_b64", Any)]),
        "openc2-http" => Some(&[("command", Text), ("headers", Any), ("content_b64", Any)]),
        _ => None,
    }
}

#[rustfmt::skip]
pub(super) const PARTY: Table = &[
    ("type", Any), ("name", Text), ("description", Text), ("location", Object), ("agent_target_extensions", Any),
];

/// What a kind of agent or target has beside the common members; none if the kind is not known.
pub(super) fn of_party(kind: &str) -> Option<Table> {
    match kind {
        "individual" | "group" | "organization" => Some(&[("contact", Object)]),
        "location" => Some(&[("logical", Texts)]),
        "sector" => Some(&[("sector", Text)]),
        "security-category" => Some(&[("category", Any)]),
        // A port here has a rule of its own.
        "http-api" | "ssh" | "linux" | "net-address" => {
            Some(&[("address", Object), ("port", Any), ("authentication_info", Any), ("category", Any)])
        }
        _ => None,
    }
}

pub(super) const CONTACT: Table = &[("email", Any), ("phone", Any), ("contact_details", Text)];

#[rustfmt::skip]
pub(super) const LOCATION: Table = &[
    ("name", Text), ("description", Text), ("building_details", Text), ("network_details", Text), ("region", Any),
    ("country", Any), ("administrative_area", Text), ("city", Text), ("street_address", Text), ("postal_code", Text),
    ("latitude", Any), ("longitude", Any), ("precision", Text),
];

#[rustfmt::skip]
pub(super) const LOGIN: Table = &[
    ("type", Any), ("name", Text), ("description", Text), ("authentication_info_extensions", Any), ("kms", Flag),
    ("kms_key_identifier", Text),
];

/// What a kind of authentication information has beside the common members; none if the kind is not known.
pub(super) fn of_login(kind: &str) -> Option<Table> {
    match kind {
        "http-basic" => Some(&[("user_id", Text), ("password", Text)]),
        "oauth2" => Some(&[("oauth_header", Text), ("token", Text)]),
        "user-auth" => Some(&[("username", Text), ("password", Text)]),
        _ => None,
    }
}

#[rustfmt::skip]
pub(super) const VARIABLE: Table = &[
    ("type", Any), ("description", Text), ("value", Any), ("constant", Flag), ("external", Flag),
];

// `modified` and `markings` have rules of their own.
#[rustfmt::skip]
pub(super) const MARKING: Table = &[
    ("type", Any), ("id", Any), ("name", Text), ("description", Text), ("created_by", Any), ("created", Any),
    ("revoked", Flag), ("valid_from", Any), ("valid_until", Any), ("labels", Texts), ("external_references", List),
    ("marking_extensions", Any), ("modified", Any), ("markings", Any),
];

#[rustfmt::skip]
pub(super) const IEP: Table = &[
    ("tlp", Text), ("iep_version", Whole), ("start_date", Any), ("end_date", Any), ("encrypt_in_transit", Text),
    ("permitted_actions", Text), ("affected_party_notifications", Text), ("attribution", Text), ("unmodified_resale", Text),
];

/// What a kind of marking has beside the common members; none if there is no such kind.
pub(super) fn of_marking(kind: &str) -> Option<Table> {
    match kind {
        "marking-statement" => Some(&[("statement", Text)]),
        "marking-tlp" => Some(&[("tlpv2_level", Any)]),
        "marking-iep" => Some(IEP),
        _ => None,
    }
}

#[rustfmt::skip]
pub(super) const EXTENSION: Table = &[
    ("type", Any), ("name", Text), ("description", Text), ("created_by", Any), ("schema", Text), ("version", Text),
    ("external_references", List),
];

#[rustfmt::skip]
pub(super) const REFERENCE: Table = &[
    ("name", Text), ("description", Text), ("source", Text), ("url", Text), ("external_id", Text), ("reference_id", Text),
];

#[rustfmt::skip]
pub(super) const SIGNATURE: Table = &[
    ("type", Any), ("id", Any), ("created_by", Any), ("created", Any), ("modified", Any), ("revoked", Flag),
    ("signee", Text), ("valid_from", Any), ("valid_until", Any), ("related_to", Any), ("related_version", Any),
    ("hash_algorithm", Any), ("algorithm", Text), ("public_key", Any), ("public_cert_chain", Texts), ("cert_url", Any),
    ("thumbprint", Any), ("value", Any), ("signature", Object),
];

/// Checks that an object has only members that the standard gives it, each with its JSON type.
pub(super) fn check(object: &Map<String, Value>, tables: &[Table], place: &Place<'_>, report: &mut Report) {
    for (name, value) in object {
        let known = tables.iter().flat_map(|table| table.iter()).find(|(known, _)| known == name);
        let Some((_, shape)) = known else {
            let message = format!("{} is no member of this object; correct the name or use an extension", shown(name));
            report.add("unknown-property", &place.key(name), message);
            continue;
        };
        if !is_shaped(value, *shape) {
            report.add("member-type", &place.key(name), format!("`{name}` must be {}", called(*shape)));
        }
    }
}

/// Checks that the entries of a dictionary are objects.
pub(super) fn check_entries(dictionary: Option<&Map<String, Value>>, place: &Place<'_>, report: &mut Report) {
    for (key, _) in dictionary.into_iter().flatten().filter(|(_, value)| !value.is_object()) {
        report.add("member-type", &place.key(key), "each entry of this dictionary must be an object");
    }
}

/// Checks that the items of a list are objects.
pub(super) fn check_items(object: &Map<String, Value>, name: &str, place: &Place<'_>, report: &mut Report) {
    for (index, _) in items(object, name).iter().enumerate().filter(|(_, value)| !value.is_object()) {
        report.add("member-type", &place.key(name).index(index), format!("each item of `{name}` must be an object"));
    }
}

fn is_shaped(value: &Value, shape: Shape) -> bool {
    match shape {
        Text => value.is_string(),
        Flag => value.is_boolean(),
        Whole => super::forms::whole(value).is_some(),
        Texts => value.as_array().is_some_and(|items| items.iter().all(Value::is_string)),
        List => value.is_array(),
        Object => value.is_object(),
        Any => true,
    }
}

fn called(shape: Shape) -> &'static str {
    match shape {
        Text => "text",
        Flag => "true or false",
        Whole => "a whole number",
        Texts => "a list of texts",
        List => "a list",
        Object => "an object",
        Any => "there",
    }
}
