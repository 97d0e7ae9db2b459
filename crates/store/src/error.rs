//! What can go wrong when something is stored or read.

use quell_model::ports::LakeError;

/// Why the store could not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Somebody else wrote to the stream in the meantime. Nothing was written; read again and decide anew.
    #[error("{stream} is at version {found}, not {expected}; read it again")]
    Conflict {
        /// Which stream.
        stream: String,
        /// Version the writer built on.
        expected: u64,
        /// Version that is there.
        found: u64,
    },
    /// A name that must be unique is in use.
    #[error("{0} is taken")]
    Taken(String),
    /// The cursor of a page was not made by this store, or for another order.
    #[error("the cursor is not one this list gave; begin without one")]
    BadCursor,
    /// The disk or the database is full, gone or busy; the same call can succeed later.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// The database went away while it was told to keep something, and nobody knows whether it did.
    #[error("the database was lost while it was written to; read whether it was done: {0}")]
    Uncertain(String),
    /// What is stored cannot be read.
    #[error("the store holds something that cannot be read: {0}")]
    Damaged(String),
    /// A newer version of Quell wrote the database.
    #[error("the database is at version {found}, this program knows {known}; start the newer program")]
    TooNew {
        /// Version of the database.
        found: u32,
        /// Newest version this program knows.
        known: u32,
    },
}

impl From<StoreError> for LakeError {
    fn from(error: StoreError) -> LakeError {
        match error {
            StoreError::Damaged(what) => LakeError::Damaged(what),
            StoreError::Unavailable(what) => LakeError::Unavailable(what),
            other => LakeError::Unavailable(other.to_string()),
        }
    }
}
