//! Intake: what sources deliver becomes chunks of records in the lake, and is acknowledged when it is durable (invariant 3).
//!
//! A delivery waits until there is room for its bytes, so senders feel that Quell is busy instead of losing records. Framing
//! happens before storing: what is kept can be read without the context in which it was sent.

mod frame;
mod queue;
pub(crate) mod shapes;
mod upload;

pub(crate) use queue::{Queue, QueueParts};
pub(crate) use upload::{UploadOutcome, store_upload};
