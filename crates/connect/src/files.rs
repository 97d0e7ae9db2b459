//! Files, folders, archives and standard input.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use walkdir::WalkDir;
use zip::ZipArchive;

use crate::capped::Capped;

/// Deepest nesting of archives in archives.
const DEPTH_MAX: u32 = 3;
/// Largest archive inside an archive; it has to be held in memory.
const NESTED_BYTES_MAX: u64 = 256 << 20;
/// Most members read of one archive.
const MEMBERS_MAX: usize = 100_000;
const YEAR_UNKNOWN: i16 = 1970;

/// A stream of bytes with a name.
pub struct Input<'a> {
    /// Path as given, with the member of an archive after `!`.
    pub name: String,
    /// Year in which the file was last written; completes times that have none.
    pub year: i16,
    /// Its bytes, decompressed.
    pub reader: Box<dyn Read + 'a>,
}

/// An input that could not be read, or not to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {reason}")]
pub struct Problem {
    /// Which.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// Opens everything below `paths` in order of name and hands each stream to `read`. `-` is standard input.
///
/// What cannot be opened is returned; the rest is still read. An error of `read` itself ends the visit.
///
/// # Errors
/// The first error that `read` returns.
pub fn visit<E>(paths: &[PathBuf], mut read: impl FnMut(Input<'_>) -> Result<(), E>) -> Result<Vec<Problem>, E> {
    let mut problems = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            let year = YEAR_UNKNOWN;
            open_stream(
                "-".to_owned(),
                year,
                Box::new(io::stdin()),
                &mut Visit { read: &mut read, problems: &mut problems },
            )?;
            continue;
        }
        for entry in WalkDir::new(path).sort_by_file_name() {
            match entry {
                Ok(entry) if entry.file_type().is_file() => {
                    open_file(entry.path(), &mut Visit { read: &mut read, problems: &mut problems })?;
                }
                Ok(_) => {}
                Err(error) => problems.push(walk_problem(path, &error)),
            }
        }
    }
    Ok(problems)
}

fn walk_problem(path: &Path, error: &walkdir::Error) -> Problem {
    let name = error.path().unwrap_or(path).display().to_string();
    let reason = match error.io_error() {
        Some(io) => io.to_string(),
        None => "a link leads back to a folder above it".to_owned(),
    };
    Problem { name, reason }
}

struct Visit<'v, F> {
    read: &'v mut F,
    problems: &'v mut Vec<Problem>,
}

impl<F> Visit<'_, F> {
    fn problem(&mut self, name: &str, reason: impl ToString) {
        self.problems.push(Problem { name: name.to_owned(), reason: reason.to_string() });
    }
}

fn open_file<E, F: FnMut(Input<'_>) -> Result<(), E>>(path: &Path, visit: &mut Visit<'_, F>) -> Result<(), E> {
    let name = path.display().to_string();
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) => {
            visit.problem(&name, error);
            return Ok(());
        }
    };
    let metadata = file.metadata();
    let year = metadata.as_ref().ok().and_then(|m| m.modified().ok()).map_or(YEAR_UNKNOWN, year_of);
    let size = metadata.map_or(0, |m| m.len());
    let mut head = [0; 4];
    let filled = read_head(&mut file, &mut head);
    if let Err(error) = file.rewind() {
        // A pipe or device cannot be rewound; what was read is put back in front.
        if filled == 0 {
            visit.problem(&name, error);
            return Ok(());
        }
        let reader = Box::new(io::Cursor::new(head[..filled].to_vec()).chain(file));
        return (visit.read)(Input { name, year, reader });
    }
    match &head[..filled] {
        [b'P', b'K', 3, 4] => open_zip(&name, year, BufReader::new(file), (0, visit)),
        [0x1F, 0x8B, ..] => {
            let reader = Box::new(Capped::new(MultiGzDecoder::new(BufReader::new(file)), size));
            (visit.read)(Input { name, year, reader })
        }
        _ => (visit.read)(Input { name, year, reader: Box::new(file) }),
    }
}

fn read_head(file: &mut impl Read, head: &mut [u8; 4]) -> usize {
    let mut filled = 0;
    while filled < head.len() {
        match file.read(&mut head[filled..]) {
            Ok(0) | Err(_) => break,
            Ok(count) => filled += count,
        }
    }
    filled
}

