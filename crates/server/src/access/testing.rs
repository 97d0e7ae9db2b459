//! What tests of access share: a clock that they move, bytes that they can repeat, a desk on a store in a temporary folder.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use quell_model::Timestamp;
use quell_model::ports::{Clock, Random};

use super::seal::Keyring;
use super::secret;

/// Bytes from a counter.
#[derive(Default)]
pub(crate) struct Counting(AtomicU64);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let block = secret::sha256(&self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}

/// A clock that stands until it is moved.
pub(crate) struct Standing(Mutex<Timestamp>);

impl Standing {
    pub(crate) fn new() -> Standing {
        Standing(Mutex::new(Timestamp::from_second(1_790_000_000).unwrap()))
    }

    pub(crate) fn advance(&self, seconds: i64) {
        let mut now = self.0.lock().unwrap();
        *now = super::session::later(*now, seconds);
    }
}

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// A keyring of one key.
pub(crate) fn keyring() -> Keyring {
    Keyring::new(vec![("test".to_owned(), [42; 32])], "test").unwrap()
}
