//! Who controls whom: backward to where control began, forward to everything it reached.
//!
//! *Control* edges hand the attacker's will on: launching, injecting, issuing credentials, installing services, dropping
//! what is run later. Reading, connecting and looking up are not control. Boundary programs and hubs end a walk, because
//! they do what anybody asks of them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};

use quell_model::{Attr, EntityKind, Timestamp, Verb};

use crate::graph::{ActivityGraph, Edge, EdgeId, NodeId};
use crate::policy::Policy;

/// Most nodes that one walk visits.
const WALK_MAX: usize = 20_000;

/// How an attacker's control reached a node, seen from an alert: the next hop toward the alert.
#[derive(Debug, Clone, Default)]
pub struct Back {
    /// Per visited node: cost of the best path to the alerted node and the edge that it begins with.
    pub best: BTreeMap<NodeId, (f64, Option<EdgeId>)>,
}

impl Back {
    /// Edges from `from` to the alerted node.
    #[must_use]
    pub fn path(&self, graph: &ActivityGraph, from: NodeId) -> Vec<EdgeId> {
        let mut path = Vec::new();
        let mut at = from;
        while let Some((_, Some(edge))) = self.best.get(&at) {
            path.push(*edge);
            at = graph.edge(*edge).to;
        }
        path
    }
}

/// Walks control edges backward from `start`, in time, cheapest explanation first.
#[must_use]
pub fn trace_back(graph: &ActivityGraph, policy: &Policy, start: NodeId, at: Option<Timestamp>) -> Back {
    let mut back = Back::default();
    let mut queue = BinaryHeap::from([Visit { cost: 0.0, node: start, until: at, via: None }]);
    while let Some(visit) = queue.pop() {
        if back.best.contains_key(&visit.node) || back.best.len() >= WALK_MAX {
            continue;
        }
        back.best.insert(visit.node, (visit.cost, visit.via));
        if visit.node != start && ends_walk(graph, policy, visit.node, visit.until) {
            continue;
        }
        for (id, edge) in graph.into(visit.node) {
            if let Some(cost) = control_cost(graph, policy, edge, visit.until) {
                let until = earlier(edge.first, visit.until);
                queue.push(Visit { cost: visit.cost + cost, node: edge.from, until, via: Some(id) });
            }
        }
    }
    back
}

#[derive(Debug, PartialEq)]
struct Visit {
    cost: f64,
    node: NodeId,
    until: Option<Timestamp>,
    via: Option<EdgeId>,
}

impl Eq for Visit {}

impl Ord for Visit {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        // A binary heap pops the greatest: the cheapest must be that; equal costs go by position, to be repeatable.
        other.cost.total_cmp(&self.cost).then_with(|| (other.node, other.via).cmp(&(self.node, self.via)))
    }
}

