//! Stores to test with, raw access to their tables, and facts to fill them with.

use std::future::Future;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use quell_incident::work::{EntityFact, EntityName, Few, Line, Text, Verdict};
use quell_incident::{
    AccountFact, AlertFact, AlertStatus, Fact, IncidentFact, MovedAlerts, Origin, Source, SourceFact, Stakeholder,
    StakeholderFact, TeamFact, Told, TuningFact, TuningProposal,
};
use quell_model::{
    AlertGroupId, AlertId, EntityKind, EventId, Expected, Level, NewLedgerEntry, Role, TeamId, Timestamp, UserId,
    Viewer,
};
use quell_store::{Location, NewAlert, Outputs, Signer, Store};
use sqlx::{AssertSqlSafe, PgPool, Row, SqlitePool};

/// Runs each test on both engines.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { crate::harness::run(crate::harness::Kind::Sqlite, super::$name); })*
        }
        mod postgres {
            $(#[test] fn $name() { crate::harness::run(crate::harness::Kind::Postgres, super::$name); })*
        }
    };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// A store, and where it is.
pub(crate) struct Bench {
    pub(crate) kind: Kind,
    pub(crate) store: Store,
    pub(crate) location: Location,
    pub(crate) folder: PathBuf,
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub(crate) fn signer() -> Signer {
    Signer::from_seed(&[7; 32])
}

/// So many seconds after a moment in 2026.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_770_000_000 + seconds).unwrap()
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

pub(crate) fn folder() -> PathBuf {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("quell-store-{}-{number}", std::process::id()))
}

pub(crate) fn run<F: Future<Output = ()>>(kind: Kind, test: impl FnOnce(Bench) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = folder();
        let location = match kind {
            Kind::Sqlite => Location::Folder(folder.clone()),
            Kind::Postgres => match database().await {
                Some(url) => Location::Postgres(url),
                None => return println!("skipped: no PostgreSQL was found in PATH or /usr/lib/postgresql"),
            },
        };
        let store = Store::open(&location, signer(), at(0)).await.unwrap();
        test(Bench { kind, store, location, folder }).await;
    });
}

/// A server that ends with this process: its shell waits for the end of its input.
struct Server {
    _shell: Child,
    folder: PathBuf,
}

static SERVER: OnceLock<Option<Server>> = OnceLock::new();

const SCRIPT: &str = r#"
mkdir -p "$1" && chmod 700 "$1" && cd "$1" || exit 1
run() { exec "$@"; }
if [ "$(id -u)" = 0 ]; then chown postgres "$1"; run() { exec setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }; fi
(run "$2/initdb" -D "$1/data" -U postgres -A trust --locale=C.UTF-8 -E UTF8 --no-sync) >"$1/log" 2>&1 || { echo failed; exit 1; }
(run "$2/postgres" -D "$1/data" -k "$1" -c listen_addresses= -c max_connections=300 -c fsync=off) >>"$1/log" 2>&1 &
server=$!
echo started
read -r end
kill -INT $server; wait $server
rm -rf "$1"
"#;

#[expect(clippy::disallowed_methods, reason = "the test brings its own database server")]
fn start() -> Option<Server> {
    let mut places: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    places.extend(versions.map(|version| version.path().join("bin")));
    let tools = places.into_iter().find(|place| place.join("initdb").exists() && place.join("postgres").exists())?;
    // A link in PATH would lose its libraries.
    let tools = std::fs::canonicalize(tools.join("postgres")).ok()?.parent()?.to_owned();
    let folder = folder();
    let mut shell = Command::new("sh")
        .args(["-c", SCRIPT, "sh"])
        .arg(&folder)
        .arg(&tools)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let mut said = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(shell.stdout.take()?), &mut said).ok()?;
    if said.trim() != "started" {
        let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        let _ = std::io::stderr().write_all(log.as_bytes());
        return None;
    }
    Some(Server { _shell: shell, folder })
}

fn url(server: &Server, name: &str) -> String {
    format!("postgres://postgres@localhost/{name}?host={}", server.folder.display())
}

