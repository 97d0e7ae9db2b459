//! Everything that was noticed so far, and what it amounts to. The same for a finished set of files and for a live stream.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use quell_detect::RuleIndex;
use quell_graph::{Builder, NodeId, Observation, RecordSet};
use quell_model::{Activity, Alert, AlertGroupId, Entity, Event, RecordRef, SourceCount, Timestamp, hex};
use sha2::{Digest, Sha256};

use crate::alerts::AlertBook;
use crate::incidents::Telling;
use crate::{Knowledge, incidents, plot};

/// What one record says, without the record.
#[derive(Debug, Clone)]
pub struct Sighting {
    /// When.
    pub time: Option<Timestamp>,
    /// Which record.
    pub record: RecordRef,
    /// Which mapping read it.
    pub source: Arc<str>,
    /// Source's word for it.
    pub action: String,
    /// What happened between which entities.
    pub activities: Vec<Activity>,
    /// What alerts on it are about; empty where there is none.
    pub subjects: Vec<Entity>,
    /// Alerts on it.
    pub alerts: Vec<(RuleIndex, Arc<Alert>)>,
}

impl Sighting {
    /// Takes out of an event what the story needs.
    pub(crate) fn take(event: &mut Event, alerts: Vec<(RuleIndex, Arc<Alert>)>) -> Sighting {
        let subjects = if alerts.is_empty() { Vec::new() } else { std::mem::take(&mut event.subjects) };
        Sighting {
            time: event.time,
            record: event.record,
            source: Arc::clone(&event.source),
            action: std::mem::take(&mut event.action),
            activities: std::mem::take(&mut event.activities),
            subjects,
            alerts,
        }
    }

    /// Whether the story could change by it.
    fn is_silent(&self) -> bool {
        self.activities.is_empty() && self.alerts.is_empty()
    }
}

/// Name of all alerts of a rule about a subject: the same in every run and every store.
#[must_use]
pub fn alert_group(rule_id: &str, subjects: &[Entity]) -> AlertGroupId {
    let mut hasher = Sha256::new();
    hasher.update(rule_id.as_bytes());
    if let Some(subject) = subjects.first() {
        hasher.update([0]);
        hasher.update(subject.kind.as_str().as_bytes());
        hasher.update([0]);
        hasher.update(subject.keys.first().map(String::as_bytes).unwrap_or_default());
    }
    AlertGroupId::new(format!("grp-{}", hex::encode(&hasher.finalize()[..8])))
}

/// Collects sightings and tells what they amount to. Holds no record.
#[derive(Debug)]
pub struct CaseFile<'k> {
    knowledge: &'k Knowledge,
    builder: Builder,
    alerts: AlertBook,
    inputs: Vec<String>,
    sources: BTreeMap<String, u64>,
    /// Evidence of what was told last; it is not forgotten.
    pinned: RecordSet,
    pinned_groups: HashSet<AlertGroupId>,
}

