//! Where secrets are: in a file, in the environment, sealed in the data folder, or in a vault of HashiCorp's kind. The configuration
//! holds references only; what they lead to is read once, at the start, and is never printed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use quell_connect::{KvVault, http_client_trusting};
use quell_model::hex;
use quell_model::ports::Random;
use quell_server::Keyring;

use super::keys::write_private;
use crate::config::{SecretRef, VaultAt};

/// The sealed ones, in the data folder.
const FILE: &str = "secrets.json";
/// Longest secret that is sealed.
const BYTES_MAX: usize = 1 << 16;

/// What references lead to.
pub(crate) struct Secrets {
    path: PathBuf,
    keyring: Keyring,
    /// Name and sealed bytes in hex.
    sealed: BTreeMap<String, String>,
    vault: Option<VaultAt>,
}

impl Secrets {
    /// Those of a folder, and of a vault if there is one.
    pub(crate) fn open(folder: &Path, keyring: Keyring, vault: Option<VaultAt>) -> Result<Secrets> {
        let path = folder.join(FILE);
        let sealed = match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        Ok(Secrets { path, keyring, sealed, vault })
    }

    /// What a reference leads to.
    #[expect(clippy::disallowed_methods, reason = "the configuration names the variable that holds a secret")]
    pub(crate) fn read(&self, reference: &SecretRef) -> Result<String> {
        match reference {
            SecretRef::Env(name) => std::env::var(name).with_context(|| format!("the variable {name} is not set")),
            SecretRef::File(path) => {
                let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
                Ok(text.lines().next().unwrap_or_default().to_owned())
            }
            SecretRef::Sealed(name) => {
                let sealed = self.sealed.get(name);
                let sealed =
                    sealed.with_context(|| format!("no secret {name} is sealed; `quell secret set {name}`"))?;
                let sealed =
                    hex::decode_bytes(sealed).with_context(|| format!("{} is damaged", self.path.display()))?;
                let plain = self.keyring.open(&owner(name), &sealed)?;
                String::from_utf8(plain).context("it is no text")
            }
            SecretRef::Vault(place) => {
                let at = self.vault.as_ref().context("`[vault]` says where the vault is, and is missing")?;
                let (path, field) = place.split_once('#').context("a place is like secret/data/quell#token")?;
                let token = self.read(&at.token).context("vault.token")?;
                let authorities = at.authorities.as_deref().map(super::targets::certificates).transpose()?;
                let http = http_client_trusting(&authorities.unwrap_or_default()).map_err(anyhow::Error::msg)?;
                let vault = KvVault { url: at.url.clone(), token, namespace: at.namespace.clone() };
                vault.read(http, path, field).map_err(anyhow::Error::msg).with_context(|| format!("vault: {place}"))
            }
        }
    }

    /// Seals a secret under a name; one of that name is replaced.
    pub(crate) fn set(&mut self, name: &str, plain: &str, random: &dyn Random) -> Result<()> {
        let is_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if name.is_empty() || name.len() > 64 || !name.bytes().all(is_name) {
            bail!("a name has letters, digits, and - _ . only");
        }
        if plain.is_empty() || plain.len() > BYTES_MAX {
            bail!("a secret has 1 to {BYTES_MAX} bytes");
        }
        let sealed = self.keyring.seal(random, &owner(name), plain.as_bytes())?;
        self.sealed.insert(name.to_owned(), hex::encode(&sealed));
        self.write()
    }

    /// Forgets a secret; whether there was one.
    pub(crate) fn remove(&mut self, name: &str) -> Result<bool> {
        let was_there = self.sealed.remove(name).is_some();
        self.write()?;
        Ok(was_there)
    }

    /// Names of those that are sealed.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.sealed.keys().map(String::as_str)
    }

    /// Seals all of them with the active key; how many were not.
    pub(crate) fn reseal(&mut self, random: &dyn Random) -> Result<usize> {
        let mut count = 0;
        for (name, text) in &mut self.sealed {
            let sealed = hex::decode_bytes(text).with_context(|| format!("{} is damaged", self.path.display()))?;
            if let Some(anew) = self.keyring.reseal(random, &owner(name), &sealed)? {
                *text = hex::encode(&anew);
                count += 1;
            }
        }
        if count > 0 {
            self.write()?;
        }
        Ok(count)
    }

    fn write(&self) -> Result<()> {
        write_private(&self.path, &serde_json::to_vec_pretty(&self.sealed)?)
    }
}

/// What a secret is sealed for: under another name it does not open.
fn owner(name: &str) -> String {
    format!("secret/{name}")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::live::{Keys, SystemRandom};

    /// A folder of its own that goes with the test.
    pub(in crate::live) struct Folder(PathBuf);

    impl Folder {
        pub(in crate::live) fn new(name: &str) -> Folder {
            let folder = std::env::temp_dir().join(format!("quell-{name}-{}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            Folder(folder)
        }

        pub(in crate::live) fn secrets(&self) -> Secrets {
            let keys = Keys::open_or_make(&self.0, &SystemRandom).unwrap();
            Secrets::open(&self.0, keys.keyring().unwrap(), None).unwrap()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            drop(fs::remove_dir_all(&self.0));
        }
    }

    #[test]
    fn a_sealed_secret_opens_under_its_name_only_and_outlives_a_new_key() {
        let folder = Folder::new("secrets");
        let file = folder.0.join(FILE);
        folder.secrets().set("aws", "a secret key", &SystemRandom).unwrap();
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains("a secret key") && !text.contains(&hex::encode(b"a secret key")));
        let reference = SecretRef::Sealed("aws".to_owned());
        assert_eq!(folder.secrets().read(&reference).unwrap(), "a secret key");

        Keys::open(&folder.0).unwrap().rotate(&SystemRandom).unwrap();
        assert_eq!(folder.secrets().reseal(&SystemRandom).unwrap(), 1);
        assert_eq!(folder.secrets().reseal(&SystemRandom).unwrap(), 0);
        assert_eq!(folder.secrets().read(&reference).unwrap(), "a secret key");

        // Moved under another name, it does not open.
        fs::write(&file, text.replace("\"aws\"", "\"mail\"")).unwrap();
        assert!(folder.secrets().read(&SecretRef::Sealed("mail".to_owned())).is_err());
        let missing = folder.secrets().read(&reference).unwrap_err().to_string();
        assert!(missing.contains("quell secret set aws"), "{missing}");
        for name in ["", "a b", "../x"] {
            assert!(folder.secrets().set(name, "x", &SystemRandom).is_err(), "{name:?}");
        }
    }
}
