//! One suite for both engines: SQLite in a temporary folder, PostgreSQL in a server of its own.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests fail by panicking, and say what they measured"
)]

#[macro_use]
mod harness;
mod accounts;
mod lake;
mod ledger;
mod lists;
mod operation;
mod people;
mod pipeline;
mod search;
mod speed;
mod tamper;
mod visibility;
mod worked;
