//! Made-up ids and numbers out of a seed. Nothing here is random in the sense of secrecy.

use super::expr::Generator;

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const HEX: &[u8] = b"0123456789abcdef";
const DIGITS: &[u8] = b"0123456789";

/// Process ids are multiples of four below 48,000.
const PID_SLOTS: u64 = 11_900;

/// SplitMix64.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    /// A stream of its own for each pair of seed and number.
    pub(super) fn stream(seed: u64, number: u64) -> Random {
        let mut random = Random(seed ^ number.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        random.next();
        random
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`; 0 where the bound is 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.next().checked_rem(bound).unwrap_or(0)
    }

    /// A number from `min` to `max`, both included.
    pub(super) fn between(&mut self, min: i64, max: i64) -> i64 {
        let width = max.abs_diff(min).saturating_add(1);
        min.saturating_add_unsigned(self.below(width))
    }

    pub(super) fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or(0)
    }

    fn text(&mut self, alphabet: &[u8], len: usize) -> String {
        (0..len).filter_map(|_| alphabet.get(self.index(alphabet.len()))).map(|&byte| char::from(byte)).collect()
    }
}

/// Maker of ids: a stream of numbers, and a counter for ids that must not repeat on a host.
#[derive(Debug, Clone)]
pub(super) struct Ids {
    pub(super) random: Random,
    taken: u64,
    first: u64,
}

impl Ids {
    pub(super) fn new(seed: u64) -> Ids {
        let mut random = Random::stream(seed, 0);
        let first = random.next() >> 16;
        Ids { random, taken: 0, first }
    }

    /// A text or number of the asked form. Process GUIDs need a host and a time: see [`Ids::process_guid`].
    pub(super) fn make(&mut self, generator: &Generator) -> serde_json::Value {
        match *generator {
            Generator::Uuid => self.uuid().into(),
            Generator::Hex(len) => self.random.text(HEX, len).into(),
            Generator::Letters(len) => self.random.text(LETTERS, len).into(),
            Generator::Upper(len) => self.random.text(UPPER, len).into(),
            Generator::Digits(len) => self.random.text(DIGITS, len).into(),
            Generator::Int(min, max) => self.random.between(min, max).into(),
            Generator::Pid => self.pid().into(),
            Generator::ProcessGuid { .. } => serde_json::Value::Null,
        }
    }

    /// A process GUID as Sysmon builds it: machine, creation time, sequence.
    pub(super) fn process_guid(&mut self, machine: &str, seconds: i64) -> String {
        let number = self.take().wrapping_mul(7_919) & 0xFFFF;
        let time = seconds.unsigned_abs() & 0xFFFF_FFFF;
        format!("{{{machine}-{:04x}-{:04x}-{number:04x}-000000000800}}", time & 0xFFFF, time >> 16)
    }

    /// Every slot is used once before the first is used again.
    fn pid(&mut self) -> u64 {
        (self.take().wrapping_mul(3_571) % PID_SLOTS + 100) * 4
    }

    fn take(&mut self) -> u64 {
        self.taken = self.taken.wrapping_add(1);
        self.first.wrapping_add(self.taken)
    }

    fn uuid(&mut self) -> String {
        let (high, low) = (self.random.next(), self.random.next());
        let (a, b, c) = (high >> 32, (high >> 16) & 0xFFFF, (high & 0x0FFF) | 0x4000);
        let (d, e) = (((low >> 48) & 0x3FFF) | 0x8000, low & 0xFFFF_FFFF_FFFF);
        format!("{a:08x}-{b:04x}-{c:04x}-{d:04x}-{e:012x}")
    }
}

/// A made-up digest: upper-case hexadecimal digits that depend on the text only.
pub(super) fn digest(text: &str, len: usize) -> String {
    let start = text
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3));
    Random::stream(start, len as u64).text(b"0123456789ABCDEF", len)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn process_ids_and_guids_do_not_repeat() {
        let mut ids = Ids::new(7);
        let pids: BTreeSet<u64> = (0..PID_SLOTS).map(|_| ids.pid()).collect();
        assert_eq!(pids.len() as u64, PID_SLOTS);
        let guids: BTreeSet<String> = (0..60_000).map(|_| ids.process_guid("00000000", 5)).collect();
        assert_eq!(guids.len(), 60_000);
    }

    #[test]
    fn numbers_stay_in_their_range() {
        let mut random = Random::stream(1, 2);
        assert!((0..1_000).map(|_| random.between(-3, 4)).all(|n| (-3..=4).contains(&n)));
        assert_eq!(random.between(5, 5), 5);
        assert_eq!(random.below(0), 0);
    }
}
