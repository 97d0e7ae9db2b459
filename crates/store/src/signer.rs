//! Signs heads of the ledger, so that who can write to the database still cannot write its past anew.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

/// Keeps these signatures apart from any other use of the key.
const DOMAIN: &[u8] = b"quell ledger checkpoint v1\0";

/// SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING }, RFC 8410 section 4.
const PEM_HEAD: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
const PEM_BEGIN: &str = "-----BEGIN PUBLIC KEY-----\n";
const PEM_END: &str = "\n-----END PUBLIC KEY-----\n";

/// The public key of another Quell.
#[derive(Debug, Clone)]
pub struct ForeignKey(VerifyingKey);

impl ForeignKey {
    /// Reads PEM as [`Signer::public_key_pem`] writes it; none if it is something else.
    #[must_use]
    pub fn from_pem(pem: &str) -> Option<ForeignKey> {
        let body = STANDARD.decode(pem.strip_prefix(PEM_BEGIN)?.strip_suffix(PEM_END)?).ok()?;
        let key: [u8; 32] = body.strip_prefix(&PEM_HEAD[..])?.try_into().ok()?;
        VerifyingKey::from_bytes(&key).ok().map(ForeignKey)
    }

    /// Name of the key, as [`Signer::key_id`].
    #[must_use]
    pub fn key_id(&self) -> String {
        key_id(&self.0)
    }

    /// Whether this key signed the list of files of a bundle.
    #[must_use]
    pub fn signed_manifest(&self, manifest: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.0.verify_strict(manifest, &signature).is_ok())
    }
}

fn key_id(key: &VerifyingKey) -> String {
    quell_model::hex::encode(&Sha256::digest(key.as_bytes())[..8])
}

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
        let id = key_id(&key.verifying_key());
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

    /// The public key as PEM (SubjectPublicKeyInfo, RFC 8410), for tools that know nothing of Quell.
    #[must_use]
    pub fn public_key_pem(&self) -> String {
        let body = STANDARD.encode([&PEM_HEAD[..], &self.public_key()].concat());
        format!("{PEM_BEGIN}{body}{PEM_END}")
    }

    /// Signs the list of files of a bundle, as it is, so that any tool can check it. It begins with hex digits, and so is never
    /// taken for a head of the ledger.
    #[must_use]
    pub fn sign_manifest(&self, manifest: &[u8]) -> [u8; 64] {
        self.key.sign(manifest).to_bytes()
    }

    pub(crate) fn sign(&self, head: &Head) -> [u8; 64] {
        self.key.sign(&head.message()).to_bytes()
    }

    pub(crate) fn verifies(&self, head: &Head, signature: &[u8]) -> bool {
        let Ok(signature) = Signature::from_slice(signature) else { return false };
        self.key.verifying_key().verify_strict(&head.message(), &signature).is_ok()
    }
}
