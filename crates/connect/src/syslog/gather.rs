//! Gathers messages of one listener into deliveries.

use std::sync::Arc;

use jiff::tz::Offset;
use quell_model::ports::{Clock, Delivery, Intake};
use tokio::sync::watch;

use super::queue::{Queued, Receiver};
use super::{Gathering, SyslogOptions};
use crate::courier::Courier;

/// Takes messages from a queue until nobody puts any in, and delivers them.
pub(super) struct Gatherer {
    queue: Receiver,
    /// A message that had no room in the delivery before.
    held: Option<Queued>,
    gathering: Gathering,
    source: String,
    clock: Arc<dyn Clock>,
    courier: Courier,
}

impl Gatherer {
    /// `place` names the listener.
    pub(super) fn new(
        place: &str,
        queue: Receiver,
        options: &SyslogOptions,
        intake: Arc<dyn Intake>,
        stop: watch::Receiver<bool>,
    ) -> Gatherer {
        let gathering = options.gathering.clone();
        let courier = Courier::new(place, options.clock.now(), intake, gathering.retry_wait, stop);
        Gatherer {
            queue,
            held: None,
            gathering,
            source: options.source.clone(),
            clock: Arc::clone(&options.clock),
            courier,
        }
    }

    /// Runs until the queue is empty and all its senders are gone. What cannot be delivered after a stop is lost; the courier
    /// says so.
    pub(super) async fn run(mut self) {
        while let Some(bytes) = self.gather().await {
            let delivery = Delivery {
                source: self.source.clone(),
                preamble: Vec::new(),
                bytes,
                year: Offset::UTC.to_datetime(self.clock.now()).year(),
                key: None,
                checkpoint: None,
            };
            self.courier.bring(delivery).await;
        }
    }

    /// The lines of the next delivery; none at the end.
    async fn gather(&mut self) -> Option<Vec<u8>> {
        let first = match self.held.take() {
            Some(held) => held,
            None => self.queue.receive().await?,
        };
        let mut lines = Vec::new();
        append(&mut lines, &first);
        let deadline = tokio::time::sleep(self.gathering.wait);
        tokio::pin!(deadline);
        for _ in 1..self.gathering.messages_max {
            let next = tokio::select! {
                next = self.queue.receive() => next,
                () = &mut deadline => break,
            };
            let Some(next) = next else { break };
            if lines.len() + next.line.len() >= self.gathering.bytes_max {
                self.held = Some(next);
                break;
            }
            append(&mut lines, &next);
        }
        Some(lines)
    }
}

fn append(lines: &mut Vec<u8>, message: &Queued) {
    lines.extend_from_slice(&message.line);
    lines.push(b'\n');
}
