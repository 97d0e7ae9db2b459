//! Mappings against the fixtures beside them, and readers against broken input.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod hostile;
mod hostile_any;
mod hostile_evtx;
mod mappings;
mod packing;
