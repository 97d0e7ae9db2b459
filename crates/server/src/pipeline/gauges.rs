//! What the pipeline shows of itself.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A figure that one thread sets and others read.
#[derive(Debug, Default)]
pub(crate) struct Gauge(AtomicU64);

impl Gauge {
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }
}

/// Something that is so or not, as one thread says and others read.
#[derive(Debug, Default)]
pub(crate) struct Flag(AtomicBool);

impl Flag {
    pub(crate) fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn set(&self, value: bool) {
        self.0.store(value, Ordering::Relaxed);
    }
}

/// The state of the pipeline.
#[derive(Debug, Default)]
pub(crate) struct Gauges {
    /// What was matched before the start has been read again.
    pub(crate) caught_up: Flag,
    /// The store cannot take what was found.
    pub(crate) waiting: Flag,
    /// Some of what was ever known of events is gone, so that less may be told than was before.
    pub(crate) forgetful: Flag,
    /// Observations held for stories.
    pub(crate) observations: Gauge,
    /// How long the last telling took.
    pub(crate) telling_ms: Gauge,
    /// Incidents told last.
    pub(crate) incidents: Gauge,
    /// Stories need nothing up to this chunk after a restart.
    pub(crate) window: Gauge,
}