impl PartialOrd for Visit {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

fn earlier(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Whether control is not followed beyond `node`: it does what anybody asks, and nobody took it over before `until`.
#[must_use]
pub fn ends_walk(graph: &ActivityGraph, policy: &Policy, node: NodeId, until: Option<Timestamp>) -> bool {
    let entity = graph.node(node);
    match entity.kind {
        EntityKind::Process => policy.is_boundary(&entity.name) && taken_over(graph, node, until).is_none(),
        // A program file is where control came from only if its writer is known; the walk goes on to writers.
        EntityKind::File | EntityKind::Credential | EntityKind::Service | EntityKind::Setting => false,
        EntityKind::Session => !is_remote(graph, node),
        EntityKind::Principal => !graph.into(node).any(|(_, edge)| edge.verb == Verb::Create),
        _ => true,
    }
}

/// The injection that took a process over before `until`.
fn taken_over(graph: &ActivityGraph, node: NodeId, until: Option<Timestamp>) -> Option<EdgeId> {
    graph.into(node).find(|(_, edge)| edge.verb == Verb::Inject && not_after(edge.first, until)).map(|(id, _)| id)
}

fn not_after(first: Option<Timestamp>, until: Option<Timestamp>) -> bool {
    match (first, until) {
        (Some(first), Some(until)) => first <= until,
        _ => true,
    }
}

/// A session that came from another machine or out of another session, not a person at the keyboard.
#[must_use]
pub fn is_remote(graph: &ActivityGraph, session: NodeId) -> bool {
    let node = graph.node(session);
    matches!(node.attr(Attr::How), Some("3" | "8" | "9" | "10"))
        || graph.into(session).any(|(_, edge)| match edge.verb {
            Verb::Logon => true,
            Verb::Issue => edge.inferred.is_some(),
            _ => false,
        })
}

/// What it costs to explain an effect by this edge; none if the edge hands on no control or came too late.
fn control_cost(graph: &ActivityGraph, policy: &Policy, edge: &Edge, until: Option<Timestamp>) -> Option<f64> {
    if !not_after(edge.first, until) {
        return None;
    }
    let from = graph.node(edge.from);
    let to = graph.node(edge.to);
    Some(match edge.verb {
        Verb::Inject => 0.5,
        Verb::Launch if policy.is_boundary(&from.name) && taken_over(graph, edge.from, until).is_none() => 3.0,
        Verb::Launch | Verb::Issue => 1.0,
        Verb::Download => 1.0,
        // A program that was always there was put there by nobody in the story.
        Verb::Execute | Verb::Load if !arrived(graph, edge.from, until) => return None,
        Verb::Execute | Verb::Load | Verb::Start => 1.2,
        // What a file's writer controls is what is run or loaded; browsers write what people download.
        Verb::Write if policy.is_browser(&from.name) => 4.0,
        Verb::Write => 1.2,
        Verb::Create if matches!(to.kind, EntityKind::Service | EntityKind::Principal) => 1.2,
        Verb::Change if matches!(to.kind, EntityKind::Setting | EntityKind::Principal) => 1.5,
        Verb::Logon => 1.5,
        Verb::Act if from.kind == EntityKind::Session && !is_remote(graph, edge.from) => return None,
        Verb::Act => 1.5,
        Verb::Own if to.kind == EntityKind::Credential && was_made(graph, edge.from, until) => 1.5,
        _ => return None,
    })
}

/// Whether records show how a file came to be, before `until`.
fn arrived(graph: &ActivityGraph, file: NodeId, until: Option<Timestamp>) -> bool {
    graph.into(file).any(|(_, edge)| matches!(edge.verb, Verb::Write | Verb::Download) && not_after(edge.first, until))
}

/// Whether a principal was created before `until`.
fn was_made(graph: &ActivityGraph, principal: NodeId, until: Option<Timestamp>) -> bool {
    graph.into(principal).any(|(_, edge)| edge.verb == Verb::Create && not_after(edge.first, until))
}

/// Everything that is in the attacker's hands.
#[derive(Debug, Clone, Default)]
pub struct Attacker {
    /// Nodes with the time from which they are the attacker's.
    pub held: BTreeMap<NodeId, Option<Timestamp>>,
    /// The edges through which they became so.
    pub through: BTreeMap<NodeId, EdgeId>,
}

impl Attacker {
    /// Follows control forward from `roots`. A system program that was taken over goes on with its duties, so of what it
    /// starts only `suspects` count: nodes on the trace of some alert.
    #[must_use]
    pub fn from_roots(
        graph: &ActivityGraph,
        policy: &Policy,
        roots: &[(NodeId, Option<Timestamp>)],
        suspects: &BTreeSet<NodeId>,
    ) -> Attacker {
        let mut attacker = Attacker::default();
        // Earliest first, so that each node is held from the earliest time at which anything held handed it on.
        let mut queue: BinaryHeap<Reverse<Reached>> =
            roots.iter().map(|(node, since)| Reverse(Reached { since: *since, node: *node, through: None })).collect();
        while let Some(Reverse(reached)) = queue.pop() {
            if attacker.held.len() >= WALK_MAX || attacker.held.contains_key(&reached.node) {
                continue;
            }
            attacker.held.insert(reached.node, reached.since);
            attacker.through.extend(reached.through.map(|edge| (reached.node, edge)));
            for (id, edge) in graph.out(reached.node) {
                let duty = edge.verb == Verb::Launch && policy.is_boundary(&graph.node(edge.from).name);
                if duty && !suspects.contains(&edge.to) {
                    continue;
                }
                if let Some(since) = handed_on(graph, policy, edge, reached.since) {
                    queue.push(Reverse(Reached { since, node: edge.to, through: Some(id) }));
                }
            }
        }
        attacker
    }

    /// Whether an edge is the attacker's doing: its cause was in the attacker's hands when it happened.
    #[must_use]
    pub fn did(&self, edge: &Edge) -> bool {
        match self.held.get(&edge.from) {
            Some(Some(since)) => edge.last.is_none_or(|last| last >= *since),
            Some(None) => true,
            None => false,
        }
    }
}

/// A node that came into the attacker's hands.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Reached {
    since: Option<Timestamp>,
    node: NodeId,
    through: Option<EdgeId>,
}

/// The time from which an edge puts its effect into the hands that its cause is in since `since`; none if it does not.
#[expect(clippy::option_option, reason = "the time itself can be unknown")]
fn handed_on(
    graph: &ActivityGraph,
    policy: &Policy,
    edge: &Edge,
    since: Option<Timestamp>,
) -> Option<Option<Timestamp>> {
    let (from, to) = (graph.node(edge.from), graph.node(edge.to));
    let hands_on = match edge.verb {
        Verb::Inject | Verb::Issue | Verb::Start | Verb::Logon | Verb::Execute | Verb::Load | Verb::Download => true,
        Verb::Launch => !reused(graph, policy, edge),
        Verb::Write => is_program(&to.name),
        Verb::Create => matches!(to.kind, EntityKind::Service | EntityKind::Principal),
        Verb::Change => to.kind == EntityKind::Setting,
        Verb::Act => from.kind != EntityKind::Session || is_remote(graph, edge.from),
        Verb::Own => to.kind == EntityKind::Credential && from.kind == EntityKind::Principal,
        _ => false,
    };
    if !hands_on {
        return None;
    }
    match (since, edge.first, edge.last) {
        (Some(since), Some(first), _) if first >= since => Some(Some(first)),
        (Some(since), Some(_), Some(last)) if last >= since => {
            let again = edge.within(Some(since), None).filter_map(|seen| seen.time).min();
            Some(again.or(Some(since)))
        }
        // Sensors report a download before or after the file; its time says little.
        (Some(since), Some(_), _) => (edge.verb == Verb::Download).then_some(Some(since)),
        (since, first, _) => Some(first.max(since)),
    }
}

/// A system program that anybody may trigger, such as a service host started for a client.
fn reused(graph: &ActivityGraph, policy: &Policy, edge: &Edge) -> bool {
    policy.is_boundary(&graph.node(edge.from).name) && taken_over(graph, edge.from, edge.first).is_none()
}

/// Whether a file can be run or loaded, by its name.
fn is_program(name: &str) -> bool {
    let name = name.to_lowercase();
    let extension = name.rsplit(['.', '\\', '/']).next().unwrap_or_default();
    let programs = [
        "exe", "dll", "sys", "ps1", "psm1", "bat", "cmd", "vbs", "vbe", "js", "jse", "wsf", "hta", "scr", "com", "cpl",
        "msi", "lnk", "jar", "py", "sh", "so", "elf", "ko", "service", "chm", "inf", "xll", "xlam", "docm", "xlsm",
    ];
    programs.contains(&extension) || (name.starts_with('/') && !name.contains('.'))
}

/// Where control can have begun: nodes of the walk that nothing in the walk explains, with what speaks for each.
#[must_use]
pub fn entry_candidates(graph: &ActivityGraph, policy: &Policy, backs: &[&Back]) -> Vec<(NodeId, f64)> {
    let visited: BTreeSet<NodeId> = backs.iter().flat_map(|back| back.best.keys().copied()).collect();
    let mut scores: HashMap<NodeId, f64> = HashMap::new();
    for back in backs {
        for (node, (cost, _)) in &back.best {
            *scores.entry(*node).or_default() += (-cost / 4.0).exp();
        }
    }
    let mut candidates: Vec<(NodeId, f64)> = visited
        .iter()
        .filter_map(|id| {
            let prior = entry_prior(graph, policy, *id)?;
            let reach = scores.get(id).copied().unwrap_or_default() / backs.len().max(1) as f64;
            Some((*id, prior * (0.2 + reach)))
        })
        .collect();
    candidates.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| graph.node(a.0).key.cmp(&graph.node(b.0).key)));
    candidates
}

