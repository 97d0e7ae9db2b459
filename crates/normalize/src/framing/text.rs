//! Text input: JSON values in any arrangement, log lines, or both.

use std::io::{Read, Result};

use memchr::{memchr, memchr_iter};
use quell_model::Rejected;

use super::buffer::Buffer;
use super::{Item, RECORD_BYTES_MAX, RawRecord, Shape};
use crate::lines::{Decoded, LineDecoder};

/// First keys of the objects that only wrap a list of records.
const WRAPPERS: [&str; 4] = ["\"Records\"", "\"records\"", "\"Findings\"", "\"value\""];

/// Reads records from text.
pub(super) struct TextReader<R> {
    buffer: Buffer<Utf8<R>>,
    lines: LineDecoder,
    level: Level,
    line: u64,
}

/// Where in the JSON structure the reader stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    /// Between values and lines.
    Top,
    /// Inside a list of records.
    Elements { wrapped: bool, read: u64 },
}

/// Where a JSON value ends.
enum End {
    Complete(usize),
    Torn(usize, &'static str),
    TooLong,
}

impl<R: Read> TextReader<R> {
    pub(super) fn new(mut input: Buffer<R>, lines: LineDecoder) -> Result<TextReader<R>> {
        let encoding = Encoding::of(input.peek(4)?);
        input.consume(encoding.mark_bytes());
        let buffer = Buffer::new(Utf8 { input, encoding, pending: Vec::new() });
        Ok(TextReader { buffer, lines, level: Level::Top, line: 1 })
    }

    pub(super) fn offset(&self) -> u64 {
        self.buffer.offset()
    }

    pub(super) fn next_item(&mut self) -> Result<Option<Item>> {
        loop {
            let Some(first) = self.skip_blank()? else { return Ok(None) };
            let item = match (self.level, first) {
                (Level::Elements { wrapped, .. }, b']') => self.leave(wrapped)?,
                (Level::Elements { .. }, b'{') => self.value()?,
                (Level::Elements { .. }, _) => self.stray_element()?,
                (Level::Top, b'[') if self.opens_list()? => {
                    self.consume(1);
                    self.level = Level::Elements { wrapped: false, read: 0 };
                    None
                }
                (Level::Top, b'{') => match self.wrapper()? {
                    Some(length) => {
                        self.consume(length);
                        self.level = Level::Elements { wrapped: true, read: 0 };
                        None
                    }
                    None => self.value()?,
                },
                (Level::Top, _) => self.log_line()?,
            };
            if item.is_some() {
                return Ok(item);
            }
        }
    }

    /// Skips white space (and commas between elements); the first other byte, which is not consumed.
    fn skip_blank(&mut self) -> Result<Option<u8>> {
        loop {
            let in_list = self.level != Level::Top;
            let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0 || (in_list && *byte == b',');
            let bytes = self.buffer.bytes();
            if let Some(at) = bytes.iter().position(|byte| !blank(byte)) {
                let first = bytes[at];
                self.consume(at);
                return Ok(Some(first));
            }
            let count = bytes.len();
            self.consume(count);
            if !self.buffer.fill()? {
                return Ok(None);
            }
        }
    }

    /// Whether a `[` begins a list of records, and not a log line such as `[12:00] started`.
    fn opens_list(&mut self) -> Result<bool> {
        let head = self.buffer.peek(256)?;
        Ok(matches!(head[1..].iter().find(|byte| !byte.is_ascii_whitespace()), Some(b'{' | b']') | None))
    }

