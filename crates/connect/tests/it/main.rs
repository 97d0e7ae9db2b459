//! Files, folders and archives on a real disk; syslog over real sockets; followed files.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod archives;
mod fake;
mod files;
mod folder;
mod follow;
mod rotation;
mod syslog;
mod targets;
mod vault;
