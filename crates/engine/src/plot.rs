//! What the parts of a story are made from: the case, its clusters of alerts, and the plot of one incident.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use quell_graph::{AboutRecords, ActivityGraph, Attacker, Back, EdgeId, NodeId};
use quell_model::{AlertEvent, Attr, Level, ProcessRef, RecordRef, Tactic, Timestamp, technique_of_tag};

use crate::Knowledge;
use crate::alerts::Folded;

/// Everything a run knows once its inputs have ended.
pub(crate) struct Case<'a> {
    pub(crate) knowledge: &'a Knowledge,
    pub(crate) graph: &'a ActivityGraph,
    pub(crate) about: &'a AboutRecords,
    pub(crate) inputs: &'a [String],
    pub(crate) sources: &'a BTreeMap<String, u64>,
    /// Host nodes by the addresses they are known to have.
    pub(crate) hosts_by_address: HashMap<String, NodeId>,
}

/// Alerts of one rule, with what they are about.
#[derive(Debug, Clone)]
pub(crate) struct Pinned {
    pub(crate) folded: Folded,
    /// What can be traced; none for alerts about a host or an account as a whole.
    pub(crate) start: Option<NodeId>,
    pub(crate) nodes: Vec<NodeId>,
    pub(crate) edges: Vec<EdgeId>,
}

impl Pinned {
    pub(crate) fn first_time(&self) -> Option<Timestamp> {
        self.folded.first().and_then(|raised| raised.time)
    }

    pub(crate) fn last_time(&self) -> Option<Timestamp> {
        self.folded.kept.last().and_then(|raised| raised.time)
    }
}

/// Alerts whose traces meet.
#[derive(Debug, Default)]
pub(crate) struct Cluster {
    pub(crate) alerts: Vec<Pinned>,
    /// The trace of each distinct start, in order of time.
    pub(crate) backs: Vec<(NodeId, Back)>,
}

/// What the parts of the story are made from.
pub(crate) struct Plot<'a> {
    pub(crate) case: &'a Case<'a>,
    pub(crate) cluster: Cluster,
    pub(crate) attacker: Attacker,
    pub(crate) entry: NodeId,
    /// Hosts on which the attacker holds a session.
    pub(crate) session_hosts: BTreeSet<String>,
    /// From the entry to its first alert.
    pub(crate) path: Vec<EdgeId>,
}

impl Plot<'_> {
    pub(crate) fn graph(&self) -> &ActivityGraph {
        self.case.graph
    }

    pub(crate) fn evidence(&self, records: &[RecordRef]) -> Vec<AlertEvent> {
        records.iter().map(|record| self.case.evidence(*record)).collect()
    }

    /// Tactics of all alerts.
    pub(crate) fn tactics(&self) -> BTreeSet<Tactic> {
        let tags =
            self.cluster.alerts.iter().filter_map(|pinned| pinned.folded.first()).flat_map(|r| &r.alert.rule.tags);
        tags.filter_map(|tag| Tactic::of_tag(tag)).collect()
    }

    /// Number of different rules with an alert of at least this level.
    pub(crate) fn rules_of(&self, level: Level) -> usize {
        let weighty = self.cluster.alerts.iter().filter(|pinned| pinned.folded.level >= level);
        weighty.map(|pinned| pinned.folded.rule).collect::<BTreeSet<_>>().len()
    }

    /// Edges that the attacker caused, in order of time.
    pub(crate) fn deeds(&self) -> Vec<EdgeId> {
        let graph = self.graph();
        let mut deeds: Vec<EdgeId> = self
            .attacker
            .held
            .keys()
            .flat_map(|node| graph.out(*node))
            .filter(|(_, e)| self.attacker.did(e))
            .map(|(id, _)| id)
            .collect();
        deeds.sort_by_key(|id| (graph.edge(*id).first, *id));
        deeds
    }
}

impl Case<'_> {
    pub(crate) fn evidence(&self, record: RecordRef) -> AlertEvent {
        let file = self.inputs.get(record.input as usize).cloned().unwrap_or_default();
        let source = self.knowledge.mappings().source(record.source).to_owned();
        AlertEvent { file, record: record.number, source, position: record.position }
    }
}

pub(crate) fn process_ref(graph: &ActivityGraph, id: NodeId) -> ProcessRef {
    let node = graph.node(id);
    ProcessRef {
        image: node.name.clone(),
        pid: node.attr(Attr::Pid).and_then(|pid| pid.parse().ok()),
        guid: node.attr(Attr::Guid).map(str::to_owned),
    }
}

/// Technique ids of some alerts, sorted.
pub(crate) fn techniques_of<'p>(alerts: impl Iterator<Item = &'p Pinned>) -> Vec<String> {
    let tags = alerts.filter_map(|pinned| pinned.folded.first()).flat_map(|raised| &raised.alert.rule.tags);
    let ids: BTreeSet<String> = tags.filter_map(|tag| technique_of_tag(tag)).collect();
    ids.into_iter().collect()
}
