//! `quell serve` and the commands around its data: everything that touches the machine is here.

mod claim;
mod demo;
mod keys;
mod listeners;
mod machine;
mod memory;
mod own;
mod parts;
mod secrets;
mod serve;
mod targets;

pub(crate) use claim::Claim;
pub(crate) use keys::Keys;
pub(crate) use machine::{SystemClock, SystemRandom};
pub(crate) use parts::{knowledge, location, open_store};
pub(crate) use secrets::Secrets;
pub(crate) use serve::{make_folder, serve};
