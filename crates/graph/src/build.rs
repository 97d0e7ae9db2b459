//! From observations, in any order, to the graph.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use quell_model::{Entity, RecordRef, Timestamp, Verb};

use crate::graph::{ActivityGraph, EdgeId, NodeId, Occurrence};
use crate::policy::Policy;
use crate::resolve::Resolver;
use crate::stitch;

/// A description of an entity, kept once however many records repeat it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntityId(u32);

/// What one record says happened.
#[derive(Debug, Clone)]
pub struct Observation {
    /// When.
    pub time: Option<Timestamp>,
    /// Evidence.
    pub record: RecordRef,
    /// Source's word for it.
    pub action: Arc<str>,
    /// From, verb, to.
    pub edge: Option<(EntityId, Verb, EntityId)>,
    /// What an alert on this record is about; empty where there is none.
    pub subjects: Vec<EntityId>,
}

/// Collects observations. Memory grows with the number of different entities and observations, not with record sizes.
#[derive(Debug, Default)]
pub struct Builder {
    entities: Vec<Entity>,
    ids: HashMap<u64, Vec<EntityId>, foldhash::fast::FixedState>,
    actions: HashMap<Arc<str>, (), foldhash::fast::FixedState>,
    observations: Vec<Observation>,
    /// Records with subjects.
    alerted: HashSet<RecordRef, foldhash::fast::FixedState>,
}

/// What an alerted record is about.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// Its subjects, best first.
    pub nodes: Vec<NodeId>,
    /// What it says happened.
    pub edges: Vec<EdgeId>,
}

impl Builder {
    /// The id of a description.
    pub fn entity(&mut self, entity: &Entity) -> EntityId {
        let hash = hash_of(entity);
        let same = self.ids.entry(hash).or_default();
        if let Some(id) = same.iter().find(|id| self.entities[id.0 as usize] == *entity) {
            return *id;
        }
        let id = EntityId(self.entities.len() as u32);
        same.push(id);
        self.entities.push(entity.clone());
        id
    }

    /// One shared copy of a word.
    pub fn action(&mut self, action: &str) -> Arc<str> {
        if let Some((known, ())) = self.actions.get_key_value(action) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = action.into();
        self.actions.insert(Arc::clone(&shared), ());
        shared
    }

    /// Adds what a record says.
    pub fn observe(&mut self, observation: Observation) {
        if !observation.subjects.is_empty() {
            self.alerted.insert(observation.record);
        }
        self.observations.push(observation);
    }

    /// The graph of everything observed, and what the records with subjects are about. `order` ranks inputs by name, so
    /// that the order in which they were read does not matter.
    #[must_use]
    pub fn build(mut self, order: &[u32], policy: &Policy) -> (ActivityGraph, HashMap<RecordRef, About>) {
        let rank = |record: RecordRef| (order.get(record.input as usize).copied().unwrap_or_default(), record.position);
        // Within one record the order of its edges stays: the sort is stable and records are whole.
        self.observations.sort_by_key(|seen| (seen.time, rank(seen.record)));
        let mut graph = ActivityGraph::default();
        let mut resolver = Resolver::default();
        let mut about: HashMap<RecordRef, About> = HashMap::new();
        for seen in &self.observations {
            if let Some((from, verb, to)) = seen.edge {
                let from = resolver.resolve(&mut graph, &self.entities[from.0 as usize], (seen.time, None));
                let to = resolver.resolve(&mut graph, &self.entities[to.0 as usize], (seen.time, Some(verb)));
                let record = Some(seen.record);
                let edge = graph.add(Occurrence {
                    from,
                    verb,
                    to,
                    time: seen.time,
                    action: &seen.action,
                    record,
                    inferred: None,
                });
                if self.alerted.contains(&seen.record) {
                    about.entry(seen.record).or_default().edges.extend(edge);
                }
            }
            for subject in &seen.subjects {
                let node = resolver.resolve(&mut graph, &self.entities[subject.0 as usize], (seen.time, None));
                let nodes = &mut about.entry(seen.record).or_default().nodes;
                if !nodes.contains(&node) {
                    nodes.push(node);
                }
            }
        }
        stitch::stitch(&mut graph, policy);
        (graph, about)
    }
}

fn hash_of(entity: &Entity) -> u64 {
    use std::hash::{BuildHasher, Hash, Hasher};
    let mut hasher = foldhash::fast::FixedState::default().build_hasher();
    entity.kind.hash(&mut hasher);
    entity.keys.hash(&mut hasher);
    entity.name.hash(&mut hasher);
    entity.attrs.hash(&mut hasher);
    hasher.finish()
}
