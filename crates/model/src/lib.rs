//! The words of Quell as types.
//!
//! Everything that two rooms of the house share lives here, and nothing else: what a record, an event, an entity, an
//! alert and an incident are. No I/O, no clock, no randomness, no algorithms. A change here rebuilds the house, so this
//! crate stays small.

mod access;
pub mod action;
mod alert;
mod entity;
mod event;
mod fields;
pub mod handbook;
pub mod hex;
mod host;
mod ids;
mod ledger;
pub mod ports;
pub mod process;
pub mod regime;
mod rule;
mod story;
mod time;
mod wildcard;

pub use access::{Right, Role, Viewer};
pub use alert::{Alert, AlertEvent, RuleRef};
pub use entity::{Attr, Entity, EntityKind, Verb};
pub use event::{Activity, Event, LogSource, OcsfClass, RecordRef, Rejected};
pub use fields::{FieldId, FieldTable, Fields, Scalar};
pub use host::short_host;
pub use ids::{AlertGroupId, AlertId, EventId, IncidentId, SessionId, TeamId, TokenId, UserId};
pub use ledger::{Actor, Expected, LedgerEntry, NewLedgerEntry, SYSTEM_ACTOR};
pub use rule::{Level, Tactic, technique_of_tag};
pub use story::{
    Candidate, Confidence, Endpoint, EndpointRole, Entry, Incident, Investigation, MissingTelemetry, NextAction, Phase,
    ProcessRef, ResourceRef, RootCause, Scope, ScopedProcess, SeverityReason, SourceCount, Step, Totals, Unparsed,
};
pub use time::Timestamp;
pub use wildcard::wildcard_match;
