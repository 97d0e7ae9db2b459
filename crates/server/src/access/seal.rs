//! Sealing of factor secrets (envelope encryption). Each secret has a key of its own; that key is sealed with a key of the
//! operator's keyring. A change of the operator's key seals only the small keys anew, and old keys can be retired after it.
//!
//! Keys and secrets are never printed: nothing here shows them in `Debug`.

use std::fmt;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit, Nonce};
use hmac::{Hmac, Mac};
use quell_model::ports::Random;
use sha2::Sha256;

use super::secret;

/// First byte of everything sealed; another form gets another number.
const FORM: u8 = 1;
const NONCE_BYTES: usize = 12;
const KEY_BYTES: usize = 32;
/// A sealed key: the key and its tag.
const WRAPPED_BYTES: usize = KEY_BYTES + 16;
const KEY_ID_BYTES_MAX: usize = 64;

/// Why something cannot be sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The keyring cannot be used.
    #[error("the keyring is not usable: {0}")]
    Keyring(&'static str),
    /// It was sealed with a key that is not in the keyring.
    #[error("it is sealed with the key {0:?}, which is not in the keyring")]
    UnknownKey(String),
    /// It was changed, belongs to something else, or is no sealed secret.
    #[error("it cannot be opened: changed, or sealed for something else")]
    Damaged,
}

/// The operator's keys. New secrets are sealed with the active one, old ones open with the one that sealed them.
#[derive(Clone)]
pub struct Keyring {
    keys: Vec<(String, [u8; KEY_BYTES])>,
    active: String,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<&str> = self.keys.iter().map(|(id, _)| id.as_str()).collect();
        f.debug_struct("Keyring").field("ids", &ids).field("active", &self.active).finish_non_exhaustive()
    }
}

impl Keyring {
    /// A keyring of these keys, by id.
    ///
    /// # Errors
    /// The active key is missing, an id is empty, too long or there twice, or a key is all zero.
    pub fn new(keys: Vec<(String, [u8; KEY_BYTES])>, active: impl Into<String>) -> Result<Keyring, SealError> {
        let active = active.into();
        let mut ids: Vec<&str> = keys.iter().map(|(id, _)| id.as_str()).collect();
        if ids.iter().any(|id| id.is_empty() || id.len() > KEY_ID_BYTES_MAX) {
            return Err(SealError::Keyring("the id of a key is from 1 to 64 bytes long"));
        }
        ids.sort_unstable();
        if ids.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err(SealError::Keyring("two keys have the same id"));
        }
        if keys.iter().any(|(_, key)| key.iter().all(|byte| *byte == 0)) {
            return Err(SealError::Keyring("a key is all zero"));
        }
        if !ids.contains(&active.as_str()) {
            return Err(SealError::Keyring("the active key is not among the keys"));
        }
        Ok(Keyring { keys, active })
    }

    /// Seals a secret for an owner, such as user id and factor id; it opens for nobody else.
    ///
    /// # Errors
    /// The active key is missing.
    pub fn seal(&self, random: &dyn Random, owner: &str, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let data_key: [u8; KEY_BYTES] = secret::bytes(random);
        let mut sealed = self.wrap(random, owner, &data_key)?;
        let nonce: [u8; NONCE_BYTES] = secret::bytes(random);
        sealed.extend_from_slice(&nonce);
        sealed.extend(encrypt(&data_key, nonce, owner, plain)?);
        Ok(sealed)
    }

    /// Opens what was sealed for an owner.
    ///
    /// # Errors
    /// It was sealed with a key that is not here, for another owner, or is damaged.
    pub fn open(&self, owner: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let parts = Parts::read(sealed)?;
        let data_key = self.unwrap_key(owner, &parts)?;
        let (nonce, text) = parts.content.split_first_chunk::<NONCE_BYTES>().ok_or(SealError::Damaged)?;
        decrypt(&data_key, *nonce, owner, text)
    }

    /// The same secret under the active key; none if it is so already.
    ///
    /// # Errors
    /// As for opening it.
    pub fn reseal(&self, random: &dyn Random, owner: &str, sealed: &[u8]) -> Result<Option<Vec<u8>>, SealError> {
        let parts = Parts::read(sealed)?;
        if parts.key_id == self.active {
            return Ok(None);
        }
        let data_key = self.unwrap_key(owner, &parts)?;
        let mut anew = self.wrap(random, owner, &data_key)?;
        anew.extend_from_slice(parts.content);
        Ok(Some(anew))
    }

    /// A key for another purpose, made from the active key.
    pub(crate) fn derive(&self, purpose: &str) -> Result<[u8; 32], SealError> {
        let key = self.key(&self.active)?;
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key).map_err(|_| SealError::Damaged)?;
        mac.update(purpose.as_bytes());
        Ok(mac.finalize().into_bytes().into())
    }

    fn key(&self, id: &str) -> Result<&[u8; KEY_BYTES], SealError> {
        let found = self.keys.iter().find(|(known, _)| known == id);
        found.map(|(_, key)| key).ok_or_else(|| SealError::UnknownKey(id.to_owned()))
    }

    /// The head of a sealed secret: form, id of the key, and the secret's own key sealed with it.
    fn wrap(&self, random: &dyn Random, owner: &str, data_key: &[u8]) -> Result<Vec<u8>, SealError> {
        let key = self.key(&self.active)?;
        let nonce: [u8; NONCE_BYTES] = secret::bytes(random);
        let mut head = vec![FORM, u8::try_from(self.active.len()).map_err(|_| SealError::Damaged)?];
        head.extend_from_slice(self.active.as_bytes());
        head.extend_from_slice(&nonce);
        head.extend(encrypt(key, nonce, owner, data_key)?);
        Ok(head)
    }

    fn unwrap_key(&self, owner: &str, parts: &Parts<'_>) -> Result<[u8; KEY_BYTES], SealError> {
        let plain = decrypt(self.key(parts.key_id)?, parts.nonce, owner, parts.wrapped)?;
        plain.try_into().map_err(|_| SealError::Damaged)
    }
}

