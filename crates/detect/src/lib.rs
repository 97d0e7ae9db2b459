//! Detection: rules are compiled once and matched against events.
//!
//! [`sigma`] reads Sigma rules into [`Rule`]s. [`Detector`] compiles all rules into one shared matcher whose cost follows
//! the event and not the number of rules. [`oracle`] is the plain reading of the same rules; every fast answer must equal
//! it (invariant 5). Indicators, baselines and correlation join here later as further detectors with the same match.
//!
//! Pure: no file, clock, network or randomness.

mod condition;
mod explain;
mod keyword;
mod matcher;
pub mod oracle;
mod pattern;
mod predicate;
pub mod sigma;

pub use condition::Expr;
pub use explain::explain;
pub use matcher::{Detector, RuleIndex, Scanner, Scratch};
pub use predicate::{Predicate, PredicateId, PredicateTable, Test};
pub use sigma::{Filter, LoadError, Placeholders, Rule, RuleSet};
