//! A real server to try things on: the released binary on a folder of its own, started, killed and asked like any other.
#![expect(clippy::disallowed_methods, reason = "it starts programs and waits for them")]

mod dice;
mod http;
mod postgres;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

pub(crate) use dice::Dice;
pub(crate) use http::Http;
pub(crate) use postgres::Postgres;

/// How long a start may take.
const START: Duration = Duration::from_secs(60);
/// How long everything stored may take to be matched.
const CATCH_UP: Duration = Duration::from_secs(300);
const RIGHTS: [&str; 10] = [
    "incidents:read",
    "incidents:write",
    "alerts:read",
    "alerts:triage",
    "events:read",
    "intake:write",
    "sources:read",
    "sources:manage",
    "ledger:read",
    "system:read",
];

/// Waits; for a chore that plays the world around a server.
pub(crate) fn rest(milliseconds: u64) {
    std::thread::sleep(Duration::from_millis(milliseconds));
}

/// Asks again and again until there is an answer; none if that takes too long.
pub(crate) fn until<T>(limit: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if began.elapsed() > limit {
            return None;
        }
        rest(5);
    }
}

/// A folder that goes when this is dropped, unless something was wrong.
pub(crate) struct Place {
    /// Where.
    pub(crate) folder: PathBuf,
    /// Keep it to be looked at.
    pub(crate) keep: bool,
}

