//! Access over HTTP: what the router and the handlers add.

use quell_engine::KnowledgeBuilder;
use quell_model::ports::Clock;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use super::*;
use crate::api::{account, setup, sign_in, teams, tokens, users};
use crate::http::Access;
use crate::{Parts, Running, Settings};

/// A server, and a client that keeps no cookies by itself.
struct Live {
    running: Running,
    client: reqwest::Client,
    clock: Arc<Standing>,
    folder: PathBuf,
}

/// Takes none.
struct NoUploads;

impl quell_model::ports::Uploads for NoUploads {
    fn begin(&self) -> std::io::Result<Box<dyn quell_model::ports::Upload>> {
        Err(std::io::Error::other("no uploads here"))
    }
}

impl Live {
    async fn start() -> Live {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("quell-access-http-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        let clock = Arc::new(Standing::new());
        let signer = Signer::from_seed(&[7; 32]);
        let parts = Parts {
            store: Store::open(&Location::Folder(folder.clone()), signer, clock.now()).await.unwrap(),
            knowledge: Arc::new(KnowledgeBuilder::new().unwrap().build().unwrap()),
            clock: Arc::<Standing>::clone(&clock) as Arc<dyn Clock>,
            random: Arc::new(Counting::default()),
            keyring: keyring(),
            uploads: Arc::new(NoUploads),
            notifier: Arc::new(crate::tests::bench::Post::default()),
            vault: Arc::new(quell_store::FolderVault::open(&folder.join("vault"), 1 << 20).unwrap()),
            actions: quell_model::action::Actions::default(),
            playbooks: Vec::new(),
            listener: tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap(),
            tls: None,
            metrics: metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder().handle(),
            settings: Settings::default(),
        };
        let running = crate::start(parts).await.unwrap();
        let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
        Live { running, client: reqwest::Client::new(), clock, folder }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.running.address()))
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> Response {
        let request = self.request(method, path).header("content-type", "application/json");
        request.body(body.to_string()).send().await.unwrap()
    }

    /// Sets the server up; the cookie of the administrator.
    async fn set_up(&self) -> String {
        let secret = self.running.set_up_secret().await.unwrap().unwrap();
        let body = json!({ "secret": secret, "login": "admin", "display_name": "Admin", "password": PASSWORD });
        let answer = self.send(Method::POST, "/api/v1/setup", &body).await;
        assert_eq!(answer.status(), StatusCode::OK);
        cookie(&answer)
    }

