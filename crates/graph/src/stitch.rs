//! Hops that no single record states but several together show.
//!
//! Each becomes an edge that is marked inferred, with what it was inferred from and the log source that would have stated
//! it (invariant 2).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use quell_model::{Attr, EntityKind, RecordRef, Timestamp, Verb, short_host};

use crate::graph::{ActivityGraph, Node, NodeId, Occurrence};
use crate::policy::{Policy, base_name};

/// A service or task runs its program within this time after it was created or asked for.
const START_WITHIN_SECONDS: i64 = 180;
/// A remote logon follows its connection within this time; clocks of hosts differ by up to 40 s.
const LOGON_AFTER_SECONDS: i64 = 45;
/// Tokens of a command line that are looked up as files.
const TOKENS_MAX: usize = 64;

struct Hop {
    from: NodeId,
    verb: Verb,
    to: NodeId,
    time: Option<Timestamp>,
    records: Vec<RecordRef>,
    why: String,
}

/// Adds all inferred hops to a graph whose observed edges are complete.
pub(crate) fn stitch(graph: &mut ActivityGraph, policy: &Policy) {
    let mut hops = Vec::new();
    hops.extend(service_starts(graph));
    hops.extend(service_settings(graph));
    hops.extend(files_on_command_lines(graph));
    hops.extend(remote_logons(graph, policy));
    hops.sort_by_key(|hop| (hop.time, hop.from, hop.to));
    for hop in hops {
        let records = if hop.records.is_empty() { vec![None] } else { hop.records.into_iter().map(Some).collect() };
        for record in records {
            let (from, verb, to, time) = (hop.from, hop.verb, hop.to, hop.time);
            let inferred = Some(hop.why.clone());
            graph.add(Occurrence { from, verb, to, time, action: "", record, inferred, count: 1 });
        }
    }
}

fn processes(graph: &ActivityGraph) -> impl Iterator<Item = (NodeId, &Node)> {
    graph.nodes().filter(|(_, node)| node.kind == EntityKind::Process)
}

/// Services, tasks and settings start the process whose command line is theirs.
fn service_starts(graph: &ActivityGraph) -> Vec<Hop> {
    let mut by_command: HashMap<(String, String), Vec<NodeId>> = HashMap::new();
    for (id, node) in processes(graph) {
        if let (Some(host), Some(command)) = (node.host_key(), node.attr(Attr::CommandLine)) {
            by_command.entry((host, squeezed(command))).or_default().push(id);
        }
    }
    let mut hops = Vec::new();
    for (id, node) in graph.nodes().filter(|(_, node)| matches!(node.kind, EntityKind::Service | EntityKind::Setting)) {
        let command = node.attr(Attr::CommandLine).or_else(|| node.attr(Attr::Note));
        let (Some(host), Some(command)) = (node.host_key(), command) else { continue };
        for process in by_command.get(&(host, squeezed(command))).into_iter().flatten() {
            let started = graph.node(*process).started;
            if follows(node.first_seen, started, START_WITHIN_SECONDS) {
                let why = format!(
                    "its command line is that of {} {}, created shortly before; the Service Control Manager's 7036 or task scheduler's 129 would state it",
                    node.kind.as_str(),
                    node.name
                );
                hops.push(Hop {
                    from: id,
                    verb: Verb::Start,
                    to: *process,
                    time: started,
                    records: start_record(graph, *process),
                    why,
                });
            }
        }
    }
    hops
}

