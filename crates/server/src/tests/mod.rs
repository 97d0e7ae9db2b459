//! The server as a whole: who may call what, what nobody may learn, and what hostile input must not do.
//!
//! Cases are generated from the table of routes and from the description of the API, so that a new route is tested the day
//! it is added. [`bench`] has the server, [`world`] what is in it and who may see what of it.

#![expect(clippy::print_stdout, reason = "how much was tried is part of what these tests say")]

mod authorisation;
pub(crate) mod bench;
mod carried;
mod console;
mod described;
mod finished;
mod flood;
mod hostile;
mod leaks;
mod plans;
mod restart;
mod runs;
mod streams;
mod triage;
mod uploads;
mod ways_in;
mod world;
mod writes;

/// A method and a path with its variable parts filled in.
type Call = (reqwest::Method, String);