/// A sealed secret, taken apart.
struct Parts<'a> {
    key_id: &'a str,
    nonce: [u8; NONCE_BYTES],
    wrapped: &'a [u8],
    content: &'a [u8],
}

impl Parts<'_> {
    fn read(sealed: &[u8]) -> Result<Parts<'_>, SealError> {
        let damaged = SealError::Damaged;
        let (&[form, id_bytes], rest) = sealed.split_first_chunk::<2>().ok_or(damaged.clone())?;
        if form != FORM {
            return Err(damaged);
        }
        let (id, rest) = rest.split_at_checked(usize::from(id_bytes)).ok_or(damaged.clone())?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(damaged.clone())?;
        let (wrapped, content) = rest.split_at_checked(WRAPPED_BYTES).ok_or(damaged.clone())?;
        let key_id = std::str::from_utf8(id).map_err(|_| damaged)?;
        Ok(Parts { key_id, nonce: *nonce, wrapped, content })
    }
}

fn encrypt(key: &[u8; KEY_BYTES], nonce: [u8; NONCE_BYTES], owner: &str, plain: &[u8]) -> Result<Vec<u8>, SealError> {
    let payload = Payload { msg: plain, aad: owner.as_bytes() };
    ChaCha20Poly1305::new(&Key::from(*key)).encrypt(&Nonce::from(nonce), payload).map_err(|_| SealError::Damaged)
}

fn decrypt(key: &[u8; KEY_BYTES], nonce: [u8; NONCE_BYTES], owner: &str, text: &[u8]) -> Result<Vec<u8>, SealError> {
    let payload = Payload { msg: text, aad: owner.as_bytes() };
    ChaCha20Poly1305::new(&Key::from(*key)).decrypt(&Nonce::from(nonce), payload).map_err(|_| SealError::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::testing::Counting;

    fn ring(ids: &[(&str, u8)], active: &str) -> Keyring {
        let keys = ids.iter().map(|(id, byte)| ((*id).to_owned(), [*byte; 32])).collect();
        Keyring::new(keys, active).unwrap()
    }

    #[test]
    fn opens_for_its_owner_only() {
        let ring = ring(&[("a", 1)], "a");
        let sealed = ring.seal(&Counting::default(), "usr-1/f1", b"secret").unwrap();
        assert_eq!(ring.open("usr-1/f1", &sealed).unwrap(), b"secret");
        assert_eq!(ring.open("usr-2/f1", &sealed), Err(SealError::Damaged));
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
    }

    #[test]
    fn every_changed_bit_is_found() {
        let ring = ring(&[("a", 1)], "a");
        let sealed = ring.seal(&Counting::default(), "o", b"secret").unwrap();
        for index in 0..sealed.len() {
            for bit in 0..8 {
                let mut changed = sealed.clone();
                changed[index] ^= 1 << bit;
                assert!(ring.open("o", &changed).is_err(), "byte {index}, bit {bit}");
            }
            assert!(ring.open("o", &sealed[..index]).is_err());
        }
    }

    #[test]
    fn rotates_to_a_new_key() {
        let random = Counting::default();
        let old = ring(&[("a", 1)], "a");
        let both = ring(&[("a", 1), ("b", 2)], "b");
        let new = ring(&[("b", 2)], "b");
        let sealed = old.seal(&random, "o", b"secret").unwrap();
        assert_eq!(new.open("o", &sealed), Err(SealError::UnknownKey("a".to_owned())));
        let anew = both.reseal(&random, "o", &sealed).unwrap().unwrap();
        assert_eq!(new.open("o", &anew).unwrap(), b"secret");
        assert_eq!(both.reseal(&random, "o", &anew).unwrap(), None);
    }

    #[test]
    fn refuses_bad_keyrings_and_shows_no_key() {
        let keys = |ids: &[&str]| ids.iter().map(|id| ((*id).to_owned(), [7; 32])).collect::<Vec<_>>();
        assert!(Keyring::new(keys(&["a"]), "b").is_err());
        assert!(Keyring::new(keys(&["a", "a"]), "a").is_err());
        assert!(Keyring::new(vec![("a".to_owned(), [0; 32])], "a").is_err());
        let shown = format!("{:?}", Keyring::new(keys(&["a"]), "a").unwrap());
        assert!(!shown.contains('7'), "{shown}");
    }
}
