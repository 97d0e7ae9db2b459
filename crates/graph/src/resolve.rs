//! Which entity descriptions mean the same thing.
//!
//! Keys are identities, but a process id (`pid:…`) is one only until it is reused. A description with a strong key is
//! that node and takes the process id over; a description with nothing but a process id means whoever holds it.

use std::collections::HashMap;

use quell_model::{Entity, EntityKind, Timestamp, Verb};

use crate::graph::{ActivityGraph, Node, NodeId};
use crate::policy::base_name;

/// Two log channels report the same start of a process within this many seconds.
const SAME_START_SECONDS: i64 = 10;

/// Nodes by their keys.
#[derive(Debug, Default)]
pub(crate) struct Resolver {
    strong: HashMap<String, NodeId, foldhash::fast::FixedState>,
    /// Current holders of reusable keys.
    weak: HashMap<String, NodeId, foldhash::fast::FixedState>,
}

impl Resolver {
    /// The node that `entity` means at `time`; `started` says that this record shows it coming to be.
    pub(crate) fn resolve(
        &mut self,
        graph: &mut ActivityGraph,
        entity: &Entity,
        (time, verb): (Option<Timestamp>, Option<Verb>),
    ) -> NodeId {
        let started = verb == Some(Verb::Launch);
        let (weak, strong): (Vec<&String>, Vec<&String>) = entity.keys.iter().partition(|key| key.starts_with("pid:"));
        let id = match strong.iter().find_map(|key| self.strong.get(*key).copied()) {
            Some(id) => id,
            None if strong.is_empty() => self.holder(graph, entity, &weak, (time, started)),
            None => self.adopt(graph, entity, &weak, time).unwrap_or_else(|| create(graph, entity, time)),
        };
        for key in strong {
            self.strong.entry(key.clone()).or_insert(id);
        }
        for key in weak {
            self.weak.insert(key.clone(), id);
        }
        describe(graph, id, entity, time);
        if started {
            let node = &mut graph.nodes[id.0 as usize];
            node.started = node.started.or(time);
        }
        id
    }

    /// Whoever holds the process id; a start means a new holder, unless it repeats a start just seen.
    fn holder(
        &self,
        graph: &mut ActivityGraph,
        entity: &Entity,
        weak: &[&String],
        (time, started): (Option<Timestamp>, bool),
    ) -> NodeId {
        let known = weak.iter().find_map(|key| self.weak.get(*key).copied());
        match known {
            Some(id) if started && repeats_start(graph.node(id), entity, time) => id,
            Some(id) if !started && same_image(graph.node(id), entity) => id,
            _ => create(graph, entity, time),
        }
    }

    /// A node that another channel described by process id alone moments ago.
    fn adopt(
        &self,
        graph: &ActivityGraph,
        entity: &Entity,
        weak: &[&String],
        time: Option<Timestamp>,
    ) -> Option<NodeId> {
        let id = weak.iter().find_map(|key| self.weak.get(*key).copied())?;
        let node = graph.node(id);
        let anonymous = node.key.starts_with("pid:");
        (anonymous && (node.started.is_none() || repeats_start(node, entity, time)) && same_image(node, entity))
            .then_some(id)
    }
}

fn repeats_start(node: &Node, entity: &Entity, time: Option<Timestamp>) -> bool {
    let (Some(started), Some(time)) = (node.started, time) else {
        return node.started.is_none() && same_image(node, entity);
    };
    same_image(node, entity) && (time.as_second() - started.as_second()).abs() <= SAME_START_SECONDS
}

/// Whether two descriptions can be of the same program; one without a name can be of any.
fn same_image(node: &Node, entity: &Entity) -> bool {
    let stem = |name: &str| base_name(name).trim_end_matches(".exe").to_owned();
    let unnamed = |name: &str| name.starts_with("pid:") || name.is_empty();
    unnamed(&node.name) || unnamed(&entity.name) || stem(&node.name) == stem(&entity.name)
}

fn create(graph: &mut ActivityGraph, entity: &Entity, time: Option<Timestamp>) -> NodeId {
    graph.add_node(Node {
        kind: entity.kind,
        name: entity.name.clone(),
        key: entity.keys.first().cloned().unwrap_or_default(),
        attrs: Vec::new(),
        first_seen: time,
        started: None,
    })
}

/// Adds what this description knows and the node does not.
fn describe(graph: &mut ActivityGraph, id: NodeId, entity: &Entity, time: Option<Timestamp>) {
    let node = &mut graph.nodes[id.0 as usize];
    node.first_seen = match (node.first_seen, time) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    let placeholder = node.name == node.key || node.name.starts_with("pid:");
    if placeholder || (node.kind == EntityKind::Host && entity.name.len() > node.name.len()) {
        node.name.clone_from(&entity.name);
    }
    if node.key.starts_with("pid:")
        && let Some(key) = entity.keys.first()
    {
        node.key.clone_from(key);
    }
    for (attr, value) in &entity.attrs {
        if node.attr(*attr).is_none() {
            node.attrs.push((*attr, value.clone()));
        }
    }
}
