//! The live server: HTTP API, sign-in and authorisation, intake, the pipeline that runs for as long as the server does, and
//! what it pushes to subscribers.
//!
//! [`start`] puts it together from a store, knowledge, a clock and randomness, all handed in. Must never: read a clock or
//! make randomness by itself, open a file, or know where its settings come from.

mod access;
mod api;
mod http;
mod hub;
mod intake;
mod openapi;
mod pads;
mod pipeline;
mod presence;
mod response;
mod search;
mod settings;
mod start;
mod state;
mod streams;
#[cfg(test)]
mod tests;

pub use access::{AccessSettings, Keyring, OidcSettings, SealError, reseal};
pub use openapi::description;
pub use response::{Automatic, Tell};
pub use settings::{ProcessSettings, Settings};
pub use start::{Parts, Running, ShowError, start};
pub(crate) use state::App;
