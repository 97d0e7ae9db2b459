//! What was told against what the ledger says: which incidents open, grow, and turn out to be one. Pure.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use quell_engine::Telling;
use quell_incident::{Incident, IncidentFact, MovedAlerts, Status, Told, carried_over};
use quell_model::{AlertGroupId, IncidentId, Level, hex};
use quell_store::HeldGroup;
use sha2::{Digest, Sha256};

/// Names listed in one reason.
const NAMES_MAX: usize = 5;
/// Longest chain of incidents that became part of one another.
pub(super) const CHAIN_MAX: usize = 100;

/// What the ledger says now.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Incidents with the version of their stream.
    pub(super) incidents: BTreeMap<IncidentId, (u64, Incident)>,
    /// Which incident alerts of a group belong to.
    pub(super) owners: BTreeMap<AlertGroupId, IncidentId>,
    /// Groups of which people said where they belong.
    pub(super) held: BTreeMap<AlertGroupId, HeldGroup>,
    /// How many alerts there are of groups that what people said is about.
    pub(super) sizes: BTreeMap<AlertGroupId, u64>,
    /// What was told before.
    pub(super) told_before: BTreeSet<IncidentId>,
    /// Whether records were forgotten, so that less is told than was known.
    pub(super) forgetful: bool,
}

/// What is to be written about one incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Planned {
    pub(super) id: IncidentId,
    /// Version it builds on.
    pub(super) version: u64,
    pub(super) facts: Vec<IncidentFact>,
    /// Whether more than counts and times changed.
    pub(super) material: bool,
}

/// A telling in the ledger's words, with its story.
#[derive(Clone)]
pub(super) struct Statement {
    pub(super) id: IncidentId,
    pub(super) told: Told,
    pub(super) story: Vec<u8>,
    why: Vec<String>,
}

impl Statement {
    pub(super) fn of(telling: &Telling) -> Statement {
        let incident = &telling.incident;
        let story = serde_json::to_vec(incident).unwrap_or_default();
        let told = Told {
            title: incident.title.clone(),
            severity: incident.severity,
            first_seen: incident.first_seen,
            last_seen: incident.last_seen,
            techniques: incident.techniques.clone(),
            hosts: incident.scope.hosts.clone(),
            principals: incident.scope.principals.clone(),
            groups: telling.groups.clone(),
            alerts: telling.alerts,
            sources: telling.inputs.clone(),
            story: hex::encode(&Sha256::digest(&story)),
        };
        let mut why: Vec<String> = incident.severity_reasons.iter().map(|reason| reason.text.clone()).collect();
        why.push(incident.root_cause.weakness.clone());
        Statement { id: IncidentId::new(&incident.id), told, story, why }
    }
}

/// What has to be written so that the ledger says what is told.
pub(super) fn reconcile(statements: &[Statement], known: &Known) -> Vec<Planned> {
    let told: BTreeSet<&IncidentId> = statements.iter().map(|statement| &statement.id).collect();
    let mut planned = Vec::new();
    let mut given: BTreeMap<&IncidentId, MovedAlerts> = BTreeMap::new();
    for statement in statements {
        let known_state = known.incidents.get(&statement.id);
        if known_state.is_some_and(|(_, state)| state.merged_into.is_some()) {
            let (into, moved) = known.latecomers(statement);
            given.entry(into).or_default().extend(moved);
            continue;
        }
        let Some(statement) = &known.as_held(statement) else { continue };
        let absorbed: BTreeSet<&IncidentId> = statement
            .told
            .groups
            .iter()
            .filter_map(|group| known.owners.get(group))
            .filter(|owner| **owner != statement.id && !told.contains(owner))
            .filter(|owner| known.incidents.get(*owner).is_some_and(|(_, state)| state.is_absorbable()))
            .collect();
        if known.forgetful && tells_less(statement, &absorbed, known) {
            continue;
        }
        plan(statement, known_state, &absorbed, known, &mut planned);
    }
    let gone = known.told_before.iter().filter(|id| !told.contains(id) && !known.forgetful);
    let gone = gone.filter(|id| !planned.iter().any(|plan| plan.id == **id)).cloned().collect::<Vec<_>>();
    planned.extend(gone.into_iter().filter_map(|id| withdrawal(id, known)));
    for (id, moved) in given.into_iter().filter(|(_, moved)| !moved.groups.is_empty()) {
        give(id, moved, known, &mut planned);
    }
    let reopened: Vec<Planned> =
        known.reopened().filter(|late| !planned.iter().any(|plan| plan.id == late.id)).collect();
    planned.extend(reopened);
    planned
}

