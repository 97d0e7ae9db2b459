//! Who works on a data folder: one process at a time. The claim ends with the process, however that ends.

use std::fs::{File, TryLockError};
use std::path::Path;

use anyhow::{Context, Result, bail};

const FILE: &str = "quell.lock";

/// A data folder that nobody else works on as long as this is held.
#[derive(Debug)]
pub(crate) struct Claim {
    _file: File,
}

impl Claim {
    /// Claims a folder.
    pub(crate) fn take(folder: &Path) -> Result<Claim> {
        let path = folder.join(FILE);
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.with_context(|| format!("cannot write {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Claim { _file: file }),
            Err(TryLockError::WouldBlock) => {
                bail!("another Quell works on {}; stop it first, or name another folder", folder.display())
            }
            Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("cannot lock {}", path.display())),
        }
    }
}
