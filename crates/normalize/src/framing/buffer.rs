//! A window on a stream: bytes that were read but not yet consumed.

use std::io::{Error, ErrorKind, Read};

const READ_BYTES: usize = 64 << 10;

/// Buffered input with an absolute offset. A fault of the stream ends it; [`Buffer::fault`] tells it once all bytes
/// before it were consumed, so that none of them is lost.
pub(super) struct Buffer<R> {
    input: R,
    /// Memory; what was read and not consumed lies from `start` to `end`.
    memory: Vec<u8>,
    start: usize,
    end: usize,
    offset: u64,
    ended: bool,
    fault: Option<Error>,
}

impl<R: Read> Buffer<R> {
    pub(super) fn new(input: R) -> Buffer<R> {
        Buffer { input, memory: Vec::new(), start: 0, end: 0, offset: 0, ended: false, fault: None }
    }

    /// Absolute offset of the first unconsumed byte.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The unconsumed bytes that are in memory.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.memory[self.start..self.end]
    }

    /// Up to `count` unconsumed bytes; fewer only at the end.
    pub(super) fn peek(&mut self, count: usize) -> &[u8] {
        while self.bytes().len() < count && self.fill() {}
        let available = self.bytes().len().min(count);
        &self.bytes()[..available]
    }

    /// Why the stream ended before its end; told once.
    pub(super) fn fault(&mut self) -> Option<Error> {
        self.fault.take()
    }

    /// Reads more; false at the end of the stream.
    pub(super) fn fill(&mut self) -> bool {
        if self.ended {
            return false;
        }
        if self.start > READ_BYTES {
            self.memory.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.memory.len() - self.end < READ_BYTES {
            self.memory.resize(self.end + 2 * READ_BYTES, 0);
        }
        let count = loop {
            match self.input.read(&mut self.memory[self.end..]) {
                Ok(count) => break count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.fault = Some(error);
                    break 0;
                }
            }
        };
        self.end += count;
        self.ended = count == 0;
        count > 0
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
}
