//! The YAML form for authors. Converting a document to YAML and back gives the same document; what an author may write shorter is
//! expanded, and nothing else is changed:
//!
//! 1. Names for ids: `action--look` stands for an id made from the id of the playbook and that text.
//! 2. `type` may be left out where the key says it.
//! 3. The head (`type`, `spec_version`, `created_by`) may be left out.
//! 4. `quell:` stands for our extension.
//!
//! A document of others in which something would be taken for a shorthand is written with a first line that switches them off.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::{Document, DocumentError, EXTENSION, IDENTITY};

/// Members whose keys are ids of typed objects.
const TYPED: [&str; 5] = [
    "workflow",
    "agent_definitions",
    "target_definitions",
    "authentication_info_definitions",
    "data_marking_definitions",
];
/// First line of a text in which nothing is short for anything.
const EXACT: &str = "# exact: nothing in this file is short for anything";
/// What our extension is called in YAML.
const OURS: &str = "quell";

/// Reads a document in either form: JSON if it begins with a brace, or else the YAML form.
///
/// # Errors
/// It is neither, or no object.
pub fn read(text: &str) -> Result<Document, DocumentError> {
    if is_json(text) { Document::from_json(text) } else { from_yaml(text) }
}

/// Whether a text is taken for JSON.
#[must_use]
pub fn is_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

/// Reads the YAML form.
///
/// # Errors
/// It is no YAML, or no object.
pub fn from_yaml(text: &str) -> Result<Document, DocumentError> {
    if text.len() > 8 << 20 {
        return Err(DocumentError::TooLarge);
    }
    let value: Value = serde_saphyr::from_str(text).map_err(|error| DocumentError::Unreadable(error.to_string()))?;
    if text.lines().next() == Some(EXACT) {
        return Document::of(value);
    }
    let Value::Object(written) = value else { return Err(DocumentError::NoObject) };
    let mut document = Map::new();
    for (name, value) in [("type", "playbook"), ("spec_version", "cacao-2.0"), ("created_by", IDENTITY)] {
        document.insert(name.to_owned(), written.get(name).cloned().unwrap_or_else(|| json!(value)));
    }
    document.extend(written);
    let own = document.get("id").and_then(Value::as_str).map(|id| named(id, "")).unwrap_or_default();
    let mut extended = false;
    let playbook_ours = document.remove(OURS);
    if let Some(ours) = playbook_ours {
        extend(&mut document, "playbook_extensions", ours);
        extended = true;
    }
    for typed in TYPED {
        for (key, object) in document.get_mut(typed).and_then(Value::as_object_mut).into_iter().flatten() {
            let Value::Object(object) = object else { continue };
            if !object.contains_key("type")
                && let Some((kind, _)) = key.split_once("--")
            {
                object.shift_insert(0, "type".to_owned(), json!(kind));
            }
            if let Some(ours) = object.remove(OURS) {
                extend(object, "step_extensions", ours);
                extended = true;
            }
        }
    }
    if extended {
        define(&mut document);
    }
    let ids = expanded(Value::Object(document), &own);
    Document::of(ids)
}

/// Writes the YAML form, with nothing left out.
#[must_use]
pub fn to_yaml(document: &Document) -> String {
    // Members are plain JSON: there is nothing that could not be written.
    let text = serde_saphyr::to_string(document.members()).unwrap_or_default();
    let same = |text: &str| from_yaml(text).is_ok_and(|again| again == *document);
    if same(&text) {
        return text;
    }
    let exact = format!("{EXACT}\n{text}");
    // JSON is YAML, too, should the writer ever meet something that it cannot write.
    if same(&exact) { exact } else { format!("{EXACT}\n{}", document.to_json()) }
}

fn extend(object: &mut Map<String, Value>, member: &str, ours: Value) {
    let extensions = object.entry(member).or_insert_with(|| json!({}));
    if let Value::Object(extensions) = extensions {
        extensions.insert(EXTENSION.to_owned(), ours);
    }
}

