//! From false positives of a rule to a filter: what they have in common, and what the other alerts of the rule do not have.
//!
//! The filter is a Sigma document, so that it can be read, changed and used elsewhere. It is held against the alerts that there
//! are before anybody believes it. Nothing here decides: a filter that hides what was confirmed is proposed, too, and says so.

use std::collections::{BTreeMap, BTreeSet};

use quell_detect::{Filter, Placeholders, Rule, RuleSet, oracle};
use quell_model::{Event, Fields, Scalar};
use serde_json::{Value, json};

use crate::Knowledge;

/// Fields of one filter.
const FIELDS_MAX: usize = 3;
/// Longest value that a filter names.
const VALUE_CHARS_MAX: usize = 200;
/// Parts of names of fields whose values do not come again.
const PASSING: [&str; 17] = [
    "time",
    "date",
    "guid",
    "uuid",
    "recordid",
    "processid",
    "threadid",
    "pid",
    "sessionid",
    "logonid",
    "requestid",
    "port",
    "hash",
    "sha",
    "md5",
    "token",
    "sequence",
];
/// Parts of names of fields that say who did something, and with what; where several would do, these come first.
const TELLING: [&str; 12] = [
    "user",
    "principal",
    "arn",
    "account",
    "parent",
    "image",
    "command",
    "agent",
    "ipaddress",
    "host",
    "computer",
    "role",
];

/// Why there is no filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TuningError {
    /// The rule is not in force.
    #[error("the rule {0} is not in force")]
    NoRule(String),
    /// No record of an alert is kept.
    #[error("no record of these alerts is kept any more")]
    NoRecord,
    /// A field that was asked for does not fit.
    #[error("the harmless alerts do not all have one and the same value in {0}")]
    NotCommon(String),
    /// There is nothing to filter by.
    #[error("the harmless alerts have no value in common that would tell them from others; name the fields")]
    NothingCommon,
}

/// An alert of the rule, with its event.
#[derive(Debug)]
pub struct Sample {
    /// Whether people said that it is harmless.
    pub harmless: bool,
    /// Whether people said that it is hostile.
    pub hostile: bool,
    /// Its event.
    pub event: Event,
}

/// A filter that keeps a rule silent on what is harmless.
#[derive(Debug)]
pub struct TuningFilter {
    /// The Sigma document.
    pub text: String,
    /// Fields that it looks at, with their values.
    pub fields: BTreeMap<String, String>,
}

/// A filter that is held against events.
#[derive(Debug)]
pub struct Replay {
    rules: RuleSet,
    filter: Filter,
}

impl Knowledge {
    /// Proposes a filter for a rule; by these fields if any are named, else by those that tell the harmless alerts from the
    /// others best.
    ///
    /// # Errors
    /// Why there is none.
    pub fn propose_filter(
        &self,
        (rule, seed): (&str, &str),
        samples: &[Sample],
        wanted: &[String],
    ) -> Result<TuningFilter, TuningError> {
        let rules = &self.detector.rules().rules;
        let found = rules.iter().find(|known| known.meta.id == rule);
        let rule = found.ok_or_else(|| TuningError::NoRule(rule.to_owned()))?;
        let told: Vec<Told> =
            samples.iter().map(|sample| Told { sample, values: self.values(&sample.event) }).collect();
        let common = common(&told).ok_or(TuningError::NoRecord)?;
        let fields = match wanted {
            [] => chosen(&told, &common)?,
            wanted => wanted.iter().map(|field| asked(&common, field)).collect::<Result<_, _>>()?,
        };
        Ok(TuningFilter { text: document(rule, seed, &fields), fields })
    }

    /// A filter, ready to be held against events; none if the text is no filter.
    #[must_use]
    pub fn replay(&self, text: &str) -> Option<Replay> {
        let mut rules = RuleSet::default();
        // Fields that nothing reads have no values in events: a filter cannot depend on them.
        rules.add_file("proposal", text, &mut self.table.clone(), &Placeholders::default());
        let filter = rules.filters.pop()?;
        Some(Replay { rules, filter })
    }

    /// Whether the filter of this text is in force.
    #[must_use]
    pub fn has_filter(&self, text: &str) -> bool {
        let in_force = &self.detector.rules().filters;
        self.replay(text).is_some_and(|replay| in_force.iter().any(|filter| filter.id == replay.filter.id))
    }

    /// Texts of an event by field, as rules read them.
    fn values(&self, event: &Event) -> BTreeMap<String, BTreeSet<String>> {
        let mut values: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (field, value) in event.fields.iter().filter(|(_, value)| !matches!(value, Scalar::Null | Scalar::Nested)) {
            if let Some(text) = value.to_text() {
                values.entry(self.table.name(field).to_owned()).or_default().insert(text.into_owned());
            }
        }
        values
    }
}

