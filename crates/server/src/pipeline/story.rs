//! Stories: sightings in, incidents in the ledger out. Told anew when something changed that matters, and never so often that
//! telling takes more than a tenth of a core.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use quell_engine::{CaseFile, Sighting};
use quell_incident::{Fact, Incident, Status};
use quell_model::{EventId, Expected, IncidentId, Level, NewLedgerEntry, SYSTEM_ACTOR, Viewer};
use quell_store::{IncidentFilter, PageQuery, Store, StoreError};
use tokio::runtime::Handle;
use tokio::time::Instant;

use super::reconcile::{CHAIN_MAX, Known, Planned, Statement, reconcile};
use crate::App;
use crate::hub::Change;

/// Time between two tellings, in times of the last one.
const REST_FACTOR: u32 = 10;
/// Shortest time between two tellings.
const REST_MIN: Duration = Duration::from_millis(30);
/// What no alert announced is told after this time.
const GROWTH_EVERY: Duration = Duration::from_secs(5);
/// Nothing came for so long: then all is told.
const IDLE: Duration = Duration::from_millis(250);
/// Counts that changed are written this often at most.
const COUNTS_EVERY: Duration = Duration::from_secs(10);
/// Incidents of an earlier run that are looked at after a start, the newest.
const EARLIER_MAX: u32 = 500;
/// Tries to write before the next telling has a go.
const TRIES: usize = 5;

/// What detection tells the story thread.
pub(crate) enum Sighted {
    /// What records say.
    Records(Batch),
    /// What was matched before the start was sent again, all of it. Nothing is told before that: it would be told from a part.
    AllAgain,
}

/// What was sighted in a chunk.
pub(crate) struct Batch {
    /// Name of the source that brought it.
    pub(crate) source: String,
    pub(crate) sightings: Vec<Sighting>,
    /// Which chunk.
    pub(crate) chunk: u64,
}