    /// Length of `{"Records": [` if that is what follows.
    fn wrapper(&mut self) -> Result<Option<usize>> {
        let head = self.buffer.peek(64)?;
        let skip = |from: usize| from + head[from..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let mut at = skip(1);
        let Some(key) = WRAPPERS.iter().find(|key| head[at..].starts_with(key.as_bytes())) else { return Ok(None) };
        at = skip(at + key.len());
        for expected in [b':', b'['] {
            if head.get(at) != Some(&expected) {
                return Ok(None);
            }
            at = skip(at + 1);
        }
        Ok(matches!(head.get(at), Some(b'{' | b']')).then_some(at))
    }

    /// Leaves a list of records; what a wrapper says after its list is no record.
    fn leave(&mut self, wrapped: bool) -> Result<Option<Item>> {
        self.consume(1);
        self.level = Level::Top;
        if wrapped {
            match self.scan(1, false)? {
                End::Complete(length) => self.consume(length),
                End::Torn(length, _) => self.consume(length),
                End::TooLong => return self.skip_line("text after a list of records is too long").map(Some),
            }
        }
        Ok(None)
    }

    fn stray_element(&mut self) -> Result<Option<Item>> {
        let offset = self.offset();
        while self.buffer.bytes().len() < 256 && self.buffer.fill()? {}
        let bytes = self.buffer.bytes();
        let length = bytes.iter().position(|b| matches!(b, b',' | b']' | b'\n')).unwrap_or(bytes.len()).max(1);
        self.consume(length);
        Ok(Some(rejected(offset, "list element is not a JSON object".to_owned())))
    }

    /// One JSON object.
    fn value(&mut self) -> Result<Option<Item>> {
        let (offset, line) = (self.offset(), self.line);
        let end = match self.level {
            Level::Top => match self.single_line()? {
                Some(length) => End::Complete(length),
                None => self.scan(0, true)?,
            },
            Level::Elements { .. } => self.scan(0, false)?,
        };
        match end {
            End::Complete(length) => {
                let bytes = self.take(length);
                let number = match &mut self.level {
                    Level::Top => line,
                    Level::Elements { read, .. } => {
                        *read += 1;
                        *read
                    }
                };
                Ok(Some(Item::Record(RawRecord { number, offset, bytes, shape: Shape::Json })))
            }
            End::Torn(length, reason) => {
                self.consume(length);
                Ok(Some(rejected(offset, format!("JSON value is broken: {reason}"))))
            }
            End::TooLong => self.skip_line("JSON value is longer than 16 MiB; skipped").map(Some),
        }
    }

    /// Length of the line at hand if it is a whole JSON object: it ends with a brace and its braces are balanced. Text
    /// with unequal braces goes the slow way.
    fn single_line(&mut self) -> Result<Option<usize>> {
        let Some(length) = self.line_length()? else { return Ok(None) };
        let line = self.buffer.bytes()[..length].trim_ascii_end();
        let balanced = line.ends_with(b"}") && memchr_iter(b'{', line).count() == memchr_iter(b'}', line).count();
        Ok(balanced.then_some(line.len()))
    }

    /// Length of the line at hand without its end; none if it is too long.
    fn line_length(&mut self) -> Result<Option<usize>> {
        let mut searched = 0;
        loop {
            let bytes = self.buffer.bytes();
            if let Some(at) = memchr(b'\n', &bytes[searched..]) {
                return Ok(Some(searched + at).filter(|length| *length <= RECORD_BYTES_MAX));
            }
            searched = bytes.len();
            if searched > RECORD_BYTES_MAX {
                return Ok(None);
            }
            if !self.buffer.fill()? {
                return Ok(Some(searched));
            }
        }
    }

    /// Finds the end of a JSON value by its structure. `depth` is the number of brackets that are already open. With
    /// `by_line`, an object that begins in the first column while a value is open shows that the value was cut off.
    fn scan(&mut self, mut depth: usize, by_line: bool) -> Result<End> {
        let (mut at, mut in_string) = (0, false);
        loop {
            let bytes = self.buffer.bytes();
            if at + 1 >= bytes.len() {
                if at > RECORD_BYTES_MAX {
                    return Ok(End::TooLong);
                }
                if self.buffer.fill()? {
                    continue;
                }
                if at >= self.buffer.bytes().len() {
                    return Ok(End::Torn(at, "it is cut off at the end of the input"));
                }
            }
            let bytes = self.buffer.bytes();
            match (in_string, bytes[at]) {
                (true, b'\\') => at += 1,
                (true, b'"') => in_string = false,
                (true, b'\n') => return Ok(End::Torn(at, "a line ends inside a string")),
                (true, _) => {}
                (false, b'"') => in_string = true,
                (false, b'{' | b'[') => depth += 1,
                (false, b'}' | b']') => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Ok(End::Complete(at + 1));
                    }
                }
                (false, b'\n') if by_line && bytes.get(at + 1) == Some(&b'{') => {
                    return Ok(End::Torn(at, "another object begins before it ends"));
                }
                (false, _) => {}
            }
            at += 1;
        }
    }

