//! Text input: JSON values in any arrangement, log lines, or both.
//!
//! A torn value costs its first line only: the lines after it, as far as the search for its end went, are read again one
//! by one, and no second search begins among them. So every byte is looked at a few times at most, whatever the input.

use std::io::{Error, Read};

use memchr::{memchr, memchr_iter, memchr2, memrchr};
use quell_model::Rejected;

use super::buffer::Buffer;
use super::structure::{End, Structure};
use super::utf8::{Encoding, Utf8};
use super::{Item, RECORD_BYTES_MAX, RawRecord, Shape};
use crate::lines::{Decoded, LineDecoder};

/// First keys of the objects that only wrap a list of records.
const WRAPPERS: [&str; 4] = ["\"Records\"", "\"records\"", "\"Findings\"", "\"value\""];
const VALUE_TOO_LONG: &str = "JSON value is longer than 16 MiB; skipped";
const CUT_OFF: &str = "it is cut off at the end of the input";

/// Reads records from text.
pub(super) struct TextReader<R> {
    buffer: Buffer<Utf8<R>>,
    encoding: Encoding,
    lines: LineDecoder,
    level: Level,
    /// Number of the line at hand.
    line: u64,
    /// Offset in the input; the buffer counts bytes of UTF-8.
    offset: u64,
    /// Nothing but blanks since the line began.
    line_begins: bool,
    /// Up to here (in the buffer's count) lines were searched in vain for the end of a torn value.
    torn_until: u64,
    /// Up to here (in the buffer's count) the line at hand is not one object.
    mixed_until: u64,
}

/// Where in the JSON structure the reader stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    /// Between values and lines.
    Top,
    /// Inside a list of records.
    Elements { wrapped: bool, read: u64 },
}

impl<R: Read> TextReader<R> {
    pub(super) fn new(mut input: Buffer<R>, lines: LineDecoder) -> TextReader<R> {
        let (encoding, mark_bytes) = Encoding::of(input.peek(4));
        input.consume(mark_bytes);
        TextReader {
            buffer: Buffer::new(Utf8::new(input, encoding)),
            encoding,
            lines,
            level: Level::Top,
            line: 1,
            offset: mark_bytes as u64,
            line_begins: true,
            torn_until: 0,
            mixed_until: 0,
        }
    }

    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    pub(super) fn fault(&mut self) -> Option<Error> {
        self.buffer.fault()
    }

    pub(super) fn next_item(&mut self) -> Option<Item> {
        loop {
            let Some(first) = self.skip_blank() else { return self.end() };
            let item = match (self.level, first) {
                _ if self.buffer.offset() < self.torn_until => self.torn_line(first),
                (Level::Elements { wrapped, .. }, b']') => self.leave(wrapped),
                (Level::Elements { .. }, b'{') => Some(self.value()),
                (Level::Elements { .. }, _) => Some(self.stray_element(first)),
                (Level::Top, b'[') if self.opens_list() => {
                    self.enter(1, false);
                    None
                }
                (Level::Top, b'{') => match self.wrapper() {
                    Some(length) => {
                        self.enter(length, true);
                        None
                    }
                    None => Some(self.value()),
                },
                (Level::Top, _) => self.log_line(),
            };
            if item.is_some() {
                return item;
            }
        }
    }

    /// The end of the input.
    fn end(&mut self) -> Option<Item> {
        let open = self.level != Level::Top;
        self.level = Level::Top;
        open.then(|| rejected(self.offset, "list of records is cut off at the end of the input"))
    }

    /// Skips white space, marks of concatenated files, and commas between elements; the first other byte, which is not
    /// consumed.
    fn skip_blank(&mut self) -> Option<u8> {
        loop {
            let in_list = self.level != Level::Top;
            let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0 || (in_list && *byte == b',');
            let bytes = self.buffer.bytes();
            if let Some(at) = bytes.iter().position(|byte| !blank(byte)) {
                let first = bytes[at];
                self.consume(at);
                if first == 0xEF && self.buffer.peek(3) == b"\xEF\xBB\xBF" {
                    let line_begins = self.line_begins;
                    self.consume(3);
                    self.line_begins = line_begins;
                    continue;
                }
                return Some(first);
            }
            self.consume(bytes.len());
            if !self.buffer.fill() {
                return None;
            }
        }
    }

