//! The ledger's meaning: what incidents, alerts, accounts and sources become by their entries.
//!
//! Each stream has its facts (an enum, one variant per kind of entry), its state (a fold over them), and its commands: a
//! pure decision that answers with the facts to append, or says why not. No clock, no ids, no storage.

mod account;
mod alert;
pub mod deadline;
mod fact;
pub mod gate;
pub mod guide;
mod incident;
mod refusal;
mod source;
mod team;
pub mod timeline;
pub mod work;

pub use account::{Account, AccountFact, FactorKind};
pub use alert::{AlertFact, AlertStatus};
pub use fact::{Fact, UnknownFact};
pub use incident::{Incident, IncidentCommand, IncidentFact, Status, Told};
pub use refusal::Refusal;
pub use source::{Source, SourceFact};
pub use team::TeamFact;
