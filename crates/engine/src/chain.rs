//! The chain: the steps from the entry to the last alert, no more than a reader can take in.

use std::collections::BTreeSet;

use quell_graph::{ActivityGraph, Back, Edge, EdgeId, Node, NodeId, Policy};
use quell_model::{Attr, EntityKind, Level, RecordRef, Step, Timestamp, Verb};

use crate::plot::{Pinned, Plot, techniques_of};

/// Entities a reader is asked to look at; less important steps are left to the scope.
const NODES_TO_READ_MAX: usize = 20;
/// Addresses of the attacker whose traffic is told, earliest first; an entry used from a botnet has hundreds.
const TRAFFIC_STEPS_MAX: usize = 4;
/// Longest command line shown with a step; the record has the rest.
const DETAIL_CHARS_MAX: usize = 400;
/// Traffic with the attacker's address this long before the first credential was issued can be how it was taken.
const BEFORE_ENTRY_SECONDS: i64 = 600;

/// Steps in order of time, and the number of different entities in them.
pub(crate) fn of(plot: &Plot<'_>) -> (Vec<Step>, u32) {
    let mut wanted = Wanted::default();
    plot.path.iter().for_each(|edge| wanted.add(*edge));
    origin(plot).into_iter().for_each(|edge| wanted.add(edge));
    alerted(plot, &mut wanted, Level::Medium);
    let policy = &plot.case.knowledge.policy;
    let deeds: Vec<EdgeId> =
        plot.deeds().into_iter().filter(|edge| worth_telling(plot, policy, plot.graph().edge(*edge))).collect();
    // What reached further comes before what only looked around.
    let (leads_on, ends): (Vec<EdgeId>, Vec<EdgeId>) = deeds.into_iter().partition(|edge| leads_on(plot, *edge));
    leads_on.into_iter().for_each(|edge| wanted.add(edge));
    alerted(plot, &mut wanted, Level::Low);
    ends.into_iter().for_each(|edge| wanted.add(edge));

    // A theft stands between entities that are told anyway; traffic brings in one more each.
    let traffic = traffic(plot);
    let (kept, nodes) = wanted.within(plot.graph(), NODES_TO_READ_MAX - traffic.len());
    let nodes = nodes + traffic.len() as u32;
    let mut steps: Vec<Step> = kept.into_iter().map(|edge| step(plot, edge)).collect();
    steps.extend(credential_theft(plot));
    steps.extend(traffic);
    steps.sort_by_key(|step| step.time);
    (steps, nodes)
}

/// Edges to tell, most important first.
#[derive(Default)]
struct Wanted {
    order: Vec<EdgeId>,
    known: BTreeSet<EdgeId>,
}

impl Wanted {
    fn add(&mut self, edge: EdgeId) {
        if self.known.insert(edge) {
            self.order.push(edge);
        }
    }

    /// As many edges as fit into `nodes_max` different nodes, and how many nodes that are.
    fn within(self, graph: &ActivityGraph, nodes_max: usize) -> (Vec<EdgeId>, u32) {
        let mut nodes: BTreeSet<NodeId> = BTreeSet::new();
        let mut kept = Vec::new();
        for id in self.order {
            let edge = graph.edge(id);
            let new = [edge.from, edge.to].iter().filter(|node| !nodes.contains(node)).count();
            if nodes.len() + new <= nodes_max {
                nodes.extend([edge.from, edge.to]);
                kept.push(id);
            }
        }
        (kept, nodes.len() as u32)
    }
}

/// Where the entry itself came from: who obtained it, and the address that first used it.
fn origin(plot: &Plot<'_>) -> Vec<EdgeId> {
    let graph = plot.graph();
    let kind = graph.node(plot.entry).kind;
    if !matches!(kind, EntityKind::Credential | EntityKind::Session) {
        return Vec::new();
    }
    let issued = graph.into(plot.entry).filter(|(_, edge)| edge.verb == Verb::Issue).map(|(id, _)| id);
    let used =
        graph.into(plot.entry).filter(|(_, edge)| matches!(edge.verb, Verb::Arrive | Verb::Logon)).map(|(id, _)| id);
    issued.take(1).chain(used.take(1)).collect()
}

