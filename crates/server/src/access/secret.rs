//! Secrets as bytes and text: made, hashed, compared. A secret that Quell gives out is kept only as its hash.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use quell_model::ports::Random;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// SHA-256 of bytes.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// SHA-256 of parts that cannot run into each other.
pub(crate) fn sha256_of(parts: &[&str]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().into()
}

/// `N` bytes that nobody can guess.
pub(crate) fn bytes<const N: usize>(random: &dyn Random) -> [u8; N] {
    let mut bytes = [0; N];
    random.fill(&mut bytes);
    bytes
}

/// A new secret, 256 bits as 43 characters that need no escape in a link or header.
pub(crate) fn text(random: &dyn Random) -> String {
    URL_SAFE_NO_PAD.encode(bytes::<32>(random))
}

/// Whether two secrets are equal, in a time that does not depend on where they differ.
pub(crate) fn same(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

#[cfg(test)]
mod tests {
    use super::{same, sha256_of};

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(sha256_of(&["ab", "c"]), sha256_of(&["a", "bc"]));
        assert!(same(b"x", b"x") && !same(b"x", b"y") && !same(b"x", b"xx"));
    }
}
