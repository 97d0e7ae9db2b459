//! Field paths as a trie, so that a record is walked once and only wanted fields are touched.

use std::collections::HashMap;

use quell_model::{FieldId, FieldTable};

/// Position of a node.
pub(crate) type NodeId = u32;

/// The trie over all wanted paths.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    children: HashMap<Box<str>, NodeId, foldhash::fast::FixedState>,
    /// Child for any other name (`Event.UserData.*`).
    any: Option<NodeId>,
    field: Option<FieldId>,
}

pub(crate) const ROOT: NodeId = 0;

impl Paths {
    /// The trie of all fields of `table`, each also below every prefix, plus the renamed paths.
    pub(crate) fn new(table: &FieldTable, prefixes: &[String], renames: &[(String, String)]) -> Paths {
        let mut paths = Paths { nodes: vec![Node::default()] };
        for (field, name) in table.iter() {
            paths.insert(ROOT, name, field);
        }
        for prefix in prefixes {
            let base = paths.descend(ROOT, prefix);
            for (field, name) in table.iter() {
                paths.insert(base, name, field);
            }
        }
        for (from, to) in renames {
            if let Some(field) = table.get(to) {
                // A rename wins over a field that happens to have the same path.
                let at = paths.descend(ROOT, from);
                paths.nodes[at as usize].field = Some(field);
            }
        }
        paths
    }

    fn insert(&mut self, base: NodeId, name: &str, field: FieldId) {
        let at = self.descend(base, name);
        self.nodes[at as usize].field.get_or_insert(field);
    }

    fn descend(&mut self, base: NodeId, path: &str) -> NodeId {
        let mut at = base;
        for part in path.split('.') {
            let next = self.nodes.len() as NodeId;
            let node = &mut self.nodes[at as usize];
            at = if part == "*" {
                *node.any.get_or_insert(next)
            } else {
                *node.children.entry(part.into()).or_insert(next)
            };
            if at == next {
                self.nodes.push(Node::default());
            }
        }
        at
    }

    /// The node below `at` for an object key. Spaces in names do not count; dots in a key are steps.
    pub(crate) fn step(&self, at: NodeId, key: &str) -> Option<NodeId> {
        if key.contains(' ') {
            return self.step(at, &key.replace(' ', ""));
        }
        let node = &self.nodes[at as usize];
        if let Some(&next) = node.children.get(key) {
            return Some(next);
        }
        if key.contains('.') {
            return key.split('.').try_fold(at, |at, part| self.nodes[at as usize].children.get(part).copied());
        }
        node.any
    }

    pub(crate) fn field(&self, at: NodeId) -> Option<FieldId> {
        self.nodes[at as usize].field
    }
}
