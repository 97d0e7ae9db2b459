//! Facts of all parts of the work as one type, what each is about, and who may say it.

use quell_model::process::ResponseRole;
use quell_model::{Right, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    ChoiceFact, ClockFact, EntityFact, EntityName, EvidenceFact, InquiryFact, ItemId, Line, MeasureFact, MessageFact,
    NoteFact, RecoveryFact, Reference, ReviewFact, RoleFact, Stamp, TaskFact, Text, TriageFact,
};
use crate::{Fact, UnknownFact};

/// Something that happened in the work on an incident.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum WorkFact {
    /// Declaration, severity, class.
    Triage(TriageFact),
    /// Who does what.
    Role(RoleFact),
    /// Framework and activities.
    Choice(ChoiceFact),
    /// Entities in scope.
    Entity(EntityFact),
    /// Hypotheses and questions.
    Inquiry(InquiryFact),
    /// Tasks.
    Task(TaskFact),
    /// Notes.
    Note(NoteFact),
    /// Measures.
    Measure(MeasureFact),
    /// The end of recovery.
    Recovery(RecoveryFact),
    /// Evidence.
    Evidence(EvidenceFact),
    /// Clocks.
    Clock(ClockFact),
    /// Messages.
    Message(MessageFact),
    /// Post-mortem, lessons, reports.
    Review(ReviewFact),
    /// Something was taken back.
    Undo(UndoFact),
}

/// What takes something back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", content = "body", deny_unknown_fields)]
pub enum UndoFact {
    /// An entry does not count any more. It stays in the ledger.
    #[serde(rename = "entry.undone")]
    Undone {
        /// Position of the entry in the whole ledger.
        entry: u64,
        /// Why.
        reason: Text,
    },
}

/// What a fact is about: of what is about the same thing, only the latest can be undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    Whole(&'static str),
    Role(ResponseRole),
    Activity(Line),
    Entity(EntityName),
    Item(ItemId),
    Anchor(Line),
    Regime(Line),
    /// It cannot be undone.
    Final,
}

type Read = fn(&str, &Value) -> Result<WorkFact, UnknownFact>;

/// Parts of the work by the beginning of a kind of entry.
const PARTS: [(&str, Read); 20] = [
    ("incident.noted", part::<NoteFact>),
    ("incident.linked", part::<InquiryFact>),
    ("incident.", part::<TriageFact>),
    ("role.", part::<RoleFact>),
    ("framework.", part::<ChoiceFact>),
    ("activity.", part::<ChoiceFact>),
    ("entity.", part::<EntityFact>),
    ("hypothesis.", part::<InquiryFact>),
    ("question.", part::<InquiryFact>),
    ("task.", part::<TaskFact>),
    ("note.", part::<NoteFact>),
    ("impact.", part::<MeasureFact>),
    ("measure.", part::<MeasureFact>),
    ("watch.", part::<RecoveryFact>),
    ("recovery.", part::<RecoveryFact>),
    ("evidence.", part::<EvidenceFact>),
    ("clock.", part::<ClockFact>),
    ("message.", part::<MessageFact>),
    ("entry.", part::<UndoFact>),
    ("", part::<ReviewFact>),
];

fn part<F: Fact + Into<WorkFact>>(kind: &str, body: &Value) -> Result<WorkFact, UnknownFact> {
    F::read(kind, body).map(Into::into)
}

impl WorkFact {
    /// Reads an entry.
    ///
    /// # Errors
    /// It is no work, or has another shape.
    pub fn read(kind: &str, body: &Value) -> Result<WorkFact, UnknownFact> {
        let (_, read) = PARTS.iter().find(|(prefix, _)| kind.starts_with(prefix)).unwrap_or(&PARTS[PARTS.len() - 1]);
        read(kind, body)
    }

    /// The right that it takes to say it.
    pub(super) fn right(&self) -> Right {
        let lead = matches!(
            self,
            WorkFact::Choice(ChoiceFact::Waived { .. } | ChoiceFact::Framework { .. })
                | WorkFact::Recovery(RecoveryFact::Declared { .. })
                | WorkFact::Clock(ClockFact::Decided { .. } | ClockFact::Tolled { .. })
                | WorkFact::Evidence(
                    EvidenceFact::Held { .. }
                        | EvidenceFact::HoldLifted { .. }
                        | EvidenceFact::Redacted { .. }
                        | EvidenceFact::Released { .. }
                )
                | WorkFact::Review(ReviewFact::Issued { .. })
        );
        if lead { Right::IncidentsLead } else { Right::IncidentsWrite }
    }

    /// Whom it gives something to do.
    #[must_use]
    pub fn user(&self) -> Option<&UserId> {
        match self {
            WorkFact::Role(RoleFact::Given { to, .. }) => Some(to),
            WorkFact::Inquiry(InquiryFact::Asked { to, .. }) => to.as_ref(),
            WorkFact::Task(TaskFact::Set { assignee: to, .. } | TaskFact::Assigned { to, .. }) => to.as_ref(),
            WorkFact::Review(ReviewFact::Owned { owner, .. }) => Some(owner),
            _ => None,
        }
    }