fn year_of(time: std::time::SystemTime) -> i16 {
    jiff::Timestamp::try_from(time).map_or(YEAR_UNKNOWN, |time| jiff::tz::Offset::UTC.to_datetime(time).year())
}

/// A stream that cannot be read twice: standard input, or a member of an archive.
fn open_stream<E, F: FnMut(Input<'_>) -> Result<(), E>>(
    name: String,
    year: i16,
    mut reader: Box<dyn Read + '_>,
    visit: &mut Visit<'_, F>,
) -> Result<(), E> {
    let mut head = [0; 4];
    let filled = read_head(&mut reader, &mut head);
    let whole = io::Cursor::new(head[..filled].to_vec()).chain(reader);
    match &head[..filled] {
        [b'P', b'K', 3, 4] => match hold(whole) {
            Ok(bytes) => open_zip(&name, year, io::Cursor::new(bytes), (1, visit)),
            Err(error) => {
                visit.problem(&name, error);
                Ok(())
            }
        },
        [0x1F, 0x8B, ..] => {
            let reader = Box::new(Capped::new(MultiGzDecoder::new(BufReader::new(whole)), 0));
            (visit.read)(Input { name, year, reader })
        }
        _ => (visit.read)(Input { name, year, reader: Box::new(whole) }),
    }
}

fn hold(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(NESTED_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > NESTED_BYTES_MAX {
        return Err(io::Error::other(format!(
            "archive inside a stream is larger than {} MiB; unpack it",
            NESTED_BYTES_MAX >> 20
        )));
    }
    Ok(bytes)
}

fn open_zip<E, R, F>(name: &str, year: i16, file: R, (depth, visit): (u32, &mut Visit<'_, F>)) -> Result<(), E>
where
    R: Read + Seek,
    F: FnMut(Input<'_>) -> Result<(), E>,
{
    let mut archive = match ZipArchive::new(file) {
        Ok(archive) => archive,
        Err(error) => {
            visit.problem(name, format!("zip archive: {error}"));
            return Ok(());
        }
    };
    if archive.len() > MEMBERS_MAX {
        visit.problem(name, format!("zip archive has {} members; the first {MEMBERS_MAX} were read", archive.len()));
    }
    let mut members: Vec<(String, usize)> =
        (0..archive.len().min(MEMBERS_MAX)).map(|at| (member_name(&archive, at), at)).collect();
    members.sort();
    for (member, at) in members {
        let full = format!("{name}!{member}");
        let member = match archive.by_index(at) {
            Ok(member) => member,
            Err(error) => {
                visit.problem(&full, format!("zip member: {error}"));
                continue;
            }
        };
        if !member.is_file() {
            continue;
        }
        let compressed_bytes = member.compressed_size();
        let reader = Capped::new(Box::new(member) as Box<dyn Read + '_>, compressed_bytes);
        open_member(&full, year, reader, (depth, visit))?;
    }
    Ok(())
}

fn member_name<R: Read + Seek>(archive: &ZipArchive<R>, at: usize) -> String {
    match archive.name_for_index(at) {
        Some(Ok(name)) => name.into_owned(),
        _ => format!("member {}", at + 1),
    }
}

fn open_member<E, F>(
    name: &str,
    year: i16,
    mut reader: Capped<Box<dyn Read + '_>>,
    (depth, visit): (u32, &mut Visit<'_, F>),
) -> Result<(), E>
where
    F: FnMut(Input<'_>) -> Result<(), E>,
{
    let mut head = [0; 4];
    let filled = read_head(&mut reader, &mut head);
    let whole = io::Cursor::new(head[..filled].to_vec()).chain(reader);
    match &head[..filled] {
        [b'P', b'K', 3, 4] if depth + 1 > DEPTH_MAX => {
            visit.problem(name, format!("archives are nested deeper than {DEPTH_MAX}"));
            Ok(())
        }
        [b'P', b'K', 3, 4] => match hold(whole) {
            Ok(bytes) => open_zip(name, year, io::Cursor::new(bytes), (depth + 1, visit)),
            Err(error) => {
                visit.problem(name, error);
                Ok(())
            }
        },
        [0x1F, 0x8B, ..] => {
            let reader = Box::new(Capped::new(MultiGzDecoder::new(BufReader::new(whole)), 0));
            (visit.read)(Input { name: name.to_owned(), year, reader })
        }
        _ => (visit.read)(Input { name: name.to_owned(), year, reader: Box::new(whole) }),
    }
}