/// How alerted entities came into the attacker's hands, and what the alerted records say; the worst alerts first.
fn alerted(plot: &Plot<'_>, wanted: &mut Wanted, least: Level) {
    let graph = plot.graph();
    let mut alerts: Vec<&Pinned> = plot.cluster.alerts.iter().filter(|pinned| pinned.folded.level >= least).collect();
    alerts.sort_by_key(|pinned| (std::cmp::Reverse(pinned.folded.level), pinned.first_time()));
    for pinned in &alerts {
        for (start, back) in plot.cluster.backs.iter().filter(|(start, _)| Some(*start) == pinned.start) {
            way_to(plot, back, *start).into_iter().for_each(|edge| wanted.add(edge));
        }
        let stated = pinned.edges.iter().copied();
        let told = stated.filter(|edge| {
            let deed = plot.attacker.did(graph.edge(*edge)) && !matches!(graph.edge(*edge).verb, Verb::Own);
            deed || leads_to_held(plot, *edge)
        });
        told.for_each(|edge| wanted.add(edge));
    }
}

/// Edges by which an alerted node came into the attacker's hands: from the entry if the trace knows it, else from the
/// nearest thing the attacker held.
fn way_to(plot: &Plot<'_>, back: &Back, start: NodeId) -> Vec<EdgeId> {
    if back.best.contains_key(&plot.entry) {
        return back.path(plot.graph(), plot.entry);
    }
    let mut way = Vec::new();
    let mut at = start;
    while let Some(edge) = plot.attacker.through.get(&at) {
        way.push(*edge);
        at = plot.graph().edge(*edge).from;
    }
    way
}

/// Reading a process's memory and arriving at a session point at the attacker instead of away from it.
fn leads_to_held(plot: &Plot<'_>, id: EdgeId) -> bool {
    let edge = plot.graph().edge(id);
    let toward = matches!(edge.verb, Verb::Expose | Verb::Arrive | Verb::Logon | Verb::Download);
    toward && plot.attacker.held.contains_key(&edge.to)
}

/// Whether a deed is more than starting a program that did nothing further.
fn leads_on(plot: &Plot<'_>, id: EdgeId) -> bool {
    let edge = plot.graph().edge(id);
    let started = matches!(edge.verb, Verb::Launch | Verb::Act);
    !started
        || plot
            .graph()
            .out(edge.to)
            .any(|(_, next)| next.verb == Verb::Write || worth_telling(plot, &plot.case.knowledge.policy, next))
}

fn worth_telling(plot: &Plot<'_>, policy: &Policy, edge: &Edge) -> bool {
    let graph = plot.graph();
    let to = graph.node(edge.to);
    match edge.verb {
        Verb::Launch => !policy.is_plumbing(&to.name),
        Verb::Connect => {
            let port = to.attr(Attr::Port).and_then(|port| port.parse().ok());
            port.is_none_or(|port| !policy.is_infrastructure_port(port)) && !shown_by_logon(plot, edge)
        }
        // Who started a program says more than whose session it ran in.
        Verb::Act if to.kind == EntityKind::Process => {
            let started = graph.into(edge.to).filter(|(_, edge)| edge.verb == Verb::Launch);
            !started.into_iter().any(|(_, edge)| plot.attacker.held.contains_key(&edge.from))
        }
        Verb::Write | Verb::Delete if to.kind == EntityKind::File => plot.attacker.held.contains_key(&edge.to),
        Verb::Execute | Verb::Load | Verb::Resolve | Verb::Own => false,
        _ => true,
    }
}

/// Whether a connection led to a logon on that host, which is told instead.
fn shown_by_logon(plot: &Plot<'_>, edge: &Edge) -> bool {
    let graph = plot.graph();
    let target = graph.node(edge.to);
    let host = match target.kind {
        EntityKind::Host => target.host_key(),
        _ => target
            .attr(Attr::Address)
            .and_then(|address| plot.case.hosts_by_address.get(address).copied())
            .and_then(|host| graph.node(host).host_key()),
    };
    host.is_some_and(|host| plot.session_hosts.contains(&host))
}