    /// Whether only Quell itself says it, because it did or saw it: nobody can claim it.
    #[must_use]
    pub fn is_quells(&self) -> bool {
        let is_shared = matches!(self, WorkFact::Note(NoteFact::Changed { with, .. }) if !with.is_empty());
        is_shared
            || matches!(
                self,
                WorkFact::Evidence(
                    EvidenceFact::Sealed { .. } | EvidenceFact::Verified { .. } | EvidenceFact::Redacted { .. }
                ) | WorkFact::Message(
                    MessageFact::Delivered { .. } | MessageFact::Failed { .. } | MessageFact::Escalated { .. },
                ) | WorkFact::Review(ReviewFact::Issued { .. })
            )
    }

    /// What it says that it rests on.
    #[must_use]
    pub fn references(&self) -> Vec<&Reference> {
        match self {
            WorkFact::Entity(EntityFact::Judged { references, .. } | EntityFact::StepVerified { references, .. })
            | WorkFact::Inquiry(InquiryFact::Answered { references, .. })
            | WorkFact::Measure(MeasureFact::Verified { references, .. }) => references.as_slice().iter().collect(),
            WorkFact::Inquiry(InquiryFact::Weighed { reference, .. })
            | WorkFact::Recovery(RecoveryFact::WatchHit { reference, .. })
            | WorkFact::Clock(
                ClockFact::Submitted { reference, .. } | ClockFact::AnchorSet { reference: Some(reference), .. },
            )
            | WorkFact::Review(ReviewFact::Closed { reference, .. }) => vec![reference],
            _ => Vec::new(),
        }
    }

    /// What it is about.
    pub(super) fn subject(&self, stamp: &Stamp) -> Subject {
        let item = |id: Option<ItemId>| Subject::Item(id.unwrap_or(stamp.item()));
        match self {
            WorkFact::Triage(TriageFact::Declared { .. }) => Subject::Whole("declaration"),
            WorkFact::Triage(TriageFact::SeverityAssessed { .. }) => Subject::Whole("severity"),
            WorkFact::Triage(TriageFact::Classified { .. }) => Subject::Whole("class"),
            WorkFact::Role(RoleFact::Given { role, .. } | RoleFact::Left { role, .. }) => Subject::Role(*role),
            WorkFact::Choice(ChoiceFact::Framework { .. }) => Subject::Whole("framework"),
            WorkFact::Choice(
                ChoiceFact::Done { activity, .. }
                | ChoiceFact::Waived { activity, .. }
                | ChoiceFact::Reopened { activity, .. },
            ) => Subject::Activity(activity.clone()),
            WorkFact::Entity(fact) => Subject::Entity(fact.entity().clone()),
            WorkFact::Inquiry(fact) => item(fact.item()),
            WorkFact::Task(fact) => item(fact.task()),
            WorkFact::Note(NoteFact::Written { .. }) => item(None),
            WorkFact::Note(NoteFact::Changed { note, .. }) => item(Some(*note)),
            WorkFact::Measure(MeasureFact::ImpactWeighed { .. } | MeasureFact::Taken { .. }) => item(None),
            WorkFact::Measure(MeasureFact::Verified { measure, .. } | MeasureFact::Lifted { measure, .. }) => {
                item(Some(*measure))
            }
            WorkFact::Recovery(_) => Subject::Whole("recovery"),
            WorkFact::Clock(ClockFact::AnchorSet { anchor, .. }) => Subject::Anchor(anchor.clone()),
            WorkFact::Clock(
                ClockFact::Decided { regime, .. }
                | ClockFact::Submitted { regime, .. }
                | ClockFact::Tolled { regime, .. },
            ) => Subject::Regime(regime.clone()),
            WorkFact::Review(ReviewFact::Held { .. }) => Subject::Whole("post-mortem"),
            WorkFact::Evidence(_)
            | WorkFact::Message(_)
            | WorkFact::Review(ReviewFact::Issued { .. })
            | WorkFact::Undo(_) => Subject::Final,
            WorkFact::Review(fact) => item(fact.lesson()),
        }
    }
}

macro_rules! parts {
    ($($part:ident($fact:ident),)*) => {
        impl WorkFact {
            /// Kind and body, as the ledger keeps them.
            #[must_use]
            pub fn parts(&self) -> (String, Value) {
                match self {
                    $(WorkFact::$part(fact) => fact.parts(),)*
                }
            }
        }

        $(
        impl Fact for $fact {}

        impl From<$fact> for WorkFact {
            fn from(fact: $fact) -> WorkFact {
                WorkFact::$part(fact)
            }
        }
        )*
    };
}

parts! {
    Triage(TriageFact),
    Role(RoleFact),
    Choice(ChoiceFact),
    Entity(EntityFact),
    Inquiry(InquiryFact),
    Task(TaskFact),
    Note(NoteFact),
    Measure(MeasureFact),
    Recovery(RecoveryFact),
    Evidence(EvidenceFact),
    Clock(ClockFact),
    Message(MessageFact),
    Review(ReviewFact),
    Undo(UndoFact),
}
