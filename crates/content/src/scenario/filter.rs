//! Filters: what an expression can do to a value on its way into a record.

use jiff::fmt::strtime;
use quell_model::Timestamp;
use serde_json::Value;

use super::error::Fault;
use super::expr::{Term, Word};
use super::ids::digest;
use super::span::{NANOS_PER_SECOND, duration};

/// One filter with its arguments.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Filter {
    /// Another value where there is none.
    Or(Term),
    /// A time, as `strftime` writes it.
    Format(String),
    /// A time, as seconds since 1970.
    Epoch,
    /// A time, as seconds since 1970 with six decimals.
    EpochMicros,
    /// A time later or earlier.
    Plus(i64),
    /// A number with this added.
    Add(i64),
    /// A number as `0x...`.
    Hex,
    Text,
    Json,
    Upper,
    Lower,
    /// Behind the last separator.
    Last(String),
    /// Before the last separator.
    Before(String),
    /// With one text replaced by another.
    Replace(String, String),
    /// Made-up hexadecimal digits that depend on the text.
    Digest(usize),
}

impl Filter {
    /// Reads a filter and its arguments.
    pub(super) fn of(words: &[Word]) -> Option<Filter> {
        let [name, args @ ..] = words else { return None };
        let texts: Vec<&str> = args.iter().map(Word::text).collect();
        Some(match (name.text(), texts.as_slice()) {
            ("or", [_]) => Filter::Or(Term::of(args.first()?)?),
            ("fmt", [pattern]) => Filter::Format((*pattern).to_owned()),
            ("iso", []) => Filter::Format("%Y-%m-%dT%H:%M:%SZ".to_owned()),
            ("iso_ms", []) => Filter::Format("%Y-%m-%dT%H:%M:%S.%3fZ".to_owned()),
            ("iso_us", []) => Filter::Format("%Y-%m-%dT%H:%M:%S.%6fZ".to_owned()),
            ("epoch", []) => Filter::Epoch,
            ("epoch_us", []) => Filter::EpochMicros,
            ("plus", [span]) => Filter::Plus(duration(span).ok()?),
            ("minus", [span]) => Filter::Plus(-duration(span).ok()?),
            ("add", [number]) => Filter::Add(number.parse().ok()?),
            ("hex", []) => Filter::Hex,
            ("text", []) => Filter::Text,
            ("json", []) => Filter::Json,
            ("upper", []) => Filter::Upper,
            ("lower", []) => Filter::Lower,
            ("last", [separator]) => Filter::Last((*separator).to_owned()),
            ("before", [separator]) => Filter::Before((*separator).to_owned()),
            ("replace", [from, to]) => Filter::Replace((*from).to_owned(), (*to).to_owned()),
            ("digest", [len]) => Filter::Digest(len.parse().ok()?),
            _ => return None,
        })
    }

    /// Applies the filter; [`Filter::Or`] is for the caller, who knows the names.
    pub(super) fn apply(&self, value: Value) -> Result<Value, Fault> {
        Ok(match self {
            Filter::Or(_) => value,
            Filter::Format(pattern) => format_time(number(&value, pattern)?, pattern)?.into(),
            Filter::Epoch => number(&value, "epoch")?.div_euclid(NANOS_PER_SECOND).into(),
            Filter::EpochMicros => epoch_micros(number(&value, "epoch_us")?).into(),
            Filter::Plus(nanos) => number(&value, "plus")?.saturating_add(*nanos).into(),
            Filter::Add(more) => number(&value, "add")?.saturating_add(*more).into(),
            Filter::Hex => format!("0x{:x}", number(&value, "hex")?).into(),
            Filter::Text => plain(&value).into(),
            Filter::Json => value.to_string().into(),
            Filter::Upper => plain(&value).to_uppercase().into(),
            Filter::Lower => plain(&value).to_lowercase().into(),
            Filter::Last(separator) => last(&plain(&value), separator).into(),
            Filter::Before(separator) => before(&plain(&value), separator).into(),
            Filter::Replace(from, to) => plain(&value).replace(from, to).into(),
            Filter::Digest(len) => digest(&plain(&value), *len).into(),
        })
    }
}

/// A value as text: strings without quotes, nothing for null, JSON for the rest.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn number(value: &Value, what: &str) -> Result<i64, Fault> {
    value.as_i64().ok_or_else(|| Fault::Kind { what: what.to_owned(), needs: "a number or time" })
}

fn format_time(nanos: i64, pattern: &str) -> Result<String, Fault> {
    let fault = || Fault::Kind { what: pattern.to_owned(), needs: "a time and a pattern" };
    let time = Timestamp::from_nanosecond(i128::from(nanos)).map_err(|_| fault())?;
    strtime::format(pattern, time).map_err(|_| fault())
}

fn epoch_micros(nanos: i64) -> String {
    let micros = nanos.div_euclid(1_000);
    format!("{}.{:06}", micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000))
}

fn last<'a>(text: &'a str, separator: &str) -> &'a str {
    text.rsplit_once(separator).map_or(text, |(_, last)| last)
}

fn before<'a>(text: &'a str, separator: &str) -> &'a str {
    text.rsplit_once(separator).map_or("", |(before, _)| before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_products_do() {
        let time = Value::from(1_793_523_645_123_456_789_i64);
        let written = |pattern: &str| plain(&Filter::Format(pattern.to_owned()).apply(time.clone()).unwrap());
        assert_eq!(written("%Y-%m-%d %H:%M:%S.%3f"), "2026-11-01 09:00:45.123");
        assert_eq!(written("%b %-d, %Y, %-I:%M:%S %p"), "Nov 1, 2026, 9:00:45 AM");
        assert_eq!(plain(&Filter::EpochMicros.apply(time).unwrap()), "1793523645.123456");
    }

    #[test]
    fn wrong_kinds_are_faults() {
        assert!(Filter::Epoch.apply("x".into()).is_err());
        assert!(Filter::Format("%!".to_owned()).apply(5.into()).is_err());
    }
}
