//! Where Quell keeps what it knows: the ledger, read models made from it, secrets of accounts, and the event lake. On SQLite
//! or PostgreSQL, with the same answers.
//!
//! The ledger is the truth: every change is an entry, and read models can be made from the entries at any time
//! ([`Store::rebuild`]). What can be withheld from a user is read through a [`quell_model::Viewer`] only, and hidden in the
//! SQL statement itself. There is no clock and no randomness here; times and ids come in as arguments.

mod accounts;
mod alerts;
mod chain;
mod counts;
mod directory;
mod error;
mod factors;
mod incidents;
mod lake;
mod ledger;
mod messages;
mod migrate;
mod once;
mod operation;
mod pack;
mod page;
mod pipeline;
mod preferences;
mod project;
mod runs;
mod search;
mod sessions;
mod signer;
mod sources;
mod sql;
mod store;
mod tokens;
mod types;
mod vault;
mod verify;
mod visibility;
mod work;

pub use alerts::COUNT_MAX;
pub use error::StoreError;
pub use messages::WaitingMessage;
pub use preferences::ViewRow;
pub use signer::{ForeignKey, Signer};
pub use store::Store;
pub use types::*;
pub use vault::FolderVault;
