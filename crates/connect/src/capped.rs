//! A reader that stops archives which expand without limit.

use std::io::{Error, Read, Result};

/// Below this size the ratio does not matter.
const FREE_BYTES: u64 = 1 << 30;
/// Log files compress well, but not better than this.
const RATIO_MAX: u64 = 250;

/// Decompressed bytes of an archive member, limited by the compressed size.
pub(crate) struct Capped<R> {
    inner: R,
    read: u64,
    limit: u64,
}

impl<R: Read> Capped<R> {
    /// `compressed_bytes` is how much of the archive belongs to this member.
    pub(crate) fn new(inner: R, compressed_bytes: u64) -> Capped<R> {
        Capped { inner, read: 0, limit: compressed_bytes.saturating_mul(RATIO_MAX).max(FREE_BYTES) }
    }
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        if self.read >= self.limit {
            return Err(Error::other(format!(
                "expands to more than {} MiB, over {RATIO_MAX} times its compressed size; the rest was not read. \
                 If this is no archive bomb, unpack it and name the files",
                self.limit >> 20
            )));
        }
        let count = self.inner.read(out)?;
        self.read += count as u64;
        Ok(count)
    }
}
