//! Teams.

use serde::{Deserialize, Serialize};

use crate::Fact;

/// What can happen to a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body")]
pub enum TeamFact {
    /// It was made.
    #[serde(rename = "team.created")]
    Created {
        /// Its name.
        name: String,
    },
    /// It has another name.
    #[serde(rename = "team.renamed")]
    Renamed {
        /// Its name.
        name: String,
    },
}

impl Fact for TeamFact {}
