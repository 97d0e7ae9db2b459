//! Readers that stop archives which expand without limit.

use std::cell::Cell;
use std::io::{Error, Read, Result};

/// Below this size the ratio does not matter.
const FREE_BYTES: u64 = 1 << 30;
/// The same for all members of an archive together.
const FREE_BYTES_TOGETHER: u64 = 8 << 30;
/// Log files compress well, but not better than this.
const RATIO_MAX: u64 = 250;

/// How much one file may expand to, over all archives in it.
pub(crate) struct Budget {
    file_bytes: u64,
    left: Cell<u64>,
    limit: u64,
}

impl Budget {
    /// The budget of a file of this size.
    pub(crate) fn of(file_bytes: u64) -> Budget {
        let limit = file_bytes.saturating_mul(RATIO_MAX).max(FREE_BYTES_TOGETHER);
        Budget { file_bytes, left: Cell::new(limit), limit }
    }

    /// Size of the file.
    pub(crate) fn file_bytes(&self) -> u64 {
        self.file_bytes
    }
}

/// Decompressed bytes of an archive member, limited by the compressed size.
pub(crate) struct Capped<'b, R> {
    inner: R,
    left: u64,
    limit: u64,
    budget: &'b Budget,
}

impl<'b, R: Read> Capped<'b, R> {
    /// `compressed_bytes` is how much of the archive belongs to this member.
    pub(crate) fn new(inner: R, compressed_bytes: u64, budget: &'b Budget) -> Capped<'b, R> {
        let limit = compressed_bytes.saturating_mul(RATIO_MAX).max(FREE_BYTES);
        Capped { inner, left: limit, limit, budget }
    }
}

impl<R: Read> Read for Capped<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        let together = self.budget.left.get();
        if self.left == 0 || together == 0 {
            let (limit, what) = if self.left == 0 {
                (self.limit, "expands")
            } else {
                (self.budget.limit, "with its neighbours expands")
            };
            return Err(Error::other(format!(
                "{what} to more than {} MiB, over {RATIO_MAX} times its compressed size; the rest was not read. \
                 If this is no archive bomb, unpack it and name the files",
                limit >> 20
            )));
        }
        let count = self.inner.read(out)?;
        self.left = self.left.saturating_sub(count as u64);
        self.budget.left.set(together.saturating_sub(count as u64));
        Ok(count)
    }
}
