//! The investigation: hypotheses with what speaks for and against them, and questions.

use quell_model::UserId;
use serde::{Deserialize, Serialize};

use super::{Few, ItemId, Line, Reference, Stamp, Text};
use crate::Refusal;

/// What can happen in an investigation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", content = "body", deny_unknown_fields)]
pub enum InquiryFact {
    /// Somebody supposes something.
    #[serde(rename = "hypothesis.stated")]
    Stated {
        /// About what.
        about: About,
        /// What.
        text: Text,
    },
    /// Something speaks for or against it.
    #[serde(rename = "hypothesis.weighed")]
    Weighed {
        /// Which.
        hypothesis: ItemId,
        /// Which way.
        side: Side,
        /// What.
        reference: Reference,
        /// What it shows.
        note: Text,
    },
    /// It was settled.
    #[serde(rename = "hypothesis.settled")]
    Settled {
        /// Which.
        hypothesis: ItemId,
        /// How.
        outcome: Outcome,
        /// Why.
        reason: Text,
    },
    /// Somebody asks something that the record does not answer.
    #[serde(rename = "question.asked")]
    Asked {
        /// What.
        text: Text,
        /// Who should find out.
        #[serde(default)]
        to: Option<UserId>,
    },
    /// A question was answered.
    #[serde(rename = "question.answered")]
    Answered {
        /// Which.
        question: ItemId,
        /// How.
        answer: Text,
        /// What shows it.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<Reference>, max_items = 200))]
        references: Few<Reference>,
    },
    /// A question cannot be answered, or need not be.
    #[serde(rename = "question.dropped")]
    Dropped {
        /// Which.
        question: ItemId,
        /// Why.
        reason: Text,
    },
    /// Another incident has to do with it.
    #[serde(rename = "incident.linked")]
    Linked {
        /// Which.
        incident: Line,
        /// Why.
        reason: Text,
    },
}

/// What a hypothesis is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// The earliest step of the intruder, and the weakness that it used.
    RootCause,
    /// What is touched.
    Scope,
    /// Who it is, and what they want.
    Intruder,
    /// Anything else.
    Other,
}

/// Which way something speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// For it.
    For,
    /// Against it.
    Against,
}

/// What became of a hypothesis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It holds.
    Accepted,
    /// It does not.
    Rejected,
}

/// A hypothesis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Hypothesis {
    /// Its id.
    pub id: ItemId,
    /// When and by whom it was stated.
    pub stamp: Stamp,
    /// About what.
    pub about: About,
    /// What.
    pub text: Text,
    /// What speaks for and against it.
    pub grounds: Vec<Ground>,
    /// What became of it.
    pub settled: Option<Settled>,
}

/// Something that speaks for or against a hypothesis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ground {
    /// When and by whom.
    pub stamp: Stamp,
    /// Which way.
    pub side: Side,
    /// What.
    pub reference: Reference,
    /// What it shows.
    pub note: Text,
}

/// The end of a hypothesis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Settled {
    /// When and by whom.
    pub stamp: Stamp,
    /// How.
    pub outcome: Outcome,
    /// Why.
    pub reason: Text,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Question {
    /// Its id.
    pub id: ItemId,
    /// When and by whom it was asked.
    pub stamp: Stamp,
    /// What.
    pub text: Text,
    /// Who should find out.
    pub to: Option<UserId>,
    /// What became of it.
    pub end: Option<QuestionEnd>,
}

/// The end of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QuestionEnd {
    /// When and by whom.
    pub stamp: Stamp,
    /// The answer, or why there is none.
    pub text: Text,
    /// Whether it was answered.
    pub answered: bool,
    /// What shows it.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Reference>, max_items = 200))]
    pub references: Few<Reference>,
}

/// Another incident that has to do with this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Link {
    /// When and by whom.
    pub stamp: Stamp,
    /// Which.
    pub incident: Line,
    /// Why.
    pub reason: Text,
}

/// An investigation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Inquiry {
    /// What was supposed.
    pub hypotheses: Vec<Hypothesis>,
    /// What was asked.
    pub questions: Vec<Question>,
    /// Other incidents.
    pub links: Vec<Link>,
}

