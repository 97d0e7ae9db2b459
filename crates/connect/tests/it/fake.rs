//! An intake that remembers what it was brought and refuses or waits when it is told to.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use quell_model::Timestamp;
use quell_model::ports::{Answer, Clock, Delivery, Intake, IntakeError, Receipt};
use tokio::sync::watch;

/// Begins at 2026-01-02 and is a nanosecond later whenever it is looked at.
struct TickingClock;

impl Clock for TickingClock {
    fn now(&self) -> Timestamp {
        static TICKS: AtomicI64 = AtomicI64::new(0);
        let start: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        start + Duration::from_nanos(TICKS.fetch_add(1, Ordering::Relaxed).unsigned_abs())
    }
}

pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(TickingClock)
}

pub(crate) struct FakeIntake {
    state: Mutex<State>,
    refusals: AtomicU32,
    blocked: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    taken: Vec<Delivery>,
    /// Keys of all attempts.
    attempts: Vec<String>,
    checkpoints: HashMap<String, String>,
}

impl FakeIntake {
    pub(crate) fn new() -> Arc<FakeIntake> {
        Arc::new(FakeIntake {
            state: Mutex::default(),
            refusals: AtomicU32::new(0),
            blocked: watch::Sender::new(false),
        })
    }

    /// Refuses the next deliveries, every second time as busy.
    pub(crate) fn refuse(&self, count: u32) {
        self.refusals.store(count, Ordering::SeqCst);
    }

    /// Lets deliveries wait, or no longer.
    pub(crate) fn block(&self, blocked: bool) {
        self.blocked.send_replace(blocked);
    }

    pub(crate) fn taken(&self) -> Vec<Delivery> {
        self.state.lock().unwrap().taken.clone()
    }

    pub(crate) fn attempts(&self) -> Vec<String> {
        self.state.lock().unwrap().attempts.clone()
    }

    pub(crate) fn checkpoints(&self) -> HashMap<String, String> {
        self.state.lock().unwrap().checkpoints.clone()
    }

    /// Lines of all deliveries so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        let taken = self.taken();
        let texts = taken.iter().map(|delivery| String::from_utf8_lossy(&delivery.bytes).into_owned());
        texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
    }

    /// Waits until so many lines were delivered, and a little longer for what should not come.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<String> {
        let lines = self.wait_up_to(count).await;
        assert!(lines.len() >= count, "{count} lines wanted, found {}: {lines:?}", lines.len());
        lines
    }

    /// The same; gives up after a while.
    pub(crate) async fn wait_up_to(&self, count: usize) -> Vec<String> {
        let wait = async {
            while self.lines().len() < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        drop(tokio::time::timeout(Duration::from_secs(20), wait).await);
        tokio::time::sleep(Duration::from_millis(30)).await;
        self.lines()
    }

    fn take(&self, delivery: Delivery) -> Result<Receipt, IntakeError> {
        let mut state = self.state.lock().unwrap();
        let key = delivery.key.clone().unwrap();
        let known = state.taken.iter().any(|taken| taken.key.as_ref() == Some(&key));
        state.attempts.push(key);
        let left = self.refusals.load(Ordering::SeqCst);
        if left > 0 {
            self.refusals.store(left - 1, Ordering::SeqCst);
            return Err(match left % 2 {
                0 => IntakeError::Busy { retry_after_seconds: 0 },
                _ => IntakeError::Unavailable("disk full".to_owned()),
            });
        }
        assert!(!known, "a new delivery has a key that was used before");
        if let Some(checkpoint) = delivery.checkpoint.clone() {
            state.checkpoints.insert(checkpoint.key, checkpoint.value);
        }
        state.taken.push(delivery);
        Ok(Receipt::default())
    }
}

impl Intake for FakeIntake {
    fn deliver(&self, delivery: Delivery) -> Answer<'_, Result<Receipt, IntakeError>> {
        let mut blocked = self.blocked.subscribe();
        Box::pin(async move {
            blocked.wait_for(|blocked| !blocked).await.unwrap();
            self.take(delivery)
        })
    }

    fn checkpoint(&self, key: String) -> Answer<'_, Result<Option<String>, IntakeError>> {
        Box::pin(async move { Ok(self.state.lock().unwrap().checkpoints.get(&key).cloned()) })
    }
}