/// The URL of a new database.
pub(crate) async fn database() -> Option<String> {
    let server = tokio::task::spawn_blocking(|| SERVER.get_or_init(start)).await.unwrap().as_ref()?;
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    for _ in 0..200 {
        if let Ok(pool) = PgPool::connect(&url(server, "postgres")).await {
            let sql = format!("CREATE DATABASE {name}");
            if sqlx::raw_sql(AssertSqlSafe(sql)).execute(&pool).await.is_ok() {
                pool.close().await;
                return Some(url(server, &name));
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the server does not start; see {}", server.folder.join("log").display());
}

/// Raw access, as somebody with the database in hand has it.
pub(crate) enum Raw {
    Lite(SqlitePool),
    Pg(PgPool),
}

impl Bench {
    pub(crate) async fn raw(&self) -> Raw {
        match &self.location {
            Location::Folder(folder) => {
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.join("quell.db"));
                let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
                Raw::Lite(pool.connect_with(options.busy_timeout(Duration::from_secs(10))).await.unwrap())
            }
            Location::Postgres(url) => {
                Raw::Pg(sqlx::postgres::PgPoolOptions::new().max_connections(1).connect(url).await.unwrap())
            }
        }
    }

    pub(crate) async fn reopened(&self) -> Store {
        Store::open(&self.location, signer(), at(0)).await.unwrap()
    }
}

impl Raw {
    pub(crate) async fn run(&self, sql: &str) -> Result<u64, sqlx::Error> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match self {
            Raw::Lite(pool) => sql.execute(pool).await.map(|done| done.rows_affected()),
            Raw::Pg(pool) => sql.execute(pool).await.map(|done| done.rows_affected()),
        }
    }

    /// Rows whose columns the statement made text.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        let query = AssertSqlSafe(sql.to_owned());
        match self {
            Raw::Lite(pool) => {
                let rows = sqlx::query(query).fetch_all(pool).await.unwrap();
                rows.iter().map(|row| (0..row.len()).map(|column| row.get(column)).collect()).collect()
            }
            Raw::Pg(pool) => {
                let rows = sqlx::query(query).fetch_all(pool).await.unwrap();
                rows.iter().map(|row| (0..row.len()).map(|column| row.get(column)).collect()).collect()
            }
        }
    }
}

pub(crate) fn told(title: &str, groups: &[&str]) -> Told {
    Told {
        title: title.to_owned(),
        severity: Level::High,
        first_seen: Some(at(-60)),
        last_seen: Some(at(-10)),
        techniques: vec!["T1078.004".to_owned()],
        hosts: vec!["WEB-01".to_owned()],
        principals: vec!["alice@example.com".to_owned()],
        groups: groups.iter().map(|group| AlertGroupId::new(*group)).collect(),
        alerts: groups.len() as u64,
        sources: vec!["aws".to_owned()],
        story: String::new(),
    }
}

pub(crate) fn new(stream: String, fact: &impl Fact) -> NewLedgerEntry {
    let (kind, body) = fact.parts();
    NewLedgerEntry { stream, expected: Expected::Any, actor: "usr-1".to_owned(), kind, body }
}

pub(crate) fn incident(id: &str, fact: &IncidentFact) -> NewLedgerEntry {
    new(format!("incident/{id}"), fact)
}

pub(crate) fn opened(id: &str, told: Told) -> NewLedgerEntry {
    incident(id, &IncidentFact::Opened { told, why: vec!["weight".to_owned()] })
}

pub(crate) fn user(id: &str, fact: &AccountFact) -> NewLedgerEntry {
    new(format!("user/{id}"), fact)
}

pub(crate) fn created(id: &str, login: &str) -> NewLedgerEntry {
    let (login, display_name) = (login.to_owned(), login.to_uppercase());
    user(id, &AccountFact::Created { login, display_name, role: Role::Responder })
}

pub(crate) fn team(id: &str, name: &str) -> NewLedgerEntry {
    new(format!("team/{id}"), &TeamFact::Created { name: name.to_owned() })
}

