//! What people decide about an alert. What the alert says comes from the records and is no matter of the ledger.

use quell_model::{AlertId, UserId};
use serde::{Deserialize, Serialize};

use crate::Fact;

/// What an alert was found to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertStatus {
    /// Nobody looked yet.
    New,
    /// Somebody looks at it.
    Claimed,
    /// What it says is true and harmless.
    Benign,
    /// What it says is not true.
    FalsePositive,
    /// What it says is true and hostile.
    Confirmed,
    /// Another alert says the same.
    Duplicate,
}

impl AlertStatus {
    /// All of them.
    pub const ALL: [AlertStatus; 6] = [
        AlertStatus::New,
        AlertStatus::Claimed,
        AlertStatus::Benign,
        AlertStatus::FalsePositive,
        AlertStatus::Confirmed,
        AlertStatus::Duplicate,
    ];

    /// Name, as in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            AlertStatus::New => "new",
            AlertStatus::Claimed => "claimed",
            AlertStatus::Benign => "benign",
            AlertStatus::FalsePositive => "false_positive",
            AlertStatus::Confirmed => "confirmed",
            AlertStatus::Duplicate => "duplicate",
        }
    }

    /// The status of this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<AlertStatus> {
        AlertStatus::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// What can happen to an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body")]
pub enum AlertFact {
    /// Somebody decided what it is.
    #[serde(rename = "alert.status_changed")]
    StatusChanged {
        /// To what.
        status: AlertStatus,
        /// Why.
        reason: String,
        /// Who claimed it, for claimed ones.
        by: Option<UserId>,
        /// The alert that says the same, for duplicates.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        duplicate_of: Option<AlertId>,
    },
}

impl Fact for AlertFact {}