fn step(plot: &Plot<'_>, id: EdgeId) -> Step {
    let graph = plot.graph();
    let edge = graph.edge(id);
    // Whoever reads memory is the one who acts, though influence flows from what is read.
    let (acting, acted_on, verb) = match edge.verb {
        Verb::Expose => (edge.to, edge.from, "opened the memory of"),
        verb => (edge.from, edge.to, word(verb, graph.node(edge.to).kind)),
    };
    let since = plot.attacker.held.get(&edge.from).copied().flatten();
    let (source, target) = (graph.node(acting), graph.node(acted_on));
    let on_step: Vec<&Pinned> = plot.cluster.alerts.iter().filter(|pinned| is_about(pinned, id, edge)).collect();
    let mut alerts: Vec<String> =
        on_step.iter().filter_map(|p| p.folded.first()).map(|raised| raised.alert.rule.title.clone()).collect();
    alerts.sort();
    alerts.dedup();
    let (first, action) = told(edge, verb, since);
    Step {
        time: first,
        source_kind: source.kind,
        source: label(source),
        action,
        target_kind: target.kind,
        target: label(target),
        host: target.attr(Attr::Host).or_else(|| source.attr(Attr::Host)).map(str::to_owned),
        detail: detail(edge.verb, target),
        evidence: plot.evidence(&shown_evidence(edge, since)),
        techniques: techniques_of(on_step.iter().copied()),
        alerts,
        inferred: edge.inferred.is_some(),
        inferred_why: edge.inferred.clone(),
    }
}

/// When it first happened in the attacker's hands, and what to call it: the verb with the calls behind it.
fn told(edge: &Edge, verb: &str, since: Option<Timestamp>) -> (Option<Timestamp>, String) {
    let first = edge.within(since, None).filter_map(|seen| seen.time).min().or(edge.first);
    let count = edge.within(since, None).count();
    // Several channels report one start of a program.
    let once = edge.inferred.is_some() || matches!(edge.verb, Verb::Launch | Verb::Execute);
    let times = if count > 1 && !once { format!("×{count}") } else { String::new() };
    // That somebody holds or uses something is stated by every record of theirs; what they did is told by other steps.
    let standing = matches!(edge.verb, Verb::Arrive | Verb::Own | Verb::Logon);
    let shown = if standing {
        0
    } else if edge.verb == Verb::Issue {
        1
    } else {
        usize::MAX
    };
    let calls =
        edge.actions_within(since, None).into_iter().filter(|action| !action.contains(' ') && !action.is_empty());
    let calls: Vec<&str> = calls.take(shown).collect();
    let action = match (calls.is_empty(), times.is_empty() || edge.verb == Verb::Issue) {
        (true, true) => verb.to_owned(),
        (true, false) => format!("{verb} ({times})"),
        (false, true) => format!("{verb} ({})", calls.join(", ")),
        (false, false) => format!("{verb} ({} {times})", calls.join(", ")),
    };
    (first, action)
}

/// One record is enough to show that something is held or used.
fn shown_evidence(edge: &Edge, since: Option<Timestamp>) -> Vec<RecordRef> {
    let mut records = edge.evidence(since, None);
    if edge.inferred.is_none() && matches!(edge.verb, Verb::Arrive | Verb::Own | Verb::Issue) {
        records.truncate(1);
    }
    records
}

/// What a reader calls an entity; programs with their process id, as many have the same name.
fn label(node: &Node) -> String {
    match (node.kind, node.attr(Attr::Pid)) {
        (EntityKind::Process, Some(pid)) => format!("{} (pid {pid})", node.name),
        _ => node.name.clone(),
    }
}

/// What was run, stored or handed over.
fn detail(verb: Verb, target: &Node) -> Option<String> {
    let text = match (verb, target.kind) {
        (Verb::Launch | Verb::Act | Verb::Start | Verb::Execute, EntityKind::Process) => target.attr(Attr::CommandLine),
        (Verb::Create, EntityKind::Service) => target.attr(Attr::CommandLine),
        (Verb::Change | Verb::Create, _) => target.attr(Attr::Note),
        _ => None,
    };
    text.map(|text| text.chars().take(DETAIL_CHARS_MAX).collect())
}

/// A session acts as a principal, but it runs a program and uses a machine.
fn word(verb: Verb, target: EntityKind) -> &'static str {
    match (verb, target) {
        (Verb::Act, EntityKind::Process) => "ran",
        (Verb::Act, EntityKind::Container | EntityKind::Resource | EntityKind::Host) => "used",
        _ => verb.as_str(),
    }
}

