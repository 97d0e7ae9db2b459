//! Uploads: kept in a file without a name until they are complete, then read as any file or archive is.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use quell_model::ports::{ReadUploaded, Upload, Uploads};

use crate::{Input, Problem, visit};

/// Uploads that wait in a folder.
#[derive(Debug)]
pub struct Spool {
    folder: PathBuf,
    count: AtomicU64,
    bytes_max: u64,
}

impl Spool {
    /// A spool in this folder, which is emptied: what an earlier run left there was never acknowledged.
    ///
    /// # Errors
    /// The folder cannot be made or emptied.
    pub fn new(folder: &Path, bytes_max: u64) -> io::Result<Spool> {
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir_all(folder)?,
        }
        Ok(Spool { folder: folder.to_path_buf(), count: AtomicU64::new(0), bytes_max })
    }
}

impl Uploads for Spool {
    fn begin(&self) -> io::Result<Box<dyn Upload>> {
        let path = self.folder.join(format!("upload-{}", self.count.fetch_add(1, Ordering::Relaxed)));
        let file = File::create_new(&path)?;
        Ok(Box::new(Spooled { path, file, left: self.bytes_max }))
    }
}

struct Spooled {
    path: PathBuf,
    file: File,
    left: u64,
}

impl Upload for Spooled {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.left = self
            .left
            .checked_sub(bytes.len() as u64)
            .ok_or_else(|| io::Error::new(io::ErrorKind::FileTooLarge, "the upload is larger than uploads may be"))?;
        self.file.write_all(bytes)
    }

    fn finish(self: Box<Self>, read: &mut ReadUploaded<'_>) -> io::Result<Vec<(String, String)>> {
        let root = self.path.display().to_string();
        let named = |name: &str| name.strip_prefix(&root).unwrap_or(name).trim_start_matches('!').to_owned();
        let paths = [self.path.clone()];
        let problems = visit(&paths, |mut input: Input<'_>| read(&named(&input.name), input.year, &mut input.reader))?;
        Ok(problems.into_iter().map(|Problem { name, reason }| (named(&name), reason)).collect())
    }
}

impl Drop for Spooled {
    fn drop(&mut self) {
        // What stays is removed at the next start.
        drop(fs::remove_file(&self.path));
    }
}
