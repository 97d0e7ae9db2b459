//! Predicates: tests of one field, shared by all rules that make them.

use std::collections::HashMap;
use std::net::IpAddr;

use ipnet::IpNet;
use quell_model::{FieldId, Fields, Scalar};
use regex::Regex;

use crate::keyword;
use crate::pattern::{Pattern, Shape, fold};

/// Position of a predicate in its [`PredicateTable`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PredicateId(pub(crate) u32);

impl PredicateId {
    /// Position in dense per-predicate tables.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A test of one field, or of the whole record for keywords.
#[derive(Debug, Clone)]
pub struct Predicate {
    /// Field to test; none for keywords.
    pub field: Option<FieldId>,
    /// The test.
    pub test: Test,
}

/// What a field is tested for. A field with several values passes if one of them does.
#[derive(Debug, Clone)]
pub enum Test {
    /// One of the patterns matches the value.
    Text(Vec<Pattern>),
    /// The field is absent or null.
    Null,
    /// The field is there and not null, or is not.
    Exists(bool),
    /// The value is this boolean.
    Bool(bool),
    /// The regular expression finds something in the value.
    Regex(Box<Regex>),
    /// The value compares to a number.
    Number(Comparison, f64),
    /// The value is an address in one of the networks.
    Cidr(Vec<IpNet>),
    /// The value equals (or contains, starts with, ends with) that of another field.
    FieldRef(FieldId, Relation),
    /// This part of the time in the value is this number.
    Time(TimePart, i64),
}

/// Numeric comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Below.
    Lt,
    /// At most.
    Lte,
    /// Above.
    Gt,
    /// At least.
    Gte,
}

/// How a value relates to that of another field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// The same.
    Equal,
    /// Contains it.
    Contains,
    /// Starts with it.
    StartsWith,
    /// Ends with it.
    EndsWith,
}

/// Part of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimePart {
    /// 0 to 59.
    Minute,
    /// 0 to 23.
    Hour,
    /// Day of the month, from 1.
    Day,
    /// ISO 8601 week, from 1.
    Week,
    /// From 1.
    Month,
    /// Four digits.
    Year,
}

/// All predicates of a rule set, each kept once.
#[derive(Debug, Default)]
pub struct PredicateTable {
    predicates: Vec<Predicate>,
    by_text: HashMap<String, PredicateId, foldhash::fast::FixedState>,
}

impl PredicateTable {
    /// The id of `predicate`, added if it is new.
    pub fn add(&mut self, predicate: Predicate) -> PredicateId {
        // The debug form names every part of a test, so equal texts are equal tests.
        let text = format!("{predicate:?}");
        if let Some(&id) = self.by_text.get(&text) {
            return id;
        }
        let id = PredicateId(u32::try_from(self.predicates.len()).unwrap_or(u32::MAX));
        self.predicates.push(predicate);
        self.by_text.insert(text, id);
        id
    }

    /// The predicate of an id of this table.
    #[must_use]
    pub fn get(&self, id: PredicateId) -> &Predicate {
        &self.predicates[id.index()]
    }

    /// Number of predicates; ids are below it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.predicates.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.predicates.is_empty()
    }
}

impl Predicate {
    /// Plain evaluation against a record, without any index.
    #[must_use]
    pub fn matches(&self, fields: &Fields, raw: &[u8]) -> bool {
        let Some(field) = self.field else {
            let Test::Text(patterns) = &self.test else { return false };
            return keyword::matches(patterns, &keyword::text_of(raw));
        };
        match &self.test {
            Test::Null => fields.all(field).all(|value| value == Scalar::Null),
            Test::Exists(wanted) => fields.all(field).any(|value| value != Scalar::Null) == *wanted,
            Test::FieldRef(other, relation) => {
                fields.all(field).any(|value| fields.all(*other).any(|with| relates(value, with, *relation)))
            }
            _ => fields.all(field).any(|value| self.test.matches_value(value)),
        }
    }
}

impl Test {
    /// Whether one value passes. Tests that need more than the value never pass here.
    #[must_use]
    pub fn matches_value(&self, value: Scalar<'_>) -> bool {
        match self {
            Test::Text(patterns) => {
                let Some(text) = value.to_text() else {
                    return value == Scalar::Nested && patterns.iter().any(|p| p.shape == Shape::Present);
                };
                let folded = fold(&text);
                patterns.iter().any(|pattern| pattern.matches(if pattern.cased { &text } else { &folded }))
            }
            Test::Bool(wanted) => match value {
                Scalar::Bool(flag) => flag == *wanted,
                Scalar::Str(text) => text.eq_ignore_ascii_case(if *wanted { "true" } else { "false" }),
                _ => false,
            },
            Test::Regex(regex) => value.to_text().is_some_and(|text| regex.is_match(&text)),
            Test::Number(comparison, wanted) => {
                number(value).is_some_and(|number| compare(number, *comparison, *wanted))
            }
            Test::Cidr(networks) => value
                .as_str()
                .and_then(|text| text.parse::<IpAddr>().ok())
                // Windows writes IPv4 addresses as `::ffff:192.0.2.1`.
                .map(|address| address.to_canonical())
                .is_some_and(|address| networks.iter().any(|network| network.contains(&address))),
            Test::Time(part, wanted) => value.as_str().and_then(|text| time_part(text, *part)) == Some(*wanted),
            Test::Null | Test::Exists(_) | Test::FieldRef(..) => false,
        }
    }
}

fn number(value: Scalar<'_>) -> Option<f64> {
    match value {
        Scalar::Int(number) => Some(number as f64),
        Scalar::Float(number) => Some(number),
        Scalar::Str(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn compare(value: f64, comparison: Comparison, wanted: f64) -> bool {
    match comparison {
        Comparison::Lt => value < wanted,
        Comparison::Lte => value <= wanted,
        Comparison::Gt => value > wanted,
        Comparison::Gte => value >= wanted,
    }
}

fn relates(value: Scalar<'_>, with: Scalar<'_>, relation: Relation) -> bool {
    let (Some(value), Some(with)) = (value.to_text(), with.to_text()) else { return false };
    let (value, with) = (fold(&value), fold(&with));
    match relation {
        Relation::Equal => value == with,
        Relation::Contains => value.contains(&with),
        Relation::StartsWith => value.starts_with(&with),
        Relation::EndsWith => value.ends_with(&with),
    }
}

fn time_part(text: &str, part: TimePart) -> Option<i64> {
    let civil = text
        .parse::<jiff::Timestamp>()
        .map(|time| jiff::tz::Offset::UTC.to_datetime(time))
        .or_else(|_| text.parse::<jiff::civil::DateTime>())
        .ok()?;
    Some(match part {
        TimePart::Minute => civil.minute().into(),
        TimePart::Hour => civil.hour().into(),
        TimePart::Day => civil.day().into(),
        TimePart::Week => civil.date().iso_week_date().week().into(),
        TimePart::Month => civil.month().into(),
        TimePart::Year => civil.year().into(),
    })
}
