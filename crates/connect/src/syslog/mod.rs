//! Syslog over UDP (RFC 5426), TCP (RFC 6587) and TLS (RFC 5425).
//!
//! Messages are not understood here; one message becomes one line. They are gathered per listener and delivered together. While
//! the intake does not take a delivery, no further one is made: TCP and TLS senders feel that, UDP datagrams are dropped and
//! counted once the queue is full. A delivery is sent again until it is taken, under the same key.

mod framing;
mod gather;
mod queue;
mod stream;
mod udp;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use quell_model::ports::Clock;

pub use stream::{tcp, tls};
pub use udp::udp;

/// Longest message that is kept whole; of a longer one the rest is dropped and counted.
pub const MESSAGE_BYTES_MAX: usize = 64 << 10;

/// How messages become deliveries.
#[derive(Debug, Clone)]
pub struct Gathering {
    /// Most messages in one delivery.
    pub messages_max: usize,
    /// Most bytes in one delivery.
    pub bytes_max: usize,
    /// How long the first message of a delivery waits for others.
    pub wait: Duration,
    /// Most bytes of messages that wait while a delivery is on its way.
    pub queue_bytes_max: usize,
    /// Wait before a refused delivery is sent again; it doubles each time, up to 30 s.
    pub retry_wait: Duration,
}

impl Default for Gathering {
    fn default() -> Gathering {
        Gathering {
            messages_max: 1_000,
            bytes_max: 1 << 20,
            wait: Duration::from_millis(200),
            queue_bytes_max: 16 << 20,
            retry_wait: Duration::from_millis(500),
        }
    }
}

/// What a stream listener puts up with.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Most connections at a time; others wait to be accepted.
    pub connections_max: usize,
    /// A connection that brings nothing for so long is closed.
    pub idle: Duration,
    /// A TLS handshake that takes longer is given up.
    pub handshake: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { connections_max: 1_024, idle: Duration::from_secs(600), handshake: Duration::from_secs(10) }
    }
}

/// What a listener has to know.
#[derive(Clone)]
pub struct SyslogOptions {
    /// Name of the source, as deliveries carry it.
    pub source: String,
    /// How messages become deliveries.
    pub gathering: Gathering,
    /// What a stream listener puts up with.
    pub limits: Limits,
    /// Says the year (RFC 3164 has none) and tells this run from others.
    pub clock: Arc<dyn Clock>,
    /// Counts datagrams that were dropped because the queue was full.
    pub dropped: Arc<AtomicU64>,
    /// Counts messages of which the end was dropped because they were too long or their connection broke off.
    pub cut: Arc<AtomicU64>,
}

impl SyslogOptions {
    /// Options for a source, with the usual limits and counters at 0.
    pub fn new(source: impl Into<String>, clock: Arc<dyn Clock>) -> SyslogOptions {
        SyslogOptions {
            source: source.into(),
            gathering: Gathering::default(),
            limits: Limits::default(),
            clock,
            dropped: Arc::default(),
            cut: Arc::default(),
        }
    }
}
