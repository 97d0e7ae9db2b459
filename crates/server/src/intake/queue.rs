//! The way into the lake. Deliveries that arrive together are stored in one transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quell_engine::Knowledge;
use quell_model::ports::{Answer, Clock, Delivery, EventLake, Intake, IntakeError, NewChunk, Receipt};
use quell_normalize::Formats;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::Instant;

use super::frame::{Framed, frame};

/// Deliveries stored in one transaction.
const TOGETHER_MAX: usize = 64;
/// Deliveries smaller than this are framed where they arrive; larger ones on a thread of their own.
const SMALL_BYTES: usize = 64 << 10;
/// Room is counted in units of this many bytes.
const UNIT_BYTES: usize = 1 << 10;
const RETRY_AFTER_SECONDS: u64 = 1;

/// What a queue works with.
pub(crate) struct QueueParts {
    pub(crate) lake: Arc<dyn EventLake>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) knowledge: Arc<Knowledge>,
    /// Woken when something was stored.
    pub(crate) stored: Arc<Notify>,
    /// Bytes that may wait.
    pub(crate) bytes_max: usize,
    /// Chunks that may be stored and not yet matched.
    pub(crate) backlog_max: u64,
    /// Last chunk stored and last chunk matched before the start.
    pub(crate) stored_last: u64,
    pub(crate) matched_last: u64,
}

/// Takes deliveries, stores them in groups, answers when they are durable.
pub(crate) struct Queue {
    parts: QueueParts,
    room: Arc<Semaphore>,
    room_units: u32,
    waiting: mpsc::Sender<Waiting>,
    /// Last chunk stored and last chunk matched.
    stored: Arc<AtomicU64>,
    matched: AtomicU64,
}

struct Waiting {
    chunks: Vec<NewChunk>,
    answer: oneshot::Sender<Result<bool, IntakeError>>,
    _room: OwnedSemaphorePermit,
}

impl Queue {
    /// A queue, and the task that empties it until all senders are gone.
    pub(crate) fn new(parts: QueueParts) -> (Arc<Queue>, impl Future<Output = ()> + Send + 'static) {
        let room_units = (parts.bytes_max / UNIT_BYTES).clamp(1, Semaphore::MAX_PERMITS.min(u32::MAX as usize)) as u32;
        let (waiting, receiver) = mpsc::channel(1_024);
        let stored = Arc::new(AtomicU64::new(parts.stored_last));
        let writer = write(Arc::clone(&parts.lake), receiver, Arc::clone(&parts.stored), Arc::clone(&stored));
        let room = Arc::new(Semaphore::new(room_units as usize));
        let matched = AtomicU64::new(parts.matched_last);
        (Arc::new(Queue { parts, room, room_units, waiting, stored, matched }), writer)
    }

    /// Chunks that are stored and not yet matched.
    pub(crate) fn backlog(&self) -> u64 {
        self.stored.load(Ordering::Relaxed).saturating_sub(self.matched.load(Ordering::Relaxed))
    }

    /// Chunks up to this one are matched.
    pub(crate) fn note_matched(&self, last: u64) {
        self.matched.store(last, Ordering::Relaxed);
    }

    /// Whether so much waits to be matched that no more is taken.
    pub(crate) fn is_behind(&self) -> bool {
        self.backlog() > self.parts.backlog_max
    }

    /// Formats of log lines, for times without a year.
    pub(crate) fn formats(&self, year: i16) -> Formats {
        self.parts.knowledge.mappings().formats(year)
    }

    /// Stores chunks that were framed elsewhere; waits for room.
    pub(super) async fn store(&self, chunks: Vec<NewChunk>, bytes: usize) -> Result<bool, IntakeError> {
        let room = self.room(bytes).await?;
        self.pass_on(chunks, room).await
    }

