//! Forms of text that conditions and documents share: names of variables, references to them, timestamps, addresses.

use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;

/// Longest name of a variable, with its underscores.
const NAME_BYTES_MAX: usize = 250;
/// What a reference has behind the name.
const VALUE: &str = ":value";

/// Whether this is the name of a variable, such as `__name__`.
pub(crate) fn is_variable_name(text: &str) -> bool {
    let inner = text.strip_prefix("__").and_then(|rest| rest.strip_suffix("__"));
    let begins = |inner: &str| inner.starts_with(|first: char| first.is_ascii_alphabetic());
    text.len() <= NAME_BYTES_MAX && inner.is_some_and(|inner| begins(inner) && inner.bytes().all(is_name_byte))
}

/// Whether names and keys of dictionaries may have this byte.
pub(crate) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// The variables that a text refers to as `__name__:value`, as often as it does.
pub(crate) fn references(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices(VALUE).filter_map(|(end, _)| {
        let before = text.get(..end)?;
        let run = before.bytes().rev().take_while(|byte| is_name_byte(*byte)).count();
        let run = before.get(end - run..)?;
        let begins = |at: usize| run.as_bytes().get(at + 2).is_some_and(u8::is_ascii_alphabetic);
        let start = run.match_indices('_').map(|(at, _)| at).find(|at| run[*at..].starts_with("__") && begins(*at))?;
        run.get(start..).filter(|name| is_variable_name(name))
    })
}

/// Whether this is one reference and nothing else.
pub(crate) fn is_reference(text: &str) -> bool {
    text.strip_suffix(VALUE).is_some_and(is_variable_name)
}

/// Why a text is no timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoTimestamp {
    /// It is not written as one.
    Form,
    /// There is no such day or time.
    Calendar,
}

/// Reads a timestamp: date, `T`, time, maybe a fraction, `Z`.
pub(crate) fn timestamp(text: &str) -> Result<Timestamp, NoTimestamp> {
    let clock = text.strip_suffix('Z').ok_or(NoTimestamp::Form)?;
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let shape = |(byte, wanted): (u8, u8)| if wanted == b'0' { byte.is_ascii_digit() } else { byte == wanted };
    let written = whole.len() == 19 && whole.bytes().zip(*b"0000-00-00T00:00:00").all(shape);
    if !written || fraction.is_empty() || !digits(fraction) {
        return Err(NoTimestamp::Form);
    }
    // Fractions finer than a nanosecond are legal, and of no weight.
    let fraction = fraction.get(..9).unwrap_or(fraction);
    format!("{whole}.{fraction}Z").parse().map_err(|_| NoTimestamp::Calendar)
}

/// An address, or a network with its prefix.
pub(crate) fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse().ok().map(|address: IpAddr| IpNet::from(address)))
}

/// A hardware address in lower case with colons.
pub(crate) fn hardware_address(text: &str) -> Option<String> {
    let pair = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let text = text.replace('-', ":").to_ascii_lowercase();
    (text.split(':').count() == 6 && text.split(':').all(pair)).then_some(text)
}

/// Bytes of hex digits.
pub(crate) fn hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_found_in_any_text() {
        let found = |text: &str| references(text).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(found("a __x__:value, __y-1__:value.log x__z__:value"), ["__x__", "__y-1__", "__z__"]);
        assert_eq!(found("____a__:value __a____b__:value"), ["__a__", "__a____b__"]);
        assert!(found("x:value _x_:value __2x__:value __:value ä:value ____:value __x__").is_empty());
    }

    #[test]
    fn timestamps_have_one_form() {
        for text in ["2026-11-30T00:00:00Z", "2026-11-30T00:00:00.1234567890123Z", "2016-12-31T23:59:60Z"] {
            assert!(timestamp(text).is_ok(), "{text}");
        }
        for text in ["2026-11-30T00:00:00.Z", "2026-11-30 00:00:00Z", "2026-11-30T00:00:00+00:00", "", "Z"] {
            assert_eq!(timestamp(text), Err(NoTimestamp::Form), "{text}");
        }
        assert_eq!(timestamp("2026-02-30T00:00:00Z"), Err(NoTimestamp::Calendar));
    }
}
