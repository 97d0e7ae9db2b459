//! AWS VPC flow logs, default format version 2 or with a header line (AWS documentation, "Flow log records").

use super::FIELDS_MAX;

const DEFAULT: [&str; 14] = [
    "version",
    "account-id",
    "interface-id",
    "srcaddr",
    "dstaddr",
    "srcport",
    "dstport",
    "protocol",
    "packets",
    "bytes",
    "start",
    "end",
    "action",
    "log-status",
];

/// Columns of the default format.
pub(super) fn default_columns() -> Vec<String> {
    DEFAULT.map(str::to_owned).to_vec()
}

/// The columns, if the line is a header.
pub(super) fn header(line: &str) -> Option<Vec<String>> {
    let names = || line.split_whitespace().take(FIELDS_MAX);
    let known = ["srcaddr", "dstaddr", "start"];
    let complete = known.iter().all(|name| names().any(|column| column.eq_ignore_ascii_case(name)));
    complete.then(|| names().map(|name| name.replace('_', "-").to_lowercase()).collect())
}

pub(super) fn decode(line: &str, columns: &[String]) -> Option<Vec<(String, String)>> {
    let values: Vec<&str> = line.split_whitespace().take(FIELDS_MAX + 1).collect();
    if values.len() != columns.len() {
        return None;
    }
    let at = |name: &str| columns.iter().position(|column| column == name).and_then(|at| values.get(at));
    let (start, status) = (at("start")?, at("log-status").or_else(|| at("action")).copied().unwrap_or("OK"));
    let plausible =
        start.bytes().all(|b| b.is_ascii_digit()) && status.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-');
    if !plausible {
        return None;
    }
    let pairs = columns.iter().zip(values).filter(|(_, value)| *value != "-");
    Some(pairs.map(|(name, value)| (name.clone(), value.to_owned())).collect())
}
