//! Conditions, what is wrong with documents, and the catalogue.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
#![expect(clippy::print_stdout, reason = "counts of what was tried")]

mod catalogue;
mod conditions;
mod hostile;
mod mutants;
mod patch;
mod rules;
