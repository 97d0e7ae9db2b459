//! The story of one incident: entry, chain, scope, what to do.

use std::collections::{BTreeMap, BTreeSet};

use quell_graph::{ActivityGraph, Attacker, EdgeId, NodeId, entry_candidates};
use quell_model::{
    AlertEvent, Attr, Candidate, Confidence, EntityKind, Entry, Incident, Level, ProcessRef, RecordRef, RootCause,
    Tactic, Timestamp, Verb, technique_of_tag,
};
use sha2::{Digest, Sha256};

use crate::incidents::{Case, Cluster, Pinned};
use crate::{actions, chain, endpoints, scope, severity, telemetry};

/// Entries shown beside the best.
const CANDIDATES_MAX: usize = 5;
/// An alert about a host belongs to the attacker's connection to it within this time.
const SAME_CONTACT_SECONDS: i64 = 60;

/// First and last time of something.
type Span = (Option<Timestamp>, Option<Timestamp>);

/// What the parts of the story are made from.
pub(crate) struct Plot<'a> {
    pub(crate) case: &'a Case<'a>,
    pub(crate) cluster: Cluster,
    pub(crate) attacker: Attacker,
    pub(crate) entry: NodeId,
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
        AlertEvent { file, record: record.number, source: self.knowledge.mappings().source(record.source).to_owned() }
    }
}

/// Tells the story of a cluster. Alerts about hosts that the attacker contacted are taken out of `apart`.
pub(crate) fn tell(case: &Case<'_>, mut cluster: Cluster, apart: &mut Vec<Pinned>) -> Incident {
    let policy = &case.knowledge.policy;
    cluster.backs.sort_by_key(|(start, _)| (case.graph.node(*start).first_seen, *start));
    let backs: Vec<_> = cluster.backs.iter().map(|(_, back)| back.clone()).collect();
    let ranked = entry_candidates(case.graph, policy, &backs);
    let entry = ranked.first().map_or(cluster.backs[0].0, |(node, _)| *node);
    let attacker = attacker(case, &cluster, entry);
    join_contacts(case, &attacker, &mut cluster, apart);
    let path =
        backs.iter().filter(|b| b.best.contains_key(&entry)).map(|b| b.path(case.graph, entry)).max_by_key(Vec::len);
    let plot = Plot { case, cluster, attacker, entry, path: path.unwrap_or_default() };

    let (chain, nodes_to_read) = chain::of(&plot);
    let candidates = candidates(&plot, &ranked);
    let entry = candidates.first().map_or_else(|| entry_of(&plot, entry), |best| best.entry.clone());
    let (confidence, confidence_reasons) = confidence(&plot, &entry);
    let scope = scope::of(&plot, &entry);
    let endpoints = endpoints::of(&plot, &entry);
    let (severity, severity_reasons) = severity::of(&plot, &scope);
    let (alerts, alerts_folded) = listed_alerts(&plot.cluster.alerts);
    let times = chain.iter().filter_map(|step| step.time).chain(alerts.iter().filter_map(|alert| alert.time));
    let (first_seen, last_seen) = (times.clone().min(), times.max());
    let missing_telemetry = telemetry::missing(&plot, &chain);
    let root_cause =
        RootCause { weakness: weakness(&plot, &entry), entry, confidence, confidence_reasons, chain, candidates };
    let mut incident = Incident {
        id: id(&plot),
        title: severity::title(&plot, &root_cause.entry, &scope),
        severity,
        severity_reasons,
        first_seen,
        last_seen,
        techniques: techniques(&plot.cluster.alerts),
        alerts,
        alerts_folded,
        nodes_to_read,
        root_cause,
        scope,
        endpoints,
        missing_telemetry,
        next_actions: Vec::new(),
    };
    incident.next_actions = actions::next(&plot, &incident);
    incident
}

/// The same entry and the same first alert give the same id.
fn id(plot: &Plot<'_>) -> String {
    let first = plot.cluster.alerts.iter().filter_map(|pinned| pinned.folded.first()).min_by_key(|raised| raised.time);
    let mut hasher = Sha256::new();
    hasher.update(plot.graph().node(plot.entry).key.as_bytes());
    if let Some(first) = first {
        hasher.update(first.alert.rule.id.as_bytes());
        hasher.update(first.time.map(|time| time.to_string()).unwrap_or_default().as_bytes());
    }
    let digest = hasher.finalize();
    let hex: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("inc-{hex}")
}

