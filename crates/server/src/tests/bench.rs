//! A server on a store of its own in a temporary folder, and a client that keeps no cookies by itself.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use quell_engine::{Knowledge, KnowledgeBuilder};
use quell_incident::{AccountFact, Fact, TeamFact};
use quell_model::action::Actions;
use quell_model::ports::{Answer as Later, Clock, Notice, Notifier, NotifyError, ReadUploaded, Upload, Uploads, Way};
use quell_model::{Expected, NewLedgerEntry, Right, Role, SYSTEM_ACTOR, SessionId, TeamId, Timestamp, UserId};
use quell_store::{FolderVault, Location, SessionRow, Signer, Store};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::access::testing::{Counting, Standing, keyring};
use crate::{Parts, Running, Settings};

/// What every trail that is stopped is worth.
const RULE: &str = "title: Trail stopped
id: 8d1b3c1e-5a53-4bb5-9a51-0c2f6f1f7a11
status: test
description: A trail was stopped.
tags: [attack.defense-evasion, attack.t1562.008]
logsource: { product: aws, service: cloudtrail }
detection:
  selection: { eventName: StopLogging }
  condition: selection
level: high
";

/// A server that runs.
pub(super) struct Bench {
    pub(super) running: Running,
    pub(super) store: Store,
    pub(super) clock: Arc<Standing>,
    pub(super) client: reqwest::Client,
    pub(super) folder: PathBuf,
    pub(super) post: Arc<Post>,
    actions: Actions,
    sessions: AtomicU64,
}

/// Where messages of a bench go.
#[derive(Default)]
pub(crate) struct Post {
    /// What arrived, in order.
    pub(super) arrived: Mutex<Vec<(Way, Notice)>>,
    /// How often it cannot be taken, from now on.
    pub(super) busy: AtomicU64,
}

impl Notifier for Post {
    fn send(&self, way: Way, notice: Notice) -> Later<'_, Result<String, NotifyError>> {
        let busy = self.busy.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
        let answer = match notice.to.first().map(String::as_str) {
            _ if busy => Err(NotifyError::Unavailable("busy".to_owned())),
            Some("nowhere") => Err(NotifyError::Refused("there is no such place".to_owned())),
            _ => {
                self.arrived.lock().unwrap().push((way, notice));
                Ok("taken".to_owned())
            }
        };
        Box::pin(std::future::ready(answer))
    }
}

/// Somebody with an account and a session.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) id: UserId,
    pub(super) login: String,
    pub(super) role: Role,
    pub(super) teams: BTreeSet<TeamId>,
    pub(super) cookie: String,
}

/// An answer that was read to its end.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Names and values, one a line.
    pub(super) headers: String,
    pub(super) body: String,
}

impl Answer {
    pub(super) async fn of(response: Response) -> Answer {
        let line = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
            format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes()))
        };
        let (status, headers) = (response.status().as_u16(), response.headers().iter().map(line).collect());
        let body = String::from_utf8_lossy(&response.bytes().await.unwrap()).into_owned();
        Answer { status, headers, body }
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
}

impl Bench {
    pub(super) async fn start() -> Bench {
        Bench::with(Settings::default()).await
    }

    pub(super) async fn with(settings: Settings) -> Bench {
        Bench::acting(settings, Actions::default()).await
    }

