//! The work of incident response: activities, kept once, and frameworks as views over them (invariant 7).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Phases of the neutral view. Every activity is at home in one of them; a framework may arrange it otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// A capability exists and is kept up.
    Preparation,
    /// Find and understand.
    DetectionAndAnalysis,
    /// Limit the harm.
    Containment,
    /// Remove the cause.
    Eradication,
    /// Back to normal, and sure of it.
    Recovery,
    /// Learn.
    PostIncident,
}

/// What somebody does in an incident. No right hangs on it: those come with the role of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ResponseRole {
    /// Decides.
    Commander,
    /// Stands in for the commander.
    Deputy,
    /// Writes down.
    Scribe,
    /// Speaks with those outside of the team.
    Liaison,
    /// Knows a system or a field.
    SubjectExpert,
    /// Investigates.
    Analyst,
    /// Leads the team outside of incidents.
    Lead,
    /// Lawyers.
    Legal,
    /// Those who speak for the house.
    Communications,
    /// Those who answer for it.
    Management,
    /// Whoever runs a system that is affected.
    SystemOwner,
}

/// When an activity is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// All the time.
    Organisation,
    /// Anew for each incident.
    Incident,
}

/// How the ledger shows that an activity is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// Every alert of the incident was decided.
    Triaged,
    /// It was declared.
    Declared,
    /// Its severity was assessed by a person.
    SeverityAssessed,
    /// It was classified.
    Classified,
    /// It has a commander and a scribe.
    RolesAssigned,
    /// It belongs to a team or a person.
    Assigned,
    /// A hypothesis about the root cause was accepted with evidence.
    RootCauseStated,
    /// Every entity in scope was confirmed or ruled out.
    ScopeConfirmed,
    /// The timeline has findings and decisions.
    FindingsRecorded,
    /// Evidence was sealed.
    EvidenceSealed,
    /// Volatile evidence of what was contained was sealed before.
    EvidenceFirst,
    /// What containment costs the business was weighed before.
    ImpactConsidered,
    /// Every entity in scope is contained, and that was verified.
    ContainedEach,
    /// Measures that hold until the cause is gone were verified.
    ContainmentHeld,
    /// Those who must know were told.
    StakeholdersTold,
    /// Every deadline that applies was met or decided upon.
    ClocksDecided,
    /// Every entity in scope was verified clean.
    EradicatedEach,
    /// The weakness behind the root cause was closed, and that was verified.
    WeaknessClosed,
    /// Something was hardened, and that was verified.
    Hardened,
    /// Every affected entity was restored and validated.
    RecoveredEach,
    /// Backups and images were checked before they were used.
    IntegrityChecked,
    /// The time of closer watch ended without a hit.
    Watched,
    /// The end of recovery was declared.
    RecoveryDeclared,
    /// The post-mortem was held.
    PostMortemHeld,
    /// No question and no task is open.
    InformationComplete,
    /// Every lesson has an owner, a due date and a proof.
    LessonsOwned,
    /// Every lesson was closed by its proof.
    LessonsClosed,
    /// Lessons were told to those concerned.
    LessonsShared,
    /// Reports were issued.
    ReportsIssued,
    /// What was to change in plans and procedures has changed.
    ProceduresUpdated,
    /// What was to change in training has changed.
    TrainingUpdated,
    /// A person says so.
    ByHand,
    /// It is no matter of one incident.
    Organisation,
}

/// A task that an activity usually brings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TaskTemplate {
    /// What to do.
    pub title: String,
    /// Who usually does it.
    pub role: ResponseRole,
    /// Hours after the declaration of a high-severity incident; none where a figure makes no sense.
    #[serde(default)]
    pub due_hours: Option<u32>,
}

/// A piece of incident response work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Activity {
    /// Name in data: lower case, words joined by hyphens.
    pub id: String,
    /// Where it is at home.
    pub phase: Phase,
    /// What to do.
    pub title: String,
    /// Requirements that it meets, as `docs/REQUIREMENTS.md` numbers them.
    pub requirements: Vec<String>,
    /// When it is done.
    pub scope: Scope,
    /// A phase cannot end without it.
    pub required: bool,
    /// Why it matters.
    pub why: String,
    /// Who usually does it.
    pub who: Vec<ResponseRole>,
    /// What good looks like.
    pub good: String,
    /// How the ledger shows that it is done.
    pub proof: Proof,
    /// What it usually takes.
    #[serde(default)]
    pub tasks: Vec<TaskTemplate>,
}

/// Whether a framework is the latest of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FrameworkStatus {
    /// It is.
    Current,
    /// Its publisher took it back.
    Withdrawn,
}

/// An activity in a phase of a framework.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Placement {
    /// Which activity.
    pub activity: String,
    /// Clause or subcategory; empty where there is none.
    pub reference: String,
}

/// A phase as a framework has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FrameworkPhase {
    /// Name in data.
    pub id: String,
    /// As the framework calls it.
    pub name: String,
    /// One sentence.
    pub about: String,
    /// It may be left out without a waiver.
    pub optional: bool,
    /// What is done in it, in the usual order.
    pub activities: Vec<Placement>,
}

/// A way to look at the work: phases over the same activities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Framework {
    /// Name in data.
    pub id: String,
    /// As people call it.
    pub name: String,
    /// Which edition.
    pub edition: String,
    /// Whether it is the latest.
    pub status: FrameworkStatus,
    /// Which one took its place.
    #[serde(default)]
    pub superseded_by: Option<String>,
    /// What it is and whom it fits.
    pub about: String,
    /// What of it is Quell's own.
    pub mapping: String,
    /// In order.
    pub phases: Vec<FrameworkPhase>,
}

/// All activities and all frameworks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// In the order of the neutral view.
    pub activities: Vec<Activity>,
    /// The neutral one first.
    pub frameworks: Vec<Framework>,
}

impl Process {
    /// An activity by its id.
    #[must_use]
    pub fn activity(&self, id: &str) -> Option<&Activity> {
        self.activities.iter().find(|activity| activity.id == id)
    }

    /// A framework by its id.
    #[must_use]
    pub fn framework(&self, id: &str) -> Option<&Framework> {
        self.frameworks.iter().find(|framework| framework.id == id)
    }
}

/// How frameworks compare for an organisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Guide {
    /// Points between two scores below which neither is better.
    pub tie_margin: f64,
    /// What can be chosen.
    pub families: Vec<Family>,
    /// What is asked, in order.
    pub factors: Vec<Factor>,
    /// Where two together are better than one.
    pub combinations: Vec<Combination>,
}

/// Frameworks of one publisher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// Name in data.
    pub id: String,
    /// As people call it.
    pub name: String,
    /// The framework to use.
    pub framework: String,
}

/// Where a factor comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Public guidance names it and says what it favours.
    Article,
    /// Quell's own judgement.
    Ours,
}

/// Something that speaks for one framework or another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Factor {
    /// Name in data.
    pub id: String,
    /// What to ask.
    pub question: String,
    /// How much it counts.
    pub weight: f64,
    /// Where it comes from.
    pub origin: Origin,
    /// What can be answered.
    pub answers: Vec<Answer>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Name in data.
    pub id: String,
    /// As it is offered.
    pub text: String,
    /// From 0 to 1 by family: 0.5 speaks neither for nor against it.
    pub favours: BTreeMap<String, f64>,
    /// Why.
    pub explain: String,
}

/// Two frameworks that do well together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Combination {
    /// Answers, by factor, that all have to be given.
    pub when: BTreeMap<String, String>,
    /// What to do.
    pub advise: String,
}
