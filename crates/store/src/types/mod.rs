//! What goes into the store and comes out of it.

mod accounts;
mod alerts;
mod directory;
mod incidents;
mod ledger;
mod pages;
mod runs;
mod sources;
mod work;

pub use accounts::{AnswerKey, BegunAnswer, FactorRow, RememberedAnswer, SessionRow, TeamRow, TokenRow, UserRow};
pub use alerts::{AlertFilter, AlertGroup, AlertRow, NewAlert, Outputs, Progress};
pub use directory::{EntityWordRow, StakeholderRow, TuningRow};
pub use incidents::{HeldGroup, IncidentFilter, IncidentRow};
pub use ledger::{LedgerProblem, LedgerQuery, Verification};
pub use pages::{Counts, Page, PageQuery, Sort};
pub use runs::{RunEntry, RunRow, Standing};
pub use sources::{Location, Sizes, SourceDelta, SourceRow};
pub use work::{History, TimelineQuery, TimelineRow, Worked};
