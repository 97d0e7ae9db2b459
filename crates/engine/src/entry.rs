//! Where an intrusion began: the entry, what else it can have been, how sure that is, and the weakness behind it.

use quell_graph::{ActivityGraph, NodeId};
use quell_model::{Attr, Candidate, Confidence, EntityKind, Entry, Verb};

use crate::endpoints;
use crate::plot::{Plot, process_ref};

/// Entries shown beside the best.
const CANDIDATES_MAX: usize = 5;

/// The best entries, as ranked.
pub(crate) fn candidates(plot: &Plot<'_>, ranked: &[(NodeId, f64)]) -> Vec<Candidate> {
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
pub(crate) fn entry_of(plot: &Plot<'_>, node: NodeId) -> Entry {
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

/// How sure the entry is, and why.
pub(crate) fn confidence(plot: &Plot<'_>, entry: &Entry) -> (Confidence, Vec<String>) {
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

/// The weakness that the entry used.
pub(crate) fn weakness(plot: &Plot<'_>, entry: &Entry) -> String {
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
