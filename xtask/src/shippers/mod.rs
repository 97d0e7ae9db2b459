//! Shippers as they are installed, each against a real server: rsyslog and syslog-ng over TCP and TLS, with the server restarted
//! in the middle for the one that is told to wait, and the Elasticsearch client for Python. Counts what arrived. What is not
//! installed is skipped, and a line says so.
#![expect(clippy::disallowed_methods, reason = "it starts the shippers")]

mod elastic;
mod syslog;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;

use crate::live::{Dice, Place, Server, binary, free_port, until};

/// Records that each shipper sends.
const COUNT: usize = 5_000;
/// How long the last record may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(60);

/// A server with listeners, and a folder for everything around it.
struct World {
    server: Server,
    folder: PathBuf,
    tcp: u16,
    tls: Option<u16>,
}

/// Tries all shippers; true if everything arrived, once.
pub(crate) fn run() -> Result<bool> {
    let mut place = Place::new("shippers")?;
    let mut world = World::new(&place.folder)?;
    let mut good = true;
    for shipper in syslog::SHIPPERS {
        good &= syslog::run(&mut world, &shipper).with_context(|| shipper.name.to_owned())?;
    }
    for encoding in [elastic::Encoding::Plain, elastic::Encoding::Gzip] {
        good &= elastic::run(&world, encoding)?;
    }
    world.server.stop()?;
    for (complaint, times) in world.server.complaints() {
        println!("  log, {times} times: {complaint}");
    }
    place.keep = !good;
    if place.keep {
        println!("what is left to look at: {}", place.folder.display());
    }
    Ok(good)
}

impl World {
    fn new(folder: &Path) -> Result<World> {
        let mut dice = Dice::new(u64::from(std::process::id()));
        let data = folder.join("data");
        fs::create_dir_all(&data)?;
        let (tcp, tls, port) = (free_port(&mut dice)?, free_port(&mut dice)?, free_port(&mut dice)?);
        let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
        let certified = self_made(&certificate, &key)?;
        let mut settings =
            format!("version = 1\n[[syslog]]\nsource = 'tcp'\nprotocol = 'tcp'\nlisten = '127.0.0.1:{tcp}'\n");
        if certified {
            settings.push_str(&format!(
                "[[syslog]]\nsource = 'tls'\nprotocol = 'tls'\nlisten = '127.0.0.1:{tls}'\ncertificate = '{}'\nkey = '{}'\n",
                certificate.display(),
                key.display()
            ));
        } else {
            println!("skipped: TLS, because openssl is not installed to make a certificate");
        }
        fs::write(data.join("quell.toml"), settings)?;
        let mut server = Server::new(&binary(folder)?, data, port, None);
        server.start()?;
        server.set_up()?;
        Ok(World { server, folder: folder.to_owned(), tcp, tls: certified.then_some(tls) })
    }

    /// Waits until all of a shipper's records arrived, or no more do; how often each did.
    fn arrived(&self, source: &str, shipper: &str) -> Result<BTreeMap<usize, u32>> {
        let seen = || -> Result<BTreeMap<usize, u32>> {
            let mut seen = BTreeMap::new();
            for event in self.server.pages("/api/v1/events/search", &json!({"limit": 500, "source": source}))? {
                let raw = event["raw"].as_str().unwrap_or_default();
                let number = raw.split_once(&format!("{shipper}-number-"));
                let number = number.and_then(|(_, rest)| rest.split_once("-end")?.0.parse().ok());
                if let Some(number) = number {
                    *seen.entry(number).or_default() += 1;
                }
            }
            Ok(seen)
        };
        let all = until(ARRIVAL, || {
            crate::live::rest(300);
            let seen = seen().ok()?;
            (seen.len() == COUNT).then_some(())
        });
        if all.is_some() {
            self.server.wait_until_matched()?;
        }
        seen()
    }

    /// Judges and prints; true if all arrived. A shipper that had to connect again may send its last line again.
    fn judge(&self, (source, shipper): (&str, &str), what: &str, twice_max: usize) -> Result<bool> {
        let seen = self.arrived(source, shipper)?;
        let lost: Vec<String> = (0..COUNT).filter(|number| !seen.contains_key(number)).map(|n| n.to_string()).collect();
        let twice = seen.values().filter(|times| **times > 1).count();
        println!("{what}: {COUNT} sent, {} arrived, {} lost, {twice} twice", seen.len(), lost.len());
        if !lost.is_empty() {
            println!("  lost: {}", lost[..lost.len().min(12)].join(" "));
        }
        Ok(lost.is_empty() && twice <= twice_max)
    }
}

/// One line or document of a shipper: found again by its number.
fn text(shipper: &str, number: usize) -> String {
    format!("order {shipper}-number-{number}-end was shipped")
}

/// A certificate for loopback that signs itself; false if there is no program to make one.
fn self_made(certificate: &Path, key: &Path) -> Result<bool> {
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]);
    command.args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout"]);
    command.arg(key).arg("-out").arg(certificate).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Ok(command.status().is_ok_and(|status| status.success()))
}

/// A program that ends with this.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        // It was started here and nobody needs it any more.
        drop(Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status());
        if until(Duration::from_secs(10), || self.0.try_wait().ok().flatten()).is_none() {
            drop(self.0.kill());
        }
        drop(self.0.wait());
    }
}

/// A program that is installed, or unpacked from Debian's packages for this run: some of them cannot be installed together.
struct Program {
    path: PathBuf,
    version: String,
    /// Where it was unpacked.
    root: Option<PathBuf>,
}

impl Program {
    /// Finds it, or unpacks it; none if it cannot be had. It says its version when asked with this argument.
    fn find(name: &str, (version, packages): (&str, &[&str]), folder: &Path) -> Option<Program> {
        let installed = Program { path: PathBuf::from(name), version: String::new(), root: None };
        installed.with_version(version).or_else(|| {
            let root = folder.join(format!("{name}-unpacked"));
            fs::create_dir_all(&root).ok()?;
            let unpack = "cd \"$0\" && apt-get download -qq \"$@\" && for package in *.deb; do dpkg -x \"$package\" . || exit 1; done";
            let mut command = Command::new("sh");
            command.args(["-c", unpack]).arg(&root).args(packages);
            let unpacked = command.stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?;
            let path = root.join("usr/sbin").join(name);
            unpacked.success().then_some(Program { path, version: String::new(), root: Some(root) })?.with_version(version)
        })
    }

    fn with_version(self, argument: &str) -> Option<Program> {
        let output = self.command().arg(argument).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let words = text.split(|letter: char| letter.is_whitespace() || matches!(letter, '(' | ')'));
        let is_version = |word: &&str| word.contains('.') && word.starts_with(|letter: char| letter.is_ascii_digit());
        let version = words.into_iter().find(is_version)?.to_owned();
        Some(Program { version, ..self })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        if let Some(libraries) = self.libraries() {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        command
    }

    /// Libraries that came with it.
    fn libraries(&self) -> Option<PathBuf> {
        let libraries = fs::read_dir(self.root.as_ref()?.join("usr/lib")).ok()?.flatten().map(|entry| entry.path());
        libraries.into_iter().find(|path| path.to_string_lossy().ends_with("-linux-gnu"))
    }
}