fn squeezed(command: &str) -> String {
    command.replace('"', "").split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// A process runs what its command line names: the file was written before, on the same host.
fn files_on_command_lines(graph: &ActivityGraph) -> Vec<Hop> {
    let mut files: HashMap<&str, NodeId> = HashMap::new();
    for (id, node) in graph.nodes().filter(|(_, node)| node.kind == EntityKind::File) {
        let written = graph.into(id).any(|(_, edge)| matches!(edge.verb, Verb::Write | Verb::Download));
        if written {
            files.insert(&node.key, id);
        }
    }
    let mut hops = Vec::new();
    for (id, node) in processes(graph) {
        let (Some(host), Some(command)) = (node.host_key(), node.attr(Attr::CommandLine)) else { continue };
        let tokens = command.split(['"', ' ', ',', '\'', '=', ';']).filter(|token| token.len() > 4);
        let named: BTreeSet<NodeId> = tokens
            .take(TOKENS_MAX)
            .filter_map(|token| files.get(format!("file:{host}:{}", token.to_lowercase()).as_str()).copied())
            .filter(|file| graph.node(*file).name.to_lowercase() != node.name.to_lowercase())
            .filter(|file| written_before(graph, *file, node.started))
            .collect();
        for file in named {
            let why = "its command line names the file; an image load record (Sysmon 7) would state it".to_owned();
            hops.push(Hop {
                from: file,
                verb: Verb::Execute,
                to: id,
                time: node.started,
                records: start_record(graph, id),
                why,
            });
        }
    }
    hops
}

fn written_before(graph: &ActivityGraph, file: NodeId, started: Option<Timestamp>) -> bool {
    let first = graph
        .into(file)
        .filter(|(_, e)| matches!(e.verb, Verb::Write | Verb::Download))
        .filter_map(|(_, e)| e.first)
        .min();
    matches!((first, started), (Some(written), Some(started)) if written <= started)
}

/// The record that shows a process starting.
fn start_record(graph: &ActivityGraph, process: NodeId) -> Vec<RecordRef> {
    let start = graph.into(process).find(|(_, edge)| edge.verb == Verb::Launch);
    start.and_then(|(_, edge)| edge.seen.first()).map(|seen| seen.record).into_iter().collect()
}

/// The Service Control Manager writes a service's settings on behalf of whoever creates the service.
fn service_settings(graph: &ActivityGraph) -> Vec<Hop> {
    let services: HashMap<&str, NodeId> = graph
        .nodes()
        .filter(|(_, node)| node.kind == EntityKind::Service)
        .map(|(id, node)| (node.key.as_str(), id))
        .collect();
    let mut hops = Vec::new();
    for (id, node) in graph.nodes().filter(|(_, node)| node.kind == EntityKind::Setting) {
        let name = node.name.to_lowercase();
        let service = name.split_once(r"\services\").and_then(|(_, rest)| rest.split('\\').next());
        let (Some(host), Some(service)) = (node.host_key(), service) else { continue };
        if let Some(service) = services.get(format!("svc:{host}:{service}").as_str()) {
            let why =
                "it is a setting of the service; the Service Control Manager writes it for whoever creates the service";
            let (verb, time) = (Verb::Change, node.first_seen);
            hops.push(Hop { from: *service, verb, to: id, time, records: Vec::new(), why: why.to_owned() });
        }
    }
    hops
}

fn follows(first: Option<Timestamp>, then: Option<Timestamp>, within_seconds: i64) -> bool {
    let (Some(first), Some(then)) = (first, then) else { return false };
    let gap = then.as_second() - first.as_second();
    (-1..=within_seconds).contains(&gap)
}

/// Where hosts are on the network, from the addresses that records show as their own.
struct Network {
    host_of: HashMap<String, String>,
}

impl Network {
    fn of(graph: &ActivityGraph) -> Network {
        let hosts = graph.hosts_by_address().into_iter();
        Network { host_of: hosts.map(|(address, host)| (address, short_host(&graph.node(host).name))).collect() }
    }
}

/// A connection that a process made to another host.
struct Reach {
    process: NodeId,
    port: Option<u16>,
    first: Timestamp,
    last: Timestamp,
    record: Option<RecordRef>,
}

/// A remote logon belongs to the process that connected to that host just before. Without such a process the logon stays
/// with the address it came from.
fn remote_logons(graph: &ActivityGraph, policy: &Policy) -> Vec<Hop> {
    let network = Network::of(graph);
    let reaches = reaches(graph, &network);
    let mut hops = Vec::new();
    for (session, node) in graph.nodes().filter(|(_, node)| node.kind == EntityKind::Session) {
        let Some(target) = node.host_key() else { continue };
        let remote = matches!(node.attr(Attr::How), Some("3" | "8" | "9" | "10"));
        let Some(time) = node.first_seen.filter(|_| remote) else { continue };
        let origin = node.attr(Attr::Address).and_then(|address| network.host_of.get(address));
        let best = reaches
            .get(&target)
            .into_iter()
            .flatten()
            .filter(|reach| covers(reach, time))
            .filter(|reach| plausible(graph, policy, reach, node, origin))
            .min_by_key(|reach| (origin.is_none(), (time.as_second() - reach.first.as_second()).abs(), reach.process));
        if let Some(reach) = best {
            let why = format!(
                "{} connected to {target}{} at the time of the logon; the logon record itself names no process on the other side",
                base_name(&graph.node(reach.process).name),
                reach.port.map(|port| format!(":{port}")).unwrap_or_default(),
            );
            // Both sides: the connection, and the record of the logon.
            let logon = graph.into(session).find(|(_, edge)| matches!(edge.verb, Verb::Logon | Verb::Own));
            let logon = logon.and_then(|(_, edge)| edge.seen.first()).map(|seen| seen.record);
            let records = reach.record.into_iter().chain(logon).collect();
            hops.push(Hop { from: reach.process, verb: Verb::Logon, to: session, time: Some(time), records, why });
        }
    }
    hops
}

fn covers(reach: &Reach, time: Timestamp) -> bool {
    let at = time.as_second();
    at + LOGON_AFTER_SECONDS / 2 >= reach.first.as_second() && at - LOGON_AFTER_SECONDS <= reach.last.as_second()
}

/// A program of a user, on the host that the logon names where it names one, for the same user where both are known.
fn plausible(graph: &ActivityGraph, policy: &Policy, reach: &Reach, session: &Node, origin: Option<&String>) -> bool {
    let process = graph.node(reach.process);
    let injected = graph.into(reach.process).any(|(_, edge)| edge.verb == Verb::Inject);
    if policy.is_boundary(&process.name) && !injected {
        return false;
    }
    if process.host_key() == session.host_key() {
        return false;
    }
    if let (Some(origin), Some(host)) = (origin, process.host_key())
        && *origin != host
    {
        return false;
    }
    let user = |text: &str| text.rsplit(['\\', '/']).next().unwrap_or(text).to_lowercase();
    match (process.attr(Attr::User), session.attr(Attr::User)) {
        (Some(a), Some(b)) if origin.is_none() => user(a) == user(b),
        _ => true,
    }
}

fn reaches(graph: &ActivityGraph, network: &Network) -> BTreeMap<String, Vec<Reach>> {
    let mut reaches: BTreeMap<String, Vec<Reach>> = BTreeMap::new();
    for (process, _) in processes(graph) {
        for (_, edge) in graph.out(process).filter(|(_, edge)| edge.verb == Verb::Connect) {
            let target = graph.node(edge.to);
            let host = match target.kind {
                EntityKind::Host => Some(short_host(&target.name)),
                _ => target.attr(Attr::Address).and_then(|address| network.host_of.get(address)).cloned(),
            };
            let (Some(host), Some(first), Some(last)) = (host, edge.first, edge.last) else { continue };
            let port = target.attr(Attr::Port).and_then(|port| port.parse().ok());
            reaches.entry(host).or_default().push(Reach {
                process,
                port,
                first,
                last,
                record: edge.seen.first().map(|seen| seen.record),
            });
        }
    }
    reaches
}
