//! Signs heads of the ledger, so that who can write to the database still cannot write its past anew.

use ed25519_dalek::{Signature, Signer as _, SigningKey};
use sha2::{Digest, Sha256};

/// Keeps these signatures apart from any other use of the key.
const DOMAIN: &[u8] = b"quell ledger checkpoint v1\0";

/// An Ed25519 key that signs heads of the ledger. Its debug form shows the id only.
#[derive(Clone)]
pub struct Signer {
    key: SigningKey,
    id: String,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A signed head.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    pub(crate) seq: i64,
    pub(crate) hash: [u8; 32],
    pub(crate) at: i64,
}

impl Head {
    fn message(&self) -> Vec<u8> {
        [DOMAIN, &self.seq.to_be_bytes(), &self.hash, &self.at.to_be_bytes()].concat()
    }
}

impl Signer {
    /// The signer of a 32-byte secret.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Signer {
        let key = SigningKey::from_bytes(seed);
        let id = quell_model::hex::encode(&Sha256::digest(key.verifying_key().as_bytes())[..8]);
        Signer { key, id }
    }

    /// Name of the key: the first 16 hex digits of the SHA-256 of the public key.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.id
    }

    /// The public key, for whoever verifies elsewhere.
    #[must_use]
    pub fn public_key(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    pub(crate) fn sign(&self, head: &Head) -> [u8; 64] {
        self.key.sign(&head.message()).to_bytes()
    }

    pub(crate) fn verifies(&self, head: &Head, signature: &[u8]) -> bool {
        let Ok(signature) = Signature::from_slice(signature) else { return false };
        self.key.verifying_key().verify_strict(&head.message(), &signature).is_ok()
    }
}
