//! The directory of those who have to hear of incidents: who they are, for whom they stand, how they are reached.

use serde::{Deserialize, Serialize};

use crate::Fact;
use crate::work::{Channel, Few, Line, Text};

/// What can happen to an entry of the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body")]
pub enum StakeholderFact {
    /// It says this now; the first one makes it.
    #[serde(rename = "stakeholder.set")]
    Set {
        /// All of it.
        stakeholder: Stakeholder,
    },
    /// It is no longer in the directory.
    #[serde(rename = "stakeholder.removed")]
    Removed,
}

impl Fact for StakeholderFact {}

/// Somebody who has to hear of incidents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Stakeholder {
    /// Name of a person, a post or a body.
    pub name: Line,
    /// To whom it belongs, if that is another organisation.
    #[serde(default)]
    pub organisation: Option<Line>,
    /// For whom it stands, as the communication plan calls them: `management`, `legal`, `customers`.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Line>, max_items = 200))]
    pub audiences: Few<Line>,
    /// Ways to reach it, the best first.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Contact>, max_items = 200))]
    pub contacts: Few<Contact>,
    /// What else one has to know.
    #[serde(default)]
    pub note: Option<Text>,
}

/// A way to reach somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Which way.
    pub channel: Channel,
    /// Address, number, or name of a webhook of the configuration.
    pub address: Line,
    /// When: "office hours", "at night".
    #[serde(default)]
    pub when: Option<Line>,
}
