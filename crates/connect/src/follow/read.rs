//! Reads on in a file. Blocking.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use memchr::{memchr, memrchr};
use sha2::{Digest, Sha256};

use super::position::Position;
use super::scan::id_of;
use crate::files::year_of;

/// Bytes of one delivery, unless a single line is longer.
const PART_BYTES: usize = 1 << 20;
/// Longest line that is read.
const LINE_BYTES_MAX: usize = 16 << 20;
/// Most bytes of header lines.
const PREAMBLE_BYTES_MAX: u64 = 64 << 10;
/// Bytes by which a file is known again.
const FINGERPRINT_BYTES: u64 = 256;
/// First bytes of what is not followed, and what it is.
const FOREIGN: [(&[u8], &str); 5] = [
    (&[0x1F, 0x8B], "gzip archives are not followed"),
    (b"ElfFile\0", "EVTX files are not followed; forward the events, or read the file once it is closed"),
    (b"PK\x03\x04", "zip archives are not followed"),
    (&[0xFF, 0xFE], "files in UTF-16 are not followed"),
    (&[0xFE, 0xFF], "files in UTF-16 are not followed"),
];

/// What was found behind a position.
#[derive(Debug)]
pub(super) enum Found {
    /// Another file stands at the path by now.
    Moved,
    /// The file was truncated or written anew: what was read of it is no longer there.
    Changed,
    /// It is nothing that can be followed.
    Foreign(&'static str),
    /// No whole line; whether there is part of one.
    Nothing {
        /// Part of a line stands there.
        rest: bool,
    },
    /// Lines.
    Part(Part),
    /// A line that is too long, or more of it; it is over unless `next` says that it is still being skipped.
    TooLong(Position),
}

/// Whole lines of a file.
#[derive(Debug)]
pub(super) struct Part {
    /// The lines.
    pub(super) bytes: Vec<u8>,
    /// Lines at the beginning of the file that may say how to read the others; empty if `bytes` begin there.
    pub(super) preamble: Vec<u8>,
    /// The year in which the file was last written.
    pub(super) year: Option<i16>,
    /// The position behind the lines.
    pub(super) next: Position,
}

/// Reads the next lines; `with_rest` also a last line without its end.
///
/// # Errors
/// The file cannot be opened or read.
pub(super) fn read(path: &Path, position: &Position, with_rest: bool) -> io::Result<Found> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    if id_of(path, &metadata) != position.id {
        return Ok(Found::Moved);
    }
    if metadata.len() < position.offset || !is_continued(&mut file, position)? {
        return Ok(Found::Changed);
    }
    let bytes = read_at(&mut file, position.offset, PART_BYTES as u64)?;
    if position.offset == 0
        && let Some((_, reason)) = FOREIGN.iter().find(|(magic, _)| bytes.starts_with(magic))
    {
        return Ok(Found::Foreign(reason));
    }
    if position.skipping {
        return skip_on(&mut file, position, &bytes);
    }
    let lines = match memrchr(b'\n', &bytes) {
        Some(at) => Lines::Whole(bytes, at + 1),
        None => long_line(&mut file, position.offset, bytes)?,
    };
    match lines {
        Lines::Whole(bytes, length) => part(file, &metadata, position, bytes, length),
        Lines::Rest(bytes) if with_rest && !bytes.is_empty() => {
            let length = bytes.len();
            part(file, &metadata, position, bytes, length)
        }
        Lines::Rest(bytes) => Ok(Found::Nothing { rest: !bytes.is_empty() }),
        Lines::TooLong(length) => advanced(&mut file, position, length, true).map(Found::or_changed),
    }
}

enum Lines {
    /// So many of these bytes are whole lines.
    Whole(Vec<u8>, usize),
    /// A line without its end.
    Rest(Vec<u8>),
    /// A line whose end is not among its first so many bytes, which are too many.
    TooLong(usize),
}

/// There is no end of a line in `bytes`: looks further, as far as a line may go.
fn long_line(file: &mut File, offset: u64, mut bytes: Vec<u8>) -> io::Result<Lines> {
    if bytes.len() < PART_BYTES {
        return Ok(Lines::Rest(bytes));
    }
    let searched = bytes.len();
    bytes.extend(read_at(file, offset + searched as u64, (LINE_BYTES_MAX + 1 - searched) as u64)?);
    Ok(match memchr(b'\n', &bytes[searched..]) {
        Some(at) => Lines::Whole(bytes, searched + at + 1),
        None if bytes.len() > LINE_BYTES_MAX => Lines::TooLong(bytes.len()),
        None => Lines::Rest(bytes),
    })
}

/// Goes on in a line that is too long; `bytes` are its next.
fn skip_on(file: &mut File, position: &Position, bytes: &[u8]) -> io::Result<Found> {
    if bytes.is_empty() {
        return Ok(Found::Nothing { rest: false });
    }
    let end = memchr(b'\n', bytes);
    let length = end.map_or(bytes.len(), |at| at + 1);
    advanced(file, position, length, end.is_none()).map(Found::or_changed)
}

impl Found {
    fn or_changed(next: Option<Position>) -> Found {
        next.map_or(Found::Changed, Found::TooLong)
    }
}

fn part(
    mut file: File,
    metadata: &Metadata,
    position: &Position,
    mut bytes: Vec<u8>,
    length: usize,
) -> io::Result<Found> {
    bytes.truncate(length);
    let preamble = preamble(&mut file, position.offset)?;
    let year = metadata.modified().ok().map(year_of);
    let Some(next) = advanced(&mut file, position, length, false)? else { return Ok(Found::Changed) };
    Ok(Found::Part(Part { bytes, preamble, year, next }))
}