    /// Room for so many bytes, as soon as there is some. More than all there is counts as all.
    async fn room(&self, bytes: usize) -> Result<OwnedSemaphorePermit, IntakeError> {
        let units = (bytes.div_ceil(UNIT_BYTES) as u32).clamp(1, self.room_units);
        Arc::clone(&self.room).acquire_many_owned(units).await.map_err(|_| IntakeError::Stopping)
    }

    async fn pass_on(&self, chunks: Vec<NewChunk>, room: OwnedSemaphorePermit) -> Result<bool, IntakeError> {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { chunks, answer, _room: room };
        self.waiting.send(waiting).await.map_err(|_| IntakeError::Stopping)?;
        answered.await.map_err(|_| IntakeError::Stopping)?
    }

    async fn take(&self, delivery: Delivery) -> Result<Receipt, IntakeError> {
        if self.is_behind() {
            metrics::counter!("quell_intake_refused_total").increment(1);
            return Err(IntakeError::Busy { retry_after_seconds: RETRY_AFTER_SECONDS });
        }
        let bytes = delivery.bytes.len();
        let room = self.room(bytes).await?;
        let formats = self.formats(delivery.year);
        let now = self.parts.clock.now();
        let Framed { chunks, accepted, rejected } = if bytes <= SMALL_BYTES {
            frame(delivery, &formats, now)
        } else {
            let framing = tokio::task::spawn_blocking(move || frame(delivery, &formats, now)).await;
            framing.map_err(|_| IntakeError::Unavailable("framing failed".to_owned()))?
        };
        let known = self.pass_on(chunks, room).await?;
        if !known {
            metrics::counter!("quell_intake_records_total").increment(accepted);
            metrics::counter!("quell_intake_rejected_total").increment(rejected.total);
            metrics::counter!("quell_intake_bytes_total").increment(bytes as u64);
        }
        Ok(Receipt { accepted, rejected: rejected.parts, rejected_total: rejected.total, known })
    }
}

impl Intake for Queue {
    fn deliver(&self, delivery: Delivery) -> Answer<'_, Result<Receipt, IntakeError>> {
        Box::pin(self.take(delivery))
    }

    fn checkpoint(&self, key: String) -> Answer<'_, Result<Option<String>, IntakeError>> {
        Box::pin(async move {
            let value = self.parts.lake.checkpoint(key).await;
            value.map_err(|error| IntakeError::Unavailable(error.to_string()))
        })
    }
}

/// Stores what waits, as much together as there is.
async fn write(
    lake: Arc<dyn EventLake>,
    mut receiver: mpsc::Receiver<Waiting>,
    stored: Arc<Notify>,
    last: Arc<AtomicU64>,
) {
    let mut group = Vec::with_capacity(TOGETHER_MAX);
    while receiver.recv_many(&mut group, TOGETHER_MAX).await > 0 {
        let mut chunks = Vec::new();
        let mut answers = Vec::new();
        for waiting in group.drain(..) {
            answers.push((waiting.chunks.len(), waiting.answer, waiting._room));
            chunks.extend(waiting.chunks);
        }
        let began = Instant::now();
        let appended = lake.append(chunks).await;
        metrics::histogram!("quell_append_seconds").record(began.elapsed());
        match appended {
            Ok(appended) => {
                let mut appended = appended.into_iter();
                for (count, answer, _room) in answers {
                    let mut known = true;
                    for outcome in appended.by_ref().take(count) {
                        if let quell_model::ports::Appended::Stored { seq } = outcome {
                            known = false;
                            last.fetch_max(seq, Ordering::Relaxed);
                        }
                    }
                    // A sender that went away does not wait for the answer.
                    drop(answer.send(Ok(known)));
                }
                stored.notify_one();
            }
            Err(error) => {
                tracing::warn!(%error, "deliveries could not be stored; their senders were told to send them again");
                for (_, answer, _room) in answers {
                    drop(answer.send(Err(IntakeError::Unavailable(error.to_string()))));
                }
            }
        }
    }
}
