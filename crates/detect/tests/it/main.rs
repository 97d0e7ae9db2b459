//! The fast matcher against the plain evaluator, on rules and records made at random, and the modifiers one by one.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod differential;
mod filters;
mod modifiers;
