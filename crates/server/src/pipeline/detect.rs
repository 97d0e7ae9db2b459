//! Detection: chunks in order of arrival to alerts, committed with how far it is.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use quell_engine::{Dedupe, Knowledge, Sensor, Sighting, alert_group};
use quell_model::ports::{Chunk, ChunkIndex};
use quell_model::{AlertId, Entity, EventId, Timestamp, hex};
use quell_normalize::{RawRecord, Shape, unpack};
use quell_store::{NewAlert, Outputs, Progress, SourceDelta};
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::Gauges;
use super::story::{Batch, Sighted};
use crate::App;
use crate::hub::{AlertNews, Change};

/// Chunks read at once.
const CHUNKS_TOGETHER: u32 = 16;
/// Outcomes of chunks that may wait while a commit is under way; the next commit has as many of them as it may.
const OUTCOMES_WAITING: usize = 64;
const OUTCOMES_TOGETHER: usize = 16;
/// Alerts stored in one transaction.
const ALERTS_TOGETHER: usize = 500;
/// How long to wait after the store could not take something.
const WAIT: Duration = Duration::from_millis(500);
/// Longest text about an alert that is indexed for search.
const WORDS_BYTES_MAX: usize = 4 << 10;

/// What detection works with.
pub(crate) struct Detection {
    pub(crate) app: App,
    /// How far the run before this one came.
    pub(crate) progress: Progress,
    /// Woken when something was stored.
    pub(crate) stored: Arc<Notify>,
    /// Where what is sighted goes.
    pub(crate) sighted: SyncSender<Sighted>,
    pub(crate) runtime: Handle,
}

impl Detection {
    /// Runs until the server stops. For a thread of its own; what was found is committed by a second one, in order, while the
    /// next chunks are matched.
    pub(crate) fn run(&self) {
        std::thread::scope(|scope| {
            let (found, outcomes) = sync_channel::<Outcome>(OUTCOMES_WAITING);
            scope.spawn(move || {
                let _inside = self.runtime.enter();
                outcomes.iter().try_for_each(|first| {
                    let waiting = outcomes.try_iter().take(OUTCOMES_TOGETHER - 1);
                    self.commit(waiting.fold(first, Outcome::and))
                })
            });
            // A runtime's clock runs only inside of it.
            let _inside = self.runtime.enter();
            // Nothing is left to do if it ends early: the server stops.
            let _stopped = self.work(&found);
        });
    }

    fn work(&self, found: &SyncSender<Outcome>) -> Option<()> {
        let mut work = Work::new(&self.app);
        let mut after = self.read_again(&mut work)?;
        self.sighted.send(Sighted::AllAgain).ok()?;
        self.app.gauges.caught_up.set(true);
        loop {
            let chunks = self.read(after)?;
            if chunks.is_empty() {
                self.wait_for_more();
            }
            for chunk in &chunks {
                let began = Instant::now();
                let (outcome, batch) = work.process(chunk);
                metrics::histogram!("quell_matching_seconds").record(began.elapsed());
                found.send(outcome).ok()?;
                self.sighted.send(Sighted::Records(batch)).ok()?;
                after = chunk.seq;
            }
        }
    }

    /// Reads what was matched before the start, for nothing but the memory of stories and duplicates. Answers the chunk after
    /// which everything is new.
    fn read_again(&self, work: &mut Work<'_>) -> Option<u64> {
        let Progress { processed, window } = self.progress;
        let mut after = window.min(processed);
        self.app.gauges.window.set(after);
        while after < processed {
            let chunks = self.read(after)?;
            // What was removed since then is not read again.
            after = chunks.last().map_or(processed, |chunk| chunk.seq);
            for chunk in chunks.iter().take_while(|chunk| chunk.seq <= processed) {
                let (_, batch) = work.process(chunk);
                self.sighted.send(Sighted::Records(batch)).ok()?;
            }
        }
        Some(processed)
    }

    /// The next chunks; none if the server stops.
    fn read(&self, after: u64) -> Option<Vec<Chunk>> {
        let goes_on = !*self.app.stop.borrow();
        goes_on.then(|| self.patiently(|| self.app.lake.read(after, CHUNKS_TOGETHER)))?
    }

