//! Duplicate deliveries: a record that was seen before is dropped.
//!
//! Structured records carry ids and exact times, so an equal one is the same one. A log line can be written twice within
//! a second for two real events; there only the same line in another input is a duplicate.

use std::collections::HashMap;

use quell_normalize::Shape;

/// Records remembered in each of two generations, if nothing else is said.
const GENERATION: usize = 4 << 20;

/// Remembers records by 128 bits of their SHA-256: nobody can write a record that passes for another one's duplicate.
/// A duplicate is found as long as it comes within a generation.
#[derive(Debug)]
pub struct Dedupe {
    generation: usize,
    /// Input in which each was first seen.
    current: HashMap<u128, u32, foldhash::fast::FixedState>,
    previous: HashMap<u128, u32, foldhash::fast::FixedState>,
}

impl Default for Dedupe {
    fn default() -> Dedupe {
        Dedupe::remembering(GENERATION)
    }
}

impl Dedupe {
    /// One that remembers at least so many records, and at most twice as many.
    #[must_use]
    pub fn remembering(generation: usize) -> Dedupe {
        Dedupe { generation, current: HashMap::default(), previous: HashMap::default() }
    }

    /// Whether a record with this SHA-256 was seen before; remembers it.
    pub fn is_duplicate(&mut self, content: &[u8; 32], shape: &Shape, input: u32) -> bool {
        let hash = content.iter().take(16).fold(0, |hash, byte| hash << 8 | u128::from(*byte));
        if let Some(first) = self.previous.get(&hash).or_else(|| self.current.get(&hash)) {
            return *shape == Shape::Json || *first != input;
        }
        if self.current.len() >= self.generation {
            self.previous = std::mem::take(&mut self.current);
        }
        self.current.insert(hash, input);
        false
    }
}