impl Replay {
    /// Whether the rule would still say something about this event.
    #[must_use]
    pub fn raises(&self, fields: &Fields, raw: &[u8]) -> bool {
        oracle::passes(&self.rules, &self.filter, fields, raw)
    }
}

struct Told<'a> {
    sample: &'a Sample,
    values: BTreeMap<String, BTreeSet<String>>,
}

impl Told<'_> {
    fn has(&self, (field, value): (&String, &String)) -> bool {
        // Rules compare without regard to case.
        let same = |own: &String| own.to_lowercase() == value.to_lowercase();
        self.values.get(field).is_some_and(|own| own.iter().any(same))
    }
}

/// Fields in which all harmless alerts have one and the same value; none if there is no harmless alert.
fn common(told: &[Told<'_>]) -> Option<BTreeMap<String, String>> {
    let mut harmless = told.iter().filter(|told| told.sample.harmless);
    let one = |values: &BTreeSet<String>| values.iter().next().filter(|_| values.len() == 1).cloned();
    let first = harmless.next()?;
    let mut common: BTreeMap<String, String> =
        first.values.iter().filter_map(|(field, values)| Some((field.clone(), one(values)?))).collect();
    for other in harmless {
        common.retain(|field, value| other.values.get(field).and_then(one).as_ref() == Some(value));
    }
    common.retain(|field, value| !field.contains('|') && !value.is_empty() && value.chars().count() <= VALUE_CHARS_MAX);
    Some(common)
}

fn asked(common: &BTreeMap<String, String>, field: &String) -> Result<(String, String), TuningError> {
    let value = common.get(field).ok_or_else(|| TuningError::NotCommon(field.clone()))?;
    Ok((field.clone(), value.clone()))
}

/// One field after the other, each the one that leaves the fewest hostile and then the fewest other alerts silent.
fn chosen(told: &[Told<'_>], common: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, TuningError> {
    let lasting: BTreeMap<&String, &String> = common.iter().filter(|(field, _)| !is_passing(field)).collect();
    let mut others: Vec<&Told<'_>> = told.iter().filter(|told| !told.sample.harmless).collect();
    let mut fields = BTreeMap::new();
    while fields.len() < FIELDS_MAX {
        let left = |item: (&String, &String)| count(others.iter().filter(|told| told.has(item)));
        let open = lasting.iter().filter(|(field, _)| !fields.contains_key(**field));
        let ranked = open.map(|(field, value)| (left((*field, *value)), rank(field), *field, *value));
        let Some((left, rank, field, value)) = ranked.min() else { break };
        let helps = left < count(others.iter());
        // With nothing to be told from, who did it is asked for, once.
        if !(helps || (fields.is_empty() && others.is_empty() && rank < TELLING.len())) {
            break;
        }
        others.retain(|told| told.has((field, value)));
        fields.insert(field.clone(), value.clone());
    }
    if fields.is_empty() { Err(TuningError::NothingCommon) } else { Ok(fields) }
}

/// Hostile alerts, and others.
fn count<'a>(told: impl Iterator<Item = &'a &'a Told<'a>>) -> (usize, usize) {
    told.fold((0, 0), |(hostile, other), told| match told.sample.hostile {
        true => (hostile + 1, other),
        false => (hostile, other + 1),
    })
}

fn is_passing(field: &str) -> bool {
    let name = field.to_lowercase();
    PASSING.iter().any(|part| name.contains(part))
}

/// How telling a field is by its name; the smaller the more.
fn rank(field: &str) -> usize {
    let name = field.to_lowercase();
    TELLING.iter().position(|part| name.contains(part)).unwrap_or(TELLING.len())
}

/// The Sigma document. JSON is YAML, too, and leaves no doubt about quoting.
fn document(rule: &Rule, seed: &str, fields: &BTreeMap<String, String>) -> String {
    let id = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, format!("quell tuning {seed}").as_bytes());
    let source = &rule.log_source;
    let parts = [("product", &source.product), ("category", &source.category), ("service", &source.service)];
    let parts = parts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?))));
    let harmless: serde_json::Map<String, Value> =
        fields.iter().map(|(field, value)| (field.clone(), json!(literal(value)))).collect();
    let lines = [
        ("title", json!(format!("Known to be harmless: {}", rule.meta.title))),
        ("id", json!(id.to_string())),
        ("logsource", Value::Object(parts.collect())),
        ("filter", json!({ "rules": [rule.meta.id], "harmless": harmless, "condition": "not harmless" })),
    ];
    lines.iter().map(|(key, value)| format!("{key}: {value}\n")).collect()
}

/// A value that means itself: Sigma gives `*`, `?` and the backslash a meaning.
fn literal(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        if matches!(c, '*' | '?' | '\\') {
            text.push('\\');
        }
        text.push(c);
    }
    text
}
