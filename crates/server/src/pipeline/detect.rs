//! Detection: chunks in order of arrival to alerts, committed with how far it is.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use quell_engine::{Dedupe, Knowledge, Sensor, Sighting, alert_group};
use quell_model::ports::{Chunk, ChunkIndex, Clock, EventLake};
use quell_model::{AlertId, Entity, EventId, Timestamp};
use quell_normalize::{RawRecord, Shape, unpack};
use quell_store::{NewAlert, Outputs, SourceDelta, Store};
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};

use super::words::Words;
use super::{Gauges, story};
use crate::hub::{AlertNews, Change};
use crate::intake::Queue;

/// Chunks worked on together; their outputs are one commit.
const CHUNKS_TOGETHER: u32 = 16;
/// Commits that may wait while the one before is under way.
const COMMITS_WAITING: usize = 2;
/// How long to wait after the store could not take something.
const WAIT: Duration = Duration::from_millis(500);
/// Longest text about an alert that is indexed for search.
const WORDS_BYTES_MAX: usize = 4 << 10;

/// What detection works with.
pub(crate) struct DetectParts {
    pub(crate) store: Store,
    pub(crate) lake: Arc<dyn EventLake>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) knowledge: Arc<Knowledge>,
    pub(crate) hub: Arc<dyn Fn(Change) + Send + Sync>,
    pub(crate) intake: Arc<Queue>,
    pub(crate) gauges: Arc<Gauges>,
    pub(crate) stored: Arc<Notify>,
    pub(crate) sightings: SyncSender<story::Batch>,
    pub(crate) dedupe_records: usize,
    pub(crate) stop: watch::Receiver<bool>,
}

/// Runs until the server stops. For a thread of its own; what was found is committed by a second one, in order, while the
/// next chunks are matched.
pub(crate) fn detect(parts: &DetectParts, runtime: &Handle) {
    std::thread::scope(|scope| {
        let (found, outcomes) = sync_channel::<(Outcome, u64)>(COMMITS_WAITING);
        scope.spawn(move || {
            for (outcome, last) in outcomes {
                if !commit(parts, runtime, outcome, last) {
                    return;
                }
            }
        });
        match_chunks(parts, runtime, &found);
    });
}

fn match_chunks(parts: &DetectParts, runtime: &Handle, found: &SyncSender<(Outcome, u64)>) {
    let Some(progress) = patiently(parts, runtime, || parts.store.progress()) else { return };
    let mut work = Work::new(parts);
    let mut after = progress.window;
    parts.gauges.window.store(progress.window, Ordering::Relaxed);
    done(parts, progress.processed);
    loop {
        if *parts.stop.borrow() {
            return;
        }
        let read = || parts.lake.read(after, CHUNKS_TOGETHER);
        let Some(chunks) = patiently(parts, runtime, read) else { return };
        let Some(last) = chunks.last().map(|chunk| chunk.seq) else {
            parts.gauges.caught_up.store(true, Ordering::Relaxed);
            wait_for_more(parts, runtime);
            continue;
        };
        // What was processed before the start is read again only for the memory of stories and duplicates.
        let (old, new): (Vec<Chunk>, Vec<Chunk>) =
            chunks.into_iter().partition(|chunk| chunk.seq <= progress.processed);
        for chunk in &old {
            work.process(chunk);
        }
        work.outcome = Outcome::default();
        for chunk in &new {
            work.process(chunk);
        }
        let outcome = std::mem::take(&mut work.outcome);
        if !new.is_empty() && found.send((outcome, last)).is_err() {
            return;
        }
        let batch = story::Batch { sightings: std::mem::take(&mut work.sightings), chunk: last };
        if parts.sightings.send(batch).is_err() {
            return;
        }
        after = last;
    }
}

/// Asks until there is an answer; none if the server stops. The store can be gone for a while.
fn patiently<T, E, F>(parts: &DetectParts, runtime: &Handle, ask: impl Fn() -> F) -> Option<T>
where
    E: std::fmt::Display,
    F: Future<Output = Result<T, E>>,
{
    loop {
        match runtime.block_on(ask()) {
            Ok(answer) => {
                parts.gauges.waiting.store(false, Ordering::Relaxed);
                return Some(answer);
            }
            Err(error) => {
                parts.gauges.waiting.store(true, Ordering::Relaxed);
                tracing::warn!(%error, "detection waits for the store");
                let mut stop = parts.stop.clone();
                let stopped = async move { tokio::time::timeout(WAIT, stop.wait_for(|stop| *stop)).await.is_ok() };
                if runtime.block_on(stopped) {
                    return None;
                }
            }
        }
    }
}

