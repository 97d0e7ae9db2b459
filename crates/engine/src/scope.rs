//! Scope: everything the attacker held or touched.

use std::collections::{BTreeMap, BTreeSet};

use quell_graph::{Edge, NodeId};
use quell_model::{Attr, EntityKind, Entry, ResourceRef, Scope, ScopedProcess, Verb, short_host};

use crate::plot::{Plot, process_ref};

/// What was touched. The host where it began comes first.
pub(crate) fn of(plot: &Plot<'_>, entry: &Entry) -> Scope {
    Scope {
        hosts: hosts(plot, entry),
        principals: principals(plot),
        credentials: credentials(plot),
        processes: processes(plot),
        files: files(plot),
        resources: resources(plot),
    }
}

fn hosts(plot: &Plot<'_>, entry: &Entry) -> Vec<String> {
    let graph = plot.graph();
    let by_address = &plot.case.hosts_by_address;
    let mut hosts: Vec<String> = Vec::new();
    let mut add = |name: &str| {
        let short = short_host(name);
        match hosts.iter_mut().find(|known| short_host(known) == short) {
            // The longest form of a name says most.
            Some(known) if known.len() < name.len() => name.clone_into(known),
            Some(_) => {}
            None => hosts.push(name.to_owned()),
        }
    };
    if let Some(origin) = entry.address.as_ref().and_then(|address| by_address.get(address)) {
        add(&graph.node(*origin).name);
    }
    entry.host.iter().for_each(|host| add(host));
    let mut held: Vec<(NodeId, Option<quell_model::Timestamp>)> =
        plot.attacker.held.iter().map(|(n, t)| (*n, *t)).collect();
    held.sort_by_key(|(node, since)| (*since, *node));
    for (node, _) in held {
        let entity = graph.node(node);
        if matches!(entity.kind, EntityKind::Process | EntityKind::Session | EntityKind::Service | EntityKind::File)
            && let Some(host) = entity.attr(Attr::Host)
        {
            add(host);
        }
    }
    // Alerts about a host as a whole were joined because the attacker was in contact with it.
    for node in plot.cluster.alerts.iter().filter(|pinned| pinned.start.is_none()).flat_map(|pinned| &pinned.nodes) {
        if graph.node(*node).kind == EntityKind::Host {
            add(&graph.node(*node).name);
        }
    }
    hosts
}

fn held<'p>(plot: &'p Plot<'_>, kind: EntityKind) -> impl Iterator<Item = (NodeId, &'p quell_graph::Node)> {
    plot.attacker.held.keys().map(|id| (*id, plot.case.graph.node(*id))).filter(move |(_, node)| node.kind == kind)
}

fn principals(plot: &Plot<'_>) -> Vec<String> {
    let graph = plot.graph();
    let mut names: BTreeSet<String> = BTreeSet::new();
    for (id, node) in plot.attacker.held.keys().map(|id| (*id, graph.node(*id))) {
        match node.kind {
            EntityKind::Process | EntityKind::Session => names.extend(node.attr(Attr::User).map(str::to_owned)),
            EntityKind::Principal => drop(names.insert(node.name.clone())),
            EntityKind::Credential => {
                let owners = graph.into(id).filter(|(_, edge)| edge.verb == Verb::Own);
                names.extend(owners.map(|(_, edge)| graph.node(edge.from).name.clone()));
            }
            _ => {}
        }
    }
    for edge in deeds(plot) {
        let target = graph.node(edge.to);
        if target.kind == EntityKind::Principal && matches!(edge.verb, Verb::Create | Verb::Change | Verb::Delete) {
            names.insert(target.name.clone());
        }
    }
    // `CORP\alice` and `alice` are one.
    let qualified: BTreeSet<String> =
        names.iter().filter_map(|name| name.rsplit_once('\\')).map(|(_, user)| user.to_lowercase()).collect();
    names.into_iter().filter(|name| name.contains('\\') || !qualified.contains(&name.to_lowercase())).collect()
}

fn credentials(plot: &Plot<'_>) -> Vec<String> {
    let names: BTreeSet<String> = held(plot, EntityKind::Credential).map(|(_, node)| node.name.clone()).collect();
    names.into_iter().collect()
}

fn processes(plot: &Plot<'_>) -> Vec<ScopedProcess> {
    let graph = plot.graph();
    let mut processes: Vec<(Option<quell_model::Timestamp>, ScopedProcess)> = held(plot, EntityKind::Process)
        .map(|(id, node)| {
            let process = process_ref(graph, id);
            let host = node.attr(Attr::Host).unwrap_or_default().to_owned();
            let scoped = ScopedProcess { host, image: process.image, pid: process.pid, guid: process.guid };
            (plot.attacker.held.get(&id).copied().flatten(), scoped)
        })
        .collect();
    processes.sort();
    processes.dedup_by(|a, b| a.1 == b.1);
    processes.into_iter().map(|(_, process)| process).collect()
}

fn files(plot: &Plot<'_>) -> Vec<String> {
    let graph = plot.graph();
    let mut files: BTreeSet<String> = held(plot, EntityKind::File).map(|(_, node)| node.name.clone()).collect();
    for edge in deeds(plot).filter(|edge| matches!(edge.verb, Verb::Write | Verb::Delete)) {
        let target = graph.node(edge.to);
        if target.kind == EntityKind::File {
            files.insert(target.name.clone());
        }
    }
    files.into_iter().collect()
}

fn deeds<'p>(plot: &'p Plot<'_>) -> impl Iterator<Item = &'p Edge> {
    plot.deeds().into_iter().map(|id| plot.case.graph.edge(id))
}

fn resources(plot: &Plot<'_>) -> Vec<ResourceRef> {
    use EntityKind::{Account, Bucket, Container, Resource, Secret, Service, Setting};
    let graph = plot.graph();
    let mut how: BTreeMap<(EntityKind, String), BTreeSet<&'static str>> = BTreeMap::new();
    for edge in deeds(plot) {
        let target = graph.node(edge.to);
        let word = match edge.verb {
            Verb::Create => "created",
            Verb::Change => "changed",
            Verb::Read => "read",
            Verb::Delete => "deleted",
            Verb::Act => "used",
            _ => continue,
        };
        if matches!(target.kind, Account | Bucket | Container | Resource | Secret | Service | Setting) {
            how.entry((target.kind, target.name.clone())).or_default().insert(word);
        }
    }
    how.into_iter()
        .map(|((kind, name), words)| ResourceRef { kind, name, how: words.into_iter().collect::<Vec<_>>().join(", ") })
        .collect()
}
