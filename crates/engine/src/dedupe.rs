//! Duplicate deliveries: a record that was seen before is dropped.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

/// Records remembered in each of two generations; a duplicate is found as long as it comes within this distance.
const GENERATION: usize = 4 << 20;

/// Remembers records by 128 bits of their SHA-256. Nobody can write a record that passes for another one's duplicate.
#[derive(Debug, Default)]
pub(crate) struct Dedupe {
    current: HashSet<u128, foldhash::fast::FixedState>,
    previous: HashSet<u128, foldhash::fast::FixedState>,
}

impl Dedupe {
    /// Whether these bytes were seen before; remembers them.
    pub(crate) fn seen(&mut self, bytes: &[u8]) -> bool {
        let digest = Sha256::digest(bytes);
        let hash = digest.iter().take(16).fold(0, |hash, byte| hash << 8 | u128::from(*byte));
        if self.previous.contains(&hash) || !self.current.insert(hash) {
            return true;
        }
        if self.current.len() >= GENERATION {
            self.previous = std::mem::take(&mut self.current);
        }
        false
    }
}
