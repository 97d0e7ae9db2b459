//! How long memory that was freed is kept.
//!
//! Telling stories takes up to some hundred megabytes every few seconds, and frees them. Given back to the system in between,
//! each page has to be made anew, while everything else that wants memory waits: under a flood that is a third of the time of
//! matching. So memory is kept a little longer than the time between two stories.

/// Where the allocator reads its setting, before `main`. In milliseconds.
const VARIABLE: &str = "MIMALLOC_PURGE_DELAY";
const KEPT_MS: &str = "10000";

/// Begins this program anew with the setting, unless somebody made one; the process stays the same. If that cannot be done,
/// nothing happens.
pub(crate) fn keep_freed() {
    #[cfg(unix)]
    if std::env::var_os(VARIABLE).is_none() {
        let error = anew();
        // There is no log yet.
        crate::progress::complain(&format!(
            "memory is given back to the system sooner than it is needed again: {error}"
        ));
    }
}

#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "it is no other program")]
fn anew() -> std::io::Error {
    use std::os::unix::process::CommandExt;
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return error,
    };
    std::process::Command::new(program).args(std::env::args_os().skip(1)).env(VARIABLE, KEPT_MS).exec()
}
