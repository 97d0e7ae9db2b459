//! Tuning proposals: what false positives of a rule teach, as a filter that somebody accepts or rejects after its replay.

use quell_model::AlertId;
use serde::{Deserialize, Serialize};

use crate::work::{Line, Text};
use crate::{AlertStatus, Fact};

/// What can happen to a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body")]
pub enum TuningFact {
    /// Somebody proposed it.
    #[serde(rename = "tuning.proposed")]
    Proposed {
        /// All of it.
        proposal: TuningProposal,
    },
    /// It was decided upon; the last word counts.
    #[serde(rename = "tuning.decided")]
    Decided {
        /// Whether it comes into force.
        accepted: bool,
        /// Why.
        reason: Text,
    },
}

impl Fact for TuningFact {}

/// A filter that keeps a rule silent on what is known to be harmless.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TuningProposal {
    /// The false positive that it comes from.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub alert: AlertId,
    /// The rule that it is for.
    pub rule: Line,
    /// Title of the rule.
    pub title: Line,
    /// The filter: a Sigma document.
    pub filter: String,
    /// What it would have done to the alerts that there are.
    pub replay: Vec<Replayed>,
    /// Alerts that were not looked at, or whose records are no longer kept; at least so many.
    pub not_replayed: u64,
    /// Whether it would have silenced something that people confirmed to be hostile, whoever may see that.
    pub hides_confirmed: bool,
}

/// What a filter would have done to alerts with one status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Replayed {
    /// The status.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub status: AlertStatus,
    /// How many would not have been raised.
    pub silenced: u64,
    /// How many would have been.
    pub raised: u64,
}

/// How far a proposal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TuningState {
    /// Nobody decided.
    Proposed,
    /// It comes into force when the server starts the next time.
    Accepted,
    /// It does not.
    Rejected,
}

impl TuningState {
    /// After a decision.
    #[must_use]
    pub fn decided(accepted: bool) -> TuningState {
        if accepted { TuningState::Accepted } else { TuningState::Rejected }
    }

    /// Name, as in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            TuningState::Proposed => "proposed",
            TuningState::Accepted => "accepted",
            TuningState::Rejected => "rejected",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<TuningState> {
        [TuningState::Proposed, TuningState::Accepted, TuningState::Rejected].into_iter().find(|it| it.as_str() == name)
    }
}
