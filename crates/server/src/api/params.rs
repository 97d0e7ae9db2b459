//! Parameters that several lists share.

use quell_model::{Level, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::http::ApiError;

/// Names of levels, most serious first.
const LEVELS: [Level; 5] = [Level::Critical, Level::High, Level::Medium, Level::Low, Level::Informational];

/// A list in one parameter, its items divided by commas.
pub(super) fn listed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.map(|text| text.split(',').map(str::to_owned).collect()).unwrap_or_default())
}

/// A field that can be left out, be null, or have a value: for changes, where null means "nobody".
pub(super) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

/// An object inside a body; serde would read a struct from a list too.
pub(super) fn object<'de, T: DeserializeOwned, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let map = serde_json::Map::deserialize(deserializer)?;
    T::deserialize(serde_json::Value::Object(map)).map_err(serde::de::Error::custom)
}

/// Each of some names as what it means.
///
/// # Errors
/// One means nothing.
pub(super) fn parsed<T>(names: &[String], what: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, ApiError> {
    let one = |name: &String| parse(name).ok_or_else(|| ApiError::BadRequest(format!("there is no {what} {name:?}")));
    names.iter().map(one).collect()
}

/// The level of this name.
pub(super) fn level(name: &str) -> Option<Level> {
    LEVELS.into_iter().find(|level| level.as_str() == name)
}

/// A time, if one is given.
///
/// # Errors
/// It is no RFC 3339 time.
pub(super) fn time(text: Option<&String>, name: &str) -> Result<Option<Timestamp>, ApiError> {
    let wrong = |_| ApiError::BadRequest(format!("{name} is a time like 2026-11-02T08:00:00Z"));
    text.map(|text| text.parse::<Timestamp>().map_err(wrong)).transpose()
}

/// An id, if it has the form of one: a prefix and hex digits.
///
/// # Errors
/// It has another form, so there is no such thing.
pub(super) fn id<'t>(text: &'t str, prefix: &str, what: &'static str) -> Result<&'t str, ApiError> {
    let hex = text.strip_prefix(prefix).unwrap_or_default();
    let valid = (1..=32).contains(&hex.len()) && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if valid { Ok(text) } else { Err(ApiError::NotFound(what)) }
}

/// Whether a text can name a source: 1 to 64 letters, digits, dots, dashes and underscores, beginning with a letter or digit.
pub(super) fn is_source_name(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    (1..=64).contains(&text.len()) && text.bytes().all(allowed) && text.as_bytes()[0].is_ascii_alphanumeric()
}

/// Fails if one of some texts is longer than it may be.
///
/// # Errors
/// One is.
pub(super) fn short<const N: usize>(texts: [(&str, Option<&String>, usize); N]) -> Result<(), ApiError> {
    for (name, text, chars_max) in texts {
        if text.is_some_and(|text| text.chars().count() > chars_max) {
            return Err(ApiError::BadRequest(format!("{name} is longer than {chars_max} characters")));
        }
    }
    Ok(())
}

/// Fails if there is a version: many things do not have the same one.
///
/// # Errors
/// There is.
pub(super) fn no_version(version: Option<u64>) -> Result<(), ApiError> {
    let refused = "a change of many has no version; leave it out, or change one by one";
    version.map_or(Ok(()), |_| Err(ApiError::Unprocessable(refused.to_owned())))
}

/// Fails if a version cannot be one: streams are shorter than what a JSON number holds exactly.
///
/// # Errors
/// It is too large.
pub(super) fn possible_version(version: Option<u64>) -> Result<(), ApiError> {
    match version {
        Some(version) if version >= 1 << 53 => Err(ApiError::Unprocessable("there is no such version".to_owned())),
        _ => Ok(()),
    }
}
