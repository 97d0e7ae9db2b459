//! The causal graph of a story: entities as nodes, steps as edges.
//!
//! Names are kept as the records have them; nothing is escaped or placed here.

use quell_model::{EntityKind, Step};

/// Entities drawn. A drawing of more is no help; the table has all steps.
const NODES_MAX: usize = 60;

/// Arrows drawn.
const EDGES_MAX: usize = 200;

/// An entity of the story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Node<'a> {
    pub(super) kind: EntityKind,
    pub(super) name: &'a str,
    /// Host it lives on, if it lives on one.
    pub(super) host: Option<&'a str>,
}

/// Steps from one entity to another.
#[derive(Debug, Clone)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Indices into the chain.
    pub(super) steps: Vec<usize>,
}

/// The graph, with what had to be left out.
#[derive(Debug, Default)]
pub(super) struct Graph<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) edges: Vec<Edge>,
    /// Steps beyond what is drawn.
    pub(super) steps_left_out: usize,
}

impl<'a> Graph<'a> {
    /// The graph of a chain. Nodes and edges stand in order of their first step.
    pub(super) fn of(chain: &'a [Step]) -> Graph<'a> {
        let mut graph = Graph::default();
        for (index, step) in chain.iter().enumerate() {
            let host = step.host.as_deref();
            let source = graph.node((step.source_kind, &step.source), host, source_may_be_elsewhere(step));
            let target = graph.node((step.target_kind, &step.target), host, false);
            match (source, target) {
                (Some(from), Some(to)) => graph.edge(from, to, index),
                _ => graph.steps_left_out += 1,
            }
        }
        graph
    }

    /// Hosts with a node, in order of appearance.
    pub(super) fn hosts(&self) -> Vec<&'a str> {
        let mut hosts = Vec::new();
        for host in self.nodes.iter().filter_map(|node| node.host) {
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        hosts
    }

    /// The node of that name on that host; a known one on another host if that `may_be_elsewhere`.
    fn node(
        &mut self,
        (kind, name): (EntityKind, &'a str),
        host: Option<&'a str>,
        may_be_elsewhere: bool,
    ) -> Option<usize> {
        let host = if lives_on_host(kind) { host } else { None };
        let wanted = Node { kind, name, host };
        let same = self.nodes.iter().position(|node| *node == wanted);
        let elsewhere = || self.nodes.iter().rposition(|node| node.kind == kind && node.name == name);
        let found = if may_be_elsewhere || host.is_none() { same.or_else(elsewhere) } else { same };
        if found.is_none() && self.nodes.len() < NODES_MAX {
            self.nodes.push(wanted);
            return Some(self.nodes.len() - 1);
        }
        found
    }

    fn edge(&mut self, from: usize, to: usize, step: usize) {
        let is_full = self.edges.len() >= EDGES_MAX;
        match self.edges.iter_mut().find(|edge| edge.from == from && edge.to == to) {
            Some(edge) => edge.steps.push(step),
            None if is_full => self.steps_left_out += 1,
            None => self.edges.push(Edge { from, to, steps: vec![step] }),
        }
    }
}

/// A step happens on one host, and its source may live on another when the step crosses from host to host. Programs of
/// one name on two hosts are two programs otherwise.
fn source_may_be_elsewhere(step: &Step) -> bool {
    step.inferred
        || step.source_kind == EntityKind::Session
        || matches!(step.target_kind, EntityKind::Session | EntityKind::Host)
}

fn lives_on_host(kind: EntityKind) -> bool {
    use EntityKind::{Container, File, Process, Service, Session, Setting};
    matches!(kind, Container | File | Process | Service | Session | Setting)
}
