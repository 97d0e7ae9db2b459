//! The work on an incident: what people found, decided and did. A fold over the entries of its stream, and of the streams of
//! incidents that became part of it.
//!
//! What somebody wants to happen is said in the words of the ledger: a [`WorkFact`]. [`Work::decide`] answers with the fact to
//! append, or says why not; [`Work::apply`] takes it. Undoing supersedes: the entry stays, and the state is what it would be
//! without it (invariant 6).

mod choice;
mod clock;
mod entity;
mod evidence;
mod fact;
mod inquiry;
mod item;
mod known;
mod measure;
mod message;
mod note;
mod recovery;
mod review;
mod role;
#[cfg(feature = "openapi")]
mod schema;
mod severity;
mod task;
mod text;
mod triage;

use quell_model::handbook::Handbook;
pub use quell_model::handbook::Volatility;
use quell_model::{EntityKind, Level, Right, Timestamp};
use serde::Serialize;

pub use choice::{ChoiceFact, Choices, Word};
pub use clock::{Anchor, ClockFact, Clocks, Decision, Submission, Tolling};
pub use entity::{Entities, EntityFact, EntityWork, Judged, Step, StepState, Verdict, Verified};
pub use evidence::{AboutEvidence, Custody, Evidence, EvidenceFact, EvidenceList, Sha256Hex};
pub use fact::{UndoFact, WorkFact};
pub use inquiry::{
    About, Ground, Hypothesis, Inquiry, InquiryFact, Link, Outcome, Question, QuestionEnd, Settled, Side,
};
pub use item::{EntityName, ItemId, Reference, Stamp};
pub use measure::{Measure, MeasureFact, Measures, Purpose, Weighed};
pub use message::{Acknowledged, Channel, Delivery, Message, MessageFact, Messages, Tlp};
pub use note::{Note, NoteFact, NoteVersion, Notes};
pub use recovery::{Hit, Recovery, RecoveryFact, Watch};
pub use review::{Held, IssuedReport, Lesson, LessonEnd, Ownership, PostMortem, Review, ReviewFact, Target};
pub use role::{RoleFact, RoleHeld, Roles};
pub use severity::{
    Escalation, FunctionalImpact, InformationImpact, Nciss, Recoverability, SeverityError, SeverityInputs,
    SeverityResult,
};
pub use task::{Task, TaskEnd, TaskFact, Tasks};
pub use text::{Few, Line, Text, Unfit};
pub use triage::{Assessed, Classification, Classified, Declared, Triage, TriageFact, Veris};

use crate::{Incident, Refusal};

/// The work on an incident.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Work {
    /// Declaration, severity, class.
    pub triage: Triage,
    /// Who does what.
    pub roles: Roles,
    /// Framework, and what was said about activities.
    pub choices: Choices,
    /// Entities in scope.
    pub entities: Entities,
    /// Hypotheses and questions.
    pub inquiry: Inquiry,
    /// Tasks.
    pub tasks: Tasks,
    /// Notes.
    pub notes: Notes,
    /// Measures.
    pub measures: Measures,
    /// The end of recovery.
    pub recovery: Recovery,
    /// Evidence.
    pub evidence: EvidenceList,
    /// Clocks.
    pub clocks: Clocks,
    /// Messages.
    pub messages: Messages,
    /// Post-mortem, lessons, reports.
    pub review: Review,
    /// What was taken back.
    pub undone: Vec<Undone>,
    /// Everything that counts, in order: what undoing folds again.
    #[serde(skip)]
    log: Vec<(Stamp, WorkFact)>,
}

/// An entry that was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Undone {
    /// When and by whom.
    pub stamp: Stamp,
    /// Which entry.
    pub entry: u64,
    /// Why.
    pub reason: Text,
}

/// What a decision looks at beside the work itself.
#[derive(Debug, Clone, Copy)]
pub struct Desk<'a> {
    /// The incident as it is told.
    pub incident: &'a Incident,
    /// What content says about how incidents are worked on.
    pub handbook: &'a Handbook,
    /// Now.
    pub now: Timestamp,
}

