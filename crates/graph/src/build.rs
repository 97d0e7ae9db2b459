//! From observations, in any order, to the graph.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use foldhash::fast::FixedState;
use quell_model::{Entity, RecordRef, Timestamp, Verb};

use crate::graph::{ActivityGraph, EdgeId, NodeId, Occurrence, SEEN_MAX};
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
    /// How many times it stands for; 1 for one record.
    pub count: u32,
}

/// Some records.
pub type RecordSet = HashSet<RecordRef, FixedState>;

/// What records are about.
pub type AboutRecords = HashMap<RecordRef, About, FixedState>;

/// Collects observations. Memory grows with the number of different entities and observations, not with record sizes.
#[derive(Debug, Default)]
pub struct Builder {
    entities: Vec<Entity>,
    ids: HashMap<u64, Vec<EntityId>, FixedState>,
    actions: HashMap<Arc<str>, (), FixedState>,
    observations: Vec<Observation>,
    repeats: Repeats,
}

/// Repeats of edges between descriptions, by what is done.
type Repeats = HashMap<(EntityId, Verb, EntityId, Arc<str>), Repeat, FixedState>;

/// How often an edge was seen, and where its latest observation is once no further ones are kept.
#[derive(Debug, Default)]
struct Repeat {
    held: u32,
    latest_time: Option<Timestamp>,
    latest: Option<usize>,
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

    /// Adds what a record says. `alerted` says that an alert names the record.
    ///
    /// Of the repeats of one edge an [`crate::Edge`] shows only the first and the latest. So once that many are held, a
    /// later one takes the place of the latest; the graph is the same, in bounded memory.
    pub fn observe(&mut self, observation: Observation, alerted: bool) {
        if !alerted && let Some(place) = self.place_of_repeat(&observation) {
            let count = self.observations[place].count + observation.count;
            self.observations[place] = Observation { count, ..observation };
            return;
        }
        self.observations.push(observation);
    }

    /// Where a repeat goes that need not be kept beside the others.
    fn place_of_repeat(&mut self, seen: &Observation) -> Option<usize> {
        let (from, verb, to) = seen.edge?;
        let lasting = |id: EntityId| self.entities[id.0 as usize].keys.iter().any(|key| !key.starts_with("pid:"));
        if !lasting(from) || !lasting(to) {
            return None;
        }
        let next = self.observations.len();
        let repeat = self.repeats.entry((from, verb, to, Arc::clone(&seen.action))).or_default();
        repeat.held += 1;
        if repeat.held <= SEEN_MAX as u32 || seen.time < repeat.latest_time {
            repeat.latest_time = repeat.latest_time.max(seen.time);
            return None;
        }
        repeat.latest_time = seen.time;
        let place = repeat.latest;
        repeat.latest = Some(place.unwrap_or(next));
        place
    }

    /// Forgets observations, oldest arrival first, until `held_max` are left; those of `pinned` records stay. Descriptions
    /// that nothing mentions any more go too; `others` are ids held elsewhere, and are changed to what they are now.
    pub fn forget(&mut self, held_max: usize, pinned: &RecordSet, others: &mut dyn Iterator<Item = &mut EntityId>) {
        let mut surplus = self.observations.len().saturating_sub(held_max);
        self.observations.retain(|seen| {
            let goes = surplus > 0 && !pinned.contains(&seen.record);
            surplus -= usize::from(goes);
            !goes
        });
        self.repeats.clear();
        let mut entities = Vec::new();
        let mut moved: HashMap<EntityId, EntityId, FixedState> = HashMap::default();
        let known = &self.entities;
        let mut follow = |id: &mut EntityId| {
            *id = *moved.entry(*id).or_insert_with(|| {
                entities.push(known[id.0 as usize].clone());
                EntityId(entities.len() as u32 - 1)
            });
        };
        for seen in &mut self.observations {
            if let Some((from, _, to)) = &mut seen.edge {
                follow(from);
                follow(to);
            }
            seen.subjects.iter_mut().for_each(&mut follow);
        }
        others.for_each(&mut follow);
        self.entities = entities;
        self.ids.clear();
        for (at, entity) in (0u32..).zip(&self.entities) {
            self.ids.entry(hash_of(entity)).or_default().push(EntityId(at));
        }
        let used: HashSet<Arc<str>, FixedState> =
            self.observations.iter().map(|seen| Arc::clone(&seen.action)).collect();
        self.actions.retain(|action, ()| used.contains(action));
    }

    /// A description by its id.
    #[must_use]
    pub fn description(&self, id: EntityId) -> &Entity {
        &self.entities[id.0 as usize]
    }

    /// Number of observations held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.observations.len()
    }

    /// Position, in its input, of the record behind the observation at a place in order of arrival.
    #[must_use]
    pub fn arrival(&self, place: usize) -> u64 {
        self.observations.get(place).map(|seen| seen.record.position).unwrap_or_default()
    }

    /// Position of the first record, in order of arrival, that is not among `pinned`.
    #[must_use]
    pub fn oldest_besides(&self, pinned: &RecordSet) -> u64 {
        let mut records = self.observations.iter().map(|seen| seen.record);
        records.find(|record| !pinned.contains(record)).map(|record| record.position).unwrap_or_default()
    }

    /// Whether nothing was observed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.observations.is_empty()
    }

    /// The graph of everything observed, and what the records with subjects are about: `alerted` has one observation for
    /// each of those. `order` ranks inputs by name, so that the order in which they were read does not matter.
    #[must_use]
    pub fn build(&self, alerted: &[Observation], order: &[u32], policy: &Policy) -> (ActivityGraph, AboutRecords) {
        let rank = |record: RecordRef| (order.get(record.input as usize).copied().unwrap_or_default(), record.position);
        let mut all: Vec<&Observation> = self.observations.iter().chain(alerted).collect();
        // Within one record the order of its edges stays: the sort is stable and records are whole.
        all.sort_by_key(|seen| (seen.time, rank(seen.record)));
        let alerted: RecordSet = alerted.iter().map(|seen| seen.record).collect();
        let mut graph = ActivityGraph::default();
        let mut resolver = Resolver::default();
        let mut about: AboutRecords = HashMap::default();
        for seen in all {
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
                    count: seen.count,
                });
                if alerted.contains(&seen.record) {
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
    let mut hasher = FixedState::default().build_hasher();
    entity.kind.hash(&mut hasher);
    entity.keys.hash(&mut hasher);
    entity.name.hash(&mut hasher);
    entity.attrs.hash(&mut hasher);
    hasher.finish()
}
