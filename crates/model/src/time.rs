//! Event time. Always UTC, never read from a clock here: a time is something a record said.

/// A point in time in UTC with nanosecond resolution, as the record states it.
pub type Timestamp = jiff::Timestamp;
