//! Keys of an installation: one to sign the ledger's checkpoints, and those that seal secrets. In a file that only its owner
//! reads, made at the first start.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use quell_model::hex;
use quell_model::ports::Random;
use quell_server::Keyring;
use quell_store::Signer;
use serde::{Deserialize, Serialize};

const FILE: &str = "keys.json";

/// The keys.
pub(crate) struct Keys {
    path: PathBuf,
    stored: Stored,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    /// Seed of the Ed25519 key that signs checkpoints, hex.
    ledger: String,
    /// Keys that seal secrets, the active one last.
    sealing: Vec<Sealing>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealing {
    id: String,
    key: String,
}

impl Keys {
    /// The keys of a folder; new ones if it has none.
    pub(crate) fn open_or_make(folder: &Path, random: &dyn Random) -> Result<Keys> {
        let path = folder.join(FILE);
        if path.exists() {
            return Keys::open(folder);
        }
        let stored = Stored { ledger: hex::encode(&secret(random)), sealing: vec![sealing(random)] };
        let keys = Keys { path, stored };
        keys.write()?;
        Ok(keys)
    }

    /// The keys of a folder.
    pub(crate) fn open(folder: &Path) -> Result<Keys> {
        let path = folder.join(FILE);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let stored = serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display()))?;
        Ok(Keys { path, stored })
    }

    /// Signs checkpoints.
    pub(crate) fn signer(&self) -> Result<Signer> {
        Ok(Signer::from_seed(&unhex(&self.stored.ledger)?))
    }

    /// Seals secrets.
    pub(crate) fn keyring(&self) -> Result<Keyring> {
        let keys = self.stored.sealing.iter().map(|key| Ok((key.id.clone(), unhex(&key.key)?)));
        let keys: Vec<(String, [u8; 32])> = keys.collect::<Result<_>>()?;
        let Some(active) = keys.last().map(|(id, _)| id.clone()) else { bail!("{} has no key", self.path.display()) };
        Ok(Keyring::new(keys, active)?)
    }

    /// Adds a key; from now on it seals. The others stay for what they have sealed.
    pub(crate) fn rotate(&mut self, random: &dyn Random) -> Result<()> {
        self.stored.sealing.push(sealing(random));
        self.write()
    }

    fn write(&self) -> Result<()> {
        write_private(&self.path, &serde_json::to_vec_pretty(&self.stored)?)
    }
}

/// Writes a file that only its owner reads: beside it and renamed, so that there is always one whole file.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let new = path.with_extension("new");
    let context = || format!("cannot write {}", new.display());
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new).with_context(context)?;
    file.write_all(bytes).with_context(context)?;
    file.sync_all().with_context(context)?;
    fs::rename(&new, path).with_context(|| format!("cannot write {}", path.display()))
}

fn sealing(random: &dyn Random) -> Sealing {
    let mut id = [0; 6];
    random.fill(&mut id);
    Sealing { id: hex::encode(&id), key: hex::encode(&secret(random)) }
}

fn secret(random: &dyn Random) -> [u8; 32] {
    let mut bytes = [0; 32];
    random.fill(&mut bytes);
    bytes
}

fn unhex(text: &str) -> Result<[u8; 32]> {
    hex::decode(text).context("a key is 64 hex digits")
}
