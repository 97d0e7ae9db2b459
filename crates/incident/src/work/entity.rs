//! Entities of an incident: whether they are affected, and how far each is contained, cleaned and restored.

use serde::{Deserialize, Serialize};

use super::{EntityName, Few, Reference, Stamp, Text};
use crate::Refusal;

/// What can happen to an entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", content = "body", deny_unknown_fields)]
pub enum EntityFact {
    /// Somebody brought it into scope.
    #[serde(rename = "entity.added")]
    Added {
        /// Which.
        entity: EntityName,
        /// Why.
        reason: Text,
    },
    /// It was judged.
    #[serde(rename = "entity.judged")]
    Judged {
        /// Which.
        entity: EntityName,
        /// As what.
        verdict: Verdict,
        /// Why.
        reason: Text,
        /// What shows it.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<Reference>, max_items = 200))]
        references: Few<Reference>,
    },
    /// A step was done on it.
    #[serde(rename = "entity.step_done")]
    StepDone {
        /// Which.
        entity: EntityName,
        /// Which step.
        step: Step,
        /// How.
        how: Text,
    },
    /// A step was verified: not by trust, but by looking.
    #[serde(rename = "entity.step_verified")]
    StepVerified {
        /// Which.
        entity: EntityName,
        /// Which step.
        step: Step,
        /// How.
        how: Text,
        /// What shows it.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<Reference>, max_items = 200))]
        references: Few<Reference>,
    },
    /// A step does not hold any more: containment was lifted, remnants were found.
    #[serde(rename = "entity.step_reopened")]
    StepReopened {
        /// Which.
        entity: EntityName,
        /// Which step.
        step: Step,
        /// Why.
        reason: Text,
    },
    /// It is gone for good: it was destroyed, replaced or switched off for ever.
    #[serde(rename = "entity.retired")]
    Retired {
        /// Which.
        entity: EntityName,
        /// How, and what shows it.
        how: Text,
    },
}

/// Whether an entity is part of the intrusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is.
    Affected,
    /// It is not.
    RuledOut,
}

/// A step that each affected entity goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Cut off from the intruder.
    Contain,
    /// Freed from everything of the intruder.
    Clean,
    /// The backup or image that it is restored from was checked before.
    CheckSource,
    /// Back in service, validated when verified.
    Restore,
}

impl Step {
    /// All steps, in order.
    pub const ALL: [Step; 4] = [Step::Contain, Step::Clean, Step::CheckSource, Step::Restore];
}

/// How far a step is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StepState {
    /// Which.
    pub step: Step,
    /// When and by whom it was done.
    pub done: Stamp,
    /// How.
    pub how: Text,
    /// When, by whom and how it was verified.
    pub verified: Option<Verified>,
}

/// A verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Verified {
    /// When and by whom.
    pub stamp: Stamp,
    /// How.
    pub how: Text,
    /// What shows it.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Reference>, max_items = 200))]
    pub references: Few<Reference>,
}

/// An entity of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EntityWork {
    /// Which.
    pub entity: EntityName,
    /// When and by whom it was brought into scope by hand.
    pub added: Option<Stamp>,
    /// What it was judged as.
    pub judged: Option<Judged>,
    /// Steps that were done and hold.
    pub steps: Vec<StepState>,
    /// When and by whom it was retired.
    pub retired: Option<Stamp>,
}

/// A judgement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Judged {
    /// As what.
    pub verdict: Verdict,
    /// When and by whom.
    pub stamp: Stamp,
    /// Why.
    pub reason: Text,
    /// What shows it.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Reference>, max_items = 200))]
    pub references: Few<Reference>,
}

impl EntityWork {
    fn new(entity: EntityName) -> EntityWork {
        EntityWork { entity, added: None, judged: None, steps: Vec::new(), retired: None }
    }

    /// How far a step is, if it was done.
    #[must_use]
    pub fn step(&self, step: Step) -> Option<&StepState> {
        self.steps.iter().find(|state| state.step == step)
    }

    /// Whether a step was done and verified, or is not needed because the entity is gone.
    #[must_use]
    pub fn is_verified(&self, step: Step) -> bool {
        self.retired.is_some() || self.step(step).is_some_and(|state| state.verified.is_some())
    }

    /// Whether it was judged to be part of the intrusion.
    #[must_use]
    pub fn is_affected(&self) -> bool {
        self.judged.as_ref().is_some_and(|judged| judged.verdict == Verdict::Affected)
    }
}

/// Entities that something was said about, in the order in which it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Entities(Vec<EntityWork>);

