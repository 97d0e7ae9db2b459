//! Which words a chunk has: a Bloom filter, so that a search opens only chunks that can have what it looks for.
//!
//! A word is a run of letters, digits and bytes above ASCII, without regard to ASCII case. The first byte of a filter is the
//! number of probes; the rest are its bits. An empty filter says nothing.

use std::collections::HashSet;

const BITS_PER_WORD: usize = 10;
const PROBES: u8 = 5;
/// Most words of one chunk that the filter is made for; more only raise the rate of chunks opened in vain.
const WORDS_MAX: usize = 200_000;
/// Longer words are cut, in the filter and in the query alike.
const WORD_BYTES_MAX: usize = 64;

/// Words seen lately that are known at once: most words of a record stood in the one before.
const LATELY: usize = 1 << 12;

/// The different words of some records.
#[derive(Debug)]
pub(crate) struct Words {
    hashes: HashSet<u64, foldhash::fast::FixedState>,
    lately: Vec<u64>,
}

impl Words {
    /// The filter over the words of some records.
    pub(crate) fn filter_of<'r>(records: impl IntoIterator<Item = &'r [u8]>) -> Vec<u8> {
        let mut words = Words { hashes: HashSet::default(), lately: vec![0; LATELY] };
        records.into_iter().for_each(|record| words.add(record));
        words.filter()
    }

    /// Adds the words of a record.
    fn add(&mut self, bytes: &[u8]) {
        if self.hashes.len() >= WORDS_MAX {
            return;
        }
        let mut word = [0; WORD_BYTES_MAX];
        for run in bytes.split(|byte| !is_word(*byte)).filter(|run| run.len() > 1) {
            let hash = hash(run, &mut word);
            let place = &mut self.lately[hash as usize % LATELY];
            if *place != hash {
                *place = hash;
                self.hashes.insert(hash);
            }
        }
    }

    /// The filter over them.
    fn filter(&self) -> Vec<u8> {
        let bits = (self.hashes.len() * BITS_PER_WORD).next_multiple_of(8).max(64);
        let mut filter = vec![0; 1 + bits / 8];
        filter[0] = PROBES;
        for hash in &self.hashes {
            for bit in probes(*hash, PROBES, bits) {
                filter[1 + bit / 8] |= 1 << (bit % 8);
            }
        }
        filter
    }
}

/// The words of a text that is searched for.
pub(super) fn words_of(text: &str) -> Vec<u64> {
    let mut word = [0; WORD_BYTES_MAX];
    let runs = text.as_bytes().split(|byte| !is_word(*byte)).filter(|run| run.len() > 1);
    runs.map(|run| hash(run, &mut word)).collect()
}

/// Whether records under this filter can have all the words.
pub(super) fn can_have(filter: &[u8], words: &[u64]) -> bool {
    let Some((count, bits)) = filter.split_first() else { return true };
    let has = |bit: usize| bits[bit / 8] & 1 << (bit % 8) != 0;
    bits.is_empty() || words.iter().all(|hash| probes(*hash, *count, bits.len() * 8).all(has))
}

/// Part of a word.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

fn hash(run: &[u8], word: &mut [u8; WORD_BYTES_MAX]) -> u64 {
    let length = run.len().min(WORD_BYTES_MAX);
    let word = &mut word[..length];
    word.copy_from_slice(&run[..length]);
    word.make_ascii_lowercase();
    // FNV-1a, with a last mix so that all bits depend on all bytes. Filters are stored, so it must stay what it is.
    let mut hash = word
        .iter()
        .fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3));
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    hash ^ hash >> 29
}

/// Double hashing (Kirsch and Mitzenmacher, 2006).
fn probes(hash: u64, count: u8, bits: usize) -> impl Iterator<Item = usize> {
    let (a, b) = (hash, hash.rotate_left(32) | 1);
    (0..u64::from(count)).map(move |probe| (a.wrapping_add(b.wrapping_mul(probe)) % bits as u64) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_has_every_word_it_was_made_of_and_few_others() {
        let record = |number| format!("{{\"user\":\"Alice{number}\",\"ip\":\"192.0.2.{}\"}}", number % 250);
        let records: Vec<String> = (0..5_000).map(record).collect();
        let filter = Words::filter_of(records.iter().map(String::as_bytes));
        assert!(
            (0..5_000).all(|number| can_have(&filter, &words_of(&format!("alice{number} 192.0.2.{}", number % 250))))
        );
        let false_hits = (0..5_000).filter(|number| can_have(&filter, &words_of(&format!("mallory{number}")))).count();
        assert!(false_hits < 150, "{false_hits} of 5,000");
        assert!(can_have(&[], &words_of("anything")));
    }
}
