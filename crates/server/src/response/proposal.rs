//! Which playbooks fit an incident, why, and what of the incident fills their variables. Pure.

use std::collections::{BTreeMap, BTreeSet};

use quell_incident::Told;
use quell_incident::work::Work;
use quell_model::{EndpointRole, EntityKind};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{Catalogue, Listed};

/// How much a technique counts that a playbook names itself.
const EXACT: u32 = 3;

/// A playbook that fits an incident.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Proposal {
    /// Short name of the playbook.
    pub(crate) playbook: String,
    /// Its name.
    pub(crate) name: String,
    /// One line.
    pub(crate) summary: String,
    /// Why it fits.
    pub(crate) reasons: Vec<String>,
    /// How well it fits; more is more.
    pub(crate) score: u32,
    /// Variables that the incident fills.
    pub(crate) variables: BTreeMap<String, String>,
    /// Variables that somebody has to give.
    pub(crate) missing: Vec<String>,
}

/// Playbooks that fit, the best first.
pub(crate) fn proposals(
    catalogue: &Catalogue,
    told: &Told,
    work: &Work,
    story: Option<&quell_model::Incident>,
) -> Vec<Proposal> {
    let mut all: Vec<Proposal> = catalogue.iter().filter_map(|listed| proposal(listed, told, work, story)).collect();
    all.sort_by(|a, b| b.score.cmp(&a.score).then_with(|| a.playbook.cmp(&b.playbook)));
    all
}

fn proposal(listed: &Listed, told: &Told, work: &Work, story: Option<&quell_model::Incident>) -> Option<Proposal> {
    let ours = listed.ours();
    let techniques: BTreeSet<&str> = texts(&ours["techniques"]).collect();
    let seen: Vec<&str> = told
        .techniques
        .iter()
        .map(String::as_str)
        .filter(|seen| {
            techniques.contains(seen) || seen.split('.').next().is_some_and(|whole| techniques.contains(whole))
        })
        .collect();
    // A technique that the playbook names says more than one that is a kind of what it names.
    let exact = seen.iter().filter(|seen| techniques.contains(**seen)).count();
    let kinds = seen.iter().filter(|seen| !techniques.contains(**seen)).filter_map(|seen| seen.split('.').next());
    let whole: BTreeSet<&str> = kinds.collect();
    let variables = filled(listed, told, work, story);
    let mut reasons = Vec::new();
    if !seen.is_empty() {
        reasons.push(format!("techniques seen: {}", seen.join(", ")));
    }
    if !variables.is_empty() {
        let named: Vec<String> = variables.values().cloned().collect();
        reasons.push(format!("acts on {}", named.join(", ")));
    }
    if seen.is_empty() {
        return None;
    }
    let missing = listed.plan.asked().map(|(name, _)| name.clone()).filter(|name| !variables.contains_key(name));
    Some(Proposal {
        playbook: listed.slug.clone(),
        name: listed.plan.name.clone(),
        summary: ours["summary"].as_str().unwrap_or_default().to_owned(),
        score: EXACT * exact as u32 + whole.len() as u32 + variables.len() as u32,
        reasons,
        missing: missing.collect(),
        variables,
    })
}

/// Variables from what is affected; what people judged comes before what Quell tells.
pub(crate) fn filled(
    listed: &Listed,
    told: &Told,
    work: &Work,
    story: Option<&quell_model::Incident>,
) -> BTreeMap<String, String> {
    let fills = listed.ours()["fills"].as_object();
    let one = |wish: &Value| {
        let kind = EntityKind::ALL.into_iter().find(|kind| wish["kind"] == kind.as_str())?;
        let nth = wish["nth"].as_u64().and_then(|nth| usize::try_from(nth).ok()).unwrap_or_default();
        if kind == EntityKind::Endpoint {
            let role = wish["role"].as_str();
            let fits = |endpoint: &&quell_model::Endpoint| role.is_none_or(|role| role == role_name(endpoint.role));
            let mut addresses: Vec<String> = Vec::new();
            for endpoint in story?.endpoints.iter().filter(fits) {
                let address = endpoint.address.to_string();
                if !addresses.contains(&address) {
                    addresses.push(address);
                }
            }
            return addresses.into_iter().nth(nth);
        }
        let judged =
            work.entities.affected().filter(|one| one.entity.kind == kind).map(|one| one.entity.name.to_string());
        let scope: &[String] = match kind {
            EntityKind::Host => &told.hosts,
            EntityKind::Principal => &told.principals,
            EntityKind::Credential => story.map_or(&[], |story| &story.scope.credentials),
            _ => &[],
        };
        let ruled_out: BTreeSet<&str> = work
            .entities
            .iter()
            .filter(|one| one.judged.is_some() && !one.is_affected())
            .map(|one| one.entity.name.as_str())
            .collect();
        let mut names: Vec<String> = judged.collect();
        names.extend(scope.iter().filter(|name| !names.contains(name)).cloned().collect::<Vec<_>>());
        let part = wish["contains"].as_str().unwrap_or_default();
        let fits = |name: &String| {
            !ruled_out.contains(name.as_str())
                && name.contains(part)
                && wish["without"].as_str().is_none_or(|without| !name.contains(without))
        };
        names.into_iter().filter(fits).nth(nth)
    };
    fills.into_iter().flatten().filter_map(|(name, wish)| Some((name.clone(), one(wish)?))).collect()
}

/// Roles as playbooks name them.
fn role_name(role: EndpointRole) -> &'static str {
    match role {
        EndpointRole::Delivery | EndpointRole::ToolDownload => "delivery",
        EndpointRole::CommandAndControl => "control",
        EndpointRole::Exfiltration => "theft",
        EndpointRole::Origin => "access",
    }
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}
