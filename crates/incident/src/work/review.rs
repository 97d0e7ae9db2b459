//! After the incident: the post-mortem, lessons that close only with their proof, and the reports that were issued.

use quell_model::{Timestamp, UserId};
use serde::{Deserialize, Serialize};

use super::{Few, ItemId, Line, Reference, Sha256Hex, Stamp, Text, Tlp};
use crate::Refusal;

/// What can happen after an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", content = "body", deny_unknown_fields)]
pub enum ReviewFact {
    /// The post-mortem was held. Held again, the later one counts.
    #[serde(rename = "post_mortem.held")]
    Held {
        /// What came out of it.
        post_mortem: PostMortem,
    },
    /// Something was learnt.
    #[serde(rename = "lesson.found")]
    Found {
        /// What.
        text: Text,
        /// What has to change.
        target: Target,
        /// Which rule, playbook, plan or control.
        #[serde(default)]
        name: Option<Line>,
    },
    /// Somebody sees to it. Said again, the later word counts.
    #[serde(rename = "lesson.owned")]
    Owned {
        /// Which.
        lesson: ItemId,
        /// Who.
        owner: UserId,
        /// By when.
        #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
        due_at: Timestamp,
        /// What will prove that it is done.
        proof: Text,
    },
    /// Its change is proven.
    #[serde(rename = "lesson.closed")]
    Closed {
        /// Which.
        lesson: ItemId,
        /// What proves it: a test of the rule, an objective of an exercise, a check of the control.
        reference: Reference,
        /// What it shows.
        how: Text,
    },
    /// Nothing will be changed.
    #[serde(rename = "lesson.dropped")]
    Dropped {
        /// Which.
        lesson: ItemId,
        /// Why.
        reason: Text,
    },
    /// Somebody was told of it.
    #[serde(rename = "lesson.shared")]
    Shared {
        /// Which.
        lesson: ItemId,
        /// With whom.
        with: Line,
    },
    /// A report was signed off and given out.
    #[serde(rename = "report.issued")]
    Issued {
        /// For whom.
        audience: Line,
        /// Its form.
        form: Line,
        /// SHA-256 of its bytes.
        sha256: Sha256Hex,
        /// Its marking.
        tlp: Tlp,
    },
}

/// What came out of a post-mortem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PostMortem {
    /// When it was held.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub held_at: Timestamp,
    /// Who took part.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Line>, max_items = 200))]
    pub participants: Few<Line>,
    /// What happened, in a few sentences.
    pub summary: Text,
    /// How it was detected.
    pub detection: Text,
    /// How it was handled.
    pub handling: Text,
    /// What came of it.
    pub outcome: Text,
    /// What contributed to it.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Line>, max_items = 200))]
    pub contributing: Few<Line>,
    /// What went well.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Line>, max_items = 200))]
    pub went_well: Few<Line>,
    /// What went badly.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Line>, max_items = 200))]
    pub went_badly: Few<Line>,
    /// Where we were lucky.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Line>, max_items = 200))]
    pub lucky: Few<Line>,
}

/// What a lesson changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A detection rule.
    Rule,
    /// A playbook.
    Playbook,
    /// A policy, plan or procedure.
    Plan,
    /// A control: something that protects.
    Control,
    /// Training or awareness.
    Training,
}

/// A post-mortem that was held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Held {
    /// When and by whom it was written down.
    pub stamp: Stamp,
    /// What came out of it.
    pub post_mortem: PostMortem,
}

/// A lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Lesson {
    /// Its id.
    pub id: ItemId,
    /// When and by whom it was found.
    pub stamp: Stamp,
    /// What was learnt.
    pub text: Text,
    /// What has to change.
    pub target: Target,
    /// Which one.
    pub name: Option<Line>,
    /// Who sees to it.
    pub owned: Option<Ownership>,
    /// What became of it.
    pub end: Option<LessonEnd>,
    /// Who was told of it.
    pub shared: Vec<Line>,
}

/// Who sees to a lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ownership {
    /// When it was said, and by whom.
    pub stamp: Stamp,
    /// Who.
    pub owner: UserId,
    /// By when.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub due_at: Timestamp,
    /// What will prove that it is done.
    pub proof: Text,
}

/// The end of a lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LessonEnd {
    /// When and by whom.
    pub stamp: Stamp,
    /// What proves it; none if nothing was changed.
    pub reference: Option<Reference>,
    /// What that shows, or why nothing was changed.
    pub text: Text,
}

