//! How far a file has been read, and how that is kept.

use quell_model::ports::SourceCheckpoint;
use serde::{Deserialize, Serialize};

/// Most files that one path stood for and that are still looked after: rotated ones that can grow yet, or that stand in a
/// followed folder and must not be read again.
const POSITIONS_MAX: usize = 64;

/// Which file, whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct FileId {
    /// The file system.
    pub(super) dev: u64,
    /// The file in it.
    pub(super) inode: u64,
}

/// Size and time of change: if both are as before, there is nothing to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Size.
    pub(super) bytes: u64,
    /// When it was last written; none if the file system does not say.
    pub(super) modified: Option<std::time::SystemTime>,
}

/// How far a file has been read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// Which file.
    #[serde(flatten)]
    pub(super) id: FileId,
    /// When it was created, in milliseconds since 1970: its successors are younger. 0 if nobody knows.
    #[serde(default)]
    pub(super) born: u64,
    /// Bytes read.
    pub(super) offset: u64,
    /// SHA-256, in hex, of the first of these bytes.
    pub(super) head: String,
    /// SHA-256, in hex, of the last of these bytes. Inodes are used again, and files with the same header grow past the same
    /// offset again; this tells them apart.
    #[serde(default)]
    pub(super) tail: String,
    /// Whether it stands inside a line that is too long.
    #[serde(skip)]
    pub(super) skipping: bool,
    /// What the file was like when everything in it had been read.
    #[serde(skip)]
    pub(super) done: Option<Stamp>,
    /// Whether a last line without an end was left there then.
    #[serde(skip)]
    pub(super) rest: bool,
    /// Polls in a row that found nothing to read, or no file.
    #[serde(skip)]
    pub(super) quiet_polls: u32,
}

impl Position {
    /// Where reading begins.
    pub(super) fn start(id: FileId, born: u64) -> Position {
        Position {
            id,
            born,
            offset: 0,
            head: String::new(),
            tail: String::new(),
            skipping: false,
            done: None,
            rest: false,
            quiet_polls: 0,
        }
    }
}

/// The files that a path stood for, oldest first; the last is the one that stands there now, or stood there last.
#[derive(Debug)]
pub(super) struct Track {
    key: String,
    /// How far each was read.
    pub(super) positions: Vec<Position>,
}

/// A track as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    #[serde(flatten)]
    current: Position,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    before: Vec<Position>,
}

impl Track {
    /// The key under which a track is kept.
    pub(super) fn key_of(path: &std::path::Path) -> String {
        format!("file:{}", path.display())
    }

    /// The track of a path that was never read.
    pub(super) fn new(key: String) -> Track {
        Track { key, positions: Vec::new() }
    }

    /// The track that was kept under a key.
    ///
    /// # Errors
    /// The value is none of [`Track::checkpoint_with`]'s.
    pub(super) fn load(key: String, value: &str) -> Result<Track, serde_json::Error> {
        let Kept { current, before: mut positions } = serde_json::from_str(value)?;
        positions.push(current);
        Ok(Track { key, positions })
    }

    /// A file stands at the path that did not stand there before.
    pub(super) fn begin(&mut self, id: FileId, born: u64) {
        self.positions.push(Position::start(id, born));
        let excess = self.positions.len().saturating_sub(POSITIONS_MAX);
        self.positions.drain(..excess);
    }

    /// This is the file that stands at the path now.
    pub(super) fn put_last(&mut self, id: FileId) {
        if let Some(at) = self.positions.iter().position(|position| position.id == id) {
            self.positions[at..].rotate_left(1);
        }
    }

    /// The position in a file.
    pub(super) fn position(&mut self, id: FileId) -> Option<&mut Position> {
        self.positions.iter_mut().find(|position| position.id == id)
    }

    /// Whether another file came after this one.
    pub(super) fn is_older(&self, id: FileId) -> bool {
        self.positions.last().is_some_and(|last| last.id != id)
    }

    /// Looks after a file no more.
    pub(super) fn forget(&mut self, id: FileId) {
        self.positions.retain(|position| position.id != id);
    }

    /// What to keep once a file has been read up to `next`.
    ///
    /// # Errors
    /// Never in practice; numbers and text are always JSON.
    pub(super) fn checkpoint_with(&self, next: &Position) -> Result<SourceCheckpoint, serde_json::Error> {
        let mut before = self.positions.clone();
        for position in before.iter_mut().filter(|position| position.id == next.id) {
            position.clone_from(next);
        }
        let current = before.pop().unwrap_or_else(|| next.clone());
        let value = serde_json::to_string(&Kept { current, before })?;
        Ok(SourceCheckpoint { key: self.key.clone(), value })
    }
}