/// What came to incidents that people merged goes to the one that they are part of.
fn give(id: &IncidentId, moved: MovedAlerts, known: &Known, planned: &mut Vec<Planned>) {
    let reason = "they belong to an incident that became part of it".to_owned();
    let Some((version, state)) = known.incidents.get(id) else { return };
    let mut facts = vec![IncidentFact::AlertsAdded { moved, reason: reason.clone() }];
    if state.status.is_closed() {
        facts.push(IncidentFact::StatusChanged { status: Status::Open, reason });
    }
    if let Some(plan) = planned.iter_mut().find(|plan| plan.id == *id) {
        plan.facts.extend(facts);
        plan.material = true;
    } else {
        planned.push(Planned { id: id.clone(), version: *version, facts, material: true });
    }
}

impl Known {
    /// A statement as people said where alerts belong: without those that they gave to another incident, with those that
    /// they gave to this one; none if nothing is left.
    fn as_held<'s>(&self, statement: &'s Statement) -> Option<Cow<'s, Statement>> {
        let elsewhere = |group: &AlertGroupId| self.held.get(group).is_some_and(|held| held.incident != statement.id);
        let is_new = |held: &&HeldGroup| {
            held.incident == statement.id && statement.told.groups.binary_search(&held.group).is_err()
        };
        let added: Vec<&HeldGroup> = self.held.values().filter(is_new).collect();
        let brought = self.incidents.get(&statement.id).and_then(|(_, state)| state.brought.as_ref());
        let moved = !added.is_empty() || statement.told.groups.iter().any(elsewhere);
        if !moved && brought.is_none() {
            return Some(Cow::Borrowed(statement));
        }
        let mut statement = statement.clone();
        let told = &mut statement.told;
        if moved {
            told.groups.retain(|group| !elsewhere(group));
            if told.groups.is_empty() {
                return None;
            }
            let left: u64 = told.groups.iter().filter_map(|group| self.sizes.get(group)).sum();
            told.alerts = left + added.iter().map(|held| held.alerts).sum::<u64>();
            for held in added {
                told.groups.push(held.group.clone());
                told.sources.extend(
                    held.sources.iter().filter(|source| !told.sources.contains(source)).cloned().collect::<Vec<_>>(),
                );
            }
            told.groups.sort_unstable();
        }
        if let Some(brought) = brought {
            statement.told = statement.told.with(brought);
        }
        Some(Cow::Owned(statement))
    }

    /// Incidents that are closed, and to which more came of what people put there.
    fn reopened(&self) -> impl Iterator<Item = Planned> {
        let ids: BTreeSet<&IncidentId> =
            self.held.values().filter(|held| held.is_late).map(|held| &held.incident).collect();
        ids.into_iter().filter_map(|id| {
            let (version, state) = self.incidents.get(id)?;
            let reason = "further alerts came of those that people put here".to_owned();
            let fact = IncidentFact::StatusChanged { status: Status::Open, reason };
            let open = state.status.is_closed() && state.merged_into.is_none();
            open.then(|| Planned { id: id.clone(), version: *version, facts: vec![fact], material: true })
        })
    }

    /// The incident that a merged one is part of in the end.
    fn end_of<'k>(&'k self, mut id: &'k IncidentId) -> &'k IncidentId {
        for _ in 0..CHAIN_MAX {
            match self.incidents.get(id).and_then(|(_, state)| state.merged_into.as_ref()) {
                Some(into) => id = into,
                None => break,
            }
        }
        id
    }

    /// Alerts that came to an incident after people had merged it, and where they belong now.
    fn latecomers<'k>(&'k self, statement: &'k Statement) -> (&'k IncidentId, MovedAlerts) {
        let into = self.end_of(&statement.id);
        let groups = &statement.told.groups;
        let by_people = groups.iter().any(|group| self.held.get(group).is_some_and(|held| held.incident == *into));
        let groups: Vec<AlertGroupId> = match by_people {
            true => groups.iter().filter(|group| !self.held.contains_key(*group)).cloned().collect(),
            false => Vec::new(),
        };
        let alerts = groups.iter().filter_map(|group| self.sizes.get(group)).sum();
        let sources = if groups.is_empty() { Vec::new() } else { statement.told.sources.clone() };
        (into, MovedAlerts { groups, alerts, sources })
    }
}

