//! Actuators: what changes targets outside of Quell, and can take it back.
//!
//! Programs are started by their argument lists, never through a shell; what goes through one (over SSH) is quoted word by word.
//! Parameters come from logs and people: each is parsed to what it has to be before it is used.

mod host;
mod nftables;
mod program;

pub use host::{HostSettings, host_actions};
pub use nftables::{FirewallSettings, firewall_actions};
pub use program::Program;
