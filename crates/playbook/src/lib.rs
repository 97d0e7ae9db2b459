//! Playbooks: CACAO v2.0 documents, what they must be, and the pure decider of a run.
//!
//! A [`Document`] is JSON and stays it: reading and writing loses nothing. [`author`] is the YAML form for people. [`validate`]
//! says what is wrong with a document, beyond what the published schemas can say. [`run`] decides what happens next in a run.
//! No clock, no ids, no effects: a run is performed elsewhere.
//!
//! Standard: OASIS CACAO Security Playbooks Version 2.0, Committee Specification 01 (27 November 2023).

pub mod author;
pub mod condition;
mod document;
pub mod run;
pub mod sign;
pub mod validate;

pub use document::{Document, DocumentError, EXTENSION, IDENTITY};
