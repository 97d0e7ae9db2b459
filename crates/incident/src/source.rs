//! Sources: where records come from, whose they are, and how long they may be silent.

use quell_model::TeamId;
use serde::{Deserialize, Serialize};

use crate::Fact;

/// What can happen to a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body")]
pub enum SourceFact {
    /// Its settings are these now; the first one makes it.
    #[serde(rename = "source.configured")]
    Configured {
        /// All of them.
        source: Source,
    },
    /// Nothing came for longer than it may be silent.
    #[serde(rename = "source.went_silent")]
    WentSilent {
        /// For how long.
        silent_seconds: u64,
    },
    /// Records come again.
    #[serde(rename = "source.resumed")]
    Resumed,
}

impl Fact for SourceFact {}

/// Settings of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// What it is, for readers.
    pub description: String,
    /// Whose events and alerts these are; none for all.
    pub team: Option<TeamId>,
    /// After how long without a record it counts as silent; none for never.
    pub silent_after_seconds: Option<u64>,
}
