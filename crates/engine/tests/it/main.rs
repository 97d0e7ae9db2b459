//! The pipeline from records to stories.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
#![expect(clippy::print_stdout, reason = "the table of requirements is what a test says")]

mod corpora;
mod response;
mod rules;
mod stories;
mod tuning;
