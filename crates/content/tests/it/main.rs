//! Integration tests of the content crate, in one binary.
#![expect(clippy::unwrap_used, reason = "a test that meets what it did not expect should stop")]

mod scenario;
