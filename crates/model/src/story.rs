//! What Quell tells about an intrusion: the contract of `quell investigate --json`.
//!
//! Every claim names its evidence. What is inferred says so and names the log source that would have proved it.

use serde::{Deserialize, Serialize};

use crate::{Alert, AlertEvent, EntityKind, Level, Timestamp};

/// Everything one run found.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Investigation {
    /// Incidents, most severe first, then by first event.
    pub incidents: Vec<Incident>,
    /// Alerts that joined no incident, by rule.
    pub alerts_apart: Vec<SourceCount>,
    /// Records read, by source.
    pub sources: Vec<SourceCount>,
    /// What could not be read.
    pub unparsed: Vec<Unparsed>,
    /// Counts of the run.
    pub totals: Totals,
}

/// Counts of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Totals {
    /// Inputs read.
    pub inputs: u64,
    /// Records read.
    pub records: u64,
    /// Records that were seen before and dropped.
    pub duplicates: u64,
    /// Alerts raised.
    pub alerts: u64,
    /// Parts that could not be read; `unparsed` lists the first of each input.
    pub unparsed: u64,
    /// Rules in force.
    pub rules: u64,
}

/// A name with a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourceCount {
    /// What was counted.
    pub name: String,
    /// How many.
    pub count: u64,
}

/// A part of an input that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Unparsed {
    /// Input; the member of an archive follows after `!`.
    pub file: String,
    /// Byte offset in the decompressed input.
    pub offset: u64,
    /// What is wrong.
    pub reason: String,
}

/// Alerts, entities and evidence of one intrusion.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Incident {
    /// Stable id: the same records give the same id.
    pub id: String,
    /// One line that says what happened and where.
    pub title: String,
    /// How serious.
    pub severity: Level,
    /// Why that serious.
    pub severity_reasons: Vec<SeverityReason>,
    /// Time of the earliest event of the story.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub first_seen: Option<Timestamp>,
    /// Time of the latest event of the story.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub last_seen: Option<Timestamp>,
    /// Alerts, by time. Repeats of one rule on one entity are folded; each keeps its first event.
    pub alerts: Vec<Alert>,
    /// How many alerts were folded into those listed.
    pub alerts_folded: u64,
    /// ATT&CK technique ids, sorted.
    pub techniques: Vec<String>,
    /// Entities a reader has to look at to follow the story.
    pub nodes_to_read: u32,
    /// How it began and went on.
    pub root_cause: RootCause,
    /// Everything it touched.
    pub scope: Scope,
    /// Remote addresses and what they were used for.
    pub endpoints: Vec<Endpoint>,
    /// Log sources whose absence limits the story.
    pub missing_telemetry: Vec<MissingTelemetry>,
    /// What to do next, in order of incident response.
    pub next_actions: Vec<NextAction>,
}

/// One reason for a severity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SeverityReason {
    /// Level this reason stands for.
    pub level: Level,
    /// The reason, for a reader.
    pub text: String,
}

/// How sure a conclusion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// A guess that fits.
    Low,
    /// Supported, with gaps.
    Medium,
    /// Each hop has its event.
    High,
}

impl Confidence {
    /// Lower-case name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }
}

/// The earliest attacker-controlled step that explains the alerts, and how the story goes on from there.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RootCause {
    /// Where it began.
    pub entry: Entry,
    /// The weakness that was used, for a reader.
    pub weakness: String,
    /// How sure.
    pub confidence: Confidence,
    /// Why not surer, or why sure.
    pub confidence_reasons: Vec<String>,
    /// Steps from the entry to the last alert, by time.
    pub chain: Vec<Step>,
    /// Entries considered, best first; the first is `entry`.
    pub candidates: Vec<Candidate>,
}

/// A place where an intrusion can have begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Entry {
    /// Kind of the entity that is the entry.
    pub kind: EntityKind,
    /// When.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub time: Option<Timestamp>,
    /// On which host.
    pub host: Option<String>,
    /// Earliest process in the attacker's hands.
    pub process: Option<ProcessRef>,
    /// Account used.
    pub principal: Option<String>,
    /// Access key, token or session used.
    pub credential: Option<String>,
    /// Where something was downloaded from.
    pub url: Option<String>,
    /// File that carried it.
    pub file: Option<String>,
    /// Remote address.
    pub address: Option<String>,
}

