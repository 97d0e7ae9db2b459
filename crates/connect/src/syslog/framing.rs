//! Cuts a stream into messages (RFC 6587). Each message says itself how it is framed: `LENGTH SPACE MESSAGE`, or up to the next
//! newline. No input or output here.

use bytes::{Buf, BytesMut};
use memchr::memchr;

use super::MESSAGE_BYTES_MAX;

/// Most digits of a length. A longer number begins a line.
const LENGTH_DIGITS_MAX: usize = 7;

/// A message that was cut out of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    /// One line, without its end.
    pub(super) line: Vec<u8>,
    /// Whether its end is missing.
    pub(super) cut: bool,
}

/// What is to be dropped before the next message begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Skip {
    Nothing,
    Bytes(usize),
    Line,
}

/// How the message at hand is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frame {
    /// More bytes decide.
    Unknown,
    /// After `prefix` bytes come `length` bytes of message.
    Counted { prefix: usize, length: usize },
    /// A newline ends it.
    Line,
}

/// Cuts a stream into messages. Holds little more than one message, as long as all messages are taken before it is fed again.
#[derive(Debug)]
pub(super) struct Framer {
    buffer: BytesMut,
    skip: Skip,
}

impl Framer {
    pub(super) fn new() -> Framer {
        Framer { buffer: BytesMut::new(), skip: Skip::Nothing }
    }

