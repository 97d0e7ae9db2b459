//! What changed, to everybody who listens. The hub knows no rights: each subscription asks the store what its viewer may see
//! before it says anything (`api/stream.rs`).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use quell_incident::work::ItemId;
use quell_model::{AlertId, IncidentId, Level, Timestamp, UserId};
use tokio::sync::broadcast;

/// Changes a subscriber may be behind; then it is told to read anew.
const BEHIND_MAX: usize = 4_096;
/// Changes kept for subscribers that come back.
const KEPT_MAX: usize = 4_096;

/// Something that changed.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// An alert was raised.
    Alert(Arc<AlertNews>),
    /// An incident was opened, grew, was merged or was worked on.
    Incident(IncidentId),
    /// Somebody decided about an alert.
    Triage(AlertId),
    /// Somebody wrote on a note that others may be writing on.
    Pad(IncidentId, ItemId),
    /// A source fell silent or came back.
    Source(String),
    /// Somebody got into a restricted incident in an emergency.
    Alarm(IncidentId, UserId),
}

/// What is told of a new alert.
#[derive(Debug, Clone)]
pub(crate) struct AlertNews {
    pub(crate) id: AlertId,
    pub(crate) title: String,
    pub(crate) level: Level,
    pub(crate) source: String,
    pub(crate) subject: String,
    pub(crate) time: Option<Timestamp>,
}

/// A change with its number; numbers ascend without gaps while the server runs.
#[derive(Debug, Clone)]
pub(crate) struct Numbered {
    pub(crate) number: u64,
    pub(crate) change: Change,
}

/// Passes changes on.
#[derive(Debug)]
pub(crate) struct Hub {
    sender: broadcast::Sender<Numbered>,
    kept: Mutex<Kept>,
    /// Tells a number of this run from one of an earlier run.
    pub(crate) run: String,
}

#[derive(Debug, Default)]
struct Kept {
    last: u64,
    changes: VecDeque<Numbered>,
}

impl Hub {
    /// A hub; `run` is different for each start of the server.
    pub(crate) fn new(run: String) -> Hub {
        Hub { sender: broadcast::channel(BEHIND_MAX).0, kept: Mutex::default(), run }
    }

    /// Tells everybody.
    pub(crate) fn publish(&self, change: Change) {
        let mut kept = self.lock();
        kept.last += 1;
        let numbered = Numbered { number: kept.last, change };
        kept.changes.push_back(numbered.clone());
        if kept.changes.len() > KEPT_MAX {
            kept.changes.pop_front();
        }
        // Nobody listening is no fault.
        drop(self.sender.send(numbered));
    }

    /// Changes from now on, after those since `after`; none of the latter if they are not all known any more.
    pub(crate) fn subscribe(&self, after: Option<u64>) -> (Option<Vec<Numbered>>, broadcast::Receiver<Numbered>) {
        let kept = self.lock();
        let receiver = self.sender.subscribe();
        let Some(after) = after else { return (Some(Vec::new()), receiver) };
        let first = kept.changes.front().map_or(kept.last + 1, |oldest| oldest.number);
        if after > kept.last || after + 1 < first {
            return (None, receiver);
        }
        (Some(kept.changes.iter().filter(|change| change.number > after).cloned().collect()), receiver)
    }

    /// How many listen.
    pub(crate) fn subscribers(&self) -> usize {
        self.sender.receiver_count()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
