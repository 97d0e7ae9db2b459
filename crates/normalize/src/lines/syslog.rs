//! Syslog lines, RFC 3164 and RFC 5424, and the ISO form that rsyslog writes to files today.

use chrono::Utc;
use jiff::civil::Date;
use syslog_loose::{ProcId, Variant};

/// No sender writes more; RFC 5424 gives no limit.
const LINE_BYTES_MAX: usize = 1 << 20;

/// Splits a syslog line. `year` completes RFC 3164 times, which have none; they have no zone either and are taken as UTC.
pub(super) fn decode(line: &str, year: i16) -> Option<Vec<(String, String)>> {
    if line.len() > LINE_BYTES_MAX || !looks_like_syslog(line) {
        return None;
    }
    let message = syslog_loose::parse_message_with_year_tz(line, |_| year.into(), Some(Utc), Variant::Either);
    let time = message.timestamp?;
    let mut pairs = vec![("timestamp".to_owned(), time.to_rfc3339())];
    let mut add = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            pairs.push((name.to_owned(), value.to_owned()));
        }
    };
    add("host", message.hostname);
    add("program", message.appname);
    add("message", Some(message.msg));
    match message.procid {
        Some(ProcId::PID(pid)) => add("pid", Some(&pid.to_string())),
        Some(ProcId::Name(name)) => add("pid", Some(name)),
        None => {}
    }
    Some(pairs)
}

/// A priority, a month name with a day, or an ISO date with a time.
fn looks_like_syslog(line: &str) -> bool {
    let bytes = line.as_bytes();
    if bytes.first() == Some(&b'<') {
        return line.find('>').is_some_and(|at| (2..=4).contains(&at) && bytes[1..at].iter().all(u8::is_ascii_digit));
    }
    let month = ["Jan ", "Feb ", "Mar ", "Apr ", "May ", "Jun ", "Jul ", "Aug ", "Sep ", "Oct ", "Nov ", "Dec "];
    month.iter().any(|name| line.starts_with(name))
        || (bytes.get(10) == Some(&b'T') && line.get(..10).is_some_and(|date| date.parse::<Date>().is_ok()))
}