impl Inquiry {
    /// The root cause that was accepted with something that speaks for it.
    #[must_use]
    pub fn root_cause(&self) -> Option<&Hypothesis> {
        let accepted = |hypothesis: &&Hypothesis| {
            hypothesis.about == About::RootCause
                && hypothesis.settled.as_ref().is_some_and(|settled| settled.outcome == Outcome::Accepted)
        };
        self.hypotheses.iter().rev().find(accepted)
    }

    pub(super) fn decide(&self, fact: InquiryFact) -> Result<InquiryFact, Refusal> {
        match &fact {
            InquiryFact::Stated { .. } | InquiryFact::Asked { .. } => {}
            InquiryFact::Linked { incident, .. } => {
                if self.links.iter().any(|link| link.incident == *incident) {
                    return Err(Refusal::NoChange);
                }
            }
            InquiryFact::Weighed { hypothesis, .. } => drop(self.open_hypothesis(*hypothesis)?),
            InquiryFact::Settled { hypothesis, outcome, .. } => {
                let hypothesis = self.open_hypothesis(*hypothesis)?;
                // Every claim shows its evidence (invariant 2).
                let supported = hypothesis.grounds.iter().any(|ground| ground.side == Side::For);
                if *outcome == Outcome::Accepted && !supported {
                    return Err(Refusal::Missing("something that speaks for the hypothesis"));
                }
            }
            InquiryFact::Answered { question, .. } | InquiryFact::Dropped { question, .. } => {
                let known = self.questions.iter().find(|known| known.id == *question);
                let known = known.ok_or_else(|| Refusal::Unknown("question", question.to_string()))?;
                if known.end.is_some() {
                    return Err(Refusal::State("the question has its answer already"));
                }
            }
        }
        Ok(fact)
    }

    fn open_hypothesis(&self, id: ItemId) -> Result<&Hypothesis, Refusal> {
        let known = self.hypotheses.iter().find(|hypothesis| hypothesis.id == id);
        let known = known.ok_or_else(|| Refusal::Unknown("hypothesis", id.to_string()))?;
        if known.settled.is_some() { Err(Refusal::State("the hypothesis is settled already")) } else { Ok(known) }
    }

    pub(super) fn apply(&mut self, stamp: Stamp, fact: InquiryFact) {
        match fact {
            InquiryFact::Stated { about, text } => {
                let (id, grounds) = (stamp.item(), Vec::new());
                self.hypotheses.push(Hypothesis { id, stamp, about, text, grounds, settled: None });
            }
            InquiryFact::Weighed { hypothesis, side, reference, note } => {
                if let Some(known) = self.hypotheses.iter_mut().find(|known| known.id == hypothesis) {
                    known.grounds.push(Ground { stamp, side, reference, note });
                }
            }
            InquiryFact::Settled { hypothesis, outcome, reason } => {
                if let Some(known) = self.hypotheses.iter_mut().find(|known| known.id == hypothesis) {
                    known.settled = Some(Settled { stamp, outcome, reason });
                }
            }
            InquiryFact::Asked { text, to } => {
                self.questions.push(Question { id: stamp.item(), stamp, text, to, end: None });
            }
            InquiryFact::Answered { question, answer, references } => {
                self.end(question, QuestionEnd { stamp, text: answer, answered: true, references });
            }
            InquiryFact::Dropped { question, reason } => {
                let references = Few::default();
                self.end(question, QuestionEnd { stamp, text: reason, answered: false, references });
            }
            InquiryFact::Linked { incident, reason } => self.links.push(Link { stamp, incident, reason }),
        }
    }

    fn end(&mut self, question: ItemId, end: QuestionEnd) {
        if let Some(known) = self.questions.iter_mut().find(|known| known.id == question) {
            known.end = Some(end);
        }
    }
}

impl InquiryFact {
    /// Which hypothesis or question it is about; none if it makes one.
    #[must_use]
    pub fn item(&self) -> Option<ItemId> {
        match self {
            InquiryFact::Stated { .. } | InquiryFact::Asked { .. } | InquiryFact::Linked { .. } => None,
            InquiryFact::Weighed { hypothesis: id, .. }
            | InquiryFact::Settled { hypothesis: id, .. }
            | InquiryFact::Answered { question: id, .. }
            | InquiryFact::Dropped { question: id, .. } => Some(*id),
        }
    }
}
