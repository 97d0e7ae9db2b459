//! Tests of the reports over investigations built here; no file is read.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod escaping;
mod exchange_in;
mod graph;
mod hostile;
mod sample;
mod snapshots;
mod terminal;