/// Takes back an incident that further records explained, unless somebody has worked on it.
fn withdrawal(id: IncidentId, known: &Known) -> Option<Planned> {
    let (version, state) = known.incidents.get(&id)?;
    if state.status != Status::New {
        return None;
    }
    let why = "with what is known by now, its alerts are part of how the place works, or too weak alone".to_owned();
    Some(Planned { id, version: *version, facts: vec![IncidentFact::Withdrawn { why }], material: true })
}

/// Whether an incident that is known already has more alerts than what is told of it now.
fn tells_less(statement: &Statement, absorbed: &BTreeSet<&IncidentId>, known: &Known) -> bool {
    let before = absorbed.iter().copied().chain([&statement.id]).filter_map(|id| known.incidents.get(id));
    before.map(|(_, state)| state.told.alerts).max().is_some_and(|alerts| alerts > statement.told.alerts)
}

fn plan(
    statement: &Statement,
    state: Option<&(u64, Incident)>,
    absorbed: &BTreeSet<&IncidentId>,
    known: &Known,
    planned: &mut Vec<Planned>,
) {
    let told = statement.told.clone();
    let mut facts = Vec::new();
    let mut material = !absorbed.is_empty();
    let version = match state {
        None => {
            facts.push(IncidentFact::Opened { told, why: statement.why.clone() });
            material = true;
            0
        }
        Some((version, state)) => {
            if state.status == Status::Withdrawn {
                material = true;
                let reason = "with further records it is an incident again".to_owned();
                facts.push(IncidentFact::StatusChanged { status: Status::New, reason });
            }
            if state.told != told {
                let why = changes(&state.told, &told);
                let more = told.groups.len() > state.told.groups.len();
                material |= is_material(&state.told, &told);
                facts.push(IncidentFact::Grown { told, why });
                if state.status.is_closed() && state.status != Status::Withdrawn && more {
                    let reason = "new alerts joined after it was closed".to_owned();
                    facts.push(IncidentFact::StatusChanged { status: Status::Open, reason });
                }
            }
            *version
        }
    };
    let why = "alerts of both have the same cause; the earliest of them names the incident".to_owned();
    let others: Vec<&(u64, Incident)> = absorbed.iter().filter_map(|id| known.incidents.get(*id)).collect();
    facts.extend(absorbed.iter().map(|from| IncidentFact::Absorbed {
        from: (*from).clone(),
        why: why.clone(),
        brought: None,
    }));
    let states: Vec<&Incident> = others.iter().map(|(_, other)| other).collect();
    facts.extend(carried_over(state.map(|(_, state)| state), &states));
    for (id, (version, _)) in absorbed.iter().zip(&others) {
        let merged = IncidentFact::Merged { into: statement.id.clone(), why: why.clone() };
        planned.push(Planned { id: (*id).clone(), version: *version, facts: vec![merged], material: true });
    }
    if !facts.is_empty() {
        planned.push(Planned { id: statement.id.clone(), version, facts, material });
    }
}

fn is_material(before: &Told, now: &Told) -> bool {
    let facts = |told: &Told| {
        (
            told.title.clone(),
            told.severity,
            told.first_seen,
            told.techniques.clone(),
            told.hosts.clone(),
            told.principals.clone(),
            told.groups.clone(),
        )
    };
    facts(before) != facts(now)
}

/// What changed, for a reader.
fn changes(before: &Told, now: &Told) -> Vec<String> {
    let mut why = Vec::new();
    if now.alerts != before.alerts {
        why.push(format!("{} alerts, before {}", now.alerts, before.alerts));
    }
    if now.severity != before.severity {
        let word = if now.severity > before.severity { "rose" } else { "fell" };
        let name = |level: Level| level.as_str();
        why.push(format!("severity {word} from {} to {}", name(before.severity), name(now.severity)));
    }
    for (what, before, now) in [
        ("host", &before.hosts, &now.hosts),
        ("account", &before.principals, &now.principals),
        ("technique", &before.techniques, &now.techniques),
    ] {
        let new: Vec<&str> = now.iter().filter(|name| !before.contains(name)).map(String::as_str).collect();
        if !new.is_empty() {
            let more =
                if new.len() > NAMES_MAX { format!(" and {} more", new.len() - NAMES_MAX) } else { String::new() };
            let shown = &new[..new.len().min(NAMES_MAX)];
            why.push(format!("new {what}{}: {}{more}", if new.len() == 1 { "" } else { "s" }, shown.join(", ")));
        }
    }
    if now.title != before.title {
        why.push("its beginning or effect is seen differently".to_owned());
    }
    if why.is_empty() {
        why.push("further records belong to it".to_owned());
    }
    why
}

#[cfg(test)]
mod tests;
