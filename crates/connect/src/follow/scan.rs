//! Looks which files stand where. Blocking.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use quell_model::wildcard_match;

use super::position::{FileId, Stamp};

/// Most files followed by one source.
const FILES_MAX: usize = 10_000;
/// How often a folder is looked at again in one poll.
const SCANS_MAX: u32 = 5;
/// Endings of rotated files that were packed since.
const PACKED: [&str; 5] = [".gz", ".bz2", ".xz", ".zst", ".zip"];

/// What stands where.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Paths to follow: those that were named, there or not, and those that a folder or pattern gives.
    pub(super) followed: BTreeSet<PathBuf>,
    /// Every file in the folders concerned.
    pub(super) files: HashMap<FileId, Seen>,
    /// Which file stands at a path.
    pub(super) ids: HashMap<PathBuf, FileId>,
    /// What could not be looked at, and why.
    pub(super) problems: Vec<(PathBuf, String)>,
}

/// A file.
#[derive(Debug)]
pub(super) struct Seen {
    /// Where it stands.
    pub(super) path: PathBuf,
    /// What it is like.
    pub(super) stamp: Stamp,
    /// When it was created, or last written if the file system does not say, in milliseconds since 1970.
    pub(super) born: u64,
}

/// Which files of a folder are followed.
enum Wanted<'p> {
    /// The file with this path.
    Named(&'p Path),
    /// Files with names like this.
    Like(String),
    /// All files.
    All,
}

/// Looks at what the paths name: files, folders, or a last component with `*` in it.
///
/// A folder that changes while it is looked at shows some files twice and others not at all. So where something is not as
/// `before`, it is looked at again until it stands still.
pub(super) fn scan(paths: &[PathBuf], before: &HashMap<PathBuf, FileId>) -> Scan {
    let mut found = scan_once(paths);
    if found.ids == *before {
        return found;
    }
    for _ in 0..SCANS_MAX {
        let again = scan_once(paths);
        let is_still = again.ids == found.ids;
        found = again;
        if is_still {
            break;
        }
    }
    found
}

fn scan_once(paths: &[PathBuf]) -> Scan {
    let mut scan = Scan::default();
    let mut folders: BTreeMap<&Path, Vec<Wanted<'_>>> = BTreeMap::new();
    for path in paths {
        let (folder, wanted) = wanted(path);
        folders.entry(folder).or_default().push(wanted);
    }
    for (folder, wanted) in folders {
        scan.folder(folder, &wanted);
    }
    if scan.followed.len() > FILES_MAX
        && let Some(first_left) = scan.followed.iter().nth(FILES_MAX).cloned()
    {
        let left = scan.followed.split_off(&first_left).len();
        scan.problems
            .push((first_left, format!("{left} files from here on are not followed; {FILES_MAX} are the limit")));
    }
    scan
}

fn wanted(path: &Path) -> (&Path, Wanted<'_>) {
    if path.is_dir() {
        return (path, Wanted::All);
    }
    let folder = path.parent().unwrap_or(path);
    match path.file_name().and_then(OsStr::to_str) {
        Some(name) if name.contains('*') => (folder, Wanted::Like(name.to_owned())),
        _ => (folder, Wanted::Named(path)),
    }
}

impl Scan {
    /// Files that are not followed under their name and belong to nobody yet.
    pub(super) fn strays(&self, owned: &HashSet<FileId>) -> Vec<(FileId, &Seen)> {
        let strays = self.files.iter().filter(|(id, seen)| !owned.contains(id) && !self.followed.contains(&seen.path));
        strays.map(|(id, seen)| (*id, seen)).collect()
    }

    fn folder(&mut self, folder: &Path, wanted: &[Wanted<'_>]) {
        match list(folder) {
            Ok(names) => {
                for name in names {
                    let path = folder.join(&name);
                    let name = name.to_string_lossy();
                    let followed = wanted.iter().any(|wanted| match wanted {
                        Wanted::Named(_) => false,
                        Wanted::Like(pattern) => wildcard_match(pattern, &name),
                        Wanted::All => true,
                    });
                    self.file(path, followed);
                }
            }
            Err(error) => self.problems.push((folder.to_owned(), error.to_string())),
        }
        for wanted in wanted {
            if let Wanted::Named(path) = wanted {
                self.followed.insert(path.to_path_buf());
                self.file(path.to_path_buf(), true);
            }
        }
    }

    /// Links are followed; what is no file is left out.
    fn file(&mut self, path: PathBuf, followed: bool) {
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() => {
                let id = id_of(&path, &metadata);
                if followed {
                    self.followed.insert(path.clone());
                }
                self.ids.insert(path.clone(), id);
                let stamp = Stamp { bytes: metadata.len(), modified: metadata.modified().ok() };
                self.files.insert(id, Seen { path, stamp, born: born(&metadata) });
            }
            Err(error) if followed && error.kind() != ErrorKind::NotFound => {
                self.problems.push((path, error.to_string()));
            }
            Ok(_) | Err(_) => {}
        }
    }
}

fn list(folder: &Path) -> io::Result<Vec<std::ffi::OsString>> {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut names = fs::read_dir(here)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

/// Those of the files that stood at `path` after the one that was born then and were rotated since, oldest first.
pub(super) fn successors(strays: &[(FileId, &Seen)], path: &Path, born: u64) -> Vec<(FileId, u64)> {
    let rotated = strays.iter().filter(|(_, seen)| seen.born >= born && is_rotated(&seen.path, path));
    let mut found: Vec<(FileId, u64)> = rotated.map(|(id, seen)| (*id, seen.born)).collect();
    found.sort_by_key(|(id, born)| (*born, id.inode));
    found
}

fn born(metadata: &Metadata) -> u64 {
    let time = metadata.created().or_else(|_| metadata.modified()).ok();
    let since = time.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Whether a name is that of a file which stood at `path` before it was rotated: `app.log.1`, `app.log-20260102`.
fn is_rotated(name: &Path, path: &Path) -> bool {
    let text = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name_text = text(name);
    let suffix = name_text.strip_prefix(&text(path)).unwrap_or_default();
    let is_packed = PACKED.iter().any(|ending| suffix.ends_with(ending));
    name.parent() == path.parent()
        && suffix.starts_with(['.', '-', '_'])
        && suffix.contains(|character: char| character.is_ascii_digit())
        && !is_packed
}

/// Which file it is.
#[cfg(unix)]
pub(super) fn id_of(_: &Path, metadata: &Metadata) -> FileId {
    use std::os::unix::fs::MetadataExt;
    FileId { dev: metadata.dev(), inode: metadata.ino() }
}

/// Which file it is. There is no number for it here, so its path has to do: a renamed file is another one, and what stands at
/// a path is told from what stood there by its content.
#[cfg(not(unix))]
pub(super) fn id_of(path: &Path, _: &Metadata) -> FileId {
    use sha2::{Digest, Sha256};
    let hash = Sha256::digest(path.to_string_lossy().as_bytes());
    FileId { dev: 0, inode: hash.iter().take(7).fold(0, |number, byte| number << 8 | u64::from(*byte)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotated_files_are_known_by_name() {
        let check = |name: &str, expected: bool| {
            assert_eq!(is_rotated(Path::new(name), Path::new("/var/log/app.log")), expected, "{name}");
        };
        check("/var/log/app.log.1", true);
        check("/var/log/app.log-20260102", true);
        check("/var/log/app.log", false);
        check("/var/log/app.log.2.gz", false);
        check("/var/log/app.log.lock", false);
        check("/var/log/app.log2", false);
        check("/var/log/old/app.log.1", false);
        check("/var/log/other.log.1", false);
    }
}
