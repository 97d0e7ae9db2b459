//! Which alerts belong together, and which of those are an incident.
//!
//! Each alert is pinned to what it is about and traced back through control. Traces that meet, anywhere but at boundaries
//! and hubs, are one cluster. A cluster that weighs enough is an incident; the rest is listed as alerts apart.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use quell_detect::RuleIndex;
use quell_graph::{Back, NodeId, ends_walk, trace_back};
use quell_model::{AlertGroupId, EntityKind, Incident, Level, SourceCount, Timestamp};

use crate::alerts::Folded;
use crate::plot::{Case, Cluster, Pinned};
use crate::story;

/// Weight from which a cluster is an incident: one high alert, or two medium ones of different rules.
const INCIDENT_WEIGHT: f64 = 4.0;
/// A lone rule that fires in more unrelated places than this is part of how the place works.
const ROUTINE_PLACES: usize = 3;

/// An incident with what a live system has to know beside its story.
#[derive(Debug, Clone)]
pub struct Telling {
    /// The story.
    pub incident: Incident,
    /// Its alerts, by group, sorted.
    pub groups: Vec<AlertGroupId>,
    /// How many alerts that are.
    pub alerts: u64,
    /// Inputs that its alerts come from, sorted.
    pub inputs: Vec<String>,
    /// What the story is made of.
    pub(crate) touched: Vec<NodeId>,
}

/// Incidents, most severe first, and the number of alerts per rule that are in none.
pub(crate) fn tell(case: &Case<'_>, folded: Vec<Folded>) -> (Vec<Telling>, Vec<SourceCount>) {
    let mut pinned: Vec<Pinned> = folded.into_iter().map(|folded| pin(case, folded)).collect();
    pinned.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
    let worth_tracing = |pinned: &Pinned| pinned.start.is_some() && pinned.folded.level > Level::Informational;
    let (traced, mut apart): (Vec<Pinned>, Vec<Pinned>) = pinned.into_iter().partition(worth_tracing);

    let clusters = clusters(case, traced);
    let routine = routine_rules(&clusters);
    let weighty = |cluster: &Cluster| {
        let lone = lone_rule(cluster);
        let is_routine = lone.is_some_and(|rule| routine.contains(&rule) || of_system_programs(case, cluster));
        weight(&cluster.alerts) >= INCIDENT_WEIGHT && !is_routine
    };
    let (chosen, rest): (Vec<Cluster>, Vec<Cluster>) = clusters.into_iter().partition(weighty);
    apart.extend(rest.into_iter().flat_map(|cluster| cluster.alerts));
    let mut tellings: Vec<Telling> = chosen.into_iter().map(|cluster| story::tell(case, cluster, &mut apart)).collect();
    tellings.sort_by(|a, b| {
        let (a, b) = (&a.incident, &b.incident);
        (b.severity, a.first_seen, &a.id).cmp(&(a.severity, b.first_seen, &b.id))
    });
    (tellings, count_by_rule(&apart))
}

fn sort_key(pinned: &Pinned) -> (Option<Timestamp>, &str, u64, &str) {
    let first = pinned.folded.first();
    let event = first.map(|raised| &raised.alert.event);
    (
        pinned.first_time(),
        event.map(|event| event.file.as_str()).unwrap_or_default(),
        event.map(|event| event.record).unwrap_or_default(),
        first.map(|raised| raised.alert.rule.id.as_str()).unwrap_or_default(),
    )
}

fn pin(case: &Case<'_>, folded: Folded) -> Pinned {
    let mut nodes = Vec::new();
    let mut edges = Vec::new();
    for about in folded.kept.iter().filter_map(|raised| case.about.get(&raised.record)) {
        nodes.extend(about.nodes.iter().copied().filter(|node| !nodes.contains(node)).collect::<Vec<_>>());
        edges.extend(about.edges.iter().copied().filter(|edge| !edges.contains(edge)).collect::<Vec<_>>());
    }
    let start = nodes.iter().copied().find(|node| can_be_traced(case.graph.node(*node).kind));
    Pinned { folded, start, nodes, edges }
}

fn can_be_traced(kind: EntityKind) -> bool {
    use EntityKind::{Container, Credential, File, Principal, Process, Service, Session, Setting};
    matches!(kind, Process | Session | Credential | Principal | File | Service | Setting | Container)
}

