//! The pipeline from records to stories.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod corpora;
mod rules;
mod stories;
