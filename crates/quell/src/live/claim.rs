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

#[cfg(test)]
mod tests {
    use super::Claim;

    #[test]
    fn a_folder_is_claimed_once_at_a_time() {
        let folder = std::env::temp_dir().join(format!("quell-claim-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let first = Claim::take(&folder).expect("nobody has it");
        assert!(Claim::take(&folder).is_err());
        drop(first);
        Claim::take(&folder).expect("it was given back");
        std::fs::remove_dir_all(&folder).expect("gone");
    }
}
