//! Incidents in the forms that other programs read: STIX 2.1 and VERIS. Indicators are written as they are, not defanged:
//! these files are for programs.

mod stix;
mod veris;

pub use stix::stix;
pub use veris::veris;
