//! Brings deliveries to the intake: each under a name of its own, as often as it takes.

use std::sync::Arc;
use std::time::Duration;

use quell_model::Timestamp;
use quell_model::ports::{Delivery, Intake, IntakeError};
use tokio::sync::watch;

/// Longest wait before a refused delivery is sent again.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// How often a delivery is sent once Quell stops. Then it is lost for a listener; a followed file still has it.
const ATTEMPTS_AFTER_STOP: u32 = 3;

/// What becomes of a delivery in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Brought {
    /// It is durable.
    Taken,
    /// Quell stopped before the intake took it.
    GivenUp,
}

/// Brings deliveries to the intake, one after the other.
pub(crate) struct Courier {
    intake: Arc<dyn Intake>,
    stop: watch::Receiver<bool>,
    /// Names this courier: two that ever ran never share it.
    name: String,
    count: u64,
    first_wait: Duration,
}

impl Courier {
    /// `place` is where the deliveries come from. With the time when it began it names the courier, so that a delivery after
    /// a restart is never taken for one that was sent before it.
    pub(crate) fn new(
        place: &str,
        began: Timestamp,
        intake: Arc<dyn Intake>,
        first_wait: Duration,
        stop: watch::Receiver<bool>,
    ) -> Courier {
        let name = format!("{place}:{}", began.as_nanosecond());
        Courier { intake, stop, name, count: 0, first_wait }
    }

    /// Delivers under a new key, again and again under the same one until the intake takes it. Once Quell stops it is tried a
    /// few times more.
    pub(crate) async fn bring(&mut self, mut delivery: Delivery) -> Brought {
        self.count += 1;
        delivery.key = Some(format!("{}:{}", self.name, self.count));
        let mut wait = self.first_wait;
        let mut left = ATTEMPTS_AFTER_STOP;
        let mut refused = false;
        loop {
            let Err(error) = self.intake.deliver(delivery.clone()).await else { break };
            if is_stopped(&self.stop) {
                left -= 1;
                if left == 0 || error == IntakeError::Stopping {
                    tracing::error!(key = delivery.key, bytes = delivery.bytes.len(), %error, "delivery given up at the stop");
                    return Brought::GivenUp;
                }
            }
            if !refused {
                tracing::warn!(key = delivery.key, %error, "delivery refused; it is sent again until it is taken");
            }
            refused = true;
            self.pause(wait_after(&error, wait)).await;
            wait = (wait * 2).min(WAIT_MAX);
        }
        if refused {
            tracing::info!(key = delivery.key, "delivery that was refused before is taken now");
        }
        Brought::Taken
    }

    /// How far a followed source has been read; asks until the intake answers. None also if Quell stops first: the outer one.
    pub(crate) async fn checkpoint(&mut self, key: &str) -> Option<Option<String>> {
        let mut wait = self.first_wait;
        while !is_stopped(&self.stop) {
            match self.intake.checkpoint(key.to_owned()).await {
                Ok(value) => return Some(value),
                Err(error) => tracing::warn!(key, %error, "no answer how far this was read; asking again"),
            }
            self.pause(wait).await;
            wait = (wait * 2).min(WAIT_MAX);
        }
        None
    }

    /// Waits, but not beyond a stop that comes meanwhile.
    pub(crate) async fn pause(&mut self, wait: Duration) {
        let sleep = tokio::time::sleep(wait);
        if is_stopped(&self.stop) {
            return sleep.await;
        }
        tokio::select! {
            () = sleep => {}
            () = stopped(&mut self.stop) => {}
        }
    }

    /// Whether Quell stops.
    pub(crate) fn is_stopped(&self) -> bool {
        is_stopped(&self.stop)
    }
}

/// The intake says when to come again; that is a hint, and it is bounded.
fn wait_after(error: &IntakeError, wait: Duration) -> Duration {
    match error {
        IntakeError::Busy { retry_after_seconds } => Duration::from_secs(*retry_after_seconds).clamp(wait, WAIT_MAX),
        IntakeError::Unavailable(_) | IntakeError::Stopping => wait,
    }
}

/// Whoever can say stop has said it, or is gone.
fn is_stopped(stop: &watch::Receiver<bool>) -> bool {
    *stop.borrow() || stop.has_changed().is_err()
}

/// Ends when Quell stops.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that whoever could say stop is gone.
    drop(stop.wait_for(|stop| *stop).await);
}