    async fn stop(self) {
        self.running.stop().await;
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The session cookie that an answer sets, as the browser sends it back.
fn cookie(answer: &Response) -> String {
    let all = answer.headers().get_all("set-cookie").into_iter().map(|value| value.to_str().unwrap());
    let set = all.filter(|value| value.starts_with("quell_session=")).collect::<Vec<_>>();
    assert_eq!(set.len(), 1);
    assert!(set[0].contains("; HttpOnly; SameSite=Strict"), "{set:?}");
    set[0].split(';').next().unwrap().to_owned()
}

async fn json_of(answer: Response) -> Value {
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_sites_and_other_types_are_refused() {
    let live = Live::start().await;
    let cookie = live.set_up().await;
    let body = json!({ "login": "admin", "password": PASSWORD }).to_string();
    let sign_in = |name: &str, value: &str| {
        let request = live.request(Method::POST, "/api/v1/session").header("content-type", "application/json");
        request.header(name, value).body(body.clone()).send()
    };
    assert_eq!(sign_in("origin", "https://evil.example").await.unwrap().status(), 403);
    assert_eq!(sign_in("origin", "null").await.unwrap().status(), 403);
    assert_eq!(sign_in("sec-fetch-site", "cross-site").await.unwrap().status(), 403);
    let own = format!("http://{}", live.running.address());
    assert_eq!(sign_in("origin", &own).await.unwrap().status(), 200);

    let plain = live.request(Method::POST, "/api/v1/session").header("content-type", "text/plain").body(body.clone());
    assert_eq!(plain.send().await.unwrap().status(), 415);
    let bare = live.request(Method::POST, "/api/v1/session").body(body);
    assert_eq!(bare.send().await.unwrap().status(), 415);
    let more = json!({ "login": "x", "password": "y", "role": "admin" });
    assert_eq!(live.send(Method::POST, "/api/v1/session", &more).await.status(), 422);

    let change = json!({ "current": PASSWORD, "new": OTHER }).to_string();
    let request = live.request(Method::PUT, "/api/v1/account/password").header("content-type", "application/json");
    let request = request.header("cookie", &cookie).header("origin", "https://evil.example").body(change);
    assert_eq!(request.send().await.unwrap().status(), 403);
    live.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_do_not_tell_who_exists() {
    let live = Live::start().await;
    live.set_up().await;
    let mut answers = Vec::new();
    for login in ["admin", "nobody"] {
        let answer = live.send(Method::POST, "/api/v1/session", &json!({ "login": login, "password": OTHER })).await;
        let status = answer.status();
        let mut names: Vec<String> = answer.headers().keys().map(ToString::to_string).collect();
        names.sort();
        let mut body = json_of(answer).await;
        body["trace_id"] = Value::Null;
        answers.push((status, names, body));
    }
    assert_eq!(answers[0], answers[1]);
    live.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_needs_what_its_row_says() {
    let live = Live::start().await;
    live.set_up().await;
    let tables =
        [setup::routes(), sign_in::routes(), account::routes(), tokens::routes(), users::routes(), teams::routes()];
    for route in tables.into_iter().flatten() {
        let path = route.path.replace("{id}", "x");
        let method: Method = route.method.as_str().parse().unwrap();
        let mut wrong = live.request(method.clone(), &path).header("content-type", "application/json").body("{}");
        let status = if route.access == Access::Public {
            continue;
        } else {
            wrong = wrong.header("cookie", "quell_session=made-up; quell_pending=made-up");
            wrong.send().await.unwrap().status()
        };
        assert_eq!(status, 401, "{method} {path}");
    }
    live.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_invitation_to_token_and_out() {
    let live = Live::start().await;
    let cookie_of_admin = live.set_up().await;
    let options = json_of(live.request(Method::GET, "/api/v1/sign-in-options").send().await.unwrap()).await;
    assert_eq!(options["setup_needed"], json!(false));
    let as_admin = |method: Method, path: &str, body: Value| {
        let request = live.request(method, path).header("content-type", "application/json");
        request.header("cookie", &cookie_of_admin).body(body.to_string()).send()
    };
    let new = json!({ "login": "alice", "display_name": "Alice", "role": "responder" });
    let invited = as_admin(Method::POST, "/api/v1/users", new).await.unwrap();
    assert_eq!(
        (invited.status(), &invited.headers()["cache-control"]),
        (StatusCode::CREATED, &"no-store".parse().unwrap())
    );
    let invited = json_of(invited).await;
    let accept = json!({ "secret": invited["invitation_secret"], "password": PASSWORD });
    assert_eq!(live.send(Method::POST, "/api/v1/invitations/accept", &accept).await.status(), 204);
    let signed_in =
        live.send(Method::POST, "/api/v1/session", &json!({ "login": "alice", "password": PASSWORD })).await;
    let alice = cookie(&signed_in);
    assert_eq!(json_of(signed_in).await["user"]["login"], json!("alice"));

    let expires = crate::access::session::later(live.clock.now(), 3600);
    let wish = json!({ "label": "ci", "rights": ["users:read"], "expires_at": expires });
    let request = live.request(Method::POST, "/api/v1/account/tokens").header("content-type", "application/json");
    let issued = request.header("cookie", &alice).body(wish.to_string()).send().await.unwrap();
    assert_eq!(issued.status(), 201);
    let token = json_of(issued).await["secret"].as_str().unwrap().to_owned();
    let with_token = |method: Method, path: &str| live.request(method, path).bearer_auth(&token).send();
    assert_eq!(with_token(Method::GET, "/api/v1/users").await.unwrap().status(), 200);
    for path in ["/api/v1/account", "/api/v1/account/tokens", "/api/v1/account/sessions"] {
        assert_eq!(with_token(Method::GET, path).await.unwrap().status(), 403, "a token is no session: {path}");
    }
    assert_eq!(with_token(Method::POST, "/api/v1/users").await.unwrap().status(), 403);

    let path = format!("/api/v1/users/{}", invited["user"]["id"].as_str().unwrap());
    assert_eq!(as_admin(Method::PATCH, &path, json!({ "enabled": false })).await.unwrap().status(), 200);
    assert_eq!(with_token(Method::GET, "/api/v1/users").await.unwrap().status(), 401);
    let me = live.request(Method::GET, "/api/v1/account").header("cookie", &alice).send().await.unwrap();
    assert_eq!(me.status(), 401);
    assert_eq!(as_admin(Method::DELETE, "/api/v1/session", Value::Null).await.unwrap().status(), 204);
    assert_eq!(as_admin(Method::GET, "/api/v1/account", Value::Null).await.unwrap().status(), 401);
    live.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_way_back_from_a_provider_shows_a_plain_page() {
    let live = Live::start().await;
    let answer = live.request(Method::GET, "/auth/oidc/callback?error=<script>").send().await.unwrap();
    assert_eq!(answer.status(), 403);
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    assert!(!answer.text().await.unwrap().contains("<script>"));
    assert_eq!(live.request(Method::GET, "/auth/oidc/begin").send().await.unwrap().status(), 404);
    live.stop().await;
}
