//! Text of any encoding as UTF-8.

use std::io::{Read, Result};

use super::buffer::Buffer;

/// How text is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
}

impl Encoding {
    /// The encoding and the length of the byte order mark. PowerShell writes UTF-16 without a mark; then every second
    /// byte of ASCII text is zero.
    pub(super) fn of(head: &[u8]) -> (Encoding, usize) {
        let text = |byte: u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
        match head {
            [0xEF, 0xBB, 0xBF, ..] => (Encoding::Utf8, 3),
            [0xFF, 0xFE, ..] => (Encoding::Utf16Le, 2),
            [0xFE, 0xFF, ..] => (Encoding::Utf16Be, 2),
            [a, 0, b, 0, ..] if text(*a) && text(*b) => (Encoding::Utf16Le, 0),
            [0, a, 0, b, ..] if text(*a) && text(*b) => (Encoding::Utf16Be, 0),
            _ => (Encoding::Utf8, 0),
        }
    }

    /// How many bytes of the input `text` was. Each broken unit of UTF-16 became one character of the same length.
    pub(super) fn input_bytes(self, text: &[u8]) -> u64 {
        let units = |byte: &u8| usize::from(byte & 0xC0 != 0x80) + usize::from(*byte >= 0xF0);
        match self {
            Encoding::Utf8 => text.len() as u64,
            Encoding::Utf16Le | Encoding::Utf16Be => 2 * text.iter().map(units).sum::<usize>() as u64,
        }
    }
}

/// A stream turned into UTF-8. UTF-8 itself passes through; records repair what is invalid.
pub(super) struct Utf8<R> {
    input: Buffer<R>,
    encoding: Encoding,
    pending: Vec<u8>,
}

impl<R: Read> Utf8<R> {
    pub(super) fn new(input: Buffer<R>, encoding: Encoding) -> Utf8<R> {
        Utf8 { input, encoding, pending: Vec::new() }
    }

    /// Decodes what is in memory, at least one unit.
    fn decode(&mut self, unit: fn([u8; 2]) -> u16) {
        self.input.peek(4);
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

impl<R: Read> Read for Utf8<R> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        if self.pending.is_empty() {
            match self.encoding {
                Encoding::Utf8 => {
                    self.input.peek(1);
                    let count = out.len().min(self.input.bytes().len());
                    out[..count].copy_from_slice(&self.input.bytes()[..count]);
                    self.input.consume(count);
                    return if count == 0 { self.input.fault().map_or(Ok(0), Err) } else { Ok(count) };
                }
                Encoding::Utf16Le => self.decode(u16::from_le_bytes),
                Encoding::Utf16Be => self.decode(u16::from_be_bytes),
            }
        }
        let count = out.len().min(self.pending.len());
        out[..count].copy_from_slice(&self.pending[..count]);
        self.pending.drain(..count);
        if count == 0 { self.input.fault().map_or(Ok(0), Err) } else { Ok(count) }
    }
}
