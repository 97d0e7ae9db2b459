//! The clock and the randomness of this machine, handed to everything that needs them.

use quell_model::Timestamp;
use quell_model::ports::{Clock, Random};

/// The system's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The system's randomness.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        // A system without randomness can keep no secret: nothing Quell does after that would be right.
        if getrandom::fill(bytes).is_err() {
            std::process::abort();
        }
    }
}
