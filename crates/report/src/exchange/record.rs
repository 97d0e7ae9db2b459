//! Fields of an export that may be missing or of any form, and what is said where there is no incident in it.
//!
//! It remembers which fields were read: what nobody asked for can be named for a reader.

use std::collections::BTreeSet;

use jiff::civil::DateTime;
use jiff::tz::Offset;
use quell_model::Timestamp;
use serde_json::{Map, Value};

/// Longest name of a field that is shown.
const NAME_CHARS_MAX: usize = 60;
/// Most fields that are named to say what was found.
const FIELDS_SHOWN: usize = 12;

/// Why something is no incident that can be carried over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found {found}")]
pub struct ExchangeError {
    /// What it should have been.
    pub expected: &'static str,
    /// What it is.
    pub found: String,
}

impl ExchangeError {
    /// `found` is named by its form only.
    pub(super) fn new(expected: &'static str, found: &Value) -> ExchangeError {
        let found = match found {
            Value::Null => "nothing".to_owned(),
            Value::Bool(_) => "a yes or no".to_owned(),
            Value::Number(_) => "a number".to_owned(),
            Value::String(_) => "a text".to_owned(),
            Value::Array(items) => format!("a list of {}", items.len()),
            Value::Object(fields) if fields.is_empty() => "an empty object".to_owned(),
            Value::Object(fields) => {
                let names: Vec<String> = fields.keys().take(FIELDS_SHOWN).map(|name| field_name(name)).collect();
                let more = if fields.len() > FIELDS_SHOWN { " and more" } else { "" };
                format!("an object with the fields {}{more}", names.join(", "))
            }
        };
        ExchangeError { expected, found }
    }
}

/// An object of an export, and which of its fields were read.
pub(super) struct Record<'a> {
    what: &'static str,
    fields: &'a Map<String, Value>,
    read: BTreeSet<&'static str>,
    odd: BTreeSet<&'static str>,
}

impl<'a> Record<'a> {
    /// `what` is what a reader calls it; none if the value is no object.
    pub(super) fn of(what: &'static str, value: &'a Value) -> Option<Record<'a>> {
        let fields = value.as_object()?;
        Some(Record { what, fields, read: BTreeSet::new(), odd: BTreeSet::new() })
    }

    /// A field in the form that it should have; another form is remembered.
    pub(super) fn read_as<T>(&mut self, key: &'static str, form: impl Fn(&'a Value) -> Option<T>) -> Option<T> {
        self.read.insert(key);
        let value = self.fields.get(key).filter(|value| !value.is_null())?;
        let read = form(value);
        if read.is_none() {
            self.odd.insert(key);
        }
        read
    }

    /// A text that says something.
    pub(super) fn text(&mut self, key: &'static str) -> Option<&'a str> {
        self.read_as(key, Value::as_str).filter(|text| !text.trim().is_empty())
    }

    /// The first of several texts.
    pub(super) fn first_text(&mut self, keys: &[&'static str]) -> Option<&'a str> {
        let texts: Vec<&'a str> = keys.iter().filter_map(|&key| self.text(key)).collect();
        texts.first().copied()
    }

    pub(super) fn integer(&mut self, key: &'static str) -> Option<i64> {
        self.read_as(key, Value::as_i64)
    }

    pub(super) fn flag(&mut self, key: &'static str) -> bool {
        self.read_as(key, Value::as_bool).unwrap_or(false)
    }

    /// Milliseconds since 1970.
    pub(super) fn millis(&mut self, key: &'static str) -> Option<Timestamp> {
        self.read_as(key, |value| Timestamp::from_millisecond(value.as_i64()?).ok())
    }

    /// The first of several times in milliseconds.
    pub(super) fn first_millis(&mut self, keys: &[&'static str]) -> Option<Timestamp> {
        let times: Vec<Timestamp> = keys.iter().filter_map(|&key| self.millis(key)).collect();
        times.first().copied()
    }

    /// A time as ISO 8601 has it.
    pub(super) fn iso(&mut self, key: &'static str) -> Option<Timestamp> {
        self.read_as(key, |value| iso(value.as_str()?))
    }

    pub(super) fn list(&mut self, key: &'static str) -> &'a [Value] {
        self.read_as(key, |value| value.as_array().map(Vec::as_slice)).unwrap_or_default()
    }

    /// Texts of a list.
    pub(super) fn texts(&mut self, key: &'static str) -> Vec<&'a str> {
        let items = self.list(key);
        let texts: Vec<&'a str> = items.iter().filter_map(Value::as_str).collect();
        if texts.len() < items.len() {
            self.odd.insert(key);
        }
        texts
    }

    /// An object inside of it.
    pub(super) fn record(&mut self, what: &'static str, key: &'static str) -> Option<Record<'a>> {
        self.read_as(key, |value| Record::of(what, value))
    }

    /// Whatever it is, as text.
    pub(super) fn shown(&mut self, key: &'static str) -> Option<String> {
        self.read.insert(key);
        self.fields.get(key).and_then(plain)
    }

    /// What could not be read, for a reader.
    pub(super) fn odd(&self) -> Vec<String> {
        let odd = |key: &&str| format!("{}: the field `{key}`, which has another form than expected", self.what);
        self.odd.iter().map(odd).collect()
    }

    /// What was not read although it says something, for a reader; but for fields that say nothing about the incident.
    pub(super) fn unread(&self, idle: &[&str]) -> Vec<String> {
        let known = |key: &str| self.read.contains(key) || idle.contains(&key);
        let unread = self.fields.iter().filter(|(key, value)| !known(key) && plain(value).is_some());
        unread
            .map(|(key, _)| format!("{}: the field `{}`, which is not known here", self.what, field_name(key)))
            .collect()
    }
}

/// A time as ISO 8601 has it; without a zone it is UTC, and a day is its first moment.
pub(super) fn iso(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    Offset::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok()
}

/// A value as text; none if it says nothing.
pub(super) fn plain(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            texts.join(", ")
        }
        Value::Object(fields) if fields.is_empty() => return None,
        value => value.to_string(),
    };
    Some(text).filter(|text| !text.trim().is_empty())
}

/// Text on one line: what breaks it is a space, other control characters are gone.
pub(super) fn flat(text: &str) -> String {
    let breaks = |c: char| matches!(c, '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let line: String = text.chars().map(|c| if breaks(c) { ' ' } else { c }).filter(|c| !c.is_control()).collect();
    line.trim().to_owned()
}

fn field_name(name: &str) -> String {
    flat(name).chars().take(NAME_CHARS_MAX).collect()
}
