//! Nodes and edges.

use std::collections::HashMap;

use quell_model::{Attr, EntityKind, RecordRef, Timestamp, Verb, short_host};

/// Most occurrences kept of one edge, beside the first of each word and the latest; all are counted.
pub(crate) const SEEN_MAX: usize = 64;
/// Most different words kept for one edge; sources can make up as many as they like.
const ACTIONS_MAX: usize = 64;
/// Records shown as evidence of one edge, beyond one for each different action.
const EVIDENCE_MAX: usize = 4;

/// Position of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(crate) u32);

/// Position of an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EdgeId(pub(crate) u32);

/// An entity of the deployment, put together from all records that name it.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it is.
    pub kind: EntityKind,
    /// What a reader calls it.
    pub name: String,
    /// Strongest identity.
    pub key: String,
    /// Details, the first value of each.
    pub attrs: Vec<(Attr, String)>,
    /// First time it is mentioned.
    pub first_seen: Option<Timestamp>,
    /// Time at which it came to be, where a record shows it.
    pub started: Option<Timestamp>,
}

impl Node {
    /// A detail.
    #[must_use]
    pub fn attr(&self, attr: Attr) -> Option<&str> {
        self.attrs.iter().find(|(name, _)| *name == attr).map(|(_, value)| value.as_str())
    }

    /// The host it lives on, short and in lower case.
    #[must_use]
    pub fn host_key(&self) -> Option<String> {
        let host = if self.kind == EntityKind::Host { Some(self.name.as_str()) } else { self.attr(Attr::Host) }?;
        Some(short_host(host))
    }
}

/// What one node did to another, all records of it together.
#[derive(Debug, Clone)]
pub struct Edge {
    /// Cause.
    pub from: NodeId,
    /// What it did.
    pub verb: Verb,
    /// Effect.
    pub to: NodeId,
    /// Words of the source for it, such as API calls, in order of first use.
    pub actions: Vec<String>,
    /// First time.
    pub first: Option<Timestamp>,
    /// Last time.
    pub last: Option<Timestamp>,
    /// How often.
    pub count: u32,
    /// The first times it was seen, and the first of each word.
    pub seen: Vec<Seen>,
    /// The latest time it was seen, once `seen` is full.
    latest: Option<Seen>,
    /// Why it is believed without a record that states it.
    pub inferred: Option<String>,
}

/// One time that an edge was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// When.
    pub time: Option<Timestamp>,
    /// Record that shows it.
    pub record: RecordRef,
    /// Position in [`Edge::actions`].
    action: u16,
}

impl Edge {
    /// Records that show it within a span of time: one for each different action, and the first few.
    #[must_use]
    pub fn evidence(&self, since: Option<Timestamp>, until: Option<Timestamp>) -> Vec<RecordRef> {
        let mut shown: Vec<Seen> = Vec::new();
        for seen in self.within(since, until) {
            let new_action = !shown.iter().any(|known| known.action == seen.action);
            if new_action || shown.len() < EVIDENCE_MAX {
                shown.push(*seen);
            }
        }
        shown.into_iter().map(|seen| seen.record).collect()
    }

    /// Words of the source for it within a span of time.
    pub fn actions_within(&self, since: Option<Timestamp>, until: Option<Timestamp>) -> Vec<&str> {
        let mut actions: Vec<&str> = Vec::new();
        for seen in self.within(since, until) {
            if let Some(action) = self.actions.get(usize::from(seen.action))
                && !actions.contains(&action.as_str())
            {
                actions.push(action);
            }
        }
        actions
    }

    /// The times it was seen within a span; a time that is not known is within every span.
    pub fn within(&self, since: Option<Timestamp>, until: Option<Timestamp>) -> impl Iterator<Item = &Seen> {
        self.seen.iter().chain(&self.latest).filter(move |seen| match seen.time {
            Some(time) => since.is_none_or(|since| time >= since) && until.is_none_or(|until| time <= until),
            None => true,
        })
    }
}

/// The graph of what did happen.
#[derive(Debug, Default)]
pub struct ActivityGraph {
    pub(crate) nodes: Vec<Node>,
    pub(crate) edges: Vec<Edge>,
    out: Vec<Vec<EdgeId>>,
    into: Vec<Vec<EdgeId>>,
    folded: HashMap<(NodeId, Verb, NodeId), EdgeId, foldhash::fast::FixedState>,
}

