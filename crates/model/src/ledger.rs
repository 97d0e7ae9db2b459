//! Ledger entries: everything that happened in Quell.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Timestamp;

/// Who did something, as the ledger names it.
pub type Actor = String;

/// The actor for what Quell did by itself.
pub const SYSTEM_ACTOR: &str = "quell";

/// An entry to be appended.
#[derive(Debug, Clone, PartialEq)]
pub struct NewLedgerEntry {
    /// What it is about: `incident/inc-…`, `user/usr-…`, `alert/alr-…`, `source/NAME`, `system`.
    pub stream: String,
    /// What the writer believes the stream to be at.
    pub expected: Expected,
    /// User id, or [`SYSTEM_ACTOR`].
    pub actor: Actor,
    /// What happened, for example `incident.assigned`.
    pub kind: String,
    /// The facts.
    pub body: Value,
}

/// Which version of a stream a writer builds on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Exactly this many entries; 0 for a new stream.
    Version(u64),
    /// Whatever is there: facts that cannot conflict, such as a sign-in.
    Any,
}

/// An entry of the ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Position in the whole ledger, from 1, without gaps.
    pub seq: u64,
    /// What it is about.
    pub stream: String,
    /// Position in its stream, from 1, without gaps.
    pub version: u64,
    /// When, never earlier than the entry before.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What happened.
    pub kind: String,
    /// The facts.
    pub body: Value,
    /// Hash over the entry and the hash before it, SHA-256 in hex.
    pub hash: String,
}
