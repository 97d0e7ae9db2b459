//! Times as log sources write them.

use jiff::civil::DateTime;
use quell_model::{Scalar, Timestamp};

/// Reads a time: RFC 3339, the same without zone (taken as UTC), or seconds to nanoseconds since 1970.
pub(crate) fn parse(value: Scalar<'_>) -> Option<Timestamp> {
    match value {
        Scalar::Str(text) => parse_text(text.trim()),
        Scalar::Int(number) => of_epoch(number as f64),
        Scalar::Float(number) => of_epoch(number),
        _ => None,
    }
}

/// Reads a time from text.
pub(crate) fn parse_text(text: &str) -> Option<Timestamp> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    if let Ok(civil) = text.parse::<DateTime>() {
        return jiff::tz::Offset::UTC.to_timestamp(civil).ok();
    }
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return text.parse().ok().and_then(of_epoch);
    }
    let bare = text.strip_suffix(" UTC").or_else(|| text.strip_suffix(" +0000"))?;
    bare.parse::<DateTime>().ok().and_then(|civil| jiff::tz::Offset::UTC.to_timestamp(civil).ok())
}

/// Seconds, milliseconds, microseconds or nanoseconds since 1970: the unit follows from the size, as the ranges of the
/// years 1990 to 2100 do not overlap.
fn of_epoch(number: f64) -> Option<Timestamp> {
    let seconds = match number {
        n if !n.is_finite() || n < 6.0e8 => return None,
        n if n < 4.2e9 => n,
        n if (6.0e11..4.2e12).contains(&n) => n / 1e3,
        n if (6.0e14..4.2e15).contains(&n) => n / 1e6,
        n if (6.0e17..4.2e18).contains(&n) => n / 1e9,
        _ => return None,
    };
    // Microseconds are what a double holds exactly here.
    Timestamp::from_microsecond((seconds * 1e6).round() as i64).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(parse_text(text).map(|time| time.to_string()).as_deref(), expected, "{text}");
    }

    #[test]
    fn forms() {
        check("2026-11-24T08:00:00Z", Some("2026-11-24T08:00:00Z"));
        check("2026-11-24T08:00:00.123+02:00", Some("2026-11-24T06:00:00.123Z"));
        check("2026-11-24 08:00:00.5", Some("2026-11-24T08:00:00.5Z"));
        check("2026-11-24 08:00:00 UTC", Some("2026-11-24T08:00:00Z"));
        check("1700000000.25", Some("2023-11-14T22:13:20.25Z"));
        check("1700000000123", Some("2023-11-14T22:13:20.123Z"));
        check("12", None);
        check(&format!("x{}", " UTC +0000".repeat(100_000)), None);
        check("yesterday", None);
    }
}
