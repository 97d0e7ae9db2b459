//! Files, folders, archives and standard input.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use walkdir::{DirEntry, WalkDir};
use zip::ZipArchive;

use crate::capped::{Budget, Capped};

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
    let mut visit = Visit { read: &mut read, problems: &mut problems };
    for path in paths {
        if path.as_os_str() == "-" {
            let budget = Budget::of(0);
            let place = Place { name: "-".to_owned(), year: YEAR_UNKNOWN, depth: 0, budget: &budget };
            open_stream(place, Box::new(io::stdin()), &mut visit)?;
            continue;
        }
        for entry in WalkDir::new(path).sort_by_file_name() {
            match entry {
                Ok(entry) => open_entry(&entry, &mut visit)?,
                Err(error) => visit.problems.push(walk_problem(path, &error)),
            }
        }
    }
    Ok(problems)
}

/// A file is read; so is whatever the user named, a pipe for example. Links inside a folder are not followed.
fn open_entry<E, F: FnMut(Input<'_>) -> Result<(), E>>(entry: &DirEntry, visit: &mut Visit<'_, F>) -> Result<(), E> {
    let kind = entry.file_type();
    let named = entry.depth() == 0 && !entry.path().is_dir();
    if kind.is_file() || named {
        return open_file(entry.path(), visit);
    }
    let skipped = match () {
        () if kind.is_dir() || entry.depth() == 0 => return Ok(()),
        () if kind.is_symlink() => "symbolic link in a folder, not followed; name it to read it",
        () => "neither file nor folder, not read; name it to read it",
    };
    visit.problem(&entry.path().display().to_string(), skipped);
    Ok(())
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
    let mut head = [0; 4];
    let opened = File::open(path).and_then(|mut file| Ok((read_head(&mut file, &mut head)?, file)));
    let (filled, mut file) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            visit.problem(&name, error);
            return Ok(());
        }
    };
    let metadata = file.metadata().ok();
    let year = metadata.as_ref().and_then(|m| m.modified().ok()).map_or(YEAR_UNKNOWN, year_of);
    let budget = Budget::of(metadata.map_or(0, |m| m.len()));
    let place = Place { name, year, depth: 0, budget: &budget };
    // A pipe or device cannot be rewound.
    match Form::of(&head[..filled]) {
        Form::Zip if file.rewind().is_ok() => open_zip(&place, BufReader::new(file), visit),
        form => open_form(place, form, Box::new(io::Cursor::new(head[..filled].to_vec()).chain(file)), visit),
    }
}

fn read_head(file: &mut impl Read, head: &mut [u8; 4]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < head.len() {
        match file.read(&mut head[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // What came before the fault is read; it comes again then.
            Err(_) if filled > 0 => break,
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// The year of a time, in UTC.
pub(crate) fn year_of(time: std::time::SystemTime) -> i16 {
    jiff::Timestamp::try_from(time).map_or(YEAR_UNKNOWN, |time| jiff::tz::Offset::UTC.to_datetime(time).year())
}

/// What a stream is, by its first bytes.
#[derive(Clone, Copy)]
enum Form {
    Zip,
    Gzip,
    Plain,
}

impl Form {
    fn of(head: &[u8]) -> Form {
        match head {
            [b'P', b'K', 3, 4] | [b'P', b'K', 5, 6] => Form::Zip,
            [0x1F, 0x8B, ..] => Form::Gzip,
            _ => Form::Plain,
        }
    }
}

/// Where a stream stands.
struct Place<'b> {
    name: String,
    year: i16,
    /// Archives around it.
    depth: u32,
    budget: &'b Budget,
}

/// A stream that cannot be read twice: standard input, or a member of an archive.
fn open_stream<E, F: FnMut(Input<'_>) -> Result<(), E>>(
    place: Place<'_>,
    mut reader: Box<dyn Read + '_>,
    visit: &mut Visit<'_, F>,
) -> Result<(), E> {
    let mut head = [0; 4];
    match read_head(&mut reader, &mut head) {
        Ok(filled) => {
            let whole = Box::new(io::Cursor::new(head[..filled].to_vec()).chain(reader));
            open_form(place, Form::of(&head[..filled]), whole, visit)
        }
        Err(error) => {
            visit.problem(&place.name, error);
            Ok(())
        }
    }
}

fn open_form<E, F: FnMut(Input<'_>) -> Result<(), E>>(
    place: Place<'_>,
    form: Form,
    reader: Box<dyn Read + '_>,
    visit: &mut Visit<'_, F>,
) -> Result<(), E> {
    match form {
        Form::Plain => return (visit.read)(Input { name: place.name, year: place.year, reader }),
        _ if place.depth > DEPTH_MAX => {
            visit.problem(&place.name, format!("archives are nested deeper than {DEPTH_MAX}; unpack them"));
        }
        Form::Gzip => {
            // Of a member the compressed size is not known.
            let bytes = if place.depth == 0 { place.budget.file_bytes() } else { 0 };
            let reader = Capped::new(MultiGzDecoder::new(BufReader::new(reader)), bytes, place.budget);
            return open_stream(Place { depth: place.depth + 1, ..place }, Box::new(reader), visit);
        }
        Form::Zip => match hold(reader) {
            Ok(bytes) => return open_zip(&place, io::Cursor::new(bytes), visit),
            Err(error) => visit.problem(&place.name, error),
        },
    }
    Ok(())
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

fn open_zip<E, R, F>(place: &Place<'_>, file: R, visit: &mut Visit<'_, F>) -> Result<(), E>
where
    R: Read + Seek,
    F: FnMut(Input<'_>) -> Result<(), E>,
{
    let mut archive = match ZipArchive::new(file) {
        Ok(archive) => archive,
        Err(error) => {
            visit.problem(&place.name, format!("zip archive: {error}"));
            return Ok(());
        }
    };
    if archive.len() > MEMBERS_MAX {
        let reason = format!("zip archive has {} members; the first {MEMBERS_MAX} were read", archive.len());
        visit.problem(&place.name, reason);
    }
    let mut members: Vec<(String, usize)> =
        (0..archive.len().min(MEMBERS_MAX)).map(|at| (member_name(&archive, at), at)).collect();
    members.sort();
    for (member, at) in members {
        let name = format!("{}!{member}", place.name);
        match archive.by_index(at) {
            Ok(member) if member.is_file() => {
                let compressed_bytes = member.compressed_size();
                let reader = Box::new(Capped::new(member, compressed_bytes, place.budget));
                open_stream(Place { name, depth: place.depth + 1, ..*place }, reader, visit)?;
            }
            Ok(_) => {}
            Err(error) => visit.problem(&name, format!("zip member: {error}")),
        }
    }
    Ok(())
}

fn member_name<R: Read + Seek>(archive: &ZipArchive<R>, at: usize) -> String {
    match archive.name_for_index(at) {
        Some(Ok(name)) => name.into_owned(),
        _ => format!("member {}", at + 1),
    }
}
