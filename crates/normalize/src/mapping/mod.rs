//! Mappings: what a source's records mean, as data.
//!
//! A mapping says how its records are recognised, where time and host stand, which Sigma log source and OCSF class each
//! kind of event has, and which entities did what to each other. The format is described in `content/mappings/README.md`.

mod compile;
mod condition;
mod document;
mod template;

pub(crate) use compile::{EventKind, Mapping};
pub(crate) use document::Document;
pub(crate) use template::Holes;

/// Why a mapping cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("mapping {file}: {reason}")]
pub struct MappingError {
    /// File of the mapping.
    pub file: String,
    /// What is wrong and where.
    pub reason: String,
}