/// A report that was given out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IssuedReport {
    /// When and by whom.
    pub stamp: Stamp,
    /// For whom.
    pub audience: Line,
    /// Its form.
    pub form: Line,
    /// SHA-256 of its bytes.
    pub sha256: Sha256Hex,
    /// Its marking.
    pub tlp: Tlp,
}

/// Everything after an incident.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Review {
    /// The post-mortem that counts.
    pub post_mortem: Option<Held>,
    /// What was learnt.
    pub lessons: Vec<Lesson>,
    /// Reports that were given out.
    pub reports: Vec<IssuedReport>,
}

impl Review {
    pub(super) fn decide(&self, now: Timestamp, fact: ReviewFact) -> Result<ReviewFact, Refusal> {
        match &fact {
            ReviewFact::Held { post_mortem } if post_mortem.participants.as_slice().is_empty() => {
                Err(Refusal::Missing("somebody who took part"))
            }
            ReviewFact::Held { post_mortem } if post_mortem.held_at > now => {
                Err(Refusal::State("it cannot have been held in the future"))
            }
            ReviewFact::Held { .. } | ReviewFact::Found { .. } | ReviewFact::Issued { .. } => Ok(fact),
            ReviewFact::Owned { lesson, .. } | ReviewFact::Dropped { lesson, .. } => {
                self.open_lesson(*lesson)?;
                Ok(fact)
            }
            ReviewFact::Closed { lesson, .. } => match self.open_lesson(*lesson)?.owned {
                None => Err(Refusal::State("say first who sees to the lesson, and what will prove it")),
                Some(_) => Ok(fact),
            },
            ReviewFact::Shared { lesson, with } => match self.lesson(*lesson)?.shared.contains(with) {
                true => Err(Refusal::NoChange),
                false => Ok(fact),
            },
        }
    }

    fn lesson(&self, id: ItemId) -> Result<&Lesson, Refusal> {
        let known = self.lessons.iter().find(|lesson| lesson.id == id);
        known.ok_or_else(|| Refusal::Unknown("lesson", id.to_string()))
    }

    fn open_lesson(&self, id: ItemId) -> Result<&Lesson, Refusal> {
        let lesson = self.lesson(id)?;
        if lesson.end.is_some() { Err(Refusal::State("the lesson is closed already")) } else { Ok(lesson) }
    }

    pub(super) fn apply(&mut self, stamp: Stamp, fact: ReviewFact) {
        let lesson = fact.lesson().and_then(|id| self.lessons.iter_mut().find(|lesson| lesson.id == id));
        match (fact, lesson) {
            (ReviewFact::Held { post_mortem }, _) => self.post_mortem = Some(Held { stamp, post_mortem }),
            (ReviewFact::Found { text, target, name }, _) => {
                let (id, owned, end, shared) = (stamp.item(), None, None, Vec::new());
                self.lessons.push(Lesson { id, stamp, text, target, name, owned, end, shared });
            }
            (ReviewFact::Issued { audience, form, sha256, tlp }, _) => {
                self.reports.push(IssuedReport { stamp, audience, form, sha256, tlp });
            }
            (ReviewFact::Owned { owner, due_at, proof, .. }, Some(lesson)) => {
                lesson.owned = Some(Ownership { stamp, owner, due_at, proof });
            }
            (ReviewFact::Closed { reference, how, .. }, Some(lesson)) => {
                lesson.end = Some(LessonEnd { stamp, reference: Some(reference), text: how });
            }
            (ReviewFact::Dropped { reason, .. }, Some(lesson)) => {
                lesson.end = Some(LessonEnd { stamp, reference: None, text: reason });
            }
            (ReviewFact::Shared { with, .. }, Some(lesson)) => lesson.shared.push(with),
            (_, None) => {}
        }
    }
}

impl ReviewFact {
    /// Which lesson it is about; none if it makes one, or is about none.
    #[must_use]
    pub fn lesson(&self) -> Option<ItemId> {
        match self {
            ReviewFact::Held { .. } | ReviewFact::Found { .. } | ReviewFact::Issued { .. } => None,
            ReviewFact::Owned { lesson, .. }
            | ReviewFact::Closed { lesson, .. }
            | ReviewFact::Dropped { lesson, .. }
            | ReviewFact::Shared { lesson, .. } => Some(*lesson),
        }
    }
}
