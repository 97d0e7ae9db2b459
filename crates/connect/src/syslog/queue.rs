//! The queue between those who receive messages and the one who delivers them, bounded by bytes.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// What a message takes up beside its bytes.
const OVERHEAD_BYTES: usize = 64;

/// A message in the queue. Its room is free again when it is dropped.
pub(super) struct Queued {
    /// One line, without its end.
    pub(super) line: Vec<u8>,
    _room: OwnedSemaphorePermit,
}

/// Where messages go in.
#[derive(Clone)]
pub(super) struct Sender {
    room: Arc<Semaphore>,
    bytes_max: usize,
    queue: mpsc::UnboundedSender<Queued>,
}

/// Where messages come out.
pub(super) struct Receiver {
    room: Arc<Semaphore>,
    queue: mpsc::UnboundedReceiver<Queued>,
}

/// Nobody takes messages any more.
#[derive(Debug)]
pub(super) struct Closed;

/// A queue for messages of at most so many bytes together. Its length is bounded by that too.
pub(super) fn queue(bytes_max: usize) -> (Sender, Receiver) {
    let bytes_max = bytes_max.clamp(1, Semaphore::MAX_PERMITS.min(u32::MAX as usize));
    let room = Arc::new(Semaphore::new(bytes_max));
    let (sender, receiver) = mpsc::unbounded_channel();
    (Sender { room: Arc::clone(&room), bytes_max, queue: sender }, Receiver { room, queue: receiver })
}

impl Sender {
    /// Puts a message in as soon as there is room.
    pub(super) async fn send(&self, line: Vec<u8>) -> Result<(), Closed> {
        let room = Arc::clone(&self.room).acquire_many_owned(self.bytes(&line)).await.map_err(|_| Closed)?;
        self.queue.send(Queued { line, _room: room }).map_err(|_| Closed)
    }

    /// Puts a message in if there is room; whether it did.
    pub(super) fn try_send(&self, line: Vec<u8>) -> bool {
        let room = Arc::clone(&self.room).try_acquire_many_owned(self.bytes(&line));
        room.is_ok_and(|room| self.queue.send(Queued { line, _room: room }).is_ok())
    }

    /// A message that is larger than the queue takes all of it.
    fn bytes(&self, line: &[u8]) -> u32 {
        u32::try_from((line.len() + OVERHEAD_BYTES).min(self.bytes_max)).unwrap_or(u32::MAX)
    }
}

impl Receiver {
    /// The next message; none if all senders are gone and the queue is empty.
    pub(super) async fn receive(&mut self) -> Option<Queued> {
        self.queue.recv().await
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.room.close();
    }
}
