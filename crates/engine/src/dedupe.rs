//! Duplicate deliveries: a record that was seen before is dropped.

use std::collections::HashSet;
use std::hash::{BuildHasher, Hasher};

/// Records remembered in each of two generations; a duplicate is found as long as it comes within this distance.
const GENERATION: usize = 4 << 20;

/// Remembers records by a 64-bit hash of their bytes.
#[derive(Debug, Default)]
pub(crate) struct Dedupe {
    current: HashSet<u64, foldhash::fast::FixedState>,
    previous: HashSet<u64, foldhash::fast::FixedState>,
}

impl Dedupe {
    /// Whether these bytes were seen before; remembers them.
    pub(crate) fn seen(&mut self, bytes: &[u8]) -> bool {
        let mut hasher = foldhash::fast::FixedState::default().build_hasher();
        hasher.write(bytes);
        let hash = hasher.finish();
        if self.previous.contains(&hash) || !self.current.insert(hash) {
            return true;
        }
        if self.current.len() >= GENERATION {
            self.previous = std::mem::take(&mut self.current);
        }
        false
    }
}
