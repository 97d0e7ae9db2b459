//! Triage of an incident: declared on criteria, severity assessed, classified.

use quell_model::handbook::ScoreSheet;
use serde::{Deserialize, Serialize};

use super::severity::{SeverityInputs, SeverityResult};
use super::{Few, Line, Stamp, Text};
use crate::Refusal;

/// What can be decided about an incident as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", content = "body", deny_unknown_fields)]
pub enum TriageFact {
    /// It was declared an incident, on criteria (CSF 2.0 DE.AE-08).
    #[serde(rename = "incident.declared")]
    Declared {
        /// Ids of the criteria that are met.
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<Line>, max_items = 200))]
        criteria: Few<Line>,
        /// What meets them.
        reason: Text,
    },
    /// Its severity was assessed; all inputs are kept, so that the result can be worked out again.
    #[serde(rename = "incident.severity_assessed")]
    SeverityAssessed {
        /// What was judged.
        inputs: SeverityInputs,
        /// What follows; worked out when it is decided, whatever was sent.
        #[serde(default)]
        result: SeverityResult,
        /// Why it was judged so.
        reason: Text,
    },
    /// It was classified.
    #[serde(rename = "incident.classified")]
    Classified {
        /// Which class.
        class: Classification,
        /// Why.
        reason: Text,
    },
}

/// What kind of incident it is, in public taxonomies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Classification {
    /// Type of the Reference Security Incident Taxonomy, for example `infected-system`.
    pub rsit: Option<Line>,
    /// VERIS.
    #[serde(default)]
    pub veris: Veris,
    /// ATT&CK technique ids that were confirmed.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Line>, max_items = 200))]
    pub techniques: Few<Line>,
}

/// The upper levels of VERIS: who did what to what, and how it was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Veris {
    /// Actors: `external`, `internal`, `partner`.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Line>, max_items = 200))]
    pub actors: Few<Line>,
    /// Actions: `malware`, `hacking` …
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Line>, max_items = 200))]
    pub actions: Few<Line>,
    /// Groups of assets: `server`, `user-device` …
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Line>, max_items = 200))]
    pub assets: Few<Line>,
    /// Attributes: `confidentiality`, `integrity`, `availability`.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Line>, max_items = 200))]
    pub attributes: Few<Line>,
    /// How it was found: `external`, `internal`, `partner`.
    pub discovery: Option<Line>,
    /// Whether it was one: `confirmed`, `suspected`, `near-miss`, `false-positive`.
    pub security_incident: Option<Line>,
}

/// Triage of an incident.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Triage {
    /// Its declaration; the first one counts.
    pub declared: Option<Declared>,
    /// Every assessment of its severity, the latest last.
    pub severities: Vec<Assessed>,
    /// Its class; the latest one.
    pub class: Option<Classified>,
}

/// A declaration.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Declared {
    /// When and by whom.
    pub stamp: Stamp,
    /// Criteria that are met.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Line>, max_items = 200))]
    pub criteria: Few<Line>,
    /// What meets them.
    pub reason: Text,
}

/// An assessment of severity.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Assessed {
    /// When and by whom.
    pub stamp: Stamp,
    /// What was judged.
    pub inputs: SeverityInputs,
    /// What followed.
    pub result: SeverityResult,
    /// Why.
    pub reason: Text,
}

/// A classification.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Classified {
    /// When and by whom.
    pub stamp: Stamp,
    /// Which class.
    pub class: Classification,
    /// Why.
    pub reason: Text,
}

impl Triage {
    /// The assessment that holds.
    #[must_use]
    pub fn severity(&self) -> Option<&Assessed> {
        self.severities.last()
    }

    pub(super) fn decide(&self, sheet: &ScoreSheet, fact: TriageFact) -> Result<TriageFact, Refusal> {
        match &fact {
            TriageFact::Declared { .. } if self.declared.is_some() => Err(Refusal::NoChange),
            TriageFact::Declared { criteria, .. } if criteria.as_slice().is_empty() => {
                Err(Refusal::Missing("a criterion that is met"))
            }
            TriageFact::Classified { class, .. } if *class == Classification::default() => {
                Err(Refusal::Missing("a class of at least one taxonomy"))
            }
            TriageFact::Classified { class, .. } if self.class.as_ref().is_some_and(|held| held.class == *class) => {
                Err(Refusal::NoChange)
            }
            TriageFact::SeverityAssessed { inputs, reason, .. } => {
                let result = inputs.result(sheet)?;
                Ok(TriageFact::SeverityAssessed { inputs: inputs.clone(), result, reason: reason.clone() })
            }
            _ => Ok(fact),
        }
    }

    pub(super) fn apply(&mut self, stamp: Stamp, fact: TriageFact) {
        match fact {
            TriageFact::Declared { criteria, reason } => {
                self.declared.get_or_insert(Declared { stamp, criteria, reason });
            }
            TriageFact::SeverityAssessed { inputs, result, reason } => {
                self.severities.push(Assessed { stamp, inputs, result, reason });
            }
            TriageFact::Classified { class, reason } => self.class = Some(Classified { stamp, class, reason }),
        }
    }
}