    /// A server with targets for these actions.
    pub(super) async fn acting(settings: Settings, actions: Actions) -> Bench {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
        let name = format!("quell-server-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Bench::on(std::env::temp_dir().join(name), settings, actions).await
    }

    /// A server that runs on what this one leaves behind.
    pub(super) async fn restarted(self) -> Bench {
        let sessions = self.sessions.load(Ordering::Relaxed);
        self.running.stop().await;
        let bench = Bench::on(self.folder, Settings::default(), self.actions).await;
        bench.sessions.store(sessions, Ordering::Relaxed);
        bench
    }

    async fn on(folder: PathBuf, settings: Settings, actions: Actions) -> Bench {
        let clock = Arc::new(Standing::new());
        let signer = Signer::from_seed(&[7; 32]);
        let store = Store::open(&Location::Folder(folder.clone()), signer, clock.now()).await.unwrap();
        let post = Arc::new(Post::default());
        let parts = Parts {
            store: store.clone(),
            knowledge: Arc::new(knowledge()),
            clock: Arc::<Standing>::clone(&clock) as Arc<dyn Clock>,
            random: Arc::new(Counting::default()),
            keyring: keyring(),
            uploads: Arc::new(InMemory),
            notifier: Arc::clone(&post) as Arc<dyn Notifier>,
            vault: Arc::new(FolderVault::open(&folder.join("vault"), 1 << 20).unwrap()),
            actions: actions.clone(),
            playbooks: vec![
                ("block-now".to_owned(), include_str!("block-now.yaml").to_owned()),
                ("call-now".to_owned(), include_str!("call-now.yaml").to_owned()),
                ("block-owned".to_owned(), block_owned()),
            ],
            listener: tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap(),
            tls: None,
            metrics: metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder().handle(),
            settings,
        };
        let running = crate::start(parts).await.unwrap();
        let client = reqwest::Client::new();
        Bench { running, store, clock, client, folder, post, actions, sessions: AtomicU64::new(1) }
    }

    pub(super) async fn stop(self) {
        self.running.stop().await;
        let _ = std::fs::remove_dir_all(&self.folder);
    }

    pub(super) fn origin(&self) -> String {
        format!("http://{}", self.running.address())
    }

    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.origin()))
    }

    pub(super) async fn get(&self, person: &Person, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path).header("cookie", &person.cookie).send().await.unwrap()).await
    }

    pub(super) async fn send(&self, person: &Person, method: Method, path: &str, body: &Value) -> Answer {
        let request = self.request(method, path).header("cookie", &person.cookie);
        let request = request.header("content-type", "application/json").body(body.to_string());
        Answer::of(request.send().await.unwrap()).await
    }

    fn evidence_file(&self, bytes: &[u8]) -> PathBuf {
        let name = quell_model::hex::encode(&Sha256::digest(bytes));
        self.folder.join("vault").join(&name[..2]).join(&name[2..])
    }

    pub(super) fn has_evidence(&self, bytes: &[u8]) -> bool {
        self.evidence_file(bytes).exists()
    }

    /// Writes other bytes where some evidence is, as somebody could who has the disk.
    pub(super) fn spoil_evidence(&self, bytes: &[u8], instead: &[u8]) {
        let file = self.evidence_file(bytes);
        assert!(file.exists());
        std::fs::remove_file(&file).unwrap();
        std::fs::write(file, instead).unwrap();
    }

    /// Delivers records.
    pub(super) async fn deliver(&self, person: &Person, source: &str, body: String) -> Answer {
        let request = self.request(Method::POST, &format!("/api/v1/intake/{source}"));
        Answer::of(request.header("cookie", &person.cookie).body(body).send().await.unwrap()).await
    }

    pub(super) async fn append(&self, stream: &str, facts: &[impl Fact]) {
        let entry = |fact: &_| {
            let (kind, body) = Fact::parts(fact);
            let (stream, actor) = (stream.to_owned(), SYSTEM_ACTOR.to_owned());
            NewLedgerEntry { stream, expected: Expected::Any, actor, kind, body }
        };
        self.store.append(self.clock.now(), facts.iter().map(entry).collect()).await.unwrap();
    }

    pub(super) async fn team(&self, name: &str) -> TeamId {
        let id = TeamId::new(format!("tem-{}", digits(name, 16)));
        self.append(&format!("team/{id}"), &[TeamFact::Created { name: name.to_owned() }]).await;
        id
    }

    /// An account with a session, without the work of a password.
    pub(super) async fn person(&self, login: &str, role: Role, teams: &[TeamId]) -> Person {
        let id = UserId::new(format!("usr-{}", digits(login, 16)));
        let display_name = login.to_owned();
        let created = AccountFact::Created { login: login.to_owned(), display_name, role };
        let teams: BTreeSet<TeamId> = teams.iter().cloned().collect();
        let facts = [created, AccountFact::TeamsChanged { teams: teams.clone() }];
        self.append(&format!("user/{id}"), &facts).await;
        let cookie = self.session(&id).await;
        Person { id, login: login.to_owned(), role, teams, cookie }
    }

    /// A session that began now; its cookie.
    pub(super) async fn session(&self, user: &UserId) -> String {
        let number = self.sessions.fetch_add(1, Ordering::Relaxed);
        let (secret, now) = (format!("session-secret-{number}"), self.clock.now());
        let row = SessionRow {
            id: SessionId::new(format!("ses-{number:016x}")),
            secret_hash: Sha256::digest(secret.as_bytes()).into(),
            user: user.clone(),
            created_at: now,
            used_at: now,
            expires_at: later(now, 24 * 3600),
            method: "password".to_owned(),
            address: "127.0.0.1".to_owned(),
            agent: "test".to_owned(),
        };
        self.store.put_session(&row).await.unwrap();
        format!("quell_session={secret}")
    }

    /// A token of somebody, made through the API.
    pub(super) async fn token(&self, person: &Person, rights: &[Right]) -> String {
        let rights: Vec<&str> = rights.iter().map(|right| right.as_str()).collect();
        let expires_at = later(self.clock.now(), 24 * 3600);
        let wish = json!({ "label": "test", "rights": rights, "expires_at": expires_at });
        let issued = self.send(person, Method::POST, "/api/v1/account/tokens", &wish).await;
        assert_eq!(issued.status, 201, "{issued:?}");
        issued.json()["secret"].as_str().unwrap().to_owned()
    }

    /// Waits until everything stored was matched and told.
    pub(super) async fn caught_up(&self) {
        for _ in 0..600 {
            if self.running.caught_up() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the pipeline does not catch up");
    }

    pub(super) async fn entries(&self) -> u64 {
        self.store.sizes().await.unwrap().entries
    }
}