    /// One log line.
    fn log_line(&mut self) -> Result<Option<Item>> {
        let (offset, number) = (self.offset(), self.line);
        let Some(length) = self.line_length()? else {
            return self.skip_line("line is longer than 16 MiB; skipped").map(Some);
        };
        let bytes = self.take(length);
        let text = String::from_utf8_lossy(&bytes);
        Ok(match self.lines.decode(text.trim_end()) {
            Decoded::Nothing => None,
            Decoded::Pairs { source, pairs } => {
                let shape = Shape::Pairs { source, pairs };
                Some(Item::Record(RawRecord { number, offset, bytes, shape }))
            }
            Decoded::Unknown(reason) => Some(rejected(offset, reason)),
        })
    }

    /// Drops the rest of an over-long line without keeping it.
    fn skip_line(&mut self, reason: &str) -> Result<Item> {
        let offset = self.offset();
        self.level = Level::Top;
        loop {
            let bytes = self.buffer.bytes();
            if let Some(at) = memchr(b'\n', bytes) {
                self.consume(at + 1);
                break;
            }
            self.buffer.discard();
            if !self.buffer.fill()? {
                break;
            }
        }
        Ok(rejected(offset, reason.to_owned()))
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        let bytes = self.buffer.take(length);
        self.line += memchr_iter(b'\n', &bytes).count() as u64;
        bytes
    }

    fn consume(&mut self, length: usize) {
        let length = length.min(self.buffer.bytes().len());
        self.line += memchr_iter(b'\n', &self.buffer.bytes()[..length]).count() as u64;
        self.buffer.consume(length);
    }
}

fn rejected(offset: u64, reason: String) -> Item {
    Item::Rejected(Rejected { offset, reason })
}

/// How text is encoded, by its byte order mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf8Marked,
    Utf16Le,
    Utf16Be,
}

impl Encoding {
    fn of(head: &[u8]) -> Encoding {
        match head {
            [0xEF, 0xBB, 0xBF, ..] => Encoding::Utf8Marked,
            [0xFF, 0xFE, ..] => Encoding::Utf16Le,
            [0xFE, 0xFF, ..] => Encoding::Utf16Be,
            // PowerShell writes UTF-16 without a mark: every second byte of ASCII text is zero.
            [a, 0, b, 0] if *a != 0 && *b != 0 => Encoding::Utf16Le,
            _ => Encoding::Utf8,
        }
    }

    fn mark_bytes(self) -> usize {
        match self {
            Encoding::Utf8 => 0,
            Encoding::Utf8Marked => 3,
            Encoding::Utf16Le | Encoding::Utf16Be => 2,
        }
    }
}

/// A stream turned into UTF-8. UTF-8 itself passes through; records repair what is invalid.
struct Utf8<R> {
    input: Buffer<R>,
    encoding: Encoding,
    pending: Vec<u8>,
}

impl<R: Read> Read for Utf8<R> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        if self.pending.is_empty() {
            if self.input.bytes().len() < 4 {
                self.input.fill()?;
            }
            match self.encoding {
                Encoding::Utf8 | Encoding::Utf8Marked => {
                    let count = out.len().min(self.input.bytes().len());
                    out[..count].copy_from_slice(&self.input.bytes()[..count]);
                    self.input.consume(count);
                    return Ok(count);
                }
                Encoding::Utf16Le => self.decode(u16::from_le_bytes),
                Encoding::Utf16Be => self.decode(u16::from_be_bytes),
            }
        }
        let count = out.len().min(self.pending.len());
        out[..count].copy_from_slice(&self.pending[..count]);
        self.pending.drain(..count);
        Ok(count)
    }
}

impl<R: Read> Utf8<R> {
    fn decode(&mut self, unit: fn([u8; 2]) -> u16) {
        let bytes = self.input.bytes();
        let mut units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        // A high surrogate at the end waits for its other half, unless nothing follows.
        if units.len() > 1 && units.last().is_some_and(|unit| (0xD800..0xDC00).contains(unit)) {
            units.pop();
        }
        let consumed = if units.is_empty() { bytes.len() } else { units.len() * 2 };
        self.pending = String::from_utf16_lossy(&units).into_bytes();
        self.input.consume(consumed);
    }
}
