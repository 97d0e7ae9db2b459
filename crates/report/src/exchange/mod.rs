//! Incidents in the forms that other programs read: STIX 2.1 and VERIS; and cases of other programs, TheHive and DFIR-IRIS, as
//! incidents that can be carried over. Indicators are written as they are, not defanged: these files are for programs.

mod foreign;
mod iris;
mod record;
mod stix;
mod thehive;
mod veris;

pub use iris::from_iris;
pub use record::ExchangeError;
pub use stix::stix;
pub use thehive::from_thehive;
pub use veris::veris;
