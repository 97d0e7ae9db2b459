//! What the pipeline shows of itself.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Figures that threads of the pipeline set and handlers read.
#[derive(Debug, Default)]
pub(crate) struct Gauges {
    /// Last chunk that was matched.
    pub(crate) matched: AtomicU64,
    /// Whether what was stored before the start has been read again.
    pub(crate) caught_up: AtomicBool,
    /// Observations held for stories.
    pub(crate) observations: AtomicU64,
    /// How long the last telling took.
    pub(crate) telling_ms: AtomicU64,
    /// Incidents told last.
    pub(crate) incidents: AtomicU64,
    /// First chunk whose sightings are needed after a restart.
    pub(crate) window: AtomicU64,
    /// Why the pipeline waits, if it does: the store cannot take its output.
    pub(crate) waiting: AtomicBool,
}

impl Gauges {
    pub(crate) fn get(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::Relaxed)
    }
}
