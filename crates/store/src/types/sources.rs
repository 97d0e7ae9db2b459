//! Where the store is, and where records come from.

use std::path::PathBuf;

use quell_incident::Source;
use quell_model::Timestamp;

/// Where the store is.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// SQLite, in two files of this folder.
    Folder(PathBuf),
    /// PostgreSQL, at this URL.
    Postgres(String),
}

impl std::fmt::Debug for Location {
    // A URL can hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Location::Folder(path) => f.debug_tuple("Folder").field(path).finish(),
            Location::Postgres(_) => f.write_str("Postgres(..)"),
        }
    }
}

/// What arrived from a source since the last commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceDelta {
    /// Name of the source.
    pub source: String,
    /// Records.
    pub records: u64,
    /// Parts that were no records.
    pub rejected: u64,
    /// Records that were delivered before.
    pub duplicates: u64,
    /// When the last one arrived.
    pub last_received_at: Option<Timestamp>,
    /// Time of the latest event.
    pub last_event_at: Option<Timestamp>,
}

/// A source, configured or only seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRow {
    /// Its name.
    pub name: String,
    /// Its settings.
    pub source: Source,
    /// Whether nothing came for longer than it may be silent.
    pub silent: bool,
    /// Records that arrived.
    pub records: u64,
    /// Parts that were no records.
    pub rejected: u64,
    /// Records that were delivered before.
    pub duplicates: u64,
    /// Alerts raised by its records.
    pub alerts: u64,
    /// When the last record arrived.
    pub last_received_at: Option<Timestamp>,
    /// Time of the latest event.
    pub last_event_at: Option<Timestamp>,
    /// Version of its stream; 0 if it was never configured.
    pub version: u64,
}

/// How much there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Entries of the ledger.
    pub entries: u64,
    /// Alerts.
    pub alerts: u64,
    /// Incidents.
    pub incidents: u64,
    /// Chunks of records.
    pub chunks: u64,
    /// Bytes on disk, where they can be told.
    pub bytes: Option<u64>,
}
