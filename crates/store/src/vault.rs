//! The evidence vault as a folder: one file for each SHA-256, written once, readable by its owner only.
//!
//! A file gets its name when it is complete and on the disk; what a stop left unfinished is in `incoming` and is removed at the
//! next start. Nothing here decides about evidence: what is sealed, held or redacted is in the ledger.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use quell_model::hex;
use quell_model::ports::{Content, SealedBytes, Sealing, Vault};
use sha2::{Digest, Sha256};

const INCOMING: &str = "incoming";

/// A vault in a folder.
#[derive(Debug)]
pub struct FolderVault {
    folder: PathBuf,
    count: AtomicU64,
    bytes_max: u64,
}

impl FolderVault {
    /// The vault of this folder; a piece of evidence has at most `bytes_max` bytes.
    ///
    /// # Errors
    /// The folder cannot be made, or what is unfinished cannot be removed.
    pub fn open(folder: &Path, bytes_max: u64) -> io::Result<FolderVault> {
        let incoming = folder.join(INCOMING);
        match fs::remove_dir_all(&incoming) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => make(&incoming)?,
        }
        Ok(FolderVault { folder: folder.to_path_buf(), count: AtomicU64::new(0), bytes_max })
    }

    fn path(&self, sha256: &str) -> io::Result<PathBuf> {
        let is_hash = sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if !is_hash {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "evidence is named by a SHA-256"));
        }
        Ok(self.folder.join(&sha256[..2]).join(&sha256[2..]))
    }
}

impl Vault for FolderVault {
    fn begin(&self) -> io::Result<Box<dyn Sealing>> {
        let name = format!("{}", self.count.fetch_add(1, Ordering::Relaxed));
        let path = self.folder.join(INCOMING).join(name);
        let file = create(&path)?;
        Ok(Box::new(Incoming {
            path,
            file,
            folder: self.folder.clone(),
            hash: Sha256::new(),
            size: 0,
            bytes_max: self.bytes_max,
        }))
    }

    fn read(&self, sha256: &str) -> io::Result<Box<dyn Content>> {
        Ok(Box::new(File::open(self.path(sha256)?)?))
    }

    fn remove(&self, sha256: &str) -> io::Result<()> {
        match fs::remove_file(self.path(sha256)?) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }
}

/// Evidence that is still arriving. Dropped, it leaves nothing behind.
struct Incoming {
    path: PathBuf,
    file: File,
    folder: PathBuf,
    hash: Sha256,
    size: u64,
    bytes_max: u64,
}

impl Sealing for Incoming {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.size += bytes.len() as u64;
        if self.size > self.bytes_max {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the evidence is larger than evidence may be"));
        }
        self.hash.update(bytes);
        self.file.write_all(bytes)
    }

    fn finish(self: Box<Self>) -> io::Result<SealedBytes> {
        self.file.sync_all()?;
        let sha256 = hex::encode(&self.hash.clone().finalize());
        let folder = self.folder.join(&sha256[..2]);
        make(&folder)?;
        let target = folder.join(&sha256[2..]);
        // The same bytes are kept once; what is there already may have been changed, so it is written anew.
        fs::rename(&self.path, &target)?;
        File::open(&folder)?.sync_all()?;
        File::open(&self.folder)?.sync_all()?;
        Ok(SealedBytes { sha256, size_bytes: self.size })
    }

    fn reread(self: Box<Self>) -> io::Result<Box<dyn Content>> {
        let file = File::open(&self.path)?;
        Ok(Box::new(Passing { file, _incoming: self }))
    }
}

/// What came in, as long as somebody reads it.
struct Passing {
    file: File,
    /// Dropped, it removes the file.
    _incoming: Box<Incoming>,
}

impl Read for Passing {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.file.read(bytes)
    }
}

impl Seek for Passing {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // Renamed, it is not there any more; what stays is removed at the next start.
        drop(fs::remove_file(&self.path));
    }
}

fn make(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o400);
    options.open(path)
}
