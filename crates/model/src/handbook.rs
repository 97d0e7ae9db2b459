//! The handbook: everything that content says about how incidents are worked on.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::EntityKind;
use crate::process::Process;
use crate::regime::Regime;

/// Everything that content says about how incidents are worked on.
#[derive(Debug, Clone, PartialEq)]
pub struct Handbook {
    /// Activities and frameworks.
    pub process: Process,
    /// Criteria on which an incident is declared.
    pub criteria: Vec<Criterion>,
    /// The National Cyber Incident Scoring System.
    pub sheet: ScoreSheet,
    /// Types of the Reference Security Incident Taxonomy, with their classes.
    pub rsit: Vec<RsitType>,
    /// The upper levels of VERIS.
    pub veris: VerisTerms,
    /// Duties to tell somebody by a deadline.
    pub regimes: Vec<Regime>,
    /// Who hears what, and when.
    pub plan: CommunicationPlan,
    /// Messages to begin from.
    pub templates: Vec<MessageTemplate>,
    /// What to collect of which asset, in which order.
    pub collection: Vec<CollectionGuide>,
}

impl Handbook {
    /// A regime by its id.
    #[must_use]
    pub fn regime(&self, id: &str) -> Option<&Regime> {
        self.regimes.iter().find(|regime| regime.id == id)
    }

    /// Everything that clocks count from and that people have to say.
    #[must_use]
    pub fn anchors(&self) -> BTreeSet<&str> {
        self.regimes.iter().flat_map(Regime::anchors).filter(|anchor| !anchor.contains(':')).collect()
    }
}

/// A criterion on which an incident is declared (CSF 2.0 DE.AE-08).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// Name in data.
    pub id: String,
    /// As it is shown.
    pub text: String,
    /// How to tell whether it is met.
    pub good: String,
}

/// A score from weighted choices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ScoreSheet {
    /// Who publishes it.
    pub publisher: String,
    /// What a reader should know before relying on it.
    pub note: String,
    /// What is judged.
    pub categories: Vec<ScoreCategory>,
    /// Names for scores, the highest first.
    pub levels: Vec<ScoreLevel>,
}

/// Something that is judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ScoreCategory {
    /// Name in data.
    pub id: String,
    /// As it is shown.
    pub name: String,
    /// How much it counts.
    pub weight: f64,
    /// What to ask.
    pub question: String,
    /// What can be chosen.
    pub options: Vec<ScoreOption>,
}

/// A choice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ScoreOption {
    /// Name in data.
    pub id: String,
    /// From 0 to 100.
    pub value: f64,
    /// As it is shown.
    pub text: String,
}

/// A name for scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ScoreLevel {
    /// As it is shown.
    pub name: String,
    /// The least score that it is for.
    pub from: f64,
}

/// A type of the Reference Security Incident Taxonomy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RsitType {
    /// Name in data.
    pub id: String,
    /// Its class.
    pub class: String,
    /// As the taxonomy spells it, class and type.
    pub tag: String,
    /// As it is shown.
    pub name: String,
    /// What it is.
    pub text: String,
}

/// The upper levels of VERIS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct VerisTerms {
    /// Edition.
    pub version: String,
    /// Who.
    pub actors: Vec<VerisTerm>,
    /// What was done.
    pub actions: Vec<VerisTerm>,
    /// To what.
    pub assets: Vec<VerisTerm>,
    /// What it lost.
    pub attributes: Vec<VerisTerm>,
    /// How it was found.
    pub discovery_methods: Vec<VerisTerm>,
    /// Whether it was one.
    pub security_incident: Vec<VerisTerm>,
}

/// A word of a taxonomy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct VerisTerm {
    /// Name in data.
    pub id: String,
    /// As the taxonomy spells it.
    pub value: String,
    /// What it means.
    pub text: String,
}

/// Who hears what, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CommunicationPlan {
    /// What a reader should know before relying on it.
    pub note: String,
    /// By severity: its name, and who has to be told.
    pub severities: Vec<PlannedAudiences>,
}

/// Who has to be told at a severity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PlannedAudiences {
    /// Which severity.
    pub severity: crate::Level,
    /// Who.
    pub audiences: Vec<PlannedAudience>,
}

/// A message to begin from. Names in double braces are filled in by whoever writes it; there are no conditions and no loops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MessageTemplate {
    /// Name in data.
    pub id: String,
    /// As it is shown.
    pub name: String,
    /// For whom it is.
    pub audience: String,
    /// Its usual marking.
    pub tlp: String,
    /// What about.
    pub subject: String,
    /// Markdown.
    pub text: String,
}

/// Somebody who has to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PlannedAudience {
    /// Who.
    pub audience: String,
    /// Within how long of the declaration.
    pub within_hours: u32,
    /// With which template.
    pub template: String,
    /// How often they hear more.
    #[serde(default)]
    pub updates_every_hours: Option<u32>,
    /// Only if this is so; somebody has to judge it.
    #[serde(default)]
    pub only_if: Option<String>,
}

/// Order of volatility, after RFC 3227 section 2.1: what goes first is collected first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Volatility {
    /// Memory, processes, connections, sessions, state of containers.
    Memory,
    /// Temporary files.
    Temporary,
    /// Disks, volumes, snapshots.
    Disk,
    /// Logs that are kept elsewhere.
    RemoteLogs,
    /// Configuration, topology, rights.
    Configuration,
    /// Backups and archives.
    Archive,
}

/// What to collect of an asset before it is touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CollectionGuide {
    /// Name in data.
    pub id: String,
    /// What kind of asset it is for.
    pub name: String,
    /// Entities that can be one.
    pub kinds: Vec<EntityKind>,
    /// What can go wrong, whatever is collected.
    pub cautions: Vec<String>,
    /// What to collect, the most volatile first.
    pub steps: Vec<GuideStep>,
}

/// Something to collect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct GuideStep {
    /// How quickly it is lost.
    pub volatility: Volatility,
    /// What.
    pub what: String,
    /// How.
    pub how: String,
}

impl CommunicationPlan {
    /// Who has to be told at a severity.
    #[must_use]
    pub fn at(&self, severity: crate::Level) -> &[PlannedAudience] {
        let found = self.severities.iter().find(|planned| planned.severity == severity);
        found.map_or(&[], |planned| &planned.audiences)
    }
}
