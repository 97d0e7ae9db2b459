//! Files, folders and archives on a real disk.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod archives;
mod files;
mod folder;
