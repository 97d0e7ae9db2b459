//! The chain of the ledger: what exactly is hashed. Pure, and never to be changed: old ledgers must stay verifiable.
//!
//! The hash of an entry is the SHA-256 of the hash before it (32 zero bytes for the first) and then, for each of sequence
//! number, stream, version, time, actor, kind and body, an 8-byte big-endian length and the bytes. Numbers are 8 bytes,
//! big-endian, two's complement; the time is in microseconds since the epoch; the body is the exact JSON text.

use sha2::{Digest, Sha256};

/// The hash before the first entry.
pub(crate) const FIRST: [u8; 32] = [0; 32];

/// An entry as it is stored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link<'a> {
    pub(crate) seq: i64,
    pub(crate) stream: &'a str,
    pub(crate) version: i64,
    pub(crate) at: i64,
    pub(crate) actor: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) body: &'a str,
}

impl Link<'_> {
    /// Its hash, behind the hash of the entry before it.
    pub(crate) fn hash(&self, prev: &[u8; 32]) -> [u8; 32] {
        let mut sum = Sha256::new();
        sum.update(prev);
        let mut part = |bytes: &[u8]| {
            sum.update((bytes.len() as u64).to_be_bytes());
            sum.update(bytes);
        };
        part(&self.seq.to_be_bytes());
        part(self.stream.as_bytes());
        part(&self.version.to_be_bytes());
        part(&self.at.to_be_bytes());
        part(self.actor.as_bytes());
        part(self.kind.as_bytes());
        part(self.body.as_bytes());
        sum.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: Link<'_> = Link {
        seq: 1,
        stream: "system",
        version: 1,
        at: 1_700_000_000_000_000,
        actor: "quell",
        kind: "a.b",
        body: "{}",
    };

    /// A ledger of today must verify forever. The sum was computed with Python's hashlib from the description above.
    #[test]
    fn the_form_is_fixed() {
        assert_eq!(quell_model::hex::encode(&LINK.hash(&FIRST)), include_str!("chain.expected").trim());
    }

    #[test]
    fn fields_cannot_run_into_each_other() {
        let other = Link { actor: "quella", kind: ".b", ..LINK };
        assert_ne!(LINK.hash(&FIRST), other.hash(&FIRST));
    }
}