    /// Where what was read is to be appended.
    pub(super) fn buffer(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// The next whole message that is not blank; none if more has to be read first.
    pub(super) fn next(&mut self) -> Option<Message> {
        loop {
            if !self.skip_rest() {
                return None;
            }
            self.skip_blank();
            let message = match Frame::of(&self.buffer) {
                Frame::Unknown => return None,
                Frame::Counted { prefix, length } => self.counted(prefix, length)?,
                Frame::Line => self.line()?,
            };
            if !message.line.is_empty() {
                return Some(message);
            }
        }
    }

    /// What is left when the stream ends. A last line without a newline is whole, a counted message is not.
    pub(super) fn finish(mut self) -> Option<Message> {
        if self.skip != Skip::Nothing {
            return None;
        }
        let frame = Frame::of(&self.buffer);
        if let Frame::Counted { prefix, .. } = frame {
            self.buffer.advance(prefix.min(self.buffer.len()));
        }
        let line = one_line(self.buffer);
        (!line.is_empty()).then_some(Message { line, cut: matches!(frame, Frame::Counted { .. }) })
    }

    /// Drops what is to be dropped; whether that is done.
    fn skip_rest(&mut self) -> bool {
        let (drop, left) = match self.skip {
            Skip::Nothing => return true,
            Skip::Bytes(bytes) if bytes > self.buffer.len() => {
                (self.buffer.len(), Skip::Bytes(bytes - self.buffer.len()))
            }
            Skip::Bytes(bytes) => (bytes, Skip::Nothing),
            Skip::Line => match memchr(b'\n', &self.buffer) {
                Some(at) => (at + 1, Skip::Nothing),
                None => (self.buffer.len(), Skip::Line),
            },
        };
        self.buffer.advance(drop);
        self.skip = left;
        left == Skip::Nothing
    }

    /// Some senders end counted messages with a newline too.
    fn skip_blank(&mut self) {
        let blank = self.buffer.iter().take_while(|byte| matches!(byte, b'\n' | b'\r' | 0)).count();
        self.buffer.advance(blank);
    }

    fn counted(&mut self, prefix: usize, length: usize) -> Option<Message> {
        let kept = length.min(MESSAGE_BYTES_MAX);
        if self.buffer.len() < prefix + kept {
            return None;
        }
        self.buffer.advance(prefix);
        let line = one_line(self.buffer.split_to(kept));
        self.skip = if kept < length { Skip::Bytes(length - kept) } else { Skip::Nothing };
        Some(Message { line, cut: kept < length })
    }

    fn line(&mut self) -> Option<Message> {
        let window = &self.buffer[..self.buffer.len().min(MESSAGE_BYTES_MAX + 1)];
        if let Some(at) = memchr(b'\n', window) {
            let line = one_line(self.buffer.split_to(at));
            self.buffer.advance(1);
            return Some(Message { line, cut: false });
        }
        if self.buffer.len() <= MESSAGE_BYTES_MAX {
            return None;
        }
        let line = one_line(self.buffer.split_to(MESSAGE_BYTES_MAX));
        self.skip = Skip::Line;
        Some(Message { line, cut: true })
    }
}

impl Frame {
    /// A length is followed by a message, and a message begins with `<` (or `{` where senders put JSON on the wire). Lines such
    /// as `2 123456789012 eni-1 …` begin with a number too.
    fn of(bytes: &[u8]) -> Frame {
        let digits = bytes.iter().take(LENGTH_DIGITS_MAX + 1).take_while(|byte| byte.is_ascii_digit()).count();
        match (bytes.first(), bytes.get(digits), bytes.get(digits + 1)) {
            (None, ..) => Frame::Unknown,
            _ if digits > LENGTH_DIGITS_MAX => Frame::Line,
            (Some(b'1'..=b'9'), None, _) | (Some(b'1'..=b'9'), Some(b' '), None) => Frame::Unknown,
            (Some(b'1'..=b'9'), Some(b' '), Some(b'<' | b'{')) => {
                let length = bytes[..digits].iter().fold(0, |length, digit| length * 10 + usize::from(digit - b'0'));
                Frame::Counted { prefix: digits + 1, length }
            }
            _ => Frame::Line,
        }
    }
}

/// A message as one line: without its end, and with spaces for newlines inside it.
pub(super) fn one_line(message: impl AsRef<[u8]>) -> Vec<u8> {
    let message = message.as_ref();
    let end = message.iter().rposition(|byte| !is_end(*byte)).map_or(0, |at| at + 1);
    message[..end].iter().map(|byte| if *byte == b'\n' { b' ' } else { *byte }).collect()
}

fn is_end(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `input` in pieces of every size; each message, `…` behind those that are cut.
    fn check(input: &str, expected: &[&str]) {
        for piece in 1..=input.len().clamp(1, 16) {
            let mut framer = Framer::new();
            let mut found = Vec::new();
            for bytes in input.as_bytes().chunks(piece) {
                framer.buffer().extend_from_slice(bytes);
                found.extend(std::iter::from_fn(|| framer.next()));
            }
            found.extend(framer.finish());
            let found: Vec<String> = found.iter().map(shown).collect();
            assert_eq!(found, expected, "{input:?} in pieces of {piece}");
        }
    }

    fn shown(message: &Message) -> String {
        format!("{}{}", String::from_utf8_lossy(&message.line), if message.cut { "…" } else { "" })
    }

    #[test]
    fn messages_are_cut_by_newline_or_length() {
        check("", &[]);
        check("\n\r\n", &[]);
        check("<13>one\r\n<13>two\n", &["<13>one", "<13>two"]);
        check("<13>one\n<13>no newline", &["<13>one", "<13>no newline"]);
        check("7 <13>one7 <13>two", &["<13>one", "<13>two"]);
        check("7 <13>one\n7 <13>two\n<13>three\n8 <13>four", &["<13>one", "<13>two", "<13>three", "<13>four"]);
        check("11 <13>one\ntwo<13>x\n", &["<13>one two", "<13>x"]);
        check("8 {\"a\":1}\n\n", &["{\"a\":1}"]);
        check("9 <13>one", &["<13>one…"]);
    }

    #[test]
    fn lines_that_begin_with_a_number_are_lines() {
        check("2 123456789012 eni-1\n1700000000 <x>\n", &["2 123456789012 eni-1", "1700000000 <x>"]);
        check("2026-01-01 a\n12\n0 <13>\n", &["2026-01-01 a", "12", "0 <13>"]);
        check("12345678 <13>\n", &["12345678 <13>"]);
    }

    #[test]
    fn long_messages_are_cut() {
        let long = "x".repeat(MESSAGE_BYTES_MAX + 70_000);
        let kept = &long[..MESSAGE_BYTES_MAX];
        let feed = |input: String| {
            let mut framer = Framer::new();
            let mut found = Vec::new();
            for bytes in input.as_bytes().chunks(10_000) {
                framer.buffer().extend_from_slice(bytes);
                found.extend(std::iter::from_fn(|| framer.next()));
                assert!(framer.buffer.len() <= MESSAGE_BYTES_MAX + 10_000);
            }
            found
        };
        let next = Message { line: b"<13>next".to_vec(), cut: false };
        let first = Message { line: kept.as_bytes().to_vec(), cut: true };
        assert_eq!(feed(format!("{long}\n<13>next\n")), [first, next.clone()]);
        let counted = feed(format!("{} <{long}8 <13>next", long.len() + 1));
        assert_eq!((counted.len(), counted[0].cut, &counted[1]), (2, true, &next));
        let exact = feed(format!("{kept}\n<13>next\n"));
        assert_eq!((exact.len(), exact[0].cut), (2, false));
    }
}
