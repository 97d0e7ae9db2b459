//! The timeline: what happened, what was found, decided, done and said, each with the time at which it happened and the time
//! at which it was known. Its entries have a stream of their own, `timeline/` and the id of the incident, so that a long
//! timeline does not make the work slower to read; what the work decides stands on it by itself.

use quell_model::{Level, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Fact;
use crate::work::{
    ChoiceFact, ClockFact, EntityFact, EvidenceFact, Few, InquiryFact, ItemId, Line, MeasureFact, MessageFact, Outcome,
    RecoveryFact, Reference, ReviewFact, Step, Text, TriageFact, Verdict, WorkFact,
};

/// What can happen to a timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", content = "body", deny_unknown_fields)]
pub enum TimelineFact {
    /// Something belongs on it.
    #[serde(rename = "timeline.added")]
    Added {
        /// What.
        item: TimelineItem,
    },
    /// It was said better. What was said before stays in the ledger.
    #[serde(rename = "timeline.changed")]
    Changed {
        /// Which.
        id: ItemId,
        /// What holds now.
        item: TimelineItem,
        /// Why.
        reason: Text,
    },
    /// It does not belong on it.
    #[serde(rename = "timeline.removed")]
    Removed {
        /// Which.
        id: ItemId,
        /// Why.
        reason: Text,
    },
}

impl Fact for TimelineFact {}

/// Something on a timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TimelineItem {
    /// What it is.
    pub kind: MomentKind,
    /// When it happened.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// When it became known, if that is known.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub discovered_at: Option<Timestamp>,
    /// What happened, in one line.
    pub title: Line,
    /// More about it, in Markdown.
    #[serde(default)]
    pub text: Option<Text>,
    /// What it is a part of, or follows from.
    #[serde(default)]
    pub parent: Option<ItemId>,
    /// What shows it.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Reference>, max_items = 200))]
    pub references: Few<Reference>,
}

/// What stands on a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MomentKind {
    /// Somebody outside of the response did something: the intruder, a user, a system.
    Event,
    /// The response found something out.
    Finding,
    /// The response decided something.
    Decision,
    /// The response did something.
    Action,
    /// Somebody was told something.
    Message,
}

impl MomentKind {
    /// All of them.
    pub const ALL: [MomentKind; 5] =
        [MomentKind::Event, MomentKind::Finding, MomentKind::Decision, MomentKind::Action, MomentKind::Message];

    /// Name, as in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            MomentKind::Event => "event",
            MomentKind::Finding => "finding",
            MomentKind::Decision => "decision",
            MomentKind::Action => "action",
            MomentKind::Message => "message",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<MomentKind> {
        MomentKind::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What a piece of work is on the timeline, if it stands there: its kind, and one line.
#[must_use]
pub fn moment(fact: &WorkFact) -> Option<(MomentKind, String)> {
    use MomentKind::{Action, Decision, Event, Finding, Message};
    Some(match fact {
        WorkFact::Triage(TriageFact::Declared { reason, .. }) => (Decision, format!("declared: {}", first(reason))),
        WorkFact::Triage(TriageFact::SeverityAssessed { result, .. }) => {
            (Decision, format!("severity assessed as {}", Level::as_str(result.level)))
        }
        WorkFact::Triage(TriageFact::Classified { reason, .. }) => (Decision, format!("classified: {}", first(reason))),
        WorkFact::Choice(ChoiceFact::Waived { activity, reason }) => {
            (Decision, format!("{activity} left out: {}", first(reason)))
        }
        WorkFact::Entity(fact) => entity(fact)?,
        WorkFact::Inquiry(InquiryFact::Settled { hypothesis, outcome, reason }) => {
            let outcome = if *outcome == Outcome::Accepted { "accepted" } else { "rejected" };
            (Finding, format!("hypothesis {hypothesis} {outcome}: {}", first(reason)))
        }
        WorkFact::Inquiry(InquiryFact::Answered { question, answer, .. }) => {
            (Finding, format!("question {question} answered: {}", first(answer)))
        }
        WorkFact::Measure(MeasureFact::ImpactWeighed { decision, .. }) => {
            (Decision, format!("containment weighed: {}", first(decision)))
        }
        WorkFact::Measure(MeasureFact::Taken { text, .. }) => (Action, first(text)),
        WorkFact::Measure(MeasureFact::Verified { measure, how, .. }) => {
            (Finding, format!("measure {measure} verified: {}", first(how)))
        }
        WorkFact::Measure(MeasureFact::Lifted { measure, reason }) => {
            (Action, format!("measure {measure} taken back: {}", first(reason)))
        }
        WorkFact::Recovery(RecoveryFact::WatchStarted { until, .. }) => {
            (Action, format!("closer watch begun, until {until}"))
        }
        WorkFact::Recovery(RecoveryFact::WatchHit { text, .. }) => (Finding, format!("watch hit: {}", first(text))),
        WorkFact::Recovery(RecoveryFact::WatchEnded { text }) => (Finding, format!("watch ended: {}", first(text))),
        WorkFact::Recovery(RecoveryFact::Declared { text }) => {
            (Decision, format!("end of recovery declared: {}", first(text)))
        }
        WorkFact::Evidence(EvidenceFact::Sealed { about, .. }) => (Action, format!("evidence sealed: {}", about.name)),
        WorkFact::Clock(ClockFact::Decided { regime, applies, .. }) => {
            (Decision, format!("{regime} {}", if *applies { "applies" } else { "does not apply" }))
        }
        WorkFact::Clock(ClockFact::AnchorSet { anchor, at, .. }) => (Event, format!("{anchor} at {at}")),
        WorkFact::Clock(ClockFact::Submitted { regime, stage, .. }) => (Message, format!("{regime}: {stage} sent")),
        WorkFact::Message(MessageFact::Recorded { audience, subject, .. }) => {
            (Message, format!("to {audience}: {subject}"))
        }
        WorkFact::Review(ReviewFact::Held { .. }) => (Action, "post-mortem held".to_owned()),
        WorkFact::Review(ReviewFact::Issued { audience, .. }) => (Message, format!("report for {audience} issued")),
        _ => return None,
    })
}

fn entity(fact: &EntityFact) -> Option<(MomentKind, String)> {
    use MomentKind::{Action, Decision, Finding};
    Some(match fact {
        EntityFact::Judged { entity, verdict: Verdict::Affected, .. } => (Finding, format!("{entity} is affected")),
        EntityFact::Judged { entity, verdict: Verdict::RuledOut, .. } => (Finding, format!("{entity} is ruled out")),
        EntityFact::StepDone { entity, step, .. } => (Action, format!("{entity} {}", done(*step))),
        EntityFact::StepVerified { entity, step, .. } => (Finding, format!("{entity} {}, verified", done(*step))),
        EntityFact::StepReopened { entity, step, reason } => {
            (Decision, format!("{entity} no longer {}: {}", done(*step), first(reason)))
        }
        EntityFact::Retired { entity, .. } => (Action, format!("{entity} retired")),
        EntityFact::Added { .. } => return None,
    })
}

fn done(step: Step) -> &'static str {
    match step {
        Step::Contain => "contained",
        Step::Clean => "cleaned",
        Step::CheckSource => "source of restoring checked",
        Step::Restore => "restored",
    }
}

/// The beginning of a text, in one line.
fn first(text: &Text) -> String {
    const CHARS: usize = 120;
    let line = text.as_str().lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
    let line: String = line.chars().filter(|c| !c.is_control()).collect();
    if line.chars().count() <= CHARS {
        return line;
    }
    line.chars().take(CHARS).chain(['…']).collect()
}
