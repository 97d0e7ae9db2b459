//! The ledger as others ask for it.

use quell_model::Timestamp;

/// Which entries of the ledger to read, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LedgerQuery {
    /// Only entries after this one; 0 for all.
    pub after: u64,
    /// At most so many.
    pub limit: u32,
    /// Only streams whose name begins so, for example `incident/`.
    pub stream_prefix: Option<String>,
    /// Only what this actor did.
    pub actor: Option<String>,
    /// Only entries of this kind.
    pub kind: Option<String>,
    /// Only entries at or after this time.
    pub since: Option<Timestamp>,
    /// Only entries at or before this time.
    pub until: Option<Timestamp>,
}

/// What a check of the whole ledger found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// Entries read.
    pub entries: u64,
    /// Signed checkpoints read.
    pub checkpoints: u64,
    /// Stories read.
    pub stories: u64,
    /// Hash of the last entry, in hex.
    pub head: Option<String>,
    /// The first problems; none if the ledger is whole.
    pub problems: Vec<LedgerProblem>,
}

/// Something in the ledger that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerProblem {
    /// Which entry, where it is known.
    pub seq: Option<u64>,
    /// Which stream, where it is known.
    pub stream: Option<String>,
    /// What is wrong.
    pub what: String,
}
