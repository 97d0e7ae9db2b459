//! What was told against what the ledger says: which incidents open, grow, and turn out to be one. Pure.

use std::collections::{BTreeMap, BTreeSet};

use quell_engine::Telling;
use quell_incident::{Incident, IncidentFact, Status, Told};
use quell_model::{AlertGroupId, IncidentId, Level, hex};
use sha2::{Digest, Sha256};

/// Names listed in one reason.
const NAMES_MAX: usize = 5;

/// What the ledger says now.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Incidents with the version of their stream.
    pub(super) incidents: BTreeMap<IncidentId, (u64, Incident)>,
    /// Which incident alerts of a group belong to.
    pub(super) owners: BTreeMap<AlertGroupId, IncidentId>,
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
    for statement in statements {
        let absorbed: BTreeSet<&IncidentId> = statement
            .told
            .groups
            .iter()
            .filter_map(|group| known.owners.get(group))
            .filter(|owner| **owner != statement.id && !told.contains(owner))
            .filter(|owner| known.incidents.get(*owner).is_some_and(|(_, state)| state.merged_into.is_none()))
            .collect();
        let known_state = known.incidents.get(&statement.id);
        if known_state.is_some_and(|(_, state)| state.merged_into.is_some()) {
            continue;
        }
        if known.forgetful && tells_less(statement, &absorbed, known) {
            continue;
        }
        plan(statement, known_state, &absorbed, known, &mut planned);
    }
    let gone = known.told_before.iter().filter(|id| !told.contains(id) && !known.forgetful);
    let gone = gone.filter(|id| !planned.iter().any(|plan| plan.id == **id)).cloned().collect::<Vec<_>>();
    planned.extend(gone.into_iter().filter_map(|id| withdrawal(id, known)));
    planned
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
    facts.extend(absorbed.iter().map(|from| IncidentFact::Absorbed { from: (*from).clone(), why: why.clone() }));
    facts.extend(carried_over(state.map(|(_, state)| state), &others));
    for (id, (version, _)) in absorbed.iter().zip(&others) {
        let merged = IncidentFact::Merged { into: statement.id.clone(), why: why.clone() };
        planned.push(Planned { id: (*id).clone(), version: *version, facts: vec![merged], material: true });
    }
    if !facts.is_empty() {
        planned.push(Planned { id: statement.id.clone(), version, facts, material });
    }
}

/// What people decided about incidents holds for the one that absorbs them. What was restricted stays so: only who may see
/// all of it may see it.
fn carried_over(state: Option<&Incident>, others: &[&(u64, Incident)]) -> Vec<IncidentFact> {
    let mut facts = Vec::new();
    let others: Vec<&Incident> = others.iter().map(|(_, other)| other).collect();
    let restricted = others.iter().filter_map(|other| other.members.as_ref());
    let own = state.and_then(|state| state.members.as_ref());
    // With no member in common nobody is left: who has to see it breaks the glass, which is told and kept.
    let members = restricted.chain(own).cloned().reduce(|a, b| a.intersection(&b).cloned().collect());
    if let Some(members) = members.filter(|members| Some(members) != own) {
        facts.push(IncidentFact::Restricted { members });
    }
    let team = others.iter().find_map(|other| other.team.clone());
    if let Some(team) = team.filter(|_| state.is_none_or(|state| state.team.is_none())) {
        facts.push(IncidentFact::TeamChanged { team: Some(team) });
    }
    let assignee = others.iter().find_map(|other| other.assignee.clone());
    if let Some(assignee) = assignee.filter(|_| state.is_none_or(|state| state.assignee.is_none())) {
        facts.push(IncidentFact::Assigned { to: Some(assignee) });
    }
    let worked_on = others.iter().any(|other| other.status == Status::Open);
    if worked_on && state.is_none_or(|state| state.status == Status::New) {
        let reason = "an incident that was worked on became part of it".to_owned();
        facts.push(IncidentFact::StatusChanged { status: Status::Open, reason });
    }
    facts
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
