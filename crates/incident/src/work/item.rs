//! What all kinds of work have in common: when and by whom, what something is called, what it rests on.

use quell_model::{Actor, AlertId, EntityKind, LedgerEntry, Timestamp};
use serde::{Deserialize, Serialize};

use super::Line;

/// When and by whom, as the ledger says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stamp {
    /// Position of the entry in the whole ledger.
    pub entry: u64,
    /// When.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// User id, or Quell itself.
    pub actor: Actor,
}

impl Stamp {
    /// That of an entry.
    #[must_use]
    pub fn of(entry: &LedgerEntry) -> Stamp {
        Stamp { entry: entry.seq, at: entry.at, actor: entry.actor.clone() }
    }

    /// The id of what this entry makes.
    #[must_use]
    pub fn item(&self) -> ItemId {
        ItemId(self.entry)
    }
}

/// A task, a question, a note, a hypothesis …: named by the ledger entry that made it, so that it is one of a kind over all
/// incidents, and stays itself when they merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64")]
pub struct ItemId(pub u64);

impl ItemId {
    /// The largest number that JSON holds exactly everywhere; no ledger is that long.
    pub const MAX: u64 = (1 << 53) - 1;
}

impl TryFrom<u64> for ItemId {
    type Error = &'static str;

    fn try_from(number: u64) -> Result<ItemId, &'static str> {
        if number > ItemId::MAX { Err("no entry has this number") } else { Ok(ItemId(number)) }
    }
}

impl std::fmt::Display for ItemId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// An entity, as people speak of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EntityName {
    /// What it is.
    pub kind: EntityKind,
    /// What it is called.
    pub name: Line,
}

impl EntityName {
    /// Whether it comes back from a backup or an image: an account or an address does not.
    #[must_use]
    pub fn is_restored_from_something(&self) -> bool {
        use EntityKind::{Bucket, Container, File, Host, Resource, Service, Setting};
        matches!(self.kind, Host | Container | Bucket | File | Resource | Service | Setting)
    }
}

impl std::fmt::Display for EntityName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind.as_str(), self.name)
    }
}

/// What a statement rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reference {
    /// A stored event, `chunk-index`.
    Event(Line),
    /// An alert.
    Alert(AlertId),
    /// Sealed evidence of the incident.
    Evidence(ItemId),
    /// Any entry of the ledger.
    Entry(ItemId),
    /// Something elsewhere: a ticket, a file, a page.
    Elsewhere(Line),
}
