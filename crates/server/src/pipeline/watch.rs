//! What happens by the clock: sources that fall silent, events that are old enough to go, answers nobody asks for again.

use std::collections::HashMap;
use std::time::Duration;

use quell_incident::{Fact, SourceFact};
use quell_model::{Expected, NewLedgerEntry, SYSTEM_ACTOR, Timestamp, Viewer};
use quell_store::{SourceRow, Store, StoreError};
use tokio::time::Instant;

use crate::App;
use crate::hub::Change;

const EVERY: Duration = Duration::from_secs(2);
const RETAIN_EVERY: Duration = Duration::from_secs(600);
/// Setting that says so when events were removed.
const FORGOTTEN: &str = "events_forgotten";
const DAY_SECONDS: i64 = 86_400;

/// Runs until the server stops.
pub(crate) async fn watch(app: App) {
    let mut stop = app.stop.clone();
    let mut silence = Silence::default();
    let mut retained_at: Option<Instant> = None;
    loop {
        if tokio::time::timeout(EVERY, stop.wait_for(|stop| *stop)).await.is_ok() {
            return;
        }
        if let Err(error) = silence.check(&app).await {
            tracing::warn!(%error, "sources could not be checked for silence");
        }
        if retained_at.is_none_or(|at| at.elapsed() >= RETAIN_EVERY) {
            retained_at = Some(Instant::now());
            retain(&app).await;
        }
    }
}

async fn retain(app: &App) {
    let now = app.clock.now();
    if let Err(error) = app.store.forget_expired(now).await {
        tracing::warn!(%error, "expired secrets and answers could not be removed");
    }
    let Some(days) = app.settings.events_days else { return };
    let Ok(since) = Timestamp::from_second(now.as_second() - i64::from(days) * DAY_SECONDS) else { return };
    match remove_events(app, since).await {
        Ok(0) => {}
        Ok(chunks) => tracing::info!(chunks, days, "old events were removed"),
        Err(error) => tracing::warn!(error, "old events could not be removed"),
    }
}

/// Removes events, after it is on record that some are gone: from then on nothing is taken back because it is not told.
async fn remove_events(app: &App, since: Timestamp) -> Result<u64, String> {
    let oldest = app.lake.read(0, 1).await.map_err(|error| error.to_string())?;
    if oldest.first().is_none_or(|chunk| chunk.received_at >= since) {
        return Ok(0);
    }
    app.store.put_setting(FORGOTTEN, "yes").await.map_err(|error| error.to_string())?;
    app.gauges.forgetful.set(true);
    app.lake.retain(since).await.map_err(|error| error.to_string())
}

/// Whether events were ever removed.
pub(crate) async fn has_forgotten(store: &Store) -> Result<bool, StoreError> {
    Ok(store.setting(FORGOTTEN).await?.is_some())
}

/// When each source was last heard, by a clock that nobody can set.
#[derive(Debug, Default)]
struct Silence {
    heard: HashMap<String, (u64, Instant)>,
}

impl Silence {
    async fn check(&mut self, app: &App) -> Result<(), StoreError> {
        for source in app.store.sources(&Viewer::System).await? {
            let now = Instant::now();
            let heard = self.heard.entry(source.name.clone()).or_insert((source.records, now));
            if heard.0 != source.records {
                *heard = (source.records, now);
            }
            let silent_for = heard.1.elapsed();
            let Some(limit) = source.source.silent_after_seconds.map(Duration::from_secs) else { continue };
            let fact = match (source.silent, silent_for >= limit) {
                (false, true) => SourceFact::WentSilent { silent_seconds: silent_for.as_secs() },
                (true, false) => SourceFact::Resumed,
                _ => continue,
            };
            note(app, &source, &fact).await?;
        }
        Ok(())
    }
}

async fn note(app: &App, source: &SourceRow, fact: &SourceFact) -> Result<(), StoreError> {
    let (kind, body) = fact.parts();
    tracing::warn!(source = source.name, kind, "source health changed");
    let entry = NewLedgerEntry {
        stream: format!("source/{}", source.name),
        expected: Expected::Any,
        actor: SYSTEM_ACTOR.to_owned(),
        kind,
        body,
    };
    app.store.append(app.clock.now(), vec![entry]).await?;
    app.hub.publish(Change::Source(source.name.clone()));
    Ok(())
}
