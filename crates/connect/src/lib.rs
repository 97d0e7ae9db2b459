//! Everything outside. What brings bytes: files, folders, archives and standard input, read once; syslog and followed files,
//! read for as long as Quell runs.
//!
//! Content decides what a file is, never its name. Every stream is bounded: archives may not expand without limit
//! (invariant 11), and what cannot be read is reported with its name and does not stop the rest. What is read live is handed
//! to an [`Intake`](quell_model::ports::Intake) and given up only when it is durable, or Quell stops (invariant 3). And what
//! brings messages to people, and what changes targets and can take it back.

mod actuators;
mod capped;
mod courier;
mod files;
mod follow;
mod notify;
pub mod syslog;
mod uploads;
mod vault;

pub use actuators::*;
pub use files::{Input, Problem, visit};
pub use follow::{FollowOptions, follow};
pub use notify::{Courier, MailSettings, MailTls, NotifySettings, WebhookSettings, WebhookShape};
pub use uploads::Spool;
pub use vault::KvVault;