impl Place {
    /// A new folder in the system's place for temporary ones.
    pub(crate) fn new(name: &str) -> Result<Place> {
        let folder = std::env::temp_dir().join(format!("quell-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        Ok(Place { folder, keep: false })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.keep {
            // What stays behind is only temporary.
            drop(fs::remove_dir_all(&self.folder));
        }
    }
}

/// The binary beside this one, copied: it may be built anew while a chore runs.
pub(crate) fn binary(place: &Path) -> Result<PathBuf> {
    let built = std::env::current_exe()?.with_file_name("quell");
    let copy = place.join("quell");
    fs::copy(&built, &copy).with_context(|| format!("{} is missing; run `make build`", built.display()))?;
    Ok(copy)
}

/// A loopback port that nobody has. It is outside the range of outgoing connections: while the server is down, none of those
/// that knock may be given its port.
pub(crate) fn free_port(dice: &mut Dice) -> Result<u16> {
    for _ in 0..200 {
        let port = 20_000 + dice.below(10_000) as u16;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("there is no free port");
}

/// `quell serve` on a folder. The same port for every start.
pub(crate) struct Server {
    binary: PathBuf,
    /// The data folder.
    pub(crate) data: PathBuf,
    log: PathBuf,
    storage: Option<String>,
    /// Variables of its environment.
    pub(crate) environment: Vec<(String, String)>,
    child: Option<Child>,
    /// Asks it, with its token once it is set up.
    pub(crate) http: Http,
}

impl Server {
    /// One that was not started yet.
    pub(crate) fn new(binary: &Path, data: PathBuf, port: u16, storage: Option<String>) -> Server {
        let http = Http::new(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        let (binary, log) = (binary.to_owned(), data.with_extension("log"));
        Server { binary, log, data, storage, environment: Vec::new(), child: None, http }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).arg("--data").arg(&self.data).stdin(Stdio::null());
        match &self.storage {
            Some(url) => command.env("QUELL__STORAGE", url),
            None => command.env_remove("QUELL__STORAGE"),
        };
        command
    }

    /// Starts it and does not wait.
    pub(crate) fn launch(&mut self) -> Result<()> {
        let log = File::options().create(true).append(true).open(&self.log)?;
        let mut command = self.command(&["serve"]);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.args(["--listen", &self.http.address.to_string()]).stdout(log.try_clone()?).stderr(log);
        self.child = Some(command.spawn().context("cannot start the server")?);
        Ok(())
    }

    /// Starts it; it answers when this returns.
    pub(crate) fn start(&mut self) -> Result<()> {
        self.launch()?;
        self.wait_until_it_answers()
    }

    /// Waits until it answers.
    pub(crate) fn wait_until_it_answers(&mut self) -> Result<()> {
        let (http, child) = (self.http.clone(), &mut self.child);
        let answers = until(START, || {
            let ended = child.as_mut().is_none_or(|child| !matches!(child.try_wait(), Ok(None)));
            (ended || http.get("/healthz").is_ok_and(|answer| answer.status == 200)).then_some(!ended)
        });
        match answers {
            Some(true) => Ok(()),
            Some(false) => bail!("the server ended:\n{}", self.log_end()),
            None => bail!("the server does not answer:\n{}", self.log_end()),
        }
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Tells it to stop and waits until it has.
    pub(crate) fn stop(&mut self) -> Result<()> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        Command::new("kill").args(["-TERM", &child.id().to_string()]).status()?;
        let ended = until(START, || child.try_wait().ok().flatten());
        if let Some(status) = ended {
            return if status.success() {
                Ok(())
            } else {
                bail!("the server ended with {status}:\n{}", self.log_end())
            };
        }
        child.kill()?;
        bail!("the server does not stop:\n{}", self.log_end())
    }

    /// Makes an administrator, and a token that every later question carries.
    pub(crate) fn set_up(&mut self) -> Result<()> {
        let secret = until(START, || {
            let log = fs::read_to_string(&self.log).ok()?;
            let (_, rest) = log.rsplit_once("/setup#")?;
            rest.contains('\n').then(|| rest.split_whitespace().next().map(str::to_owned))?
        });
        let secret = secret.context("the server printed no link to set it up")?;
        let password = "a long enough pass phrase 7";
        let first = json!({"secret": secret, "login": "ada", "display_name": "Ada", "password": password});
        let answer = self.http.post("/api/v1/setup", &first)?;
        let cookie = answer.header("set-cookie").and_then(|cookie| cookie.split(';').next().map(str::to_owned));
        let cookie = cookie.with_context(|| format!("cannot set up: {}", answer.text()))?;
        let ends = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(48);
        let wanted = json!({"label": "chore", "rights": RIGHTS, "expires_at": ends.to_string()}).to_string();
        let headers = [("cookie", cookie.as_str()), ("content-type", "application/json")];
        let answer = self.http.ask("POST", "/api/v1/account/tokens", &headers, wanted.as_bytes())?;
        let token = answer.json()?["secret"].as_str().map(str::to_owned);
        self.http.token = Some(token.with_context(|| format!("no token: {}", answer.text()))?);
        Ok(())
    }

    /// Waits until everything stored is matched.
    pub(crate) fn wait_until_matched(&self) -> Result<()> {
        let matched = until(CATCH_UP, || {
            let system = self.http.get("/api/v1/system").ok()?.json().ok()?;
            let caught_up = system["caught_up"] == true && system["backlog_chunks"] == 0;
            if !caught_up {
                rest(50);
            }
            caught_up.then_some(())
        });
        matched.context("what is stored is not matched")
    }

    /// Runs another command of the binary on the same data; status and what it printed.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<(ExitStatus, String)> {
        let output = self.command(arguments).output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        Ok((output.status, text))
    }

    /// Runs a command of the binary that needs no data; what it printed.
    pub(crate) fn alone(&self, arguments: &[&str]) -> Result<String> {
        let output = Command::new(&self.binary).args(arguments).stdin(Stdio::null()).output()?;
        if !output.status.success() {
            bail!("{arguments:?} ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Memory that it has, where the system says so.
    pub(crate) fn memory_mib(&self) -> u64 {
        let status =
            self.child.as_ref().and_then(|child| fs::read_to_string(format!("/proc/{}/status", child.id())).ok());
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default() / 1024
    }

    /// The end of its log.
    pub(crate) fn log_end(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(15).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// Lines of its log that warn or worse: the first of each kind, and how many there are.
    pub(crate) fn complaints(&self) -> Vec<(String, usize)> {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let mut kinds: BTreeMap<String, (String, usize)> = BTreeMap::new();
        for line in log.lines() {
            let found = [" WARN ", " ERROR ", "panicked"].iter().find_map(|word| line.find(word));
            let Some(at) = found else { continue };
            // What was asked at that moment does not make another kind.
            let said = line[at..].split_once("}: ").map_or(&line[at..], |(_, said)| said);
            let kind: String = said.chars().filter(|letter| !letter.is_ascii_digit()).take(120).collect();
            kinds.entry(kind).or_insert_with(|| (line.chars().take(400).collect(), 0)).1 += 1;
        }
        kinds.into_values().collect()
    }

    /// All items of a list: `query` is the body of a search; null for a list that is got.
    pub(crate) fn pages(&self, path: &str, query: &Value) -> Result<Vec<Value>> {
        let mut items = Vec::new();
        let mut cursor = Value::Null;
        loop {
            let answer = if query.is_null() {
                let more = cursor.as_str().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
                self.http.get(&format!("{path}{more}"))?
            } else {
                let mut query = query.clone();
                if !cursor.is_null() {
                    query["cursor"] = cursor;
                }
                self.http.post(path, &query)?
            };
            let mut page = answer.json().with_context(|| format!("{path}: {} {}", answer.status, answer.text()))?;
            match page["items"].take() {
                Value::Array(page) => items.extend(page),
                _ => bail!("{path}: {}", answer.text()),
            }
            cursor = page["next"].take();
            if cursor.is_null() {
                return Ok(items);
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It was started here and nobody needs it any more.
        drop(self.kill());
    }
}
