//! How long memory that was freed is kept.
//!
//! Telling stories builds a graph anew every few seconds, up to some hundred megabytes, and frees it. Given back to the system
//! in between, each of its pages has to be made again, and whatever else wants memory waits meanwhile. So it is kept a little
//! longer than the time between two stories.

#![cfg(unix)]

use std::os::unix::process::CommandExt;

use crate::progress::complain;

/// Where the allocator reads its setting, before `main`. In milliseconds.
const VARIABLE: &str = "MIMALLOC_PURGE_DELAY";
const KEPT_MS: &str = "10000";

/// Begins this program anew with the setting, unless somebody made one; the process stays the same. If that cannot be done,
/// nothing happens.
pub(crate) fn keep_freed() {
    if std::env::var_os(VARIABLE).is_none() {
        let error = anew();
        // There is no log yet.
        complain(&format!("memory is given back to the system sooner than it is needed again: {error}"));
    }
}

#[expect(clippy::disallowed_methods, reason = "it is no other program")]
fn anew() -> std::io::Error {
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return error,
    };
    std::process::Command::new(program).args(std::env::args_os().skip(1)).env(VARIABLE, KEPT_MS).exec()
}
