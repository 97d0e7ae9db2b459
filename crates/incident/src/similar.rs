//! Incidents that have something in common: the rarer it is among all incidents, the more it says. Pure.

use std::collections::BTreeMap;

use quell_model::IncidentId;
use serde::Serialize;

/// Most incidents that are named.
const SIMILAR_MAX: usize = 20;
/// Most things in common that are named of one.
const SHARED_MAX: usize = 10;

/// What incidents can have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TraitKind {
    /// Something that people judged to be part of the intrusion.
    Affected,
    /// A host in scope.
    Host,
    /// An account in scope.
    Principal,
    /// An ATT&CK technique.
    Technique,
}

impl TraitKind {
    /// How much a trait of this kind says, beside its rarity.
    fn weight(self) -> f64 {
        match self {
            TraitKind::Affected => 3.0,
            TraitKind::Host | TraitKind::Principal => 2.0,
            TraitKind::Technique => 1.0,
        }
    }
}

/// Something that an incident has, and which others have it too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedTrait {
    /// What it is.
    pub kind: TraitKind,
    /// Its name.
    pub name: String,
    /// Other incidents that have it.
    pub incidents: Vec<IncidentId>,
}

/// An incident that has something in common with another.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Similar {
    /// Which.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub incident: IncidentId,
    /// How much they have in common; more is more.
    pub score: f64,
    /// What, what says most first.
    pub shared: Vec<Shared>,
}

/// Something in common.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Shared {
    /// What it is.
    pub kind: TraitKind,
    /// Its name.
    pub name: String,
    /// How many other incidents have it.
    pub others: u64,
    /// What it adds to the score.
    pub score: f64,
}

/// The most similar of `total` incidents, by what they share: each trait counts by its kind and by the logarithm of how rare
/// it is.
#[must_use]
pub fn similar(traits: &[SharedTrait], total: u64) -> Vec<Similar> {
    let mut found: BTreeMap<&IncidentId, Vec<Shared>> = BTreeMap::new();
    for one in traits.iter().filter(|one| !one.incidents.is_empty()) {
        let others = one.incidents.len() as u64;
        let rarity = ((total.max(others) + 1) as f64 / others as f64).ln();
        let score = round(one.kind.weight() * rarity);
        for incident in &one.incidents {
            let shared = Shared { kind: one.kind, name: one.name.clone(), others, score };
            found.entry(incident).or_default().push(shared);
        }
    }
    let mut all: Vec<Similar> = found
        .into_iter()
        .map(|(incident, mut shared)| {
            shared.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| (a.kind, &a.name).cmp(&(b.kind, &b.name))));
            let score = round(shared.iter().map(|one| one.score).sum());
            shared.truncate(SHARED_MAX);
            Similar { incident: incident.clone(), score, shared }
        })
        .collect();
    all.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.incident.cmp(&b.incident)));
    all.truncate(SIMILAR_MAX);
    all
}

/// To hundredths, so that the order of adding does not show.
fn round(score: f64) -> f64 {
    (score * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(kind: TraitKind, name: &str, incidents: &[&str]) -> SharedTrait {
        let incidents = incidents.iter().map(|id| IncidentId::new(*id)).collect();
        SharedTrait { kind, name: name.to_owned(), incidents }
    }

    #[test]
    fn what_is_rare_says_most() {
        let common: Vec<String> = (0..90).map(|n| format!("inc-{n}")).collect();
        let common: Vec<&str> = common.iter().map(String::as_str).collect();
        let traits = [
            shared(TraitKind::Technique, "T1059", &common),
            shared(TraitKind::Technique, "T1053.005", &["inc-7"]),
            shared(TraitKind::Host, "jump-01", &common),
            shared(TraitKind::Affected, "203.0.113.45", &["inc-3"]),
            shared(TraitKind::Host, "ws-01", &[]),
        ];
        let found = similar(&traits, 100);
        let order: Vec<&str> = found.iter().take(3).map(|one| one.incident.as_str()).collect();
        assert_eq!((order, found.len()), (vec!["inc-3", "inc-7", "inc-0"], SIMILAR_MAX));
        let names: Vec<&str> = found[0].shared.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["203.0.113.45", "jump-01", "T1059"]);
        assert_eq!(found[0].score, round(found[0].shared.iter().map(|one| one.score).sum()));
    }
}
