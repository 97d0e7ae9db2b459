//! Response: runs of playbooks are carried out. What happens next is decided purely; here it is done, and written down before and
//! after (invariant 9). One server works on a run at a time; after a crash the target is read back before anything is tried again.

pub(crate) mod case;
mod catalogue;
mod drive;
mod entity;
mod evidence;
mod owners;
mod policy;
mod proposal;
mod radius;
mod sweep;
mod tell;

use std::time::Duration;

use quell_model::IncidentId;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;

pub(crate) use catalogue::{Catalogue, Listed};
use drive::Driver;
pub(crate) use drive::{load, sealed_classes, spared};
pub(crate) use owners::owners;
pub use policy::Automatic;
use policy::Patience;
pub(crate) use proposal::{Proposal, filled, proposals};
pub(crate) use radius::{Radius, radius};
pub use tell::Tell;

use crate::App;
use crate::hub::{Change, Numbered};

/// How often runs are looked for that are due.
const EVERY: Duration = Duration::from_millis(200);
/// How long a stop waits for runs that are under way.
const GRACE: Duration = Duration::from_secs(3);

/// Runs until the server stops.
pub(crate) async fn respond(app: App) {
    let mut stop = app.stop.clone();
    let (_, mut changes) = app.hub.subscribe(None);
    // Each run by itself: one that waits for a slow target does not hold the others up.
    let mut under_way = JoinSet::new();
    let mut every = tokio::time::interval(EVERY);
    let mut patience = Patience::default();
    while !*stop.borrow_and_update() {
        tokio::select! {
            stopped = stop.changed() => if stopped.is_err() { break },
            _ = every.tick() => {
                for id in patience.due(app.clock.now()) {
                    begin_by_policy(&app, &mut patience, &id).await;
                }
            }
            change = changes.recv() => {
                match change {
                    Ok(Numbered { change: Change::Incident(id), .. }) => begin_by_policy(&app, &mut patience, &id).await,
                    Err(RecvError::Lagged(missed)) => {
                        tracing::warn!(missed, "incidents changed faster than policies were looked at; their next change counts");
                    }
                    Ok(_) | Err(RecvError::Closed) => {}
                }
            }
        }
        while under_way.try_join_next().is_some() {}
        match app.store.due_runs(app.clock.now()).await {
            Ok(due) => due.into_iter().for_each(|id| drop(under_way.spawn(go_on(app.clone(), id)))),
            Err(error) => tracing::warn!(%error, "runs could not be looked for"),
        }
    }
    // What hangs on a target is cut off, as a crash would: the next start reads the target before it tries again.
    drop(tokio::time::timeout(GRACE, async { while under_way.join_next().await.is_some() {} }).await);
}

async fn begin_by_policy(app: &App, patience: &mut Patience, incident: &IncidentId) {
    if let Err(error) = policy::consider(app, patience, incident).await {
        tracing::warn!(%error, %incident, "whether a playbook begins by itself could not be looked at");
    }
    if let Err(error) = policy::look_for_hits(app, incident).await {
        tracing::warn!(%error, %incident, "that the intruder was seen again could not be written down");
    }
}

async fn go_on(app: App, id: String) {
    let holder = app.hex::<8>();
    if let Err(error) = (Driver { app: &app, holder: &holder }).go_on(&id).await {
        tracing::warn!(%error, run = id, "a run could not go on; it is tried again");
    }
}