/// A process, as far as the records name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProcessRef {
    /// Path of the program.
    pub image: String,
    /// Process id.
    pub pid: Option<u64>,
    /// Process GUID (Sysmon).
    pub guid: Option<String>,
}

/// An entry that was considered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Candidate {
    /// From 1.
    pub rank: u32,
    /// Higher is more likely; comparable within one incident only.
    pub score: f64,
    /// The entry.
    pub entry: Entry,
    /// Why it ranks where it does.
    pub why: String,
}

/// One step of the story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Step {
    /// When.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub time: Option<Timestamp>,
    /// Kind of the acting entity.
    pub source_kind: EntityKind,
    /// Who or what acted, for a reader.
    pub source: String,
    /// What it did; a verb phrase.
    pub action: String,
    /// Kind of the entity acted on.
    pub target_kind: EntityKind,
    /// On what.
    pub target: String,
    /// Host it happened on, where the records say.
    pub host: Option<String>,
    /// What a reader needs to judge the step: a command line, a stored value, a receiving account.
    pub detail: Option<String>,
    /// Records that show it.
    pub evidence: Vec<AlertEvent>,
    /// Titles of alerts on this step.
    pub alerts: Vec<String>,
    /// Technique ids of those alerts.
    pub techniques: Vec<String>,
    /// No record shows this hop by itself.
    pub inferred: bool,
    /// Why it was inferred, and the log source that would have proved it.
    pub inferred_why: Option<String>,
}

/// Everything an intrusion touched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Scope {
    /// Hosts the attacker acted on; the origin first.
    pub hosts: Vec<String>,
    /// Accounts used or changed.
    pub principals: Vec<String>,
    /// Keys, tokens and sessions used, issued or exposed.
    pub credentials: Vec<String>,
    /// Processes in the attacker's hands.
    pub processes: Vec<ScopedProcess>,
    /// Files written, run or taken.
    pub files: Vec<String>,
    /// Other things created, changed, read or deleted.
    pub resources: Vec<ResourceRef>,
}

/// A process in scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ScopedProcess {
    /// Host it ran on.
    pub host: String,
    /// Path of the program.
    pub image: String,
    /// Process id.
    pub pid: Option<u64>,
    /// Process GUID (Sysmon).
    pub guid: Option<String>,
}

/// Something in a control plane that was touched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ResourceRef {
    /// What it is.
    pub kind: EntityKind,
    /// Name or ARN.
    pub name: String,
    /// What was done to it: created, changed, read, deleted.
    pub how: String,
}

/// What a remote address was used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EndpointRole {
    /// The first file or link came from here.
    Delivery,
    /// The attacker's processes talk to it.
    CommandAndControl,
    /// Further tools came from here.
    ToolDownload,
    /// Data went there.
    Exfiltration,
    /// The attacker's sessions came from here.
    Origin,
}

/// A remote address of the incident.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Endpoint {
    /// IP address or name.
    pub address: String,
    /// Port, where known.
    pub port: Option<u16>,
    /// What it was used for.
    pub role: EndpointRole,
}

/// A log source whose absence limits the story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MissingTelemetry {
    /// What is missing.
    pub log_source: String,
    /// What it would have shown.
    pub would_show: String,
}

/// Phases of incident response, as the neutral view over all frameworks has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Confirm, scope, keep evidence.
    Analysis,
    /// Stop the spread.
    Containment,
    /// Remove what the attacker left.
    Eradication,
    /// Return to service and watch.
    Recovery,
    /// Change what let it happen.
    PostIncident,
}

impl Phase {
    /// Heading for readers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Phase::Analysis => "Analyse",
            Phase::Containment => "Contain",
            Phase::Eradication => "Eradicate",
            Phase::Recovery => "Recover",
            Phase::PostIncident => "Learn",
        }
    }
}

/// Something to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NextAction {
    /// When in the incident.
    pub phase: Phase,
    /// What to do, with the names of what to do it to.
    pub text: String,
    /// Why.
    pub why: String,
}