fn wait_for_more(parts: &DetectParts, runtime: &Handle) {
    let mut stop = parts.stop.clone();
    runtime.block_on(async {
        tokio::select! {
            () = parts.stored.notified() => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    });
}

/// Notes how far everything is committed.
fn done(parts: &DetectParts, last: u64) {
    parts.intake.matched.store(last, Ordering::Relaxed);
    parts.gauges.matched.store(last, Ordering::Relaxed);
}

/// Stores what was found; then, and only then, tells subscribers.
fn commit(parts: &DetectParts, runtime: &Handle, outcome: Outcome, last: u64) -> bool {
    let Outcome { alerts, indexes, health } = outcome;
    if patiently(parts, runtime, || parts.lake.index(indexes.clone())).is_none() {
        return false;
    }
    let window = Gauges::get(&parts.gauges.window);
    let outputs = Outputs { processed: last, window, alerts, health };
    let store = || parts.store.commit(parts.clock.now(), outputs.clone());
    if patiently(parts, runtime, store).is_none() {
        return false;
    }
    done(parts, last);
    metrics::counter!("quell_alerts_total").increment(outputs.alerts.len() as u64);
    for alert in outputs.alerts {
        let NewAlert { id, title, level, source, subject, time, .. } = alert;
        (parts.hub)(Change::Alert(Arc::new(AlertNews { id, title, level, source, subject, time })));
    }
    true
}

/// What came out of some chunks.
#[derive(Default)]
struct Outcome {
    alerts: Vec<NewAlert>,
    indexes: Vec<ChunkIndex>,
    health: Vec<SourceDelta>,
}

struct Work<'k> {
    knowledge: &'k Knowledge,
    sensor: Sensor<'k>,
    seen: Dedupe,
    /// Sources in order of first sight; their place is the input of their records.
    sources: Vec<String>,
    outcome: Outcome,
    sightings: Vec<(String, Sighting)>,
}

impl<'k> Work<'k> {
    fn new(parts: &'k DetectParts) -> Work<'k> {
        Work {
            knowledge: &parts.knowledge,
            sensor: Sensor::new(&parts.knowledge),
            seen: Dedupe::remembering(parts.dedupe_records),
            sources: Vec::new(),
            outcome: Outcome::default(),
            sightings: Vec::new(),
        }
    }

    fn process(&mut self, chunk: &Chunk) {
        let known = self.sources.iter().position(|source| *source == chunk.source);
        let input = known.unwrap_or_else(|| {
            self.sources.push(chunk.source.clone());
            self.sources.len() - 1
        }) as u32;
        let mut words = Words::default();
        let mut span = Span::default();
        let mut duplicates = Vec::new();
        let mut rejected = 0;
        let records = unpack(&chunk.payload).unwrap_or_else(|error| {
            tracing::error!(%error, chunk = chunk.seq, "a stored chunk cannot be read");
            Vec::new()
        });
        let count = records.len() as u64;
        for (at, record) in (0u16..=u16::MAX).zip(records) {
            if self.seen.is_duplicate(&record, input) {
                duplicates.push(at);
                continue;
            }
            words.add(&record.bytes);
            match self.record(chunk, input, (at, record)) {
                Some(time) => span.add(time),
                None => rejected += 1,
            }
        }
        self.outcome.health.push(SourceDelta {
            source: chunk.source.clone(),
            records: count,
            rejected,
            duplicates: duplicates.len() as u64,
            last_received_at: Some(chunk.received_at),
            last_event_at: span.latest,
        });
        let Span { earliest, latest } = span;
        self.outcome.indexes.push(ChunkIndex { seq: chunk.seq, earliest, latest, duplicates, words: words.filter() });
    }

    /// The time of a record's event, unless it is none.
    fn record(&mut self, chunk: &Chunk, input: u32, (at, record): (u16, RawRecord)) -> Option<Option<Timestamp>> {
        let id = EventId::new(chunk.seq, at);
        let identity = identity(&record, id);
        let observed = self.sensor.observe(record, (input, id.number())).ok()?;
        let time = observed.event.time;
        let new_alerts = !observed.rules.is_empty();
        let subjects = if new_alerts { observed.event.subjects.clone() } else { Vec::new() };
        let (sighting, event) = self.knowledge.sighting(observed, &chunk.source);
        for (_, alert) in &sighting.alerts {
            self.outcome.alerts.push(new_alert(alert, &subjects, (id, identity), &chunk.source));
        }
        self.sightings.push((chunk.source.clone(), sighting));
        self.sensor.recycle(event);
        Some(time)
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

/// What makes a record the same as another one, for the ids of alerts: its content where that says so, else its place.
fn identity(record: &RawRecord, id: EventId) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(&record.bytes);
    if record.shape != Shape::Json {
        hasher.update(id.number().to_be_bytes());
    }
    hasher.finalize().into()
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
    let hex: String = hasher.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let mut words = String::new();
    for text in alert.matched.values().chain(subjects.iter().map(|subject| &subject.name)) {
        if words.len() + text.len() < WORDS_BYTES_MAX {
            words.push_str(text);
            words.push(' ');
        }
    }
    NewAlert {
        id: AlertId::new(format!("alr-{hex}")),
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