pub(crate) fn source(name: &str, team: Option<&str>) -> NewLedgerEntry {
    let source = Source { team: team.map(TeamId::new), ..Source::default() };
    new(format!("source/{name}"), &SourceFact::Configured { source })
}

pub(crate) fn decided(id: &str, status: AlertStatus) -> NewLedgerEntry {
    let by = Some(UserId::new("usr-1"));
    new(
        format!("alert/{id}"),
        &AlertFact::StatusChanged { status, reason: "because".to_owned(), by, duplicate_of: None },
    )
}

pub(crate) fn reported(id: &str, told: Told) -> NewLedgerEntry {
    let (origin, reason) = (Origin::Report, "somebody called".to_owned());
    incident(id, &IncidentFact::Reported { told, origin, exercise: false, reason })
}

/// Whole groups on their way, of three alerts each.
pub(crate) fn moved(groups: &[&str]) -> MovedAlerts {
    let groups: Vec<AlertGroupId> = groups.iter().map(|group| AlertGroupId::new(*group)).collect();
    MovedAlerts { alerts: 3 * groups.len() as u64, groups, sources: vec!["aws".to_owned()] }
}

pub(crate) fn judged(id: &str, (kind, name): (EntityKind, &str), verdict: Verdict) -> NewLedgerEntry {
    let entity = EntityName { kind, name: Line::shortened(name) };
    let reason = Text::try_from("seen".to_owned()).unwrap();
    new(format!("incident/{id}"), &EntityFact::Judged { entity, verdict, reason, references: Few::default() })
}

pub(crate) fn stakeholder(id: &str, name: &str) -> NewLedgerEntry {
    let stakeholder = Stakeholder {
        name: Line::shortened(name),
        organisation: None,
        audiences: vec![Line::shortened("legal")].try_into().unwrap(),
        contacts: Few::default(),
        note: None,
    };
    new(format!("stakeholder/{id}"), &StakeholderFact::Set { stakeholder })
}

pub(crate) fn proposed(id: &str, alert: &str) -> NewLedgerEntry {
    let proposal = TuningProposal {
        alert: AlertId::new(alert),
        rule: Line::shortened("rule-1"),
        title: Line::shortened("Trail stopped"),
        filter: "title: x".to_owned(),
        replay: Vec::new(),
        not_replayed: 0,
        hides_confirmed: false,
    };
    new(format!("tuning/{id}"), &TuningFact::Proposed { proposal })
}

pub(crate) fn accepted(id: &str) -> NewLedgerEntry {
    let reason = Text::try_from("it is right".to_owned()).unwrap();
    new(format!("tuning/{id}"), &TuningFact::Decided { accepted: true, reason })
}

pub(crate) fn viewer(user: &str, teams: &[&str]) -> Viewer {
    Viewer::User { user: UserId::new(user), teams: teams.iter().map(|team| TeamId::new(*team)).collect() }
}

pub(crate) fn alert(number: u64, group: &str, source: &str) -> NewAlert {
    NewAlert {
        id: AlertId::new(format!("alr-{number:016x}")),
        group: AlertGroupId::new(group),
        event: EventId::new(number, 3),
        source: source.to_owned(),
        mapping: "cloudtrail".to_owned(),
        rule_id: "rule-1".to_owned(),
        title: "Trail stopped".to_owned(),
        level: [Level::Low, Level::Medium, Level::High][(number % 3) as usize],
        tags: vec!["attack.t1562.008".to_owned(), "attack.defense-evasion".to_owned()],
        time: Some(at(i64::try_from(number).unwrap())),
        subject: format!("alice on host-{number}"),
        matched: "{\"eventName\":\"StopLogging\"}".to_owned(),
        words: format!("StopLogging 10.0.0.{} number{number}", number % 250),
    }
}

pub(crate) fn outputs(processed: u64, alerts: Vec<NewAlert>) -> Outputs {
    Outputs { processed, window: processed.saturating_sub(1), alerts, health: Vec::new() }
}
