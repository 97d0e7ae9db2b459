//! The real binary, end to end: hostile and broken input, contracts, exit codes.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
#![expect(clippy::disallowed_methods, reason = "runs the binary under test")]
#![expect(clippy::print_stdout, reason = "figures are printed by the test that measured them")]

mod clocks;
mod contract;
mod guide;
mod hostile;
mod memory;
mod playbooks;
mod run;
mod triage;
mod work;
