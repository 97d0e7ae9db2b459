//! Subcommands.

mod client;
mod clocks;
mod detect;
mod framework;
mod incident;
mod investigate;
mod metrics;
mod operate;
mod playbook;
mod rules;
mod run;
mod scenario;
mod stakeholders;
mod tuning;

use std::io;

pub(crate) use clocks::{ClocksCommand, clocks};
pub(crate) use detect::detect;
pub(crate) use framework::framework;
pub(crate) use incident::{Incident, incident};
pub(crate) use investigate::investigate;
pub(crate) use metrics::{Metrics, metrics};
pub(crate) use operate::{
    back_up, configuration, doctor, ledger, migrate, openapi, print_key, restore, rotate_keys, secret,
};
pub(crate) use playbook::{PlaybookCommand, playbook, public_key};
pub(crate) use rules::rules;
pub(crate) use run::{Run, run};
pub(crate) use scenario::scenario;
pub(crate) use stakeholders::{Stakeholders, stakeholders};
pub(crate) use tuning::{Tuning, tuning};

/// Exit code when something at or above `--fail-on` was found.
const FOUND: u8 = 3;

/// Whether the reader of our output went away, as `head` does; that is no failure.
pub(crate) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let closed = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(closed)
            || cause
                .downcast_ref::<serde_json::Error>()
                .is_some_and(|e| e.io_error_kind() == Some(io::ErrorKind::BrokenPipe))
    })
}