    /// Asks until there is an answer; none if the server stops. The store can be gone for a while.
    fn patiently<T, E, F>(&self, ask: impl Fn() -> F) -> Option<T>
    where
        E: std::fmt::Display,
        F: Future<Output = Result<T, E>>,
    {
        loop {
            match self.runtime.block_on(ask()) {
                Ok(answer) => {
                    self.app.gauges.waiting.set(false);
                    return Some(answer);
                }
                Err(error) => {
                    self.app.gauges.waiting.set(true);
                    tracing::warn!(%error, "detection waits for the store");
                    let mut stop = self.app.stop.clone();
                    let stopped = async move { tokio::time::timeout(WAIT, stop.wait_for(|stop| *stop)).await.is_ok() };
                    if self.runtime.block_on(stopped) {
                        return None;
                    }
                }
            }
        }
    }

    fn wait_for_more(&self) {
        let mut stop = self.app.stop.clone();
        self.runtime.block_on(async {
            tokio::select! {
                () = self.stored.notified() => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
        });
    }

    /// Stores what was found; then, and only then, tells subscribers. None if the server stops.
    fn commit(&self, outcome: Outcome) -> Option<()> {
        let Outcome { last, remembered, mut alerts, indexes, health } = outcome;
        let began = Instant::now();
        self.patiently(|| self.app.lake.index(indexes.clone()))?;
        metrics::histogram!("quell_index_seconds").record(began.elapsed());
        // Alerts of one record are the same whenever they are stored, so a flood of them goes in parts, with room in between
        // for what people write. How far it is comes with the last part.
        while alerts.len() > ALERTS_TOGETHER {
            let rest = alerts.split_off(ALERTS_TOGETHER);
            let part = std::mem::replace(&mut alerts, rest);
            self.store(Outputs { alerts: part, ..Outputs::default() })?;
        }
        let window = self.app.gauges.window.get().min(remembered).min(last);
        self.store(Outputs { processed: last, window, alerts, health })?;
        self.app.intake.note_matched(last);
        Some(())
    }

    fn store(&self, outputs: Outputs) -> Option<()> {
        let began = Instant::now();
        self.patiently(|| self.app.store.commit(self.app.clock.now(), &outputs))?;
        metrics::histogram!("quell_commit_seconds").record(began.elapsed());
        metrics::counter!("quell_alerts_total").increment(outputs.alerts.len() as u64);
        for alert in outputs.alerts {
            let NewAlert { id, title, level, source, subject, time, .. } = alert;
            self.app.hub.publish(Change::Alert(Arc::new(AlertNews { id, title, level, source, subject, time })));
        }
        Some(())
    }
}

/// What came out of chunks that follow each other.
struct Outcome {
    /// The last of them.
    last: u64,
    /// Duplicates are found without what came up to this chunk.
    remembered: u64,
    alerts: Vec<NewAlert>,
    indexes: Vec<ChunkIndex>,
    health: Vec<SourceDelta>,
}

impl Outcome {
    /// This and what came out of the chunks after it.
    fn and(mut self, mut next: Outcome) -> Outcome {
        (self.last, self.remembered) = (next.last, next.remembered);
        self.alerts.append(&mut next.alerts);
        self.indexes.append(&mut next.indexes);
        self.health.append(&mut next.health);
        self
    }
}

struct Work<'k> {
    knowledge: &'k Knowledge,
    gauges: &'k Gauges,
    sensor: Sensor<'k>,
    seen: Dedupe,
    /// What `seen` has seen.
    memory: Memory,
    /// Sources in order of first sight; their place is the input of their records.
    sources: Vec<String>,
    alerts: Vec<NewAlert>,
    sightings: Vec<Sighting>,
}