/// How likely an entity of this kind is where an intrusion began; none for what can only be on the way.
fn entry_prior(graph: &ActivityGraph, policy: &Policy, id: NodeId) -> Option<f64> {
    let node = graph.node(id);
    let explained = is_explained(graph, policy, id);
    match node.kind {
        EntityKind::Url => Some(5.0),
        EntityKind::File if graph.into(id).any(|(_, edge)| edge.verb == Verb::Download) => Some(2.0),
        EntityKind::Credential if !explained => Some(4.0),
        EntityKind::Session if explained => None,
        EntityKind::Session if node.attr(Attr::How) == Some("console") => Some(3.5),
        EntityKind::Session if is_remote(graph, id) => Some(2.5),
        EntityKind::Process if policy.is_boundary(&node.name) => explained.then_some(0.5),
        EntityKind::Process if explained => Some(0.8),
        EntityKind::Process => Some(2.2),
        EntityKind::Principal | EntityKind::Container => Some(0.6),
        _ => None,
    }
}

/// Whether something that can itself be the attacker's handed control to this node.
fn is_explained(graph: &ActivityGraph, policy: &Policy, id: NodeId) -> bool {
    graph.into(id).any(|(_, edge)| {
        let hands_control = control_cost(graph, policy, edge, None).is_some();
        // A file explains what is run from it only if it is known how the file came.
        let origin_known =
            graph.node(edge.from).kind != EntityKind::File || is_explained_file(graph, policy, edge.from);
        hands_control && origin_known && !ends_walk(graph, policy, edge.from, edge.first)
    })
}

fn is_explained_file(graph: &ActivityGraph, policy: &Policy, file: NodeId) -> bool {
    graph.into(file).any(|(_, edge)| match edge.verb {
        Verb::Download => true,
        Verb::Write => !ends_walk(graph, policy, edge.from, edge.first),
        _ => false,
    })
}