    fn enter(&mut self, length: usize, wrapped: bool) {
        self.consume(length);
        self.level = Level::Elements { wrapped, read: 0 };
    }

    /// Whether a `[` begins a list of records, and not a log line such as `[12:00] started`.
    fn opens_list(&mut self) -> bool {
        let mut rest = self.buffer.peek(256)[1..].trim_ascii_start();
        loop {
            // Other values may come before the first object.
            let length = match rest.first() {
                None | Some(b'{' | b']') => return true,
                Some(b'"') => string_length(rest),
                Some(_) => rest.iter().take_while(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b)).count(),
            };
            let after = rest[length..].trim_ascii_start();
            if length == 0 || after.first() != Some(&b',') {
                return false;
            }
            rest = after[1..].trim_ascii_start();
        }
    }

    /// Length of `{"Records": [` if that is what follows.
    fn wrapper(&mut self) -> Option<usize> {
        let head = self.buffer.peek(64);
        let skip = |from: usize| from + head[from..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let mut at = skip(1);
        let key = WRAPPERS.iter().find(|key| head[at..].starts_with(key.as_bytes()))?;
        at = skip(at + key.len());
        for expected in [b':', b'['] {
            if head.get(at) != Some(&expected) {
                return None;
            }
            at = skip(at + 1);
        }
        matches!(head.get(at), Some(b'{' | b']')).then_some(at)
    }

    /// Leaves a list of records; what a wrapper says after its list is no record.
    fn leave(&mut self, wrapped: bool) -> Option<Item> {
        self.consume(1);
        self.level = Level::Top;
        let offset = self.offset;
        let mut after = Structure::after_list();
        match wrapped.then(|| self.scan(&mut after))? {
            Some(End::Complete(length)) => self.consume(length),
            Some(End::Torn(length, reason)) => {
                self.tear(length);
                return Some(rejected(offset, &format!("text after a list of records is broken: {reason}")));
            }
            None => return Some(self.too_long(after)),
        }
        None
    }

    /// Something in a list that is no object.
    fn stray_element(&mut self, first: u8) -> Item {
        let offset = self.offset;
        if self.line_begins && first != b'"' && self.is_log_line() {
            self.level = Level::Top;
            return rejected(offset, "list of records is not closed; log lines follow");
        }
        let mut list = Structure::of(b'[', false);
        let end = if first == b'[' { self.scan(&mut list) } else { Some(self.scalar(first == b'"')) };
        match end {
            Some(End::Complete(length)) => self.consume(length),
            Some(End::Torn(length, _)) => self.tear(length),
            None => return self.too_long(list),
        }
        rejected(offset, "list element is not a JSON object")
    }

    /// The end of the string, number or garbage at hand.
    fn scalar(&mut self, string: bool) -> End {
        let mut at = 1;
        loop {
            let bytes = self.buffer.bytes();
            while let Some(byte) = bytes.get(at).filter(|_| at <= RECORD_BYTES_MAX) {
                match (string, byte) {
                    (_, b'\n') | (false, b',' | b']' | b'{') => return End::Complete(at),
                    (true, b'"') => return End::Complete(at + 1),
                    (true, b'\\') if bytes.get(at + 1).is_some_and(|next| *next != b'\n') => at += 2,
                    (true, b'\\') if at + 1 == bytes.len() => break,
                    _ => at += 1,
                }
            }
            if at > RECORD_BYTES_MAX || !self.buffer.fill() {
                return End::Complete(at.min(self.buffer.bytes().len()));
            }
        }
    }

    fn is_log_line(&mut self) -> bool {
        let Some(length) = self.line_length() else { return false };
        let text = String::from_utf8_lossy(&self.buffer.bytes()[..length]);
        !matches!(self.lines.decode(text.trim_end()), Decoded::Unknown(_))
    }

    /// One JSON object.
    fn value(&mut self) -> Item {
        let offset = self.offset;
        let top = self.level == Level::Top;
        let mut structure = Structure::of(b'{', top);
        let single_line = if top { self.single_line() } else { None };
        let end = match single_line {
            Some(length) => Some(End::Complete(length)),
            None => self.scan(&mut structure),
        };
        match end {
            Some(End::Complete(length)) => self.record(length),
            Some(End::Torn(length, reason)) => {
                if reason == CUT_OFF {
                    self.level = Level::Top;
                }
                self.tear(length);
                rejected(offset, &format!("JSON value is broken: {reason}"))
            }
            None => self.too_long(structure),
        }
    }

    fn record(&mut self, length: usize) -> Item {
        let (offset, line) = (self.offset, self.line);
        let bytes = self.take(length);
        let number = match &mut self.level {
            Level::Top => line,
            Level::Elements { read, .. } => {
                *read += 1;
                *read
            }
        };
        // Lists without their brackets: a comma ends each line.
        if self.level == Level::Top
            && let [b',', rest @ ..] = self.buffer.peek(2)
            && rest.first().is_none_or(u8::is_ascii_whitespace)
        {
            self.consume(1);
        }
        Item::Record(RawRecord { number, offset, bytes, shape: Shape::Json })
    }

    /// Gives up a value after `length` bytes. If these are several lines, only the first is dropped: the others may be
    /// records of their own.
    fn tear(&mut self, length: usize) {
        let span = &self.buffer.bytes()[..length.min(self.buffer.bytes().len())];
        match memchr(b'\n', span) {
            Some(first) => {
                self.torn_until = self.buffer.offset() + span.len() as u64;
                self.consume(first + 1);
            }
            None => self.consume(span.len()),
        }
    }

    /// A line that belongs to a torn value, unless it is a record.
    fn torn_line(&mut self, first: u8) -> Option<Item> {
        let left = usize::try_from(self.torn_until - self.buffer.offset()).unwrap_or(usize::MAX);
        if first == b'{'
            && let Some(length) = self.single_line().filter(|length| *length <= left)
        {
            return Some(self.record(length));
        }
        let length = self.line_length().unwrap_or(usize::MAX).min(left);
        let (offset, number) = (self.offset, self.line);
        let bytes = self.take(length);
        let text = String::from_utf8_lossy(&bytes);
        match self.lines.decode(text.trim_end()) {
            Decoded::Pairs { source, pairs } => {
                Some(Item::Record(RawRecord { number, offset, bytes, shape: Shape::Pairs { source, pairs } }))
            }
            Decoded::Nothing | Decoded::Unknown(_) => None,
        }
    }

    /// A value that is longer than any record.
    fn too_long(&mut self, structure: Structure) -> Item {
        let offset = self.offset;
        if memchr(b'\n', &self.buffer.bytes()[..structure.at]).is_some() {
            self.level = Level::Top;
            self.tear(structure.at);
        } else {
            self.skip_value(structure);
        }
        rejected(offset, VALUE_TOO_LONG)
    }

    /// Drops an over-long value up to its end or the end of its line, without keeping it.
    fn skip_value(&mut self, mut structure: Structure) {
        structure.one_line = true;
        loop {
            let end = structure.follow(self.buffer.bytes());
            if let Some(End::Complete(length) | End::Torn(length, _)) = end {
                return self.consume(length);
            }
            self.consume(structure.at);
            structure.at = 0;
            if !self.buffer.fill() {
                return self.consume(self.buffer.bytes().len());
            }
        }
    }

    /// Length of the line at hand if it is one whole object: it ends with a brace, its braces are balanced, and no object
    /// follows another. Any other text goes the slow way.
    fn single_line(&mut self) -> Option<usize> {
        if self.buffer.offset() < self.mixed_until {
            return None;
        }
        let length = self.line_length();
        let bytes = self.buffer.bytes();
        let line = bytes[..length.unwrap_or(bytes.len())].trim_ascii_end();
        let line = line.strip_suffix(b",").unwrap_or(line).trim_ascii_end();
        let mut closing = 0;
        let mut another = false;
        for at in memchr_iter(b'}', line) {
            closing += 1;
            another |= line[at + 1..].iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
        }
        let whole = line.ends_with(b"}") && !another && memchr_iter(b'{', line).count() == closing;
        if length.is_none() || !whole {
            self.mixed_until = self.buffer.offset() + length.unwrap_or(RECORD_BYTES_MAX) as u64;
            return None;
        }
        Some(line.len())
    }

    /// Length of the line at hand without its end; none if it is too long.
    fn line_length(&mut self) -> Option<usize> {
        let mut searched = 0;
        loop {
            let bytes = self.buffer.bytes();
            if let Some(at) = memchr(b'\n', &bytes[searched..]) {
                return Some(searched + at).filter(|length| *length <= RECORD_BYTES_MAX);
            }
            searched = bytes.len();
            if searched > RECORD_BYTES_MAX {
                return None;
            }
            if !self.buffer.fill() {
                return Some(searched);
            }
        }
    }

    /// Finds the end of a JSON value by its structure; none if it is too long.
    fn scan(&mut self, structure: &mut Structure) -> Option<End> {
        loop {
            let bytes = self.buffer.bytes();
            let end = structure.follow(&bytes[..bytes.len().min(RECORD_BYTES_MAX)]);
            if end.is_some() {
                return end;
            }
            if bytes.len() >= RECORD_BYTES_MAX {
                return None;
            }
            if !self.buffer.fill() {
                return Some(End::Torn(self.buffer.bytes().len(), CUT_OFF));
            }
        }
    }

    /// One log line.
    fn log_line(&mut self) -> Option<Item> {
        let (offset, number) = (self.offset, self.line);
        let Some(length) = self.line_length() else {
            self.skip_line();
            return Some(rejected(offset, "line is longer than 16 MiB; skipped"));
        };
        let bytes = self.take(length);
        let text = String::from_utf8_lossy(&bytes);
        match self.lines.decode(text.trim_end()) {
            Decoded::Nothing => None,
            Decoded::Pairs { source, pairs } => {
                Some(Item::Record(RawRecord { number, offset, bytes, shape: Shape::Pairs { source, pairs } }))
            }
            Decoded::Unknown(reason) => Some(rejected(offset, &reason)),
        }
    }

    /// Drops the rest of an over-long line without keeping it.
    fn skip_line(&mut self) {
        loop {
            let bytes = self.buffer.bytes();
            if let Some(at) = memchr(b'\n', bytes) {
                return self.consume(at + 1);
            }
            self.consume(bytes.len());
            if !self.buffer.fill() {
                return;
            }
        }
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        let bytes = self.buffer.bytes();
        let taken = bytes[..length.min(bytes.len())].to_vec();
        self.consume(taken.len());
        taken
    }

    fn consume(&mut self, length: usize) {
        let bytes = self.buffer.bytes();
        let consumed = &bytes[..length.min(bytes.len())];
        let blank = |bytes: &[u8]| bytes.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0);
        self.line_begins = match memrchr(b'\n', consumed) {
            Some(at) => blank(&consumed[at..]),
            None => self.line_begins && blank(consumed),
        };
        self.line += memchr_iter(b'\n', consumed).count() as u64;
        self.offset += self.encoding.input_bytes(consumed);
        self.buffer.consume(length);
    }
}

/// Length of the string at the start of `text`; all of it if it does not end there.
fn string_length(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(found) = text.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += found + 1;
        if text[at - 1] == b'"' {
            return at;
        }
        at += 1;
    }
    text.len()
}

fn rejected(offset: u64, reason: &str) -> Item {
    Item::Rejected(Rejected { offset, reason: reason.to_owned() })
}
