//! The story of one incident: entry, chain, scope, what to do.

use std::collections::{BTreeMap, BTreeSet};

use quell_graph::{Attacker, Back, NodeId, entry_candidates};
use quell_model::{Attr, EntityKind, Incident, Level, RootCause, Timestamp, Verb, hex};
use sha2::{Digest, Sha256};

use crate::incidents::Telling;
use crate::plot::{Case, Cluster, Pinned, Plot, techniques_of};
use crate::{actions, chain, endpoints, entry, scope, severity, telemetry};

/// An alert about a host belongs to the attacker's connection to it within this time.
const SAME_CONTACT_SECONDS: i64 = 60;

/// First and last time of something.
type Span = (Option<Timestamp>, Option<Timestamp>);

/// Tells the story of a cluster. Alerts about hosts that the attacker contacted are taken out of `apart`.
pub(crate) fn tell(case: &Case<'_>, mut cluster: Cluster, apart: &mut Vec<Pinned>) -> Telling {
    let policy = &case.knowledge.policy;
    let id = id(&cluster);
    cluster.backs.sort_by_key(|(start, _)| (case.graph.node(*start).first_seen, *start));
    let backs: Vec<&Back> = cluster.backs.iter().map(|(_, back)| back).collect();
    let ranked = entry_candidates(case.graph, policy, &backs);
    let entry = ranked.first().map_or(cluster.backs[0].0, |(node, _)| *node);
    let known = backs.iter().filter(|back| back.best.contains_key(&entry));
    let path = known.map(|back| back.path(case.graph, entry)).max_by_key(Vec::len);
    let attacker = attacker(case, &cluster, entry);
    join_contacts(case, &attacker, &mut cluster, apart);
    let held = attacker.held.keys().map(|id| case.graph.node(*id)).filter(|node| node.kind == EntityKind::Session);
    let session_hosts = held.filter_map(quell_graph::Node::host_key).collect();
    let plot = Plot { case, cluster, attacker, entry, session_hosts, path: path.unwrap_or_default() };

    let (chain, nodes_to_read) = chain::of(&plot);
    let candidates = entry::candidates(&plot, &ranked);
    let entry = candidates.first().map_or_else(|| entry::entry_of(&plot, plot.entry), |best| best.entry.clone());
    let (confidence, confidence_reasons) = entry::confidence(&plot, &entry);
    let weakness = entry::weakness(&plot, &entry);
    let scope = scope::of(&plot, &entry);
    let endpoints = endpoints::of(&plot, &entry);
    let (severity, severity_reasons) = severity::of(&plot, &scope);
    let (alerts, alerts_folded) = listed_alerts(&plot.cluster.alerts);
    let times = chain.iter().filter_map(|step| step.time).chain(alerts.iter().filter_map(|alert| alert.time));
    let (first_seen, last_seen) = (times.clone().min(), times.max());
    let missing_telemetry = telemetry::missing(&plot, &chain);
    let root_cause = RootCause { weakness, entry, confidence, confidence_reasons, chain, candidates };
    let mut incident = Incident {
        id,
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
    telling(&plot, incident)
}

fn telling(plot: &Plot<'_>, incident: Incident) -> Telling {
    let alerts = &plot.cluster.alerts;
    let groups: BTreeSet<_> = alerts.iter().map(|pinned| pinned.folded.group.clone()).collect();
    let kept = alerts.iter().flat_map(|pinned| &pinned.folded.kept);
    let inputs: BTreeSet<String> = kept.map(|raised| raised.alert.event.file.clone()).collect();
    let traced = plot.cluster.backs.iter().flat_map(|(_, back)| back.best.keys().copied());
    let pinned = alerts.iter().flat_map(|pinned| pinned.nodes.iter().copied());
    let touched: BTreeSet<NodeId> = plot.attacker.held.keys().copied().chain(traced).chain(pinned).collect();
    Telling {
        incident,
        alerts: alerts.iter().map(|pinned| pinned.folded.count).sum(),
        groups: groups.into_iter().collect(),
        inputs: inputs.into_iter().collect(),
        touched: touched.into_iter().collect(),
    }
}

/// The same first alert gives the same id. It stays the first while an incident grows, whatever else joins.
fn id(cluster: &Cluster) -> String {
    let groups = cluster.alerts.iter().filter_map(|pinned| Some((pinned.folded.first()?, &pinned.folded.group)));
    let first = groups.min_by_key(|(raised, group)| (raised.time, *group));
    let mut hasher = Sha256::new();
    if let Some((raised, group)) = first {
        hasher.update(group.as_str().as_bytes());
        hasher.update(raised.time.map(|time| time.to_string()).unwrap_or_default().as_bytes());
    }
    format!("inc-{}", hex::encode(&hasher.finalize()[..6]))
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
        // What can be traced has a cluster of its own; accounts are traced to nothing when nobody is named as the actor.
        let whole = pinned.start.is_none_or(|start| case.graph.node(start).kind == EntityKind::Principal);
        if !whole {
            return false;
        }
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
    let mut listed: Vec<quell_model::Alert> =
        listed.into_values().map(|raised| quell_model::Alert::clone(&raised.alert)).collect();
    listed.sort_by(|a, b| (a.time, &a.event, &a.rule.id).cmp(&(b.time, &b.event, &b.rule.id)));
    let folded = total - listed.len() as u64;
    (listed, folded)
}

fn techniques(alerts: &[Pinned]) -> Vec<String> {
    techniques_of(alerts.iter().filter(|pinned| pinned.folded.level > Level::Informational))
}
