//! Delays, offsets and counts as a script writes them: `20s`, `1s..90s`, `+12:30`, `3..8`.

use super::error::Fault;
use super::ids::Random;

pub(super) const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// An interval in nanoseconds, or in pieces; drawn anew each time it is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Range {
    min: i64,
    max: i64,
}

impl Range {
    pub(super) const ONE: Range = Range { min: 1, max: 1 };

    /// A delay: `20s` or `1s..90s`.
    pub(super) fn delay(text: &str) -> Result<Range, Fault> {
        Range::of(text, duration)
    }

    /// A count: `4` or `3..8`.
    pub(super) fn count(text: &str) -> Result<Range, Fault> {
        Range::of(text, |part| part.trim().parse().map_err(|_| Fault::Span(part.to_owned())))
    }

    pub(super) fn draw(self, random: &mut Random) -> i64 {
        random.between(self.min, self.max)
    }

    fn of(text: &str, read: impl Fn(&str) -> Result<i64, Fault>) -> Result<Range, Fault> {
        let (min, max) = match text.split_once("..") {
            Some((min, max)) => (read(min)?, read(max)?),
            None => (read(text)?, read(text)?),
        };
        if min < 0 || max < min {
            return Err(Fault::Span(text.to_owned()));
        }
        Ok(Range { min, max })
    }
}

/// A duration such as `250ms`, `20s`, `5m`, `2h`, `9d`, in nanoseconds.
pub(super) fn duration(text: &str) -> Result<i64, Fault> {
    let text = text.trim();
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let nanos = match unit {
        "ms" => NANOS_PER_SECOND / 1_000,
        "s" => NANOS_PER_SECOND,
        "m" => 60 * NANOS_PER_SECOND,
        "h" => 3_600 * NANOS_PER_SECOND,
        "d" => 86_400 * NANOS_PER_SECOND,
        _ => return Err(Fault::Span(text.to_owned())),
    };
    number.parse::<i64>().ok().and_then(|n| n.checked_mul(nanos)).ok_or_else(|| Fault::Span(text.to_owned()))
}

/// Several durations one after the other, such as `1h12m30s`, in nanoseconds.
pub(super) fn elapsed(text: &str) -> Result<i64, Fault> {
    let fault = || Fault::Span(text.to_owned());
    let (mut total, mut rest) = (0i64, text.trim());
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(fault)?;
        let unit = rest[digits..].find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len() - digits);
        let (piece, after) = rest.split_at(digits + unit);
        total = total.checked_add(duration(piece)?).ok_or_else(fault)?;
        rest = after;
    }
    if text.trim().is_empty() { Err(fault()) } else { Ok(total) }
}

/// An offset from the start: `+MM:SS` or `+HH:MM:SS`, in nanoseconds.
pub(super) fn offset(text: &str) -> Result<i64, Fault> {
    let fault = || Fault::Span(text.to_owned());
    let parts: Vec<i64> = text
        .strip_prefix('+')
        .ok_or_else(fault)?
        .split(':')
        .map(|part| part.parse::<u16>().map(i64::from))
        .collect::<Result<_, _>>()
        .map_err(|_| fault())?;
    let seconds = match parts.as_slice() {
        [minutes, seconds] => minutes * 60 + seconds,
        [hours, minutes, seconds] => hours * 3_600 + minutes * 60 + seconds,
        _ => return Err(fault()),
    };
    Ok(seconds * NANOS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_a_script_writes() {
        assert_eq!(duration("250ms"), Ok(250_000_000));
        assert_eq!(elapsed("1h2m30s"), Ok(3_750 * NANOS_PER_SECOND));
        assert_eq!(offset("+02:30"), Ok(150 * NANOS_PER_SECOND));
        assert_eq!(offset("+01:02:30"), Ok(3_750 * NANOS_PER_SECOND));
        assert_eq!(Range::count("3..8"), Ok(Range { min: 3, max: 8 }));
        assert_eq!(Range::delay("1s..2s"), Ok(Range { min: NANOS_PER_SECOND, max: 2 * NANOS_PER_SECOND }));
    }

    #[test]
    fn refuses_the_rest() {
        for text in ["", "5", "5 parsecs", "s", "9999999999999d"] {
            assert!(duration(text).is_err() && elapsed(text).is_err(), "{text}");
        }
        for text in ["", "02:30", "+5", "+1:2:3:4", "+-1:00"] {
            assert!(offset(text).is_err(), "{text}");
        }
        assert!(Range::count("8..3").is_err());
        assert!(Range::count("-1").is_err());
    }
}