/// What the attacker held: forward from the entry, and from the origin of alerts that the entry does not explain.
fn attacker(case: &Case<'_>, cluster: &Cluster, entry: NodeId) -> Attacker {
    let policy = &case.knowledge.policy;
    let suspects: BTreeSet<NodeId> = cluster.backs.iter().flat_map(|(_, back)| back.best.keys().copied()).collect();
    let mut roots = vec![(entry, case.graph.node(entry).first_seen)];
    let mut attacker = Attacker::from_roots(case.graph, policy, &roots, &suspects);
    for (start, back) in &cluster.backs {
        if attacker.held.contains_key(start) {
            continue;
        }
        let first_alert =
            cluster.alerts.iter().filter(|p| p.start == Some(*start)).filter_map(Pinned::first_time).min();
        let origin = back
            .best
            .iter()
            .filter(|(node, _)| **node == *start || !quell_graph::ends_walk(case.graph, policy, **node, None))
            .filter(|(node, _)| case.graph.node(**node).kind != EntityKind::File)
            .max_by(|a, b| a.1.0.total_cmp(&b.1.0));
        let root = origin.map_or(*start, |(node, _)| *node);
        let since = if root == *start { first_alert } else { case.graph.node(root).first_seen };
        roots.push((root, since));
        attacker = Attacker::from_roots(case.graph, policy, &roots, &suspects);
    }
    attacker
}

/// Alerts about a host as a whole belong here if one of the attacker's processes was talking to that host.
fn join_contacts(case: &Case<'_>, attacker: &Attacker, cluster: &mut Cluster, apart: &mut Vec<Pinned>) {
    let by_address = &case.hosts_by_address;
    let mut contacts: BTreeMap<NodeId, Vec<Span>> = BTreeMap::new();
    for node in attacker.held.keys() {
        for (_, edge) in case.graph.out(*node).filter(|(_, e)| e.verb == Verb::Connect && attacker.did(e)) {
            let target = case.graph.node(edge.to);
            let host = match target.kind {
                EntityKind::Host => Some(edge.to),
                _ => target.attr(Attr::Address).and_then(|address| by_address.get(address)).copied(),
            };
            if let Some(host) = host {
                contacts.entry(host).or_default().push((edge.first, edge.last));
            }
        }
    }
    let near = |pinned: &Pinned| {
        let host = pinned.nodes.iter().find(|node| case.graph.node(**node).kind == EntityKind::Host);
        let (Some(spans), Some(at)) = (host.and_then(|host| contacts.get(host)), pinned.first_time()) else {
            return false;
        };
        spans.iter().any(|(first, last)| match (first, last) {
            (Some(first), Some(last)) => {
                at.as_second() + SAME_CONTACT_SECONDS >= first.as_second()
                    && at.as_second() - SAME_CONTACT_SECONDS <= last.as_second()
            }
            _ => false,
        })
    };
    let (joined, rest) = std::mem::take(apart).into_iter().partition(near);
    *apart = rest;
    let joined: Vec<Pinned> = joined;
    cluster.alerts.extend(joined);
}

fn candidates(plot: &Plot<'_>, ranked: &[(NodeId, f64)]) -> Vec<Candidate> {
    let listed = ranked.iter().take(CANDIDATES_MAX).zip(1u32..);
    listed
        .map(|((node, score), rank)| Candidate {
            rank,
            score: (score * 100.0).round() / 100.0,
            entry: entry_of(plot, *node),
            why: why_candidate(plot.graph().node(*node).kind).to_owned(),
        })
        .collect()
}

fn why_candidate(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::Url => "a download that became a running program of the chain",
        EntityKind::File => "a downloaded file that was run",
        EntityKind::Credential => "a credential that nothing in the records handed to its user",
        EntityKind::Session => "a logon from another machine that led to the alerts",
        EntityKind::Process => "the earliest program of the chain that no other suspect started",
        EntityKind::Principal => "the account that the chain acted for",
        _ => "part of the chain",
    }
}