fn define(document: &mut Map<String, Value>) {
    let definitions = document.entry("extension_definitions").or_insert_with(|| json!({}));
    if let Value::Object(definitions) = definitions {
        definitions.entry(EXTENSION).or_insert_with(|| {
            json!({
                "type": "extension-definition",
                "name": "Quell",
                "description": "What a step does, what it needs before, and how it is taken back.",
                "created_by": IDENTITY,
                "schema": "https://github.com/quell-ir/quell/blob/main/docs/PLAYBOOKS.md",
                "version": "1.0.0",
            })
        });
    }
}

/// Ids for names, in keys and in texts that are nothing but a name.
fn expanded(value: Value, own: &str) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(|item| expanded(item, own)).collect(),
        Value::Object(object) => {
            object.into_iter().map(|(key, value)| (named(&key, own), expanded(value, own))).collect()
        }
        Value::String(text) => Value::String(named(&text, own)),
        other => other,
    }
}

/// The id that a name stands for; any other text stays.
fn named(text: &str, own: &str) -> String {
    let Some((kind, name)) = text.split_once("--") else { return text.to_owned() };
    let word = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let known = TYPES.contains(&kind);
    if !known || !word(name) || name.starts_with('-') || is_uuid(name) {
        return text.to_owned();
    }
    format!("{kind}--{}", uuid(&format!("{own}\n{text}")))
}

/// Types of what has an id in a playbook.
const TYPES: [&str; 24] = [
    "playbook",
    "start",
    "end",
    "action",
    "playbook-action",
    "parallel",
    "if-condition",
    "while-condition",
    "switch-condition",
    "group",
    "individual",
    "location",
    "organization",
    "sector",
    "http-api",
    "linux",
    "net-address",
    "security-category",
    "ssh",
    "http-basic",
    "oauth2",
    "user-auth",
    "marking-statement",
    "identity",
];

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [8, 4, 4, 4, 12] && parts.iter().all(|part| part.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// A UUID of a text, shaped as version 4: CACAO wants that of steps.
fn uuid(text: &str) -> String {
    let mut bytes: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = quell_model::hex::encode(&bytes[..16]);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_ids_and_nothing_else_changes() {
        let text = "id: playbook--try\nname: a -- b\nworkflow_start: start--here\nworkflow:\n  start--here: {on_completion: \
            end--there}\n  end--there: {name: --x}\nlabels: [a--b, http-api--]\n";
        let document = from_yaml(text).expect("a document");
        let workflow = document.members()["workflow"].as_object().expect("a workflow");
        let (start, step) = workflow.iter().next().expect("a step");
        assert_eq!((start.as_str(), &step["type"]), (document.text("workflow_start"), &json!("start")));
        assert!(workflow.contains_key(step["on_completion"].as_str().expect("an id")));
        assert_eq!((document.text("name"), document.text("spec_version")), ("a -- b", "cacao-2.0"));
        assert_eq!(document.members()["labels"], json!(["a--b", "http-api--"]));
        assert_eq!(from_yaml(&to_yaml(&document)).expect("the same"), document);
        assert_eq!(from_yaml(text).expect("again").digest(), document.digest());
    }

    #[test]
    fn what_looks_short_in_documents_of_others_stays() {
        for text in [
            r#"{"id":"playbook--x","name":"action--look"}"#,
            r#"{"type":"playbook"}"#,
            r#"{"type":"playbook","spec_version":"cacao-2.0","created_by":"x","quell":{"a":1},"workflow":{"end--x":{}}}"#,
        ] {
            let document = Document::from_json(text).expect("a document");
            assert_eq!(from_yaml(&to_yaml(&document)).expect("the same"), document, "{text}");
        }
    }

    #[test]
    fn our_extension_is_defined_where_it_is_used() {
        let text = "id: playbook--try\nquell: {summary: x}\nworkflow: {action--a: {quell: {phase: contain}}}\n";
        let document = from_yaml(text).expect("a document");
        let members = document.members();
        assert_eq!(members["playbook_extensions"][EXTENSION]["summary"], "x");
        assert_eq!(members["extension_definitions"][EXTENSION]["version"], "1.0.0");
        let step = members["workflow"].as_object().and_then(|steps| steps.values().next()).expect("a step");
        assert_eq!(step["step_extensions"][EXTENSION]["phase"], "contain");
    }
}
