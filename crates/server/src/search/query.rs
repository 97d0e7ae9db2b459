//! What a search looks for.

use std::sync::Arc;

use quell_engine::{Knowledge, Trial};
use quell_model::{Event, EventId, Timestamp};
use quell_normalize::{Normalizer, RawRecord, Shape};
use serde_json::Value;

use super::normalizer;
use super::words::{is_word, words_of};

/// Most conditions on fields.
const FIELDS_MAX: usize = 16;
const TEXT_BYTES_MAX: usize = 1_024;

/// Why a search cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum QueryError {
    #[error("a condition on a field is written name:value")]
    NoColon,
    #[error("at most {FIELDS_MAX} conditions on fields")]
    TooMany,
    #[error("text and conditions are at most {TEXT_BYTES_MAX} bytes long")]
    TooLong,
}

/// A search.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventQuery {
    pub(crate) since: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
    pub(crate) source: Option<String>,
    pub(crate) before: Option<EventId>,
    pub(crate) limit: usize,
    /// Rules of which one has to match.
    pub(crate) rules: Option<Arc<Trial>>,
    /// Words that must be there, in lower case.
    terms: Vec<Vec<u8>>,
    /// Fields with the value they must have.
    fields: Vec<(String, String)>,
    /// Hashes of all words, for the chunks' filters.
    pub(crate) words: Vec<u64>,
}

impl EventQuery {
    /// With words and conditions on fields, written `name:value`.
    ///
    /// # Errors
    /// A condition is malformed, or there is too much of it.
    pub(crate) fn new(text: &str, fields: &[String]) -> Result<EventQuery, QueryError> {
        if fields.len() > FIELDS_MAX {
            return Err(QueryError::TooMany);
        }
        if text.len() > TEXT_BYTES_MAX || fields.iter().any(|field| field.len() > TEXT_BYTES_MAX) {
            return Err(QueryError::TooLong);
        }
        let mut words = words_of(text);
        let mut conditions = Vec::new();
        for field in fields {
            let (name, value) = field.split_once(':').ok_or(QueryError::NoColon)?;
            words.extend(words_of(value));
            conditions.push((name.to_owned(), value.to_owned()));
        }
        let runs = text.as_bytes().split(|byte| !is_word(*byte)).filter(|run| !run.is_empty());
        let terms = runs.map(<[u8]>::to_ascii_lowercase).collect();
        Ok(EventQuery { terms, fields: conditions, words, ..EventQuery::default() })
    }

    /// What the record itself can tell.
    pub(crate) fn matches_raw(&self, record: &RawRecord) -> bool {
        let words = || record.bytes.split(|byte| !is_word(*byte)).filter(|word| !word.is_empty());
        let has = |term: &Vec<u8>| words().any(|word| word.eq_ignore_ascii_case(term));
        self.terms.iter().all(has) && (self.fields.is_empty() || self.matches_fields(record))
    }

    fn matches_fields(&self, record: &RawRecord) -> bool {
        match &record.shape {
            Shape::Pairs { pairs, .. } => self.fields.iter().all(|(name, value)| {
                pairs.iter().any(|(known, held)| known.eq_ignore_ascii_case(name) && held.eq_ignore_ascii_case(value))
            }),
            Shape::Json => {
                let Ok(whole) = serde_json::from_slice::<Value>(&record.bytes) else { return false };
                self.fields.iter().all(|(name, value)| has_value(&whole, name, value))
            }
        }
    }

    /// What reads events so that the search can tell.
    pub(crate) fn normalizer<'q>(&'q self, knowledge: &'q Knowledge) -> Normalizer<'q> {
        match &self.rules {
            Some(rules) => rules.normalizer(knowledge),
            None => normalizer(knowledge),
        }
    }

    /// What only the event tells, as [`EventQuery::normalizer`] read it: its time, and whether rules match.
    pub(crate) fn matches_event(
        &self,
        event: Option<&Event>,
        (normalizer, knowledge): (&Normalizer<'_>, &Knowledge),
    ) -> bool {
        self.is_within(event)
            && self
                .rules
                .as_ref()
                .is_none_or(|rules| event.is_some_and(|event| rules.matches(knowledge, normalizer, event)))
    }

    fn is_within(&self, event: Option<&Event>) -> bool {
        if self.since.is_none() && self.until.is_none() {
            return true;
        }
        let time = event.and_then(|event| event.time);
        time.is_some_and(|time| {
            self.since.is_none_or(|since| time >= since) && self.until.is_none_or(|until| time <= until)
        })
    }
}

/// Whether a field, by its path with dots, has a value; lists count as each of their elements. The last part of a path is
/// enough: `CommandLine` finds `Event.EventData.CommandLine`.
fn has_value(value: &Value, path: &str, wanted: &str) -> bool {
    let at_path = |value: &Value| descend(value, path, wanted);
    at_path(value)
        || match value {
            Value::Object(object) => object.values().any(|inner| has_value(inner, path, wanted)),
            Value::Array(elements) => elements.iter().any(|inner| has_value(inner, path, wanted)),
            _ => false,
        }
}

fn descend(value: &Value, path: &str, wanted: &str) -> bool {
    let Value::Object(object) = value else {
        return matches!(value, Value::Array(elements) if elements.iter().any(|inner| descend(inner, path, wanted)));
    };
    object.iter().any(|(name, inner)| {
        if name.eq_ignore_ascii_case(path) {
            return equals(inner, wanted);
        }
        // Names with dots in them exist, so any cut between the parts of the path is tried.
        let longer = path.len() > name.len() && path.as_bytes()[name.len()] == b'.';
        longer
            && path.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name))
            && descend(inner, &path[name.len() + 1..], wanted)
    })
}

fn equals(value: &Value, wanted: &str) -> bool {
    match value {
        Value::String(text) => text.eq_ignore_ascii_case(wanted),
        Value::Number(number) => number.to_string() == wanted,
        Value::Bool(flag) => flag.to_string() == wanted,
        Value::Null => wanted == "null",
        Value::Array(elements) => elements.iter().any(|element| equals(element, wanted)),
        Value::Object(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(record: &str, text: &str, fields: &[&str], expected: bool) {
        let fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
        let query = EventQuery::new(text, &fields).expect("a query");
        let bytes = record.as_bytes().to_vec();
        let record = RawRecord { number: 1, offset: 0, bytes, shape: Shape::Json };
        assert_eq!(query.matches_raw(&record), expected);
    }

    #[test]
    fn words_and_fields() {
        let record = r#"{"Event":{"EventData":{"CommandLine":"cmd.exe /c whoami","Hashes":["A","b"]}},"a.b":{"c":7}}"#;
        check(record, "whoami CMD", &[], true);
        check(record, "whoam", &[], false);
        check(record, "", &["Event.EventData.CommandLine:cmd.exe /c whoami"], true);
        check(record, "", &["commandline:CMD.exe /c whoami"], true);
        check(record, "", &["CommandLine:cmd.exe"], false);
        check(record, "", &["Hashes:B"], true);
        check(record, "", &["a.b.c:7"], true);
        check(record, "", &["a.b.c:8"], false);
    }

    #[test]
    fn malformed_conditions_are_refused() {
        assert_eq!(EventQuery::new("", &["novalue".to_owned()]).err(), Some(QueryError::NoColon));
        assert_eq!(EventQuery::new(&"x".repeat(2_000), &[]).err(), Some(QueryError::TooLong));
    }
}