impl<'k> Work<'k> {
    fn new(app: &'k App) -> Work<'k> {
        let records = app.settings.dedupe_records;
        Work {
            knowledge: &app.knowledge,
            gauges: &app.gauges,
            sensor: Sensor::new(&app.knowledge),
            seen: Dedupe::remembering(records),
            memory: Memory { records_min: records as u64, records: 0, chunks: VecDeque::new(), forgotten: 0 },
            sources: Vec::new(),
            alerts: Vec::new(),
            sightings: Vec::new(),
        }
    }

    /// What a chunk says.
    fn process(&mut self, chunk: &Chunk) -> (Outcome, Batch) {
        let known = self.sources.iter().position(|source| *source == chunk.source);
        let input = known.unwrap_or_else(|| {
            self.sources.push(chunk.source.clone());
            self.sources.len() - 1
        }) as u32;
        let mut span = Span::default();
        let mut duplicates = Vec::new();
        let mut rejected = 0;
        let records = unpack(&chunk.payload).unwrap_or_else(|error| {
            tracing::error!(%error, chunk = chunk.seq, "a stored chunk cannot be read");
            self.gauges.forgetful.set(true);
            Vec::new()
        });
        let count = records.len() as u64;
        self.memory.add(chunk.seq, count);
        for (at, record) in (0u16..=u16::MAX).zip(records) {
            let content = Sha256::digest(&record.bytes).into();
            if self.seen.is_duplicate(&content, &record.shape, input) {
                duplicates.push(at);
                continue;
            }
            match self.record(chunk, input, (at, record, content)) {
                Some(time) => span.add(time),
                None => rejected += 1,
            }
        }
        let health = SourceDelta {
            source: chunk.source.clone(),
            records: count,
            rejected,
            duplicates: duplicates.len() as u64,
            last_received_at: Some(chunk.received_at),
            last_event_at: span.latest,
        };
        let Span { earliest, latest } = span;
        let outcome = Outcome {
            last: chunk.seq,
            remembered: self.memory.forgotten,
            alerts: std::mem::take(&mut self.alerts),
            indexes: vec![ChunkIndex { seq: chunk.seq, earliest, latest, duplicates }],
            health: vec![health],
        };
        let sightings = std::mem::take(&mut self.sightings);
        (outcome, Batch { source: chunk.source.clone(), sightings, chunk: chunk.seq })
    }

    /// The time of a record's event, unless it is none.
    fn record(
        &mut self,
        chunk: &Chunk,
        input: u32,
        (at, record, content): (u16, RawRecord, [u8; 32]),
    ) -> Option<Option<Timestamp>> {
        let id = EventId::new(chunk.seq, at);
        let identity = if record.shape == Shape::Json { content } else { of_its_place(&content, id) };
        let observed = self.sensor.observe(record, (input, id.number())).ok()?;
        let time = observed.event.time;
        let new_alerts = !observed.rules.is_empty();
        let subjects = if new_alerts { observed.event.subjects.clone() } else { Vec::new() };
        let (sighting, event) = self.knowledge.sighting(observed, &chunk.source);
        for (_, alert) in &sighting.alerts {
            self.alerts.push(new_alert(alert, &subjects, (id, identity), &chunk.source));
        }
        self.sightings.push(sighting);
        self.sensor.recycle(event);
        Some(time)
    }
}

/// Which chunks have the records among which duplicates are found, so that they are read again after a restart.
struct Memory {
    records_min: u64,
    records: u64,
    chunks: VecDeque<(u64, u64)>,
    /// The last chunk that is not needed.
    forgotten: u64,
}

impl Memory {
    fn add(&mut self, chunk: u64, records: u64) {
        self.chunks.push_back((chunk, records));
        self.records += records;
        while let Some((chunk, records)) = self.chunks.front().copied() {
            if self.records - records < self.records_min {
                return;
            }
            self.records -= records;
            self.forgotten = chunk;
            self.chunks.pop_front();
        }
    }
}

#[derive(Default)]
struct Span {
    earliest: Option<Timestamp>,
    latest: Option<Timestamp>,
}

impl Span {
    fn add(&mut self, time: Option<Timestamp>) {
        self.earliest = self.earliest.into_iter().chain(time).min();
        self.latest = self.latest.max(time);
    }
}

/// What makes a record the same as another one, for the ids of alerts, where its content alone does not say so.
fn of_its_place(content: &[u8; 32], id: EventId) -> [u8; 32] {
    Sha256::new().chain_update(content).chain_update(id.number().to_be_bytes()).finalize().into()
}

fn new_alert(
    alert: &quell_model::Alert,
    subjects: &[Entity],
    (event, identity): (EventId, [u8; 32]),
    source: &str,
) -> NewAlert {
    let mut hasher = Sha256::new();
    hasher.update(alert.rule.id.as_bytes());
    hasher.update(identity);
    let digits = hex::encode(&hasher.finalize()[..8]);
    let mut words = String::new();
    for text in alert.matched.values().chain(subjects.iter().map(|subject| &subject.name)) {
        if words.len() + text.len() < WORDS_BYTES_MAX {
            words.push_str(text);
            words.push(' ');
        }
    }
    NewAlert {
        id: AlertId::new(format!("alr-{digits}")),
        group: alert_group(&alert.rule.id, subjects),
        event,
        source: source.to_owned(),
        mapping: alert.event.source.clone(),
        rule_id: alert.rule.id.clone(),
        title: alert.rule.title.clone(),
        level: alert.rule.level,
        tags: alert.rule.tags.clone(),
        time: alert.time,
        subject: subjects.first().map(|subject| subject.name.clone()).unwrap_or_default(),
        matched: serde_json::to_string(&alert.matched).unwrap_or_default(),
        words,
    }
}