/// Runs until the server stops. For a thread of its own.
pub(crate) fn story(app: &App, sighted: &Receiver<Sighted>, runtime: &Handle) {
    // A runtime's clock runs only inside of it.
    let _inside = runtime.enter();
    let mut teller = Teller::new(app);
    while !*app.stop.borrow() {
        match sighted.recv_timeout(IDLE) {
            Ok(first) => {
                for sighted in std::iter::once(first).chain(sighted.try_iter()) {
                    match sighted {
                        Sighted::Records(batch) => teller.take(batch),
                        Sighted::AllAgain => teller.begin(runtime),
                    }
                }
                teller.tell_if_due(runtime, false);
            }
            Err(RecvTimeoutError::Timeout) => teller.tell_if_due(runtime, true),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// What waits to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Nothing,
    /// Records that may belong to an incident.
    Growth,
    /// Alerts.
    Alerts,
}

struct Teller<'p> {
    app: &'p App,
    file: CaseFile<'p>,
    /// What was known before the start is known again.
    begun: bool,
    due: Due,
    told_at: Option<Instant>,
    rest: Duration,
    incidents: usize,
    /// What was told before, as soon as that is known.
    told_before: Option<BTreeSet<IncidentId>>,
    /// What was written about incidents, to know what changed without asking.
    states: BTreeMap<IncidentId, (u64, Incident)>,
    written_at: HashMap<IncidentId, Instant>,
    /// What is told could not be written, or only its counts changed.
    unwritten: bool,
}

impl<'p> Teller<'p> {
    fn new(app: &'p App) -> Teller<'p> {
        Teller {
            app,
            file: CaseFile::new(&app.knowledge),
            begun: false,
            due: Due::Nothing,
            told_at: None,
            rest: REST_MIN,
            incidents: 0,
            told_before: None,
            states: BTreeMap::new(),
            written_at: HashMap::new(),
            unwritten: false,
        }
    }

    /// From now on incidents are told.
    fn begin(&mut self, runtime: &Handle) {
        self.begun = true;
        match runtime.block_on(told_by_an_earlier_run(&self.app.store)) {
            Ok(told) => self.told_before = Some(told),
            Err(error) => tracing::warn!(%error, "what was told before the start is not known yet"),
        }
    }

    fn take(&mut self, batch: Batch) {
        let input = self.file.input(&batch.source);
        for mut sighting in batch.sightings {
            sighting.record.input = input;
            let alerted = sighting.alerts.iter().any(|(_, alert)| alert.rule.level > Level::Informational);
            self.due = self.due.max(if alerted { Due::Alerts } else { Due::Growth });
            self.file.add(sighting);
        }
        let held_max = self.app.settings.observations_max;
        if self.file.held() > held_max {
            self.file.forget(held_max / 4 * 3);
            let oldest = EventId::from_number(self.file.oldest_unpinned());
            self.app.gauges.window.set(oldest.chunk().saturating_sub(1).min(batch.chunk));
            self.app.gauges.forgetful.set(true);
        }
        self.app.gauges.observations.set(self.file.held() as u64);
    }

    /// Tells if something is due and telling has rested long enough.
    fn tell_if_due(&mut self, runtime: &Handle, idle: bool) {
        let since = self.told_at.map_or(Duration::MAX, |at| at.elapsed());
        let ready = match self.due {
            Due::Alerts => since >= self.rest,
            Due::Growth if self.incidents == 0 => false,
            Due::Growth => since >= if idle { self.rest } else { self.rest.max(GROWTH_EVERY) },
            Due::Nothing => self.unwritten && since >= COUNTS_EVERY,
        };
        if !ready || !self.begun {
            return;
        }
        let began = Instant::now();
        let (tellings, _) = self.file.tell();
        let took = began.elapsed();
        metrics::histogram!("quell_telling_seconds").record(took.as_secs_f64());
        self.rest = (took * REST_FACTOR).max(REST_MIN);
        self.due = Due::Nothing;
        self.incidents = tellings.len();
        self.app.gauges.telling_ms.set(took.as_millis() as u64);
        self.app.gauges.incidents.set(tellings.len() as u64);
        let statements: Vec<Statement> = tellings.iter().map(Statement::of).collect();
        self.write(runtime, &statements);
        self.told_at = Some(Instant::now());
    }

    /// Writes what changed. If people wrote at the same time, looks again.
    fn write(&mut self, runtime: &Handle, statements: &[Statement]) {
        for _ in 0..TRIES {
            match runtime.block_on(self.try_write(statements)) {
                Ok(()) => return,
                Err(StoreError::Conflict { stream, .. }) => {
                    let id = stream.strip_prefix("incident/").unwrap_or(&stream);
                    self.states.remove(&IncidentId::new(id));
                }
                Err(error) => {
                    tracing::warn!(%error, "what is told of incidents waits for the store");
                    self.unwritten = true;
                    return;
                }
            }
        }
        self.unwritten = true;
    }

    async fn try_write(&mut self, statements: &[Statement]) -> Result<(), StoreError> {
        let told = statements.iter().map(|statement| statement.id.clone()).collect();
        let known = self.known(statements).await?;
        let now = Instant::now();
        let planned = reconcile(statements, &known);
        self.unwritten = false;
        let mut due = Vec::new();
        for plan in planned {
            let recent = self.written_at.get(&plan.id).is_some_and(|at| now.duration_since(*at) < COUNTS_EVERY);
            if plan.material || !recent {
                due.push(plan);
            } else {
                self.unwritten = true;
            }
        }
        self.states = known.incidents;
        if due.is_empty() {
            self.told_before = Some(told);
            return Ok(());
        }
        let entries = due.iter().flat_map(entries).collect();
        let named = |statement: &&Statement| due.iter().any(|plan| plan.id == statement.id);
        let stories = statements.iter().filter(named);
        let stories = stories.map(|statement| (statement.told.story.clone(), statement.story.clone())).collect();
        self.app.store.append_told(self.app.clock.now(), entries, stories).await?;
        for plan in due {
            self.written_at.insert(plan.id.clone(), now);
            self.remember(&plan);
            self.app.hub.publish(Change::Incident(plan.id));
        }
        self.told_before = Some(told);
        Ok(())
    }

    /// What the ledger says about everything that is told.
    async fn known(&self, statements: &[Statement]) -> Result<Known, StoreError> {
        let store = &self.app.store;
        let told_before = match &self.told_before {
            Some(told) => told.clone(),
            None => told_by_an_earlier_run(store).await?,
        };
        let groups: Vec<_> = statements.iter().flat_map(|statement| statement.told.groups.iter().cloned()).collect();
        let owners: BTreeMap<_, _> = store.open_incidents_by_groups(&groups).await?.into_iter().collect();
        let mut incidents = BTreeMap::new();
        let told = statements.iter().map(|statement| &statement.id);
        for id in told.chain(owners.values()).chain(&told_before) {
            if incidents.contains_key(id) {
                continue;
            }
            let state = match self.states.get(id) {
                Some(state) => Some(state.clone()),
                None => store.incident_state(&Viewer::System, id, None).await?,
            };
            incidents.extend(state.map(|state| (id.clone(), state)));
        }
        let held: BTreeMap<_, _> =
            store.held_groups().await?.into_iter().map(|held| (held.group.clone(), held)).collect();
        for held in held.values().filter(|held| held.is_late) {
            if !incidents.contains_key(&held.incident) {
                let state = store.incident_state(&Viewer::System, &held.incident, None).await?;
                incidents.extend(state.map(|state| (held.incident.clone(), state)));
            }
        }
        self.follow_merges(&mut incidents).await?;
        // What people said is about alerts that are stored; a telling counts those that it still remembers.
        let concerned = |statement: &&Statement| {
            let merged = |(_, state): &(u64, Incident)| state.merged_into.is_some();
            incidents.get(&statement.id).is_some_and(merged)
                || statement.told.groups.iter().any(|group| held.contains_key(group))
                || held.values().any(|held| held.incident == statement.id)
        };
        let groups = statements.iter().filter(concerned).flat_map(|statement| &statement.told.groups);
        let groups: Vec<_> = groups.cloned().collect();
        let sizes = store.group_sizes(&groups).await?.into_iter().collect();
        let forgetful = self.app.gauges.forgetful.get();
        Ok(Known { incidents, owners, held, sizes, told_before, forgetful })
    }

    /// Reads the incidents that others became part of.
    async fn follow_merges(&self, incidents: &mut BTreeMap<IncidentId, (u64, Incident)>) -> Result<(), StoreError> {
        for _ in 0..CHAIN_MAX {
            let into = incidents.values().filter_map(|(_, state)| state.merged_into.clone());
            let Some(id) = into.into_iter().find(|into| !incidents.contains_key(into)) else { return Ok(()) };
            let Some(state) = self.app.store.incident_state(&Viewer::System, &id, None).await? else { return Ok(()) };
            incidents.insert(id, state);
        }
        Ok(())
    }

    fn remember(&mut self, plan: &Planned) {
        let mut facts = plan.facts.iter().cloned();
        let (mut version, mut state) = match self.states.remove(&plan.id) {
            Some(known) => known,
            None => match facts.next().and_then(Incident::begin) {
                Some(state) => (1, state),
                None => return,
            },
        };
        for fact in facts {
            version += 1;
            state.apply(fact);
        }
        self.states.insert(plan.id.clone(), (version, state));
    }
}

/// Incidents that stand as they were told, because nobody has worked on them: what is not told any more is taken back.
async fn told_by_an_earlier_run(store: &Store) -> Result<BTreeSet<IncidentId>, StoreError> {
    let filter = IncidentFilter { status: vec![Status::New], ..IncidentFilter::default() };
    let page = PageQuery { limit: EARLIER_MAX, ..PageQuery::default() };
    let incidents = store.incidents(&Viewer::System, &filter, &page).await?.items;
    Ok(incidents.into_iter().map(|incident| incident.id).collect())
}

/// The entries of a plan.
fn entries(plan: &Planned) -> Vec<NewLedgerEntry> {
    let numbered = (plan.version..).zip(&plan.facts);
    let entry = |(version, fact): (u64, &quell_incident::IncidentFact)| {
        let (kind, body) = fact.parts();
        NewLedgerEntry {
            stream: format!("incident/{}", plan.id),
            expected: Expected::Version(version),
            actor: SYSTEM_ACTOR.to_owned(),
            kind,
            body,
        }
    };
    numbered.map(entry).collect()
}