fn clusters(case: &Case<'_>, traced: Vec<Pinned>) -> Vec<Cluster> {
    let mut latest: BTreeMap<NodeId, Option<Timestamp>> = BTreeMap::new();
    for pinned in &traced {
        if let Some(start) = pinned.start {
            let last = latest.entry(start).or_default();
            *last = (*last).max(pinned.last_time());
        }
    }
    let backs: BTreeMap<NodeId, Back> = latest
        .iter()
        .map(|(start, until)| (*start, trace_back(case.graph, &case.knowledge.policy, *start, *until)))
        .collect();

    let mut groups = Groups::default();
    for (start, back) in &backs {
        for node in back.best.keys() {
            if node != start && connects(case, *node) {
                groups.join(*start, *node);
            }
        }
    }
    let mut clusters: BTreeMap<NodeId, Cluster> = BTreeMap::new();
    for pinned in traced {
        if let Some(start) = pinned.start {
            clusters.entry(groups.find(start)).or_default().alerts.push(pinned);
        }
    }
    for (start, back) in backs {
        clusters.entry(groups.find(start)).or_default().backs.push((start, back));
    }
    clusters.into_values().collect()
}

/// Whether two traces that meet at a node have the same cause: no boundary, and no hub that serves strangers alike.
fn connects(case: &Case<'_>, node: NodeId) -> bool {
    let policy = &case.knowledge.policy;
    let kind = case.graph.node(node).kind;
    let hub = !matches!(kind, EntityKind::Process | EntityKind::Credential)
        && case.graph.out(node).count() > policy.hub_degree;
    !hub && !ends_walk(case.graph, policy, node, case.graph.node(node).first_seen)
}

/// Union-find over nodes.
#[derive(Debug, Default)]
struct Groups(HashMap<NodeId, NodeId>);

impl Groups {
    fn find(&mut self, node: NodeId) -> NodeId {
        let mut root = node;
        while let Some(up) = self.0.get(&root).copied().filter(|up| *up != root) {
            root = up;
        }
        self.0.insert(node, root);
        root
    }

    fn join(&mut self, a: NodeId, b: NodeId) {
        let (a, b) = (self.find(a), self.find(b));
        // The smaller position is the root, so that the order of joining does not matter.
        self.0.insert(a.max(b), a.min(b));
    }
}

/// Rules that fire alone in so many unrelated places that the single place says nothing. Where a second rule of weight
/// agrees, as in an outbreak, a place is judged by itself.
fn routine_rules(clusters: &[Cluster]) -> BTreeSet<RuleIndex> {
    let mut places: BTreeMap<RuleIndex, usize> = BTreeMap::new();
    for rule in clusters.iter().filter_map(lone_rule) {
        *places.entry(rule).or_default() += 1;
    }
    places.into_iter().filter(|(_, count)| *count > ROUTINE_PLACES).map(|(rule, _)| rule).collect()
}

/// Whether only programs are alerted that serve whoever asks: one rule says too little about them.
fn of_system_programs(case: &Case<'_>, cluster: &Cluster) -> bool {
    cluster.backs.iter().all(|(start, _)| {
        let node = case.graph.node(*start);
        node.kind == EntityKind::Process && ends_walk(case.graph, &case.knowledge.policy, *start, None)
    })
}

/// The only rule of at least medium level in a cluster, unless it is critical.
fn lone_rule(cluster: &Cluster) -> Option<RuleIndex> {
    let weighty = cluster.alerts.iter().map(|pinned| &pinned.folded).filter(|folded| folded.level >= Level::Medium);
    let rules: BTreeSet<(RuleIndex, Level)> = weighty.map(|folded| (folded.rule, folded.level)).collect();
    match rules.into_iter().collect::<Vec<_>>()[..] {
        [(rule, level)] if level < Level::Critical => Some(rule),
        _ => None,
    }
}

/// Each rule counts once, by its level.
fn weight(alerts: &[Pinned]) -> f64 {
    let mut rules: BTreeMap<&str, Level> = BTreeMap::new();
    for pinned in alerts {
        if let Some(first) = pinned.folded.first() {
            rules.insert(&first.alert.rule.id, pinned.folded.level);
        }
    }
    let of_level = |level: &Level| match level {
        Level::Critical => 12.0,
        Level::High => 5.0,
        Level::Medium => 2.0,
        Level::Low => 0.5,
        Level::Informational => 0.0,
    };
    rules.values().map(of_level).sum()
}

fn count_by_rule(apart: &[Pinned]) -> Vec<SourceCount> {
    let mut counts: BTreeMap<(std::cmp::Reverse<Level>, String), u64> = BTreeMap::new();
    for pinned in apart {
        if let Some(first) = pinned.folded.first() {
            let name = format!("{} ({})", first.alert.rule.title, pinned.folded.level);
            *counts.entry((std::cmp::Reverse(pinned.folded.level), name)).or_default() += pinned.folded.count;
        }
    }
    counts.into_iter().map(|((_, name), count)| SourceCount { name, count }).collect()
}
