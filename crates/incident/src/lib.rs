//! The ledger's meaning: what incidents, alerts, accounts and sources become by their entries.
//!
//! Each stream has its facts (an enum, one variant per kind of entry), its state (a fold over them), and its commands: a
//! pure decision that answers with the facts to append, or says why not. No clock, no ids, no storage.

mod account;
mod alert;
pub mod carried;
pub mod collection;
pub mod communication;
pub mod deadline;
mod fact;
pub mod gate;
pub mod guide;
mod incident;
pub mod metric;
mod refusal;
pub mod similar;
mod source;
mod stakeholder;
mod team;
pub mod timeline;
mod tuning;
pub mod work;

pub use account::{Account, AccountFact, FactorKind};
pub use alert::{AlertFact, AlertStatus};
pub use fact::{Fact, UnknownFact};
pub use incident::{
    Brought, Incident, IncidentCommand, IncidentFact, MovedAlerts, Origin, Status, Told, carried_over, may_absorb,
    may_take,
};
pub use refusal::Refusal;
pub use source::{Source, SourceFact};
pub use stakeholder::{Contact, Stakeholder, StakeholderFact};
pub use team::TeamFact;
pub use tuning::{Replayed, TuningFact, TuningProposal, TuningState};