/// One occurrence of an edge.
#[derive(Debug, Clone)]
pub(crate) struct Occurrence<'a> {
    pub(crate) from: NodeId,
    pub(crate) verb: Verb,
    pub(crate) to: NodeId,
    pub(crate) time: Option<Timestamp>,
    pub(crate) action: &'a str,
    pub(crate) record: Option<RecordRef>,
    pub(crate) inferred: Option<String>,
    /// How many times this stands for.
    pub(crate) count: u32,
}

impl ActivityGraph {
    /// A node of this graph.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// An edge of this graph.
    #[must_use]
    pub fn edge(&self, id: EdgeId) -> &Edge {
        &self.edges[id.0 as usize]
    }

    /// All nodes.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        (0u32..).map(NodeId).zip(&self.nodes)
    }

    /// Edges that leave a node: observed ones by time of first use, then inferred ones.
    pub fn out(&self, id: NodeId) -> impl Iterator<Item = (EdgeId, &Edge)> {
        self.out[id.0 as usize].iter().map(|edge| (*edge, self.edge(*edge)))
    }

    /// Edges that lead to a node: observed ones by time of first use, then inferred ones.
    pub fn into(&self, id: NodeId) -> impl Iterator<Item = (EdgeId, &Edge)> {
        self.into[id.0 as usize].iter().map(|edge| (*edge, self.edge(*edge)))
    }

    pub(crate) fn add_node(&mut self, node: Node) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(node);
        self.out.push(Vec::new());
        self.into.push(Vec::new());
        id
    }

    /// Adds an occurrence; occurrences must come in order of time.
    pub(crate) fn add(&mut self, seen: Occurrence<'_>) -> Option<EdgeId> {
        if seen.from == seen.to {
            return None;
        }
        let next = EdgeId(self.edges.len() as u32);
        let id = *self.folded.entry((seen.from, seen.verb, seen.to)).or_insert(next);
        if id == next {
            self.out[seen.from.0 as usize].push(id);
            self.into[seen.to.0 as usize].push(id);
            self.edges.push(Edge {
                from: seen.from,
                verb: seen.verb,
                to: seen.to,
                actions: Vec::new(),
                first: seen.time,
                last: seen.time,
                count: 0,
                seen: Vec::new(),
                latest: None,
                inferred: seen.inferred,
            });
        }
        let edge = &mut self.edges[id.0 as usize];
        edge.count += seen.count;
        edge.first = edge.first.min(seen.time).or(edge.first).or(seen.time);
        edge.last = edge.last.max(seen.time);
        let known = edge.actions.iter().position(|known| known == seen.action);
        let new_word = known.is_none() && edge.actions.len() < ACTIONS_MAX;
        if new_word {
            edge.actions.push(seen.action.to_owned());
        }
        let action = known.unwrap_or(edge.actions.len() - 1) as u16;
        if let Some(record) = seen.record {
            let seen = Seen { time: seen.time, record, action };
            if new_word || edge.seen.len() < SEEN_MAX {
                edge.seen.push(seen);
            } else {
                edge.latest = Some(seen);
            }
        }
        Some(id)
    }
}

impl ActivityGraph {
    /// Which host has an address, from the addresses that records show as a host's own: address to host node. An address
    /// that several hosts claim (a lease that moved on, a virtual network) says nothing and is left out.
    #[must_use]
    pub fn hosts_by_address(&self) -> HashMap<String, NodeId> {
        let mut claims: HashMap<String, Option<NodeId>> = HashMap::new();
        for (id, _) in self.nodes().filter(|(_, node)| node.kind == EntityKind::Host) {
            for (_, edge) in self.out(id).filter(|(_, edge)| edge.verb == Verb::Own) {
                let Some(address) = self.node(edge.to).attr(Attr::Address) else { continue };
                let claim = claims.entry(address.to_owned()).or_insert(Some(id));
                if claim.is_some_and(|other| self.node(other).host_key() != self.node(id).host_key()) {
                    *claim = None;
                }
            }
        }
        claims.into_iter().filter_map(|(address, host)| Some((address, host?))).collect()
    }
}
