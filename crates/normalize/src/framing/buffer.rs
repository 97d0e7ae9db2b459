//! A window on a stream: bytes that were read but not yet consumed.

use std::io::{ErrorKind, Read, Result};

const READ_BYTES: usize = 64 << 10;

/// Buffered input with an absolute offset.
pub(super) struct Buffer<R> {
    input: R,
    bytes: Vec<u8>,
    start: usize,
    offset: u64,
    ended: bool,
}

impl<R: Read> Buffer<R> {
    pub(super) fn new(input: R) -> Buffer<R> {
        Buffer { input, bytes: Vec::new(), start: 0, offset: 0, ended: false }
    }

    /// Absolute offset of the first unconsumed byte.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The unconsumed bytes that are in memory.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Up to `count` unconsumed bytes; fewer only at the end.
    pub(super) fn peek(&mut self, count: usize) -> Result<&[u8]> {
        while self.bytes().len() < count && self.fill()? {}
        let available = self.bytes().len().min(count);
        Ok(&self.bytes()[..available])
    }

    /// Reads more; false at the end of the stream.
    pub(super) fn fill(&mut self) -> Result<bool> {
        if self.ended {
            return Ok(false);
        }
        if self.start > READ_BYTES {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        let filled = self.bytes.len();
        self.bytes.resize(filled + READ_BYTES, 0);
        loop {
            match self.input.read(&mut self.bytes[filled..]) {
                Ok(count) => {
                    self.bytes.truncate(filled + count);
                    self.ended = count == 0;
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.bytes.truncate(filled);
                    self.ended = true;
                    return Err(error);
                }
            }
        }
    }

    /// Drops `count` bytes from the front.
    pub(super) fn consume(&mut self, count: usize) {
        let count = count.min(self.bytes().len());
        self.start += count;
        self.offset += count as u64;
    }

    /// Takes `count` bytes from the front.
    pub(super) fn take(&mut self, count: usize) -> Vec<u8> {
        let taken = self.bytes()[..count.min(self.bytes().len())].to_vec();
        self.consume(taken.len());
        taken
    }

    /// Drops everything in memory and returns how much that was.
    pub(super) fn discard(&mut self) -> usize {
        let count = self.bytes().len();
        self.consume(count);
        count
    }
}