impl<'k> CaseFile<'k> {
    /// An empty one.
    #[must_use]
    pub fn new(knowledge: &'k Knowledge) -> CaseFile<'k> {
        CaseFile {
            knowledge,
            builder: Builder::default(),
            alerts: AlertBook::default(),
            inputs: Vec::new(),
            sources: BTreeMap::new(),
            pinned: RecordSet::default(),
            pinned_groups: HashSet::new(),
        }
    }

    /// A new input, even if one has its name already.
    pub fn begin_input(&mut self, name: &str) -> u32 {
        self.inputs.push(name.to_owned());
        (self.inputs.len() - 1) as u32
    }

    /// The input of this name.
    pub fn input(&mut self, name: &str) -> u32 {
        let known = self.inputs.iter().position(|known| known == name);
        known.map_or_else(|| self.begin_input(name), |at| at as u32)
    }

    /// Names of the inputs.
    #[must_use]
    pub fn inputs(&self) -> &[String] {
        &self.inputs
    }

    /// Alerts so far, repeats counted.
    #[must_use]
    pub fn alerts_total(&self) -> u64 {
        self.alerts.total
    }

    /// Observations held.
    #[must_use]
    pub fn held(&self) -> usize {
        self.builder.len()
    }

    /// Position of the earliest record, in order of arrival, that is held and would be forgotten next.
    #[must_use]
    pub fn oldest_unpinned(&self) -> u64 {
        self.builder.oldest_besides(&self.pinned)
    }

    /// Records by mapping.
    #[must_use]
    pub fn sources(&self) -> Vec<SourceCount> {
        let sources = self.sources.iter();
        sources.map(|(name, count)| SourceCount { name: name.clone(), count: *count }).collect()
    }

    /// Adds what a record says.
    pub fn add(&mut self, sighting: Sighting) {
        match self.sources.get_mut(&*sighting.source) {
            Some(count) => *count += 1,
            None => drop(self.sources.insert(sighting.source.to_string(), 1)),
        }
        if sighting.is_silent() {
            return;
        }
        let action = self.builder.action(&sighting.action);
        let alerted = !sighting.alerts.is_empty();
        for activity in &sighting.activities {
            let from = self.builder.entity(&activity.from);
            let to = self.builder.entity(&activity.to);
            let seen = Observation {
                time: sighting.time,
                record: sighting.record,
                action: action.clone(),
                edge: Some((from, activity.verb, to)),
                subjects: Vec::new(),
                count: 1,
            };
            self.builder.observe(seen, alerted);
        }
        if alerted {
            self.add_alerts(&sighting);
        }
    }

    fn add_alerts(&mut self, sighting: &Sighting) {
        let subjects: Vec<_> = sighting.subjects.iter().map(|subject| self.builder.entity(subject)).collect();
        let file = self.inputs.get(sighting.record.input as usize).map(String::as_str).unwrap_or_default();
        for (rule, alert) in &sighting.alerts {
            let group = alert_group(&alert.rule.id, &sighting.subjects);
            let at = (sighting.time, sighting.record, file);
            self.alerts.add((*rule, alert.rule.level, &group), &subjects, at, || Arc::clone(alert));
        }
    }

    /// Tells the incidents, most severe first, and counts by rule the alerts that are in none.
    #[must_use]
    pub fn tell(&mut self) -> (Vec<Telling>, Vec<SourceCount>) {
        let mut by_name: Vec<usize> = (0..self.inputs.len()).collect();
        by_name.sort_by_key(|at| &self.inputs[*at]);
        let mut order = vec![0; self.inputs.len()];
        for (rank, at) in (0u32..).zip(by_name) {
            order[at] = rank;
        }
        let alerted = self.alerts.observations(&"".into());
        let (graph, about) = self.builder.build(&alerted, &order, &self.knowledge.policy);
        let case = plot::Case {
            knowledge: self.knowledge,
            graph: &graph,
            about: &about,
            inputs: &self.inputs,
            sources: &self.sources,
            hosts_by_address: graph.hosts_by_address(),
        };
        let (tellings, apart) = incidents::tell(&case, self.alerts.folded());
        let touched: HashSet<NodeId> = tellings.iter().flat_map(|telling| telling.touched.iter().copied()).collect();
        let edges = touched.iter().flat_map(|node| graph.out(*node)).filter(|(_, edge)| touched.contains(&edge.to));
        self.pinned = edges.flat_map(|(_, edge)| edge.within(None, None)).map(|seen| seen.record).collect();
        self.pinned_groups = tellings.iter().flat_map(|telling| telling.groups.iter().cloned()).collect();
        (tellings, apart)
    }

    /// Forgets the oldest observations, until `held_max` are left, and alerts that were raised before those. Evidence of
    /// what was told last stays.
    pub fn forget(&mut self, held_max: usize) {
        if self.builder.len() <= held_max {
            return;
        }
        let groups = &self.pinned_groups;
        let before = self.builder.arrival(self.builder.len() - held_max);
        self.alerts.forget(before, |folded| groups.contains(&folded.group));
        self.builder.forget(held_max, &self.pinned, &mut self.alerts.subjects_mut());
        self.alerts.reorder();
    }
}
