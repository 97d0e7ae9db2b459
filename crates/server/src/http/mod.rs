//! The frame around every request: who asks, what they may, what goes wrong, what is remembered.
//!
//! [`route`] is the only list of what the server answers. A route that is not in it does not exist, and each row names the
//! right it needs (invariant 12).

mod authorise;
mod body;
mod caller;
mod error;
mod paging;
pub(crate) mod problem;
mod route;
mod router;
mod serve;
mod trace;
mod transfer;

pub(crate) use authorise::room_for_bodies;
pub(crate) use body::{Json, Params, SaysJson};
pub(crate) use caller::{Caller, Credential, Peer};
pub(crate) use error::ApiError;
pub(crate) use paging::{Listing, PageParams};
pub(crate) use route::{Access, BodyLimit, Route};
pub(crate) use router::router;
pub(crate) use serve::{Doors, serve};
pub(crate) use transfer::{pour, stream_out};