impl Work {
    /// The work that entries make, in their order.
    #[must_use]
    pub fn of(entries: impl IntoIterator<Item = (Stamp, WorkFact)>) -> Work {
        let mut work = Work::default();
        for (stamp, fact) in entries {
            work.apply(stamp, fact);
        }
        work
    }

    /// Severity as people assessed it, or else as Quell tells it.
    #[must_use]
    pub fn severity(&self, incident: &Incident) -> Level {
        self.triage.severity().map_or(incident.told.severity, |assessed| assessed.result.level)
    }

    /// Everything that counts, in order.
    pub fn log(&self) -> impl Iterator<Item = &(Stamp, WorkFact)> {
        self.log.iter()
    }

    /// Decides: the fact to append.
    ///
    /// # Errors
    /// Why not.
    pub fn decide(&self, desk: &Desk<'_>, fact: WorkFact) -> Result<WorkFact, Refusal> {
        if let Some(into) = &desk.incident.merged_into {
            return Err(Refusal::Merged(into.clone()));
        }
        known::check(desk.handbook, &fact)?;
        self.check_references(&fact)?;
        Ok(match fact {
            WorkFact::Triage(fact) => self.triage.decide(&desk.handbook.sheet, fact)?.into(),
            WorkFact::Role(fact) => self.roles.decide(fact)?.into(),
            WorkFact::Choice(fact) => self.choices.decide(fact)?.into(),
            WorkFact::Entity(fact) => self.entities.decide(&told_entities(desk.incident), fact)?.into(),
            WorkFact::Inquiry(fact) => self.inquiry.decide(fact)?.into(),
            WorkFact::Task(fact) => self.tasks.decide(fact)?.into(),
            WorkFact::Note(fact) => self.notes.decide(fact)?.into(),
            WorkFact::Measure(fact) => self.measures.decide(fact)?.into(),
            WorkFact::Recovery(fact) => {
                self.check_recovered(&fact)?;
                self.recovery.decide(desk.now, fact)?.into()
            }
            WorkFact::Evidence(fact) => self.evidence.decide(fact)?.into(),
            WorkFact::Clock(fact) => self.clocks.decide(desk.now, fact)?.into(),
            WorkFact::Message(fact) => self.messages.decide(fact)?.into(),
            WorkFact::Review(fact) => {
                self.check_signable(&fact)?;
                self.review.decide(desk.now, fact)?.into()
            }
            WorkFact::Undo(UndoFact::Undone { entry, reason }) => {
                self.check_undo(entry)?;
                UndoFact::Undone { entry, reason }.into()
            }
        })
    }

    /// The right that it takes to say a fact: to take something back, that which it took to say it.
    #[must_use]
    pub fn right(&self, fact: &WorkFact) -> Right {
        match fact {
            WorkFact::Undo(UndoFact::Undone { entry, .. }) => {
                self.entry(*entry).map_or(Right::IncidentsWrite, |(_, undone)| undone.right())
            }
            fact => fact.right(),
        }
    }

