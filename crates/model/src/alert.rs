//! Alerts: what a detector found, with the events that show it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Level, Timestamp};

/// The rule behind an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RuleRef {
    /// Sigma rule id, or the title where a rule has none.
    pub id: String,
    /// Sigma rule title.
    pub title: String,
    /// Sigma level.
    pub level: Level,
    /// Sigma tags as written.
    pub tags: Vec<String>,
}

/// The record behind an alert.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AlertEvent {
    /// Input the record came from; the member of an archive follows after `!`.
    pub file: String,
    /// EventRecordID, or the line or element number from 1.
    pub record: u64,
    /// Mapping that read the record, for example `aws.cloudtrail`.
    pub source: String,
    /// Place of the record in its input, from 1. Where Quell keeps events itself, the number of the event.
    pub position: u64,
}

/// One detection on one event. A line of `quell detect --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Alert {
    /// What found it.
    pub rule: RuleRef,
    /// Event time; absent where the record has none.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub time: Option<Timestamp>,
    /// Evidence.
    pub event: AlertEvent,
    /// The fields that made the rule match, as the record has them.
    pub matched: BTreeMap<String, String>,
}
