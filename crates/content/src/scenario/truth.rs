//! The truth of a rendering: where the intrusion began, how it went on, and which records show it.

use quell_model::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::error::{Fault, ScenarioError};
use super::eval;
use super::load::Scenario;
use super::plan::{Link, Plan};
use super::write::Written;

/// What happened, as nobody on the defending side knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Truth {
    /// Name of the scenario.
    pub scenario: String,
    /// Seed it was rendered with.
    pub seed: u64,
    /// The earliest step in the attacker's hands.
    pub entry: TruthEntry,
    /// The causal backbone, by time.
    pub chain: Vec<TruthStep>,
    /// Every record the attacker caused, by time. The evidence of a chain may hold records that are not among them:
    /// the service that issued a key was not the attacker.
    pub attack_events: Vec<RecordAt>,
    /// What was touched.
    pub scope: TruthScope,
    /// Remote addresses.
    pub endpoints: Vec<TruthEndpoint>,
}

/// A record of a rendered file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordAt {
    /// Path of the file.
    pub file: String,
    /// `RecordNumber` of a Windows event; number of the line, from 1, headers included; number of the element of a
    /// `Records` array, from 1.
    pub record: u64,
}

/// Where it began. Kinds are those of `quell_model::EntityKind`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TruthEntry {
    /// Kind of the entity that is the entry.
    pub kind: String,
    /// When.
    pub time: Timestamp,
    /// On which host.
    #[serde(default)]
    pub host: Option<String>,
    /// Earliest process in the attacker's hands.
    #[serde(default)]
    pub process: Option<TruthProcess>,
    /// Account used.
    #[serde(default)]
    pub principal: Option<String>,
    /// Key, token or session used.
    #[serde(default)]
    pub credential: Option<String>,
    /// Where something was downloaded from.
    #[serde(default)]
    pub url: Option<String>,
    /// File that carried it.
    #[serde(default)]
    pub file: Option<String>,
    /// Remote address.
    #[serde(default)]
    pub address: Option<String>,
}

/// A process.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TruthProcess {
    /// Host it ran on; left out where the entry names the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Path of the program.
    pub image: String,
    /// Process id.
    pub pid: u64,
    /// Process GUID.
    pub guid: String,
}

/// One step of the story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TruthStep {
    /// When.
    pub time: Timestamp,
    /// Who or what acted.
    pub source: String,
    /// What it did.
    pub action: String,
    /// On what.
    pub target: String,
    /// Records that show it; none where it was not logged and can only be inferred.
    pub evidence: Vec<RecordAt>,
}

/// Everything that was touched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TruthScope {
    /// Hosts the attacker acted on; the origin first.
    pub hosts: Vec<String>,
    /// Accounts used or changed.
    pub principals: Vec<String>,
    /// Keys, tokens and sessions used, issued or exposed.
    pub credentials: Vec<String>,
    /// Processes in the attacker's hands.
    pub processes: Vec<TruthProcess>,
    /// Files written, run or taken.
    pub files: Vec<String>,
    /// Other things created, changed, read or deleted.
    pub resources: Vec<String>,
}

/// A remote address. Roles are those of `quell_model::EndpointRole`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TruthEndpoint {
    /// IP address or name.
    pub address: String,
    /// Port.
    #[serde(default)]
    pub port: Option<u16>,
    /// What it was used for.
    pub role: String,
}

/// The part of the truth that the script states.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stated {
    entry: TruthEntry,
    scope: TruthScope,
    endpoints: Vec<TruthEndpoint>,
}

/// Puts together what the script states and where the records went.
pub(super) fn tell(scenario: &Scenario, plan: &mut Plan, written: &Written) -> Result<Truth, ScenarioError> {
    let fault = |fault: Fault| fault.at(&scenario.file);
    let value = eval::value(&scenario.truth, &plan.scope, &mut plan.ids).map_err(fault)?;
    let stated = value.unwrap_or(Value::Object(Map::new()));
    let Stated { entry, scope, endpoints } =
        serde_json::from_value(stated).map_err(|error| fault(Fault::Truth(error.to_string())))?;
    let steps = plan.links.iter().zip(&written.evidence);
    let mut chain = steps.map(|(link, evidence)| step(link, evidence)).collect::<Result<Vec<_>, _>>().map_err(fault)?;
    chain.sort_by_key(|step| step.time);
    Ok(Truth {
        scenario: scenario.name.clone(),
        seed: written.seed,
        entry,
        chain,
        attack_events: written.attack_events.clone(),
        scope,
        endpoints,
    })
}

fn step(link: &Link, evidence: &[RecordAt]) -> Result<TruthStep, Fault> {
    let time = Timestamp::from_nanosecond(i128::from(link.at)).map_err(|error| Fault::Truth(error.to_string()))?;
    let Link { source, action, target, .. } = link.clone();
    Ok(TruthStep { time, source, action, target, evidence: evidence.to_vec() })
}