    /// Takes the next fact.
    pub fn apply(&mut self, stamp: Stamp, fact: WorkFact) {
        if let WorkFact::Undo(UndoFact::Undone { entry, reason }) = fact {
            let undone = Undone { stamp, entry, reason };
            let log = std::mem::take(&mut self.log).into_iter().filter(|(stamp, _)| stamp.entry != entry);
            let before = std::mem::take(&mut self.undone);
            *self = Work::of(log);
            self.undone = before;
            self.undone.push(undone);
            return;
        }
        self.log.push((stamp.clone(), fact.clone()));
        match fact {
            WorkFact::Triage(fact) => self.triage.apply(stamp, fact),
            WorkFact::Role(fact) => self.roles.apply(stamp, fact),
            WorkFact::Choice(fact) => self.choices.apply(stamp, fact),
            WorkFact::Entity(fact) => self.entities.apply(stamp, fact),
            WorkFact::Inquiry(fact) => self.inquiry.apply(stamp, fact),
            WorkFact::Task(fact) => self.tasks.apply(stamp, fact),
            WorkFact::Note(fact) => self.notes.apply(stamp, fact),
            WorkFact::Measure(fact) => self.measures.apply(stamp, fact),
            WorkFact::Recovery(fact) => self.recovery.apply(stamp, fact),
            WorkFact::Evidence(fact) => self.evidence.apply(stamp, fact),
            WorkFact::Clock(fact) => self.clocks.apply(stamp, fact),
            WorkFact::Message(fact) => self.messages.apply(stamp, fact),
            WorkFact::Review(fact) => self.review.apply(stamp, fact),
            WorkFact::Undo(_) => {}
        }
        // What is affected again, or was found not to be clean, has not recovered; nor has it if what showed that was undone.
        if self.recovery.declared.is_some() && !self.is_recovered() {
            self.recovery.declared = None;
        }
    }

    /// Whether everything that was affected is restored and validated, or retired.
    fn is_recovered(&self) -> bool {
        self.entities.affected().all(|work| work.is_verified(Step::Restore))
    }

    /// The fact of an entry that counts.
    #[must_use]
    pub fn entry(&self, entry: u64) -> Option<&(Stamp, WorkFact)> {
        self.log.iter().rfind(|(stamp, _)| stamp.entry == entry)
    }

    /// Evidence that is named has to be there.
    fn check_references(&self, fact: &WorkFact) -> Result<(), Refusal> {
        for reference in fact.references() {
            if let Reference::Evidence(id) = reference
                && self.evidence.get(*id).is_none()
            {
                return Err(Refusal::Unknown("evidence", id.to_string()));
            }
        }
        Ok(())
    }

    /// Normal operation is declared when everything that was affected is restored and validated (RC.RP-05, RC.RP-06).
    fn check_recovered(&self, fact: &RecoveryFact) -> Result<(), Refusal> {
        match fact {
            RecoveryFact::Declared { .. } if !self.is_recovered() => {
                Err(Refusal::State("not every affected entity is restored and validated, or retired"))
            }
            _ => Ok(()),
        }
    }

    /// Nothing is signed off on evidence that is not what it was.
    fn check_signable(&self, fact: &ReviewFact) -> Result<(), Refusal> {
        match (fact, self.evidence.damaged()) {
            (ReviewFact::Issued { .. }, Some(evidence)) => Err(Refusal::Damaged(evidence.id)),
            _ => Ok(()),
        }
    }

    fn check_undo(&self, entry: u64) -> Result<(), Refusal> {
        let at = self.log.iter().position(|(stamp, _)| stamp.entry == entry);
        let at = at.ok_or_else(|| Refusal::Unknown("entry that can be undone", entry.to_string()))?;
        let (stamp, fact) = &self.log[at];
        let subject = fact.subject(stamp);
        if subject == fact::Subject::Final {
            return Err(Refusal::State("this cannot be undone: it happened outside of Quell, or belongs to custody"));
        }
        let later = self.log[at + 1..].iter().rfind(|(stamp, fact)| fact.subject(stamp) == subject);
        later.map_or(Ok(()), |(stamp, _)| Err(Refusal::BuiltUpon(stamp.entry)))
    }
}

/// Entities that Quell itself sees in scope.
#[must_use]
pub fn told_entities(incident: &Incident) -> Vec<EntityName> {
    let named = |kind: EntityKind, names: &[String]| -> Vec<EntityName> {
        // A name from records can be anything; one that people could not say is left to the story.
        let lines = names.iter().filter_map(|name| Line::try_from(name.clone()).ok());
        lines.map(|name| EntityName { kind, name }).collect()
    };
    let hosts = named(EntityKind::Host, &incident.told.hosts);
    [hosts, named(EntityKind::Principal, &incident.told.principals)].concat()
}
