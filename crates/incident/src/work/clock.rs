//! Clocks: what was decided about duties to tell somebody by a deadline. When something is due is worked out in
//! [`crate::deadline`]; here is only what people said: times that count, decisions, submissions, delays that were allowed.

use std::collections::BTreeMap;

use quell_model::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Line, Reference, Stamp, Text};
use crate::Refusal;

/// What can be said about clocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", content = "body", deny_unknown_fields)]
pub enum ClockFact {
    /// Something that clocks count from happened then. Said again, the later word counts, and the earlier one stays; what can
    /// happen more than once, such as a request, happened each time.
    #[serde(rename = "clock.anchor_set")]
    AnchorSet {
        /// What happened, for example `aware`.
        anchor: Line,
        /// Only for this regime; for all, if not given: knowing of an intrusion is not yet knowing of a breach of data.
        #[serde(default)]
        regime: Option<Line>,
        /// When.
        #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
        at: Timestamp,
        /// What shows it.
        #[serde(default)]
        reference: Option<Reference>,
        /// Why this is the time.
        reason: Text,
    },
    /// Whether a regime applies to this incident. Said again, the later word counts.
    #[serde(rename = "clock.decided")]
    Decided {
        /// Id of the regime.
        regime: Line,
        /// Whether it applies.
        applies: bool,
        /// Answers to its questions.
        #[serde(default)]
        answers: BTreeMap<String, bool>,
        /// Class of certification, where terms depend on it.
        #[serde(default)]
        class: Option<Line>,
        /// Impact rating, where terms depend on it.
        #[serde(default)]
        impact: Option<u8>,
        /// Why.
        reason: Text,
    },
    /// A stage was sent.
    #[serde(rename = "clock.submitted")]
    Submitted {
        /// Id of the regime.
        regime: Line,
        /// Id of the stage.
        stage: Line,
        /// When it arrived there.
        #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
        at: Timestamp,
        /// What shows it.
        reference: Reference,
    },
    /// Somebody with the power to do so allowed a delay.
    #[serde(rename = "clock.tolled")]
    Tolled {
        /// Id of the regime.
        regime: Line,
        /// Since when.
        #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
        from: Timestamp,
        /// Until when.
        #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
        until: Timestamp,
        /// Who allowed it.
        authority: Line,
        /// Why.
        reason: Text,
    },
}

/// A time that clocks count from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Anchor {
    /// What happened.
    pub anchor: Line,
    /// Only for this regime; none for all.
    pub regime: Option<Line>,
    /// When.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// What shows it.
    pub reference: Option<Reference>,
    /// Why this is the time.
    pub reason: Text,
    /// When and by whom it was said.
    pub stamp: Stamp,
}

/// A decision about a regime.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Decision {
    /// Id of the regime.
    pub regime: Line,
    /// Whether it applies.
    pub applies: bool,
    /// Answers to its questions.
    pub answers: BTreeMap<String, bool>,
    /// Class of certification.
    pub class: Option<Line>,
    /// Impact rating.
    pub impact: Option<u8>,
    /// Why.
    pub reason: Text,
    /// When and by whom.
    pub stamp: Stamp,
}

/// A stage that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Submission {
    /// Id of the regime.
    pub regime: Line,
    /// Id of the stage.
    pub stage: Line,
    /// When it arrived there.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// What shows it.
    pub reference: Reference,
    /// When and by whom it was said.
    pub stamp: Stamp,
}

/// A delay that was allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tolling {
    /// Id of the regime.
    pub regime: Line,
    /// Since when.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub from: Timestamp,
    /// Until when.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub until: Timestamp,
    /// Who allowed it.
    pub authority: Line,
    /// Why.
    pub reason: Text,
    /// When and by whom it was said.
    pub stamp: Stamp,
}

/// Everything that was said about clocks, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Clocks {
    /// Times that count.
    pub anchors: Vec<Anchor>,
    /// Decisions.
    pub decisions: Vec<Decision>,
    /// What was sent.
    pub submissions: Vec<Submission>,
    /// Delays that were allowed.
    pub tollings: Vec<Tolling>,
}

impl Clocks {
    /// Times that were said for an anchor, in the order in which they were: those for the regime, or else those for all.
    #[must_use]
    pub fn said(&self, regime: &str, anchor: &str) -> Vec<&Anchor> {
        let of_anchor = |known: &&Anchor| known.anchor.as_str() == anchor;
        let own = |known: &&Anchor| known.regime.as_ref().is_some_and(|own| own.as_str() == regime);
        let found: Vec<&Anchor> = self.anchors.iter().filter(of_anchor).filter(own).collect();
        if !found.is_empty() {
            return found;
        }
        self.anchors.iter().filter(of_anchor).filter(|known| known.regime.is_none()).collect()
    }

    /// The decision that counts for a regime.
    #[must_use]
    pub fn decision(&self, regime: &str) -> Option<&Decision> {
        self.decisions.iter().rev().find(|known| known.regime.as_str() == regime)
    }

    /// What was sent for a stage, in order of arrival.
    #[must_use]
    pub fn submitted(&self, regime: &str, stage: &str) -> Vec<&Submission> {
        let of_stage = |known: &&Submission| known.regime.as_str() == regime && known.stage.as_str() == stage;
        let mut found: Vec<&Submission> = self.submissions.iter().filter(of_stage).collect();
        found.sort_by_key(|submission| submission.at);
        found
    }

    pub(super) fn decide(&self, now: Timestamp, fact: ClockFact) -> Result<ClockFact, Refusal> {
        match &fact {
            ClockFact::AnchorSet { at, .. } | ClockFact::Submitted { at, .. } if *at > now => {
                Err(Refusal::State("it cannot have happened in the future"))
            }
            ClockFact::AnchorSet { anchor, at, regime, .. } => {
                let same = |known: &&Anchor| known.anchor == *anchor && known.regime == *regime;
                match self.anchors.iter().rfind(same) {
                    Some(known) if known.at == *at => Err(Refusal::NoChange),
                    _ => Ok(fact),
                }
            }
            ClockFact::Submitted { regime, .. } | ClockFact::Tolled { regime, .. } => {
                match self.decision(regime.as_str()) {
                    Some(decision) if decision.applies => tolled(fact),
                    _ => Err(Refusal::State("decide first that this regime applies")),
                }
            }
            ClockFact::Decided { .. } => Ok(fact),
        }
    }

    pub(super) fn apply(&mut self, stamp: Stamp, fact: ClockFact) {
        match fact {
            ClockFact::AnchorSet { anchor, regime, at, reference, reason } => {
                self.anchors.push(Anchor { anchor, regime, at, reference, reason, stamp });
            }
            ClockFact::Decided { regime, applies, answers, class, impact, reason } => {
                self.decisions.push(Decision { regime, applies, answers, class, impact, reason, stamp });
            }
            ClockFact::Submitted { regime, stage, at, reference } => {
                self.submissions.push(Submission { regime, stage, at, reference, stamp });
            }
            ClockFact::Tolled { regime, from, until, authority, reason } => {
                self.tollings.push(Tolling { regime, from, until, authority, reason, stamp });
            }
        }
    }
}

fn tolled(fact: ClockFact) -> Result<ClockFact, Refusal> {
    match &fact {
        ClockFact::Tolled { from, until, .. } if from >= until => {
            Err(Refusal::State("the delay has to end after it begins"))
        }
        _ => Ok(fact),
    }
}
