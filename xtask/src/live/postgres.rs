//! A PostgreSQL of our own: in a temporary folder, on a loopback port, gone with us.
#![expect(clippy::disallowed_methods, reason = "it starts programs")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::until;

/// Runs a program in the folder as whoever may run the database: the superuser may not.
const RUN: &str = r#"
cd "$1" || exit 1
shift
if [ "$(id -u)" = 0 ]; then exec setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; fi
exec "$@"
"#;
const PATIENCE: Duration = Duration::from_secs(60);

/// A database server.
pub(crate) struct Postgres {
    tools: PathBuf,
    folder: PathBuf,
    port: u16,
    child: Option<Child>,
}

impl Postgres {
    /// Makes one and starts it; none if no PostgreSQL is installed.
    pub(crate) fn start(folder: &Path, port: u16) -> Result<Option<Postgres>> {
        let Some(tools) = tools() else { return Ok(None) };
        fs::create_dir_all(folder)?;
        let own = r#"[ "$(id -u)" != 0 ] || chown postgres "$1""#;
        Command::new("sh").args(["-c", own, "sh"]).arg(folder).status()?;
        let mut postgres = Postgres { tools, folder: folder.to_owned(), port, child: None };
        let data = folder.join("data").display().to_string();
        postgres.finish("initdb", &["-D", &data, "-U", "postgres", "-A", "trust", "--locale=C.UTF-8", "-E", "UTF8"])?;
        postgres.run_server()?;
        Ok(Some(postgres))
    }

    fn run_server(&mut self) -> Result<()> {
        let (data, place) = (self.folder.join("data").display().to_string(), self.folder.display().to_string());
        let port = self.port.to_string();
        let arguments = ["-D", &data, "-k", &place, "-p", &port, "-c", "listen_addresses=127.0.0.1"];
        self.child = Some(self.command("postgres", &arguments)?.spawn()?);
        let ready = until(PATIENCE, || self.sql("postgres", "SELECT 1").ok());
        ready.context("PostgreSQL does not start")
    }

    /// Ends at once what runs, as a crash of it would, and starts it again.
    pub(crate) fn crash(&mut self) -> Result<()> {
        self.go_away()?;
        self.come_back()
    }

    /// Ends at once what runs, as a crash of it would.
    pub(crate) fn go_away(&mut self) -> Result<()> {
        self.signal("-QUIT")
    }

    /// Starts again.
    pub(crate) fn come_back(&mut self) -> Result<()> {
        self.run_server()
    }

    fn signal(&mut self, signal: &str) -> Result<()> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        Command::new("kill").args([signal, &child.id().to_string()]).status()?;
        child.wait()?;
        Ok(())
    }

    /// Makes a database; its URL.
    pub(crate) fn database(&self, name: &str) -> Result<String> {
        self.sql("postgres", &format!("CREATE DATABASE {name}"))?;
        Ok(format!("postgres://postgres@127.0.0.1:{}/{name}", self.port))
    }

    fn sql(&self, database: &str, sql: &str) -> Result<()> {
        let port = self.port.to_string();
        self.finish("psql", &["-h", "127.0.0.1", "-p", &port, "-U", "postgres", "-d", database, "-c", sql])
    }

    fn command(&self, tool: &str, arguments: &[&str]) -> Result<Command> {
        let log = fs::File::options().create(true).append(true).open(self.folder.join("log"))?;
        let mut command = Command::new("sh");
        command.args(["-c", RUN, "sh"]).arg(&self.folder).arg(self.tools.join(tool)).args(arguments);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        Ok(command)
    }

    fn finish(&self, tool: &str, arguments: &[&str]) -> Result<()> {
        let status = self.command(tool, arguments)?.status()?;
        if !status.success() {
            bail!("{tool} ended with {status}; see {}", self.folder.join("log").display());
        }
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // It was started here and nobody needs it any more.
        drop(self.signal("-QUIT"));
    }
}

/// Where the programs of PostgreSQL are.
fn tools() -> Option<PathBuf> {
    let mut places: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    places.extend(versions.map(|version| version.path().join("bin")));
    let place = places.into_iter().find(|place| place.join("initdb").exists() && place.join("postgres").exists())?;
    // A link in PATH would lose its libraries.
    Some(fs::canonicalize(place.join("postgres")).ok()?.parent()?.to_owned())
}