/// An alert belongs to the steps that its records state, or else to the one that brought its subject in. That its subject
/// is held or was reached is stated by all its records and is not what the alert is about.
fn is_about(pinned: &Pinned, id: EdgeId, edge: &Edge) -> bool {
    if pinned.edges.is_empty() {
        return pinned.start == Some(edge.to);
    }
    let standing = matches!(edge.verb, Verb::Arrive | Verb::Own | Verb::Issue) && pinned.start != Some(edge.from);
    pinned.edges.contains(&id) && !standing
}

/// A machine's own credential that was used from elsewhere left the machine; no record says how.
fn credential_theft(plot: &Plot<'_>) -> Option<Step> {
    let graph = plot.graph();
    let (_, issued) = graph.into(plot.entry).find(|(_, edge)| edge.verb == Verb::Issue)?;
    let (_, used) = graph.into(plot.entry).find(|(_, edge)| edge.verb == Verb::Arrive)?;
    let (machine, address) = (graph.node(issued.from), graph.node(used.from));
    if machine.kind != EntityKind::Resource || !used_elsewhere(graph, issued.from, used.from) {
        return None;
    }
    let why = "the credential was issued to the machine and used from another address; nothing logs reads of the metadata \
               service. Host logs of the machine, or IMDSv2-only with VPC flow logs, would prove or prevent it";
    Some(Step {
        time: used.first,
        source_kind: machine.kind,
        source: label(machine),
        action: "gave its credential away to".to_owned(),
        target_kind: address.kind,
        target: label(address),
        host: None,
        detail: None,
        evidence: Vec::new(),
        alerts: Vec::new(),
        techniques: Vec::new(),
        inferred: true,
        inferred_why: Some(why.to_owned()),
    })
}

/// Whether the machine's credentials were also used from another address, which can then be the machine's own.
fn used_elsewhere(graph: &ActivityGraph, machine: NodeId, address: NodeId) -> bool {
    let credentials = graph.out(machine).filter(|(_, edge)| edge.verb == Verb::Issue).map(|(_, edge)| edge.to);
    let arrivals = credentials.flat_map(|credential| graph.into(credential));
    arrivals.filter(|(_, edge)| edge.verb == Verb::Arrive).any(|(_, edge)| edge.from != address)
}

/// Traffic between the attacker's address and the inside, from shortly before the entry to the last deed.
fn traffic(plot: &Plot<'_>) -> Vec<Step> {
    let graph = plot.graph();
    if graph.node(plot.entry).kind != EntityKind::Credential {
        return Vec::new();
    }
    let used = graph.into(plot.entry).filter(|(_, edge)| edge.verb == Verb::Arrive);
    let addresses: BTreeSet<NodeId> = used.map(|(_, edge)| edge.from).collect();
    let begin = graph
        .node(plot.entry)
        .first_seen
        .and_then(|time| Timestamp::from_second(time.as_second() - BEFORE_ENTRY_SECONDS).ok());
    let end = plot.deeds().iter().filter_map(|id| graph.edge(*id).last).max();
    let mut steps = Vec::new();
    for address in addresses {
        let flows = graph.out(address).filter(|(_, edge)| edge.verb == Verb::Connect);
        let mut flows: Vec<&Edge> =
            flows.map(|(_, edge)| edge).filter(|edge| edge.within(begin, end).next().is_some()).collect();
        flows.sort_by_key(|edge| std::cmp::Reverse(edge.within(begin, end).count()));
        steps.extend(flows.first().map(|edge| flow_step(plot, edge, (begin, end))));
    }
    steps.sort_by_key(|step| step.time);
    steps.truncate(TRAFFIC_STEPS_MAX);
    steps
}

fn flow_step(plot: &Plot<'_>, edge: &Edge, (begin, end): (Option<Timestamp>, Option<Timestamp>)) -> Step {
    let graph = plot.graph();
    let (from, to) = (graph.node(edge.from), graph.node(edge.to));
    let seen: Vec<_> = edge.within(begin, end).collect();
    Step {
        time: seen.iter().filter_map(|seen| seen.time).min(),
        source_kind: from.kind,
        source: label(from),
        action: format!("exchanged traffic ×{} with", seen.len()),
        target_kind: to.kind,
        target: label(to),
        host: None,
        detail: None,
        evidence: plot.evidence(&seen.iter().map(|seen| seen.record).collect::<Vec<_>>()),
        alerts: Vec::new(),
        techniques: Vec::new(),
        inferred: false,
        inferred_why: None,
    }
}
