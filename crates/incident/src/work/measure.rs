//! Measures beyond single entities: what containment costs, what holds until the cause is gone, what was closed and hardened.

use serde::{Deserialize, Serialize};

use super::{Few, ItemId, Reference, Stamp, Text, Verified};
use crate::Refusal;

/// What can happen to measures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", content = "body", deny_unknown_fields)]
pub enum MeasureFact {
    /// What containment would cost was weighed against what waiting would.
    #[serde(rename = "impact.weighed")]
    ImpactWeighed {
        /// What it would cut off, for whom, for how long.
        impact: Text,
        /// What was decided.
        decision: Text,
    },
    /// A measure was taken.
    #[serde(rename = "measure.taken")]
    Taken {
        /// What for.
        purpose: Purpose,
        /// What.
        text: Text,
    },
    /// It was verified.
    #[serde(rename = "measure.verified")]
    Verified {
        /// Which.
        measure: ItemId,
        /// How.
        how: Text,
        /// What shows it.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<Reference>, max_items = 200))]
        references: Few<Reference>,
    },
    /// It was taken back.
    #[serde(rename = "measure.lifted")]
    Lifted {
        /// Which.
        measure: ItemId,
        /// Why.
        reason: Text,
    },
}

/// What a measure is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Holds containment until the cause is gone.
    Hold,
    /// Closes the weakness behind the root cause.
    CloseWeakness,
    /// Makes it harder next time.
    Harden,
}

/// A measure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Measure {
    /// Its id.
    pub id: ItemId,
    /// When and by whom it was taken.
    pub stamp: Stamp,
    /// What for.
    pub purpose: Purpose,
    /// What.
    pub text: Text,
    /// How it was verified.
    pub verified: Option<Verified>,
    /// When and by whom it was taken back.
    pub lifted: Option<Stamp>,
}

/// What containment costs, weighed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Weighed {
    /// When and by whom.
    pub stamp: Stamp,
    /// What it would cut off, for whom, for how long.
    pub impact: Text,
    /// What was decided.
    pub decision: Text,
}

/// All measures.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Measures {
    /// What containment costs; the first is the one that counts for being in time.
    pub weighed: Vec<Weighed>,
    /// What was taken.
    pub taken: Vec<Measure>,
}

impl Measures {
    /// Measures for a purpose that hold.
    pub fn holding(&self, purpose: Purpose) -> impl Iterator<Item = &Measure> {
        self.taken.iter().filter(move |measure| measure.purpose == purpose && measure.lifted.is_none())
    }

    pub(super) fn decide(&self, fact: MeasureFact) -> Result<MeasureFact, Refusal> {
        let (MeasureFact::Verified { measure, .. } | MeasureFact::Lifted { measure, .. }) = &fact else {
            return Ok(fact);
        };
        let known = self.taken.iter().find(|known| known.id == *measure);
        let known = known.ok_or_else(|| Refusal::Unknown("measure", measure.to_string()))?;
        match fact {
            _ if known.lifted.is_some() => Err(Refusal::State("the measure was taken back")),
            MeasureFact::Verified { .. } if known.verified.is_some() => Err(Refusal::NoChange),
            fact => Ok(fact),
        }
    }

    pub(super) fn apply(&mut self, stamp: Stamp, fact: MeasureFact) {
        match fact {
            MeasureFact::ImpactWeighed { impact, decision } => self.weighed.push(Weighed { stamp, impact, decision }),
            MeasureFact::Taken { purpose, text } => {
                self.taken.push(Measure { id: stamp.item(), stamp, purpose, text, verified: None, lifted: None });
            }
            MeasureFact::Verified { measure, how, references } => {
                if let Some(known) = self.taken.iter_mut().find(|known| known.id == measure) {
                    known.verified = Some(Verified { stamp, how, references });
                }
            }
            MeasureFact::Lifted { measure, .. } => {
                if let Some(known) = self.taken.iter_mut().find(|known| known.id == measure) {
                    known.lifted = Some(stamp);
                }
            }
        }
    }
}
