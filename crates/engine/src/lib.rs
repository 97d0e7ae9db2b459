//! The pure pipeline: records in; alerts, incidents and stories out. One for files and for live streams.
//!
//! [`Knowledge`] is what a run starts from: mappings, rules, policy. A [`Sensor`] turns records into events and matches.
//! A [`CaseFile`] collects what they say and tells the incidents, at any time. [`Investigator`] does all of it for a finite
//! set of inputs. No file, clock, network or randomness; the same records give the same story (invariant 4).

mod actions;
mod alerts;
mod casefile;
mod chain;
mod dedupe;
mod endpoints;
mod entry;
mod incidents;
mod investigator;
mod knowledge;
mod plot;
mod response;
mod scope;
mod sensor;
mod severity;
mod story;
mod telemetry;
mod trial;
mod tuning;

pub use casefile::{CaseFile, Sighting, alert_group};
pub use dedupe::Dedupe;
pub use incidents::Telling;
pub use investigator::Investigator;
pub use knowledge::{Knowledge, KnowledgeBuilder, KnowledgeError};
pub use response::{Answered, ResponseError};
pub use sensor::{Observed, Sensor};
pub use trial::Trial;
pub use tuning::{Replay, Sample, TuningError, TuningFilter};
