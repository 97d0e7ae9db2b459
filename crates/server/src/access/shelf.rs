//! Things that wait a few minutes for their second half: a sign-in for its second factor, a passkey for its answer. In
//! memory, bounded, taken at most once.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Most things of one owner; the oldest goes first.
const OWNED_MAX: usize = 32;
/// Most things at all.
const ENTRIES_MAX: usize = 4096;

/// Keeps values by the hash of a secret.
pub(crate) struct Shelf<V> {
    entries: Mutex<HashMap<[u8; 32], Kept<V>>>,
    keep: Duration,
}

struct Kept<V> {
    value: V,
    owner: String,
    put_at: Instant,
}

impl<V> Shelf<V> {
    /// A shelf that keeps things for so long.
    pub(crate) fn new(keep: Duration) -> Shelf<V> {
        Shelf { entries: Mutex::new(HashMap::new()), keep }
    }

    /// Keeps a value. `owner` is whom it counts against: one who puts many loses their own, not those of others.
    pub(crate) fn put(&self, key: [u8; 32], owner: &str, value: V, now: Instant) {
        let mut entries = self.lock();
        let keep = self.keep;
        entries.retain(|_, kept| now.saturating_duration_since(kept.put_at) < keep);
        let owned = entries.values().filter(|kept| kept.owner == owner).count();
        let victim = if owned >= OWNED_MAX {
            oldest(&entries, |kept| kept.owner == owner)
        } else if entries.len() >= ENTRIES_MAX {
            oldest(&entries, |_| true)
        } else {
            None
        };
        if let Some(victim) = victim {
            entries.remove(&victim);
        }
        entries.insert(key, Kept { value, owner: owner.to_owned(), put_at: now });
    }

    /// Takes a value away.
    pub(crate) fn take(&self, key: &[u8; 32], now: Instant) -> Option<V> {
        let kept = self.lock().remove(key)?;
        (now.saturating_duration_since(kept.put_at) < self.keep).then_some(kept.value)
    }

    /// Changes a value where it lies.
    pub(crate) fn with<T>(&self, key: &[u8; 32], now: Instant, change: impl FnOnce(&mut V) -> T) -> Option<T> {
        let mut entries = self.lock();
        let kept = entries.get_mut(key)?;
        (now.saturating_duration_since(kept.put_at) < self.keep).then(|| change(&mut kept.value))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], Kept<V>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn oldest<V>(entries: &HashMap<[u8; 32], Kept<V>>, of: impl Fn(&Kept<V>) -> bool) -> Option<[u8; 32]> {
    entries.iter().filter(|(_, kept)| of(kept)).min_by_key(|(_, kept)| kept.put_at).map(|(key, _)| *key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn keeps_for_a_while_and_gives_once() {
        let shelf = Shelf::new(Duration::from_secs(300));
        let now = Instant::now();
        shelf.put([1; 32], "a", 1, now);
        shelf.put([2; 32], "a", 2, now);
        assert_eq!(shelf.take(&[1; 32], now), Some(1));
        assert_eq!(shelf.take(&[1; 32], now), None);
        assert_eq!(shelf.take(&[2; 32], now + Duration::from_secs(300)), None);
    }

    #[tokio::test]
    async fn who_puts_many_loses_their_own() {
        let shelf = Shelf::new(Duration::from_secs(300));
        let now = Instant::now();
        shelf.put([255; 32], "quiet", 0, now);
        for number in 0..100_u8 {
            shelf.put([number; 32], "loud", number, now + Duration::from_millis(u64::from(number)));
        }
        assert_eq!(shelf.lock().len(), OWNED_MAX + 1);
        assert_eq!(shelf.take(&[255; 32], now), Some(0));
        assert_eq!(shelf.take(&[99; 32], now), Some(99));
    }
}