/// Everything known about an entry.
fn entry_of(plot: &Plot<'_>, node: NodeId) -> Entry {
    let graph = plot.graph();
    let entity = graph.node(node);
    let path = plot
        .cluster
        .backs
        .iter()
        .filter(|(_, back)| back.best.contains_key(&node))
        .map(|(_, back)| back.path(graph, node))
        .max_by_key(Vec::len)
        .unwrap_or_default();
    let along: Vec<NodeId> = std::iter::once(node).chain(path.iter().map(|edge| graph.edge(*edge).to)).collect();
    let of_kind = |kind: EntityKind| along.iter().copied().find(|id| graph.node(*id).kind == kind);
    let process = of_kind(EntityKind::Process);
    let on_host = matches!(entity.kind, EntityKind::Url | EntityKind::File | EntityKind::Process);
    let file = if on_host { of_kind(EntityKind::File) } else { None };
    Entry {
        kind: entity.kind,
        time: entity.started.or(entity.first_seen),
        host: along.iter().find_map(|id| graph.node(*id).attr(Attr::Host)).map(str::to_owned),
        process: process.map(|id| process_ref(graph, id)),
        principal: principal_of(graph, node)
            .or_else(|| process.and_then(|p| graph.node(p).attr(Attr::User)).map(str::to_owned)),
        credential: (entity.kind == EntityKind::Credential).then(|| entity.name.clone()),
        url: (entity.kind == EntityKind::Url).then(|| entity.name.clone()),
        file: file
            .map(|id| graph.node(id).name.clone())
            .or_else(|| process.filter(|_| on_host).map(|id| graph.node(id).name.clone())),
        address: address_of(graph, node),
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

fn principal_of(graph: &ActivityGraph, node: NodeId) -> Option<String> {
    if graph.node(node).kind == EntityKind::Principal {
        return Some(graph.node(node).name.clone());
    }
    let owner =
        graph.into(node).find(|(_, edge)| edge.verb == Verb::Own).map(|(_, edge)| graph.node(edge.from).name.clone());
    owner.or_else(|| graph.node(node).attr(Attr::User).map(str::to_owned))
}

/// Where a session or credential was used from, or the host part of a download.
fn address_of(graph: &ActivityGraph, node: NodeId) -> Option<String> {
    let entity = graph.node(node);
    if entity.kind == EntityKind::Url {
        return endpoints::host_and_port(&entity.name).map(|(host, _)| host);
    }
    let arrived = graph.into(node).filter(|(_, edge)| matches!(edge.verb, Verb::Arrive | Verb::Logon));
    let from =
        arrived.min_by_key(|(_, edge)| edge.first).and_then(|(_, edge)| graph.node(edge.from).attr(Attr::Address));
    from.or_else(|| entity.attr(Attr::Address)).map(str::to_owned)
}

fn confidence(plot: &Plot<'_>, entry: &Entry) -> (Confidence, Vec<String>) {
    let graph = plot.graph();
    let inferred = plot.path.iter().filter(|edge| graph.edge(**edge).inferred.is_some()).count();
    let mut reasons = Vec::new();
    let mut level = Confidence::High;
    if inferred > 0 {
        level = Confidence::Medium;
        reasons.push(format!("{inferred} of {} hops from the entry to its first alert are inferred", plot.path.len()));
    } else if !plot.path.is_empty() {
        reasons.push("each hop from the entry to its first alert has its record".to_owned());
    }
    if graph.node(plot.entry).first_seen.is_none() {
        level = level.min(Confidence::Low);
        reasons.push("the records of the entry have no time".to_owned());
    }
    match entry.kind {
        EntityKind::Process if graph.node(plot.entry).started.is_none() => {
            level = Confidence::Low;
            reasons.push(
                "the first program was already running when the records begin; how it got there is not in them"
                    .to_owned(),
            );
        }
        EntityKind::Process => {
            level = level.min(Confidence::Medium);
            reasons.push("no record shows how the first program came to the host".to_owned());
        }
        EntityKind::Credential => {
            level = level.min(Confidence::Medium);
            reasons.push("how the credential left its owner is not in the records".to_owned());
        }
        EntityKind::Session | EntityKind::Principal => {
            level = level.min(Confidence::Medium);
            reasons.push("how the account's secret was obtained is not in the records".to_owned());
        }
        _ => {}
    }
    (level, reasons)
}

fn weakness(plot: &Plot<'_>, entry: &Entry) -> String {
    let graph = plot.graph();
    match entry.kind {
        EntityKind::Url | EntityKind::File => {
            "A program from the internet could be downloaded and run by a user: no application control, and the mark of the web did not stop it.".to_owned()
        }
        EntityKind::Credential => {
            let instance = graph.into(plot.entry).any(|(_, e)| e.verb == Verb::Issue && graph.node(e.from).kind == EntityKind::Resource);
            if instance {
                "The credential of a machine's role could be taken from its metadata service and used from elsewhere.".to_owned()
            } else {
                "A long-lived or unbound credential worked for whoever held it.".to_owned()
            }
        }
        EntityKind::Session => "An account could log on from another machine with nothing but its secret.".to_owned(),
        EntityKind::Principal => "An account had more rights than its work needs.".to_owned(),
        _ => "Not shown by these records: the first step in them is already the attacker's.".to_owned(),
    }
}

fn listed_alerts(alerts: &[Pinned]) -> (Vec<quell_model::Alert>, u64) {
    let mut listed: BTreeMap<(&str, Option<NodeId>), &crate::alerts::Raised> = BTreeMap::new();
    let mut total = 0;
    for pinned in alerts {
        total += pinned.folded.count;
        if let Some(first) = pinned.folded.first() {
            let known = listed.entry((&first.alert.rule.id, pinned.start)).or_insert(first);
            if first.time < known.time {
                *known = first;
            }
        }
    }
    let mut listed: Vec<quell_model::Alert> = listed.into_values().map(|raised| raised.alert.clone()).collect();
    listed.sort_by(|a, b| (a.time, &a.event, &a.rule.id).cmp(&(b.time, &b.event, &b.rule.id)));
    let folded = total - listed.len() as u64;
    (listed, folded)
}

fn techniques(alerts: &[Pinned]) -> Vec<String> {
    techniques_of(alerts.iter().filter(|pinned| pinned.folded.level > Level::Informational))
}

pub(crate) fn techniques_of<'p>(alerts: impl Iterator<Item = &'p Pinned>) -> Vec<String> {
    let tags = alerts.filter_map(|pinned| pinned.folded.first()).flat_map(|raised| &raised.alert.rule.tags);
    let ids: BTreeSet<String> = tags.filter_map(|tag| technique_of_tag(tag)).collect();
    ids.into_iter().collect()
}
