//! Commands around the data of a server: check, back up, restore, migrate, verify, rotate keys.

use std::fs;
use std::io::{self, BufWriter, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use quell_store::{LedgerQuery, Location, Store};

use crate::arguments::{ConfigCommand, Data, LedgerCommand, SecretCommand};
use crate::config::{self, Config};
use crate::live::{Claim, Keys, Secrets, SystemClock, SystemRandom, location, make_folder, open_store};
use crate::progress::complain;

/// Entries of the ledger read at once.
const ENTRIES: u32 = 1_000;
/// Files that every backup has.
const BACKED_UP: [&str; 3] = ["quell.db", "events.db", "keys.json"];

/// Folder of the evidence vault.
const VAULT: &str = "vault";

/// A data folder, its configuration and its keys.
struct Place {
    folder: PathBuf,
    config: Config,
    location: Location,
}

impl Place {
    fn of(data: &Data) -> Result<Place> {
        let folder = data.data.clone().unwrap_or_else(config::default_folder);
        let config = config::load(data.config.as_deref(), &folder)?;
        if !folder.is_dir() {
            bail!("{} is no data folder; `quell serve` makes one", folder.display());
        }
        let location = location(&config, &folder);
        Ok(Place { folder, config, location })
    }

    fn with_store<T>(&self, work: impl AsyncFnOnce(&Store) -> Result<T>) -> Result<T> {
        let keys = Keys::open(&self.folder)?;
        runtime()?.block_on(async {
            let store = open_store(&self.location, &keys.signer()?, &SystemClock).await?;
            let outcome = work(&store).await;
            store.close().await;
            outcome
        })
    }
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

/// `quell keys public`.
pub(crate) fn print_key(data: &Data) -> Result<ExitCode> {
    let signer = Keys::open(&Place::of(data)?.folder)?.signer()?;
    write!(io::stdout().lock(), "{}", signer.public_key_pem())?;
    // A file that takes the key does not take this line.
    complain(&format!("key id {}", signer.key_id()));
    Ok(ExitCode::SUCCESS)
}

/// `quell config`.
pub(crate) fn configuration(command: &ConfigCommand) -> Result<ExitCode> {
    let mut out = io::stdout().lock();
    match command {
        ConfigCommand::Check(data) => {
            let folder = data.data.clone().unwrap_or_else(config::default_folder);
            config::load(data.config.as_deref(), &folder)?;
            writeln!(out, "the configuration is valid")?;
        }
        ConfigCommand::Show(data) => {
            let folder = data.data.clone().unwrap_or_else(config::default_folder);
            let config = config::load(data.config.as_deref(), &folder)?;
            write!(out, "{}", toml::to_string(&config.without_secrets())?)?;
        }
        ConfigCommand::Schema => {
            serde_json::to_writer_pretty(&mut out, &schemars::schema_for!(Config))?;
            writeln!(out)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// `quell doctor`: says what works and what does not, and what to do.
pub(crate) fn doctor(data: &Data) -> Result<ExitCode> {
    let mut out = io::stdout().lock();
    let mut wrong = 0;
    let mut say = |what: &str, outcome: Result<String>| -> io::Result<()> {
        match outcome {
            Ok(detail) => writeln!(out, "ok     {what}: {detail}"),
            Err(error) => {
                wrong += 1;
                writeln!(out, "WRONG  {what}: {error:#}")
            }
        }
    };
    let place = match Place::of(data) {
        Ok(place) => place,
        Err(error) => {
            say("configuration and folder", Err(error))?;
            return Ok(ExitCode::FAILURE);
        }
    };
    say("configuration", Ok(format!("listens on {}", place.config.listen)))?;
    say("data folder", private(&place.folder))?;
    say("keys", Keys::open(&place.folder).and_then(|keys| Ok(format!("ledger key {}", keys.signer()?.key_id()))))?;
    say(
        "rules",
        crate::live::knowledge(&place.config, &[]).map(|knowledge| format!("{} in force", knowledge.rule_count())),
    )?;
    let store = place.with_store(async |store| {
        store.ping().await?;
        let sizes = store.sizes().await?;
        Ok(format!("{} incidents, {} alerts, {} ledger entries", sizes.incidents, sizes.alerts, sizes.entries))
    });
    say("store", store)?;
    let ledger = place.with_store(async |store| {
        let found = store.verify().await?;
        match found.problems.first() {
            None => Ok(format!("{} entries and {} checkpoints verified", found.entries, found.checkpoints)),
            Some(first) => bail!("{} (entry {:?}); keep a copy and restore a backup", first.what, first.seq),
        }
    });
    say("ledger", ledger)?;
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(unix)]
fn private(folder: &Path) -> Result<String> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(folder)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        bail!("{} is open to others (mode {mode:o}); chmod 700 it", folder.display());
    }
    Ok(format!("{}, mode {mode:o}", folder.display()))
}

#[cfg(not(unix))]
fn private(folder: &Path) -> Result<String> {
    Ok(folder.display().to_string())
}

/// `quell backup`: a copy from which `quell restore` makes the same again. The server may run.
pub(crate) fn back_up(data: &Data, to: &Path) -> Result<ExitCode> {
    let place = Place::of(data)?;
    if matches!(place.location, Location::Postgres(_)) {
        bail!(
            "the store is a PostgreSQL database; back it up with pg_dump, and copy keys.json and secrets.json of the data folder"
        );
    }
    if to.exists() {
        bail!("{} exists; name a new folder", to.display());
    }
    make_folder(to)?;
    place.with_store(async |store| Ok(store.back_up(to).await?))?;
    for name in ["keys.json", "secrets.json", "quell.toml"] {
        let from = place.folder.join(name);
        if from.exists() {
            fs::copy(&from, to.join(name)).with_context(|| format!("cannot copy {}", from.display()))?;
        }
    }
    // After the ledger, so that the copy has all evidence that its ledger names.
    copy_vault(&place.folder.join(VAULT), &to.join(VAULT))?;
    complain(&format!("backed up to {}; it holds keys and secrets, so keep it as safe as the data", to.display()));
    Ok(ExitCode::SUCCESS)
}

/// Copies sealed evidence; what is still arriving is left out.
fn copy_vault(from: &Path, to: &Path) -> Result<()> {
    let Ok(folders) = fs::read_dir(from) else { return Ok(()) };
    for folder in folders {
        let folder = folder?;
        // Folders are named by the first two digits of what is in them.
        if folder.file_name().len() != 2 {
            continue;
        }
        let target = to.join(folder.file_name());
        make_folder(&target)?;
        for file in fs::read_dir(folder.path())? {
            let file = file?;
            let copied = fs::copy(file.path(), target.join(file.file_name()));
            copied.with_context(|| format!("cannot copy {}", file.path().display()))?;
        }
    }
    Ok(())
}

/// `quell restore`: a data folder out of a backup, verified.
pub(crate) fn restore(data: &Data, from: &Path) -> Result<ExitCode> {
    let folder = data.data.clone().unwrap_or_else(config::default_folder);
    if folder.exists() && fs::read_dir(&folder)?.next().is_some() {
        bail!("{} is not empty; name a new data folder", folder.display());
    }
    for name in BACKED_UP {
        if !from.join(name).is_file() {
            bail!("{} is no whole backup: it has no {name}", from.display());
        }
    }
    make_folder(&folder)?;
    let _claim = Claim::take(&folder)?;
    for name in BACKED_UP.into_iter().chain(["secrets.json", "quell.toml"]) {
        let file = from.join(name);
        if file.exists() {
            fs::copy(&file, folder.join(name)).with_context(|| format!("cannot copy {}", file.display()))?;
        }
    }
    copy_vault(&from.join(VAULT), &folder.join(VAULT))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
    }
    let data = Data { data: Some(folder.clone()), config: data.config.clone() };
    let entries = Place::of(&data)?.with_store(async |store| {
        let found = store.verify().await?;
        match found.problems.first() {
            None => Ok(found.entries),
            Some(first) => bail!("the backup's ledger is not whole: {} (entry {:?})", first.what, first.seq),
        }
    })?;
    complain(&format!("restored to {}; {entries} ledger entries verified", folder.display()));
    Ok(ExitCode::SUCCESS)
}

/// `quell migrate`: brings the store to this version, or lists what that would do.
pub(crate) fn migrate(data: &Data, dry_run: bool) -> Result<ExitCode> {
    let place = Place::of(data)?;
    if !dry_run {
        place.with_store(async |_| Ok(()))?;
    }
    let migrations = runtime()?.block_on(Store::migrations(&place.location))?;
    let mut out = io::stdout().lock();
    for (version, name, applied) in migrations {
        writeln!(out, "{version:04} {name}: {}", if applied { "applied" } else { "to be applied" })?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `quell ledger`.
pub(crate) fn ledger(command: &LedgerCommand) -> Result<ExitCode> {
    match command {
        LedgerCommand::Verify(data) => verify(data),
        LedgerCommand::Rebuild(data) => {
            let place = Place::of(data)?;
            let _claim = Claim::take(&place.folder)?;
            let entries = place.with_store(async |store| Ok(store.rebuild().await?))?;
            complain(&format!("read models made anew from {entries} entries"));
            Ok(ExitCode::SUCCESS)
        }
        LedgerCommand::Export(data) => export(data),
    }
}

fn verify(data: &Data) -> Result<ExitCode> {
    let found = Place::of(data)?.with_store(async |store| Ok(store.verify().await?))?;
    let mut out = io::stdout().lock();
    for problem in &found.problems {
        let seq = problem.seq.map_or_else(|| "-".to_owned(), |seq| seq.to_string());
        writeln!(out, "entry {seq} ({}): {}", problem.stream.as_deref().unwrap_or("-"), problem.what)?;
    }
    let head = found.head.as_deref().unwrap_or("none");
    let (entries, checkpoints, stories) = (found.entries, found.checkpoints, found.stories);
    let word = if found.problems.is_empty() { "whole" } else { "NOT whole" };
    writeln!(out, "{entries} entries, {checkpoints} checkpoints, {stories} stories: {word}; head {head}")?;
    Ok(if found.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn export(data: &Data) -> Result<ExitCode> {
    Place::of(data)?.with_store(async |store| {
        let mut out = BufWriter::new(io::stdout().lock());
        let mut after = 0;
        loop {
            let query = LedgerQuery { after, limit: ENTRIES, ..LedgerQuery::default() };
            let entries = store.entries(&query).await?;
            for entry in &entries {
                serde_json::to_writer(&mut out, entry)?;
                writeln!(out)?;
            }
            match entries.last() {
                Some(last) => after = last.seq,
                None => return Ok(out.flush()?),
            }
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// `quell openapi`.
pub(crate) fn openapi() -> Result<ExitCode> {
    io::stdout().lock().write_all(quell_server::description().as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// `quell keys rotate`.
pub(crate) fn rotate_keys(data: &Data) -> Result<ExitCode> {
    let place = Place::of(data)?;
    let _claim = Claim::take(&place.folder)?;
    let mut keys = Keys::open(&place.folder)?;
    keys.rotate(&SystemRandom)?;
    let keyring = keys.keyring()?;
    let own = Secrets::open(&place.folder, keyring.clone(), None)?.reseal(&SystemRandom)? as u64;
    let sealed =
        own + place.with_store(async |store| Ok(quell_server::reseal(store, keyring, &SystemRandom).await?))?;
    complain(&format!("a new key seals from now on; {sealed} stored secrets were sealed again"));
    Ok(ExitCode::SUCCESS)
}

/// `quell secret`. It needs no server, and a server reads what changed when it starts anew.
pub(crate) fn secret(command: &SecretCommand) -> Result<ExitCode> {
    let open = |data: &Data| -> Result<Secrets> {
        let folder = data.data.clone().unwrap_or_else(config::default_folder);
        make_folder(&folder)?;
        Secrets::open(&folder, Keys::open_or_make(&folder, &SystemRandom)?.keyring()?, None)
    };
    match command {
        SecretCommand::Set { data, name } => {
            let mut secrets = open(data)?;
            if io::stdin().is_terminal() {
                complain("type the secret, then Enter and Ctrl-D; it is shown while you type");
            }
            let mut plain = String::new();
            io::stdin().lock().take(1 << 20).read_to_string(&mut plain).context("the secret is no text")?;
            secrets.set(name, plain.trim_end_matches(['\r', '\n']), &SystemRandom)?;
            complain(&format!("sealed; name it in the configuration as {{ sealed = \"{name}\" }}"));
        }
        SecretCommand::List(data) => {
            let mut out = io::stdout().lock();
            for name in open(data)?.names() {
                writeln!(out, "{name}")?;
            }
        }
        SecretCommand::Remove { data, name } => {
            if !open(data)?.remove(name)? {
                bail!("no secret {name} is sealed");
            }
            complain("forgotten");
        }
    }
    Ok(ExitCode::SUCCESS)
}
