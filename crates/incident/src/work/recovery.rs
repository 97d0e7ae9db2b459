//! The end of recovery: a time of closer watch without a hit, and the declaration (CSF 2.0 RC.RP-06).

use quell_model::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Reference, Stamp, Text};
use crate::Refusal;

/// What can happen at the end of recovery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", content = "body", deny_unknown_fields)]
pub enum RecoveryFact {
    /// What was restored is watched more closely until then.
    #[serde(rename = "watch.started")]
    WatchStarted {
        /// Until when.
        #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
        until: Timestamp,
        /// What is watched, and how.
        what: Text,
    },
    /// The intruder, or something of theirs, was seen again.
    #[serde(rename = "watch.hit")]
    WatchHit {
        /// What was seen.
        reference: Reference,
        /// What it means.
        text: Text,
    },
    /// The watch is over.
    #[serde(rename = "watch.ended")]
    WatchEnded {
        /// What it showed.
        text: Text,
    },
    /// Everything is back to normal.
    #[serde(rename = "recovery.declared")]
    Declared {
        /// How the state compares with the criteria.
        text: Text,
    },
}

/// A time of closer watch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Watch {
    /// When and by whom it was started.
    pub stamp: Stamp,
    /// Until when.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub until: Timestamp,
    /// What is watched.
    pub what: Text,
    /// What was seen.
    pub hits: Vec<Hit>,
    /// When and by whom it was ended.
    pub ended: Option<Stamp>,
}

/// Something that was seen again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Hit {
    /// When and by whom it was told.
    pub stamp: Stamp,
    /// What was seen.
    pub reference: Reference,
    /// What it means.
    pub text: Text,
}

/// The end of recovery.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Recovery {
    /// Every watch, the latest last.
    pub watches: Vec<Watch>,
    /// The declaration that everything is back to normal.
    pub declared: Option<Stamp>,
}

impl Recovery {
    /// Whether the latest watch ended without a hit.
    #[must_use]
    pub fn is_watched(&self) -> bool {
        self.watches.last().is_some_and(|watch| watch.ended.is_some() && watch.hits.is_empty())
    }

    fn running(&self) -> Option<&Watch> {
        self.watches.last().filter(|watch| watch.ended.is_none())
    }

    pub(super) fn decide(&self, now: Timestamp, fact: RecoveryFact) -> Result<RecoveryFact, Refusal> {
        match (&fact, self.running()) {
            (RecoveryFact::WatchStarted { until, .. }, None) if *until <= now => {
                Err(Refusal::State("the watch has to end in the future"))
            }
            (RecoveryFact::WatchStarted { .. }, Some(_)) => Err(Refusal::State("a watch is running already")),
            (RecoveryFact::WatchHit { .. } | RecoveryFact::WatchEnded { .. }, None) => {
                Err(Refusal::State("no watch is running"))
            }
            // A watch that ended early shows nothing; after a hit there is nothing more to wait for.
            (RecoveryFact::WatchEnded { .. }, Some(watch)) if watch.hits.is_empty() && now < watch.until => {
                Err(Refusal::State("the watch has to run to its end, or to a hit"))
            }
            (RecoveryFact::Declared { .. }, _) if self.declared.is_some() => Err(Refusal::NoChange),
            _ => Ok(fact),
        }
    }

    pub(super) fn apply(&mut self, stamp: Stamp, fact: RecoveryFact) {
        match fact {
            RecoveryFact::WatchStarted { until, what } => {
                self.watches.push(Watch { stamp, until, what, hits: Vec::new(), ended: None });
            }
            RecoveryFact::WatchHit { reference, text } => {
                // What comes back was not gone.
                self.declared = None;
                if let Some(watch) = self.watches.last_mut() {
                    watch.hits.push(Hit { stamp, reference, text });
                }
            }
            RecoveryFact::WatchEnded { .. } => {
                if let Some(watch) = self.watches.last_mut() {
                    watch.ended = Some(stamp);
                }
            }
            RecoveryFact::Declared { .. } => self.declared = Some(stamp),
        }
    }
}