/// Some hex digits that belong to a name.
pub(super) fn digits(name: &str, count: usize) -> String {
    quell_model::hex::encode(&Sha256::digest(name.as_bytes()))[..count].to_owned()
}

pub(super) fn later(at: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_second(at.as_second() + seconds).unwrap()
}

/// A record of a trail that was stopped by `who`, in an account and from an address of their own: what one does never joins
/// the incident of another.
pub(super) fn trail_stopped(who: &str, number: u64) -> Value {
    let own = u64::from_str_radix(&digits(who, 12), 16).unwrap();
    let (account, address) = (format!("{:012}", own % 1_000_000_000_000), format!("2001:db8::{:x}", own % 0xffff));
    json!({
        "eventVersion": "1.11", "eventTime": "2026-09-21T10:00:00Z", "eventSource": "cloudtrail.amazonaws.com",
        "eventName": "StopLogging", "awsRegion": "eu-central-1", "sourceIPAddress": address,
        "userAgent": "example", "eventID": format!("00000000-0000-4000-8000-{number:012}"),
        "eventType": "AwsApiCall", "recipientAccountId": account, "readOnly": false,
        "requestParameters": { "name": format!("trail-{number}") },
        "userIdentity": {
            "type": "IAMUser", "principalId": format!("AIDA{own}"), "accountId": account, "userName": who,
            "arn": format!("arn:aws:iam::{account}:user/{who}"),
        },
    })
}

fn knowledge() -> Knowledge {
    let mut builder = KnowledgeBuilder::new().unwrap();
    builder.rules("trail.yml", RULE);
    let knowledge = builder.build().unwrap();
    assert_eq!(knowledge.rule_count(), 1, "{:?}", knowledge.refused());
    knowledge
}

/// Keeps uploads in memory.
struct InMemory;

struct Kept(Vec<u8>);

impl Uploads for InMemory {
    fn begin(&self) -> std::io::Result<Box<dyn Upload>> {
        Ok(Box::new(Kept(Vec::new())))
    }
}

impl Upload for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn finish(self: Box<Self>, read: &mut ReadUploaded<'_>) -> std::io::Result<Vec<(String, String)>> {
        read("upload", 2026, &mut Cursor::new(self.0))?;
        Ok(Vec::new())
    }
}

/// The playbook that blocks at once, if an owner and a lead agree.
fn block_owned() -> String {
    let text = include_str!("block-now.yaml");
    let asks =
        "      action: net.block_address\n      approval: {quorum: 1, from: lead, owner: true, expires_minutes: 60}\n";
    text.replace("block-now", "block-owned").replace("      action: net.block_address\n", asks)
}
