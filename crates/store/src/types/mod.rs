//! What goes into the store and comes out of it.

mod accounts;
mod alerts;
mod incidents;
mod ledger;
mod pages;
mod sources;
mod work;

pub use accounts::{AnswerKey, BegunAnswer, FactorRow, RememberedAnswer, SessionRow, TeamRow, TokenRow, UserRow};
pub use alerts::{AlertFilter, AlertRow, NewAlert, Outputs, Progress};
pub use incidents::{IncidentFilter, IncidentRow};
pub use ledger::{LedgerProblem, LedgerQuery, Verification};
pub use pages::{Counts, Page, PageQuery, Sort};
pub use sources::{Location, Sizes, SourceDelta, SourceRow};
pub use work::{TimelineQuery, TimelineRow, Worked};