impl Entities {
    /// What was said about an entity.
    #[must_use]
    pub fn get(&self, entity: &EntityName) -> Option<&EntityWork> {
        self.0.iter().find(|work| work.entity == *entity)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &EntityWork> {
        self.0.iter()
    }

    /// Those that are part of the intrusion.
    pub fn affected(&self) -> impl Iterator<Item = &EntityWork> {
        self.0.iter().filter(|work| work.is_affected())
    }

    /// `told` are the entities that Quell itself sees in scope.
    pub(super) fn decide(&self, told: &[EntityName], fact: EntityFact) -> Result<EntityFact, Refusal> {
        let known = self.get(fact.entity());
        match &fact {
            EntityFact::Added { entity, .. } if known.is_some() || told.contains(entity) => Err(Refusal::NoChange),
            EntityFact::Added { .. } => Ok(fact),
            EntityFact::Judged { entity, .. } if known.is_none() && !told.contains(entity) => {
                Err(Refusal::Unknown("entity in scope; add it first", entity.to_string()))
            }
            EntityFact::Judged { verdict, .. } => match known {
                Some(work) if work.judged.as_ref().is_some_and(|judged| judged.verdict == *verdict) => {
                    Err(Refusal::NoChange)
                }
                Some(work) if *verdict == Verdict::RuledOut && !work.steps.is_empty() => {
                    Err(Refusal::State("steps were done on it; reopen them before ruling it out"))
                }
                _ => Ok(fact),
            },
            _ => {
                let work = known.filter(|work| work.is_affected());
                let work = work.ok_or(Refusal::State("it was not judged to be affected; do that first"))?;
                step(work, &fact)?;
                Ok(fact)
            }
        }
    }

    pub(super) fn apply(&mut self, stamp: Stamp, fact: EntityFact) {
        let work = self.entry(fact.entity().clone());
        match fact {
            EntityFact::Added { .. } => work.added = Some(stamp),
            EntityFact::Judged { verdict, reason, references, .. } => {
                work.judged = Some(Judged { verdict, stamp, reason, references });
            }
            EntityFact::StepDone { step, how, .. } => {
                work.steps.retain(|state| state.step != step);
                work.steps.push(StepState { step, done: stamp, how, verified: None });
            }
            EntityFact::StepVerified { step, how, references, .. } => {
                if let Some(state) = work.steps.iter_mut().find(|state| state.step == step) {
                    state.verified = Some(Verified { stamp, how, references });
                }
            }
            EntityFact::StepReopened { step, .. } => work.steps.retain(|state| state.step != step),
            EntityFact::Retired { .. } => work.retired = Some(stamp),
        }
    }

    fn entry(&mut self, entity: EntityName) -> &mut EntityWork {
        let at = self.0.iter().position(|work| work.entity == entity).unwrap_or_else(|| {
            self.0.push(EntityWork::new(entity));
            self.0.len() - 1
        });
        &mut self.0[at]
    }
}

impl EntityFact {
    /// Which entity it is about.
    #[must_use]
    pub fn entity(&self) -> &EntityName {
        match self {
            EntityFact::Added { entity, .. }
            | EntityFact::Judged { entity, .. }
            | EntityFact::StepDone { entity, .. }
            | EntityFact::StepVerified { entity, .. }
            | EntityFact::StepReopened { entity, .. }
            | EntityFact::Retired { entity, .. } => entity,
        }
    }
}

/// Whether a step can be taken now.
fn step(work: &EntityWork, fact: &EntityFact) -> Result<(), Refusal> {
    if work.retired.is_some() {
        return Err(Refusal::State("it was retired"));
    }
    match fact {
        EntityFact::StepDone { step, .. } if work.step(*step).is_some() => {
            Err(Refusal::State("this step was done; reopen it to do it again"))
        }
        // RC.RP-03: integrity is verified before a backup is used.
        EntityFact::StepDone { step: Step::Restore, entity, .. }
            if entity.is_restored_from_something() && work.step(Step::CheckSource).is_none() =>
        {
            Err(Refusal::State("check what it is restored from before restoring it"))
        }
        EntityFact::StepVerified { step, .. } => match work.step(*step) {
            None => Err(Refusal::State("this step was not done yet")),
            Some(StepState { verified: Some(_), .. }) => Err(Refusal::NoChange),
            Some(_) => Ok(()),
        },
        EntityFact::StepReopened { step, .. } if work.step(*step).is_none() => {
            Err(Refusal::State("this step was not done"))
        }
        _ => Ok(()),
    }
}