/// The position so many bytes further; none if the file is shorter than that by now.
fn advanced(file: &mut File, position: &Position, bytes: usize, skipping: bool) -> io::Result<Option<Position>> {
    let offset = position.offset + bytes as u64;
    let fingerprint = fingerprint(file, offset)?;
    let start = Position::start(position.id, position.born);
    Ok(fingerprint.map(|(head, tail)| Position { offset, head, tail, skipping, ..start }))
}

/// Whether what was read of the file still stands in it.
fn is_continued(file: &mut File, position: &Position) -> io::Result<bool> {
    if position.offset == 0 {
        return Ok(true);
    }
    let found = fingerprint(file, position.offset)?;
    Ok(found.is_some_and(|(head, tail)| head == position.head && (tail == position.tail || position.tail.is_empty())))
}

/// Hashes of the first and of the last bytes before an offset; none if the file ends before it.
fn fingerprint(file: &mut File, offset: u64) -> io::Result<Option<(String, String)>> {
    let length = offset.min(FINGERPRINT_BYTES);
    let head = read_at(file, 0, length)?;
    let tail = read_at(file, offset - length, length)?;
    let whole = head.len() as u64 == length && tail.len() as u64 == length;
    Ok(whole.then(|| (hash(&head), hash(&tail))))
}

fn hash(bytes: &[u8]) -> String {
    quell_model::hex::encode(&Sha256::digest(bytes))
}

/// The leading lines that begin with `#`, or else the first line, as far as they end at or before `offset`.
fn preamble(file: &mut File, offset: u64) -> io::Result<Vec<u8>> {
    let mut head = read_at(file, 0, offset.min(PREAMBLE_BYTES_MAX))?;
    let mut length = 0;
    while let Some(end) = memchr(b'\n', &head[length..])
        && (length == 0 || head[length] == b'#')
    {
        length += end + 1;
        if head[0] != b'#' {
            break;
        }
    }
    head.truncate(length);
    Ok(head)
}

fn read_at(file: &mut File, offset: u64, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(offset))?;
    file.take(bytes_max).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::follow::position::FileId;

    /// A file with this content that no name leads to any more once the test ends.
    fn with_file<T>(name: &str, content: &[u8], test: impl FnOnce(&Path, Position) -> T) -> T {
        let path = std::env::temp_dir().join(format!("quell-read-{}-{name}", std::process::id()));
        std::fs::write(&path, content).unwrap();
        let id: FileId = id_of(&path, &std::fs::metadata(&path).unwrap());
        let answer = test(&path, Position::start(id, 0));
        std::fs::remove_file(&path).unwrap();
        answer
    }

    #[test]
    fn a_preamble_is_the_header() {
        let check = |content: &str, offset: u64, expected: &str| {
            with_file("preamble", content.as_bytes(), |path, _| {
                let found = preamble(&mut File::open(path).unwrap(), offset).unwrap();
                assert_eq!(String::from_utf8_lossy(&found), expected, "{content:?} at {offset}");
            });
        };
        check("#a\n#b\n1\n2\n", 8, "#a\n#b\n");
        check("#a\n#b\n1\n2\n", 3, "#a\n");
        check("#a\n#b\n1\n2\n", 0, "");
        check("a,b\n1,2\n3,4\n", 8, "a,b\n");
        check("a,b", 3, "");
        let long = format!("{}\n1\n", "x".repeat(70_000));
        check(&long, long.len() as u64, "");
    }

    #[test]
    fn long_lines_are_skipped() {
        let mut content = vec![b'x'; LINE_BYTES_MAX + 3_000_000];
        content.extend_from_slice(b"\nnext\n");
        with_file("long", &content, |path, mut position| {
            let mut reads = 0;
            let part = loop {
                match read(path, &position, false).unwrap() {
                    Found::TooLong(next) => position = next,
                    Found::Part(part) => break part,
                    other => panic!("{other:?}"),
                }
                reads += 1;
            };
            assert_eq!((reads, part.bytes.as_slice()), (4, b"next\n".as_slice()));
            assert_eq!(part.next.offset, content.len() as u64);
        });
    }

    #[test]
    fn a_line_longer_than_a_part_comes_alone() {
        let mut content = vec![b'x'; PART_BYTES + 10];
        content.extend_from_slice(b"\nnext\nrest");
        with_file("line", &content, |path, position| {
            let Found::Part(part) = read(path, &position, false).unwrap() else { panic!("a line") };
            assert_eq!(part.bytes.len(), PART_BYTES + 11);
            let Found::Part(part) = read(path, &part.next, false).unwrap() else { panic!("a line") };
            assert_eq!(part.bytes, b"next\n");
            assert!(matches!(read(path, &part.next, false).unwrap(), Found::Nothing { rest: true }));
            let Found::Part(part) = read(path, &part.next, true).unwrap() else { panic!("the rest") };
            assert_eq!(part.bytes, b"rest");
        });
    }

    #[test]
    fn other_forms_are_not_followed() {
        for (magic, reason) in FOREIGN {
            let found = with_file("foreign", &[magic, b"\n"].concat(), |path, position| read(path, &position, false));
            assert!(matches!(found.unwrap(), Found::Foreign(found) if found == reason));
        }
    }
}
