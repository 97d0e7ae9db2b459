//! Hostile text, names, pages of other sites, and addresses: what threat groups 1, 2, 5, 7, 8, 9 and 10 fear from outside.

use std::path::Path;

use quell_incident::{IncidentFact, Told};
use quell_model::ports::Clock;
use quell_model::{Expected, IncidentId, Level, NewLedgerEntry, Right, Role, SYSTEM_ACTOR};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::bench::{Answer, Bench, Person, digits, trail_stopped};
use super::world::story;
use crate::api;
use crate::http::Access;
use crate::{AccessSettings, OidcSettings, Settings};

/// Text that would act in a page, a header, a stream, a terminal, a table or a log.
pub(super) const HOSTILE: [&str; 9] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "</title></style><svg/onload=alert(1)>",
    "[x](javascript:alert(1))",
    "a\r\nSet-Cookie: quell_session=x\r\n\r\n<html>",
    "a\n\nevent: alarm\ndata: {}\n\n",
    "\u{1b}[2J\u{1b}]0;owned\u{7}",
    "=HYPERLINK(\"http://203.0.113.1\")",
    "\u{202e}gpj.exe\u{2028}\u{0}",
];

/// An incident about a host of this name.
async fn incident(bench: &Bench, host: &str) -> IncidentId {
    let id = IncidentId::new(format!("inc-{}", digits(host, 12)));
    let story = story(&id, host).to_string().into_bytes();
    let told = Told {
        title: format!("Somebody did something on {host}"),
        severity: Level::High,
        first_seen: None,
        last_seen: None,
        techniques: vec![host.to_owned()],
        hosts: vec![host.to_owned()],
        principals: vec![host.to_owned()],
        groups: Vec::new(),
        alerts: 0,
        sources: vec!["open".to_owned()],
        story: quell_model::hex::encode(&Sha256::digest(&story)),
    };
    let (kind, body) = quell_incident::Fact::parts(&IncidentFact::Opened { told, why: vec![host.to_owned()] });
    let (stream, actor) = (format!("incident/{id}"), SYSTEM_ACTOR.to_owned());
    let entry = NewLedgerEntry { stream, expected: Expected::Version(0), actor, kind, body };
    let stories = vec![(quell_model::hex::encode(&Sha256::digest(&story)), story)];
    bench.store.append_told(bench.clock.now(), vec![entry], stories).await.unwrap();
    id
}

fn assert_json(path: &str, answer: &Answer) {
    assert!(answer.headers.contains("content-type: application/json\n"), "{path}: {answer:?}");
    assert!(answer.headers.contains("x-content-type-options: nosniff\n"), "{path}: {answer:?}");
    assert!(!answer.headers.contains("set-cookie"), "{path}: {answer:?}");
    let unescaped = |letter: char| letter.is_control();
    assert!(!answer.body.contains(unescaped), "{path}: {answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_text_stays_text() {
    let bench = Bench::start().await;
    let admin = bench.person("admin", Role::Admin, &[]).await;
    let mut tried = 0;
    for host in HOSTILE {
        let id = incident(&bench, host).await;
        let note = json!({ "text": host });
        bench.send(&admin, Method::POST, &format!("/api/v1/incidents/{id}/notes"), &note).await;
        for path in ["", "/story", "/entries"].map(|part| format!("/api/v1/incidents/{id}{part}")) {
            let answer = bench.get(&admin, &path).await;
            assert_eq!(answer.status, 200);
            assert_json(&path, &answer);
            assert!(answer.json().to_string().contains(&json!(host).to_string()[1..10]), "{path}: it is lost");
            tried += 1;
        }
        for (form, kind) in [("markdown", "text/markdown"), ("html", "text/html")] {
            let answer = bench.get(&admin, &format!("/api/v1/incidents/{id}/report?form={form}")).await;
            assert_eq!(answer.status, 200);
            let name =
                format!("content-disposition: attachment; filename=\"{id}.{}\"\n", &form.replace("markdown", "md"));
            for header in
                [name, format!("content-type: {kind}; charset=utf-8\n"), "x-content-type-options: nosniff\n".to_owned()]
            {
                assert!(answer.headers.contains(&header), "{header} {}", answer.headers);
            }
            assert!(!answer.headers.contains("set-cookie"), "{}", answer.headers);
            // What Markdown makes of tags is for the tests of the report; code in it is shown and does nothing.
            let tags: &[&str] =
                if form == "html" { &["<script", "<img", "<svg/onload", "</title></style>"] } else { &[] };
            for acting in tags.iter().chain(&["\u{1b}", "\u{202e}", "\u{0}", "\u{2028}", "\r"]) {
                assert!(!answer.body.contains(acting), "{form} {acting:?}");
            }
            tried += 1;
        }
    }
    let listed = bench.get(&admin, "/api/v1/incidents?limit=100").await;
    assert_json("/api/v1/incidents", &listed);
    assert_eq!(listed.json()["items"].as_array().unwrap().len(), HOSTILE.len());
    println!("{tried} answers with hostile text");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_records_and_parameters_stay_text() {
    let bench = Bench::start().await;
    let admin = bench.person("admin", Role::Admin, &[]).await;
    for (number, who) in (0..).zip(HOSTILE) {
        assert_eq!(bench.deliver(&admin, "hostile", trail_stopped(who, number).to_string()).await.status, 200);
    }
    bench.caught_up().await;
    for path in ["/api/v1/alerts?limit=100", "/api/v1/sources"] {
        let answer = bench.get(&admin, path).await;
        assert_json(path, &answer);
    }
    let alerts = bench.get(&admin, "/api/v1/alerts?limit=100").await.json();
    assert_eq!(alerts["items"].as_array().unwrap().len(), HOSTILE.len());
    let found = bench.send(&admin, Method::POST, "/api/v1/events/search", &json!({ "source": "hostile" })).await;
    assert_json("/api/v1/events/search", &found);
    assert_eq!(found.json()["items"].as_array().unwrap().len(), HOSTILE.len());
    // What a problem quotes is quoted, and is no page.
    for path in [
        "/api/v1/alerts?status=%3Cscript%3Ealert(1)%3C/script%3E",
        "/api/v1/alerts?limit=%3Cscript%3E",
        "/api/v1/alerts?since=%0d%0aSet-Cookie:%20x=y",
        "/api/v1/incidents/%3Cscript%3E",
        "/api/v1/incidents/inc-%0d%0aSet-Cookie:x/report?form=html",
        "/api/v1/%3Cscript%3E",
    ] {
        let answer = bench.get(&admin, path).await;
        assert!((400..500).contains(&answer.status), "{path}: {answer:?}");
        assert!(answer.headers.contains("content-type: application/problem+json\n"), "{path}: {answer:?}");
        assert!(!answer.headers.contains("set-cookie"), "{path}: {answer:?}");
    }
    // A trace id is the caller's only if it is one.
    let request =
        bench.request(Method::GET, "/healthz").header("traceparent", "00-<script>alert(1)</script>aaaaaaa-1-01");
    let answer = Answer::of(request.send().await.unwrap()).await;
    assert!(!answer.headers.contains("script"), "{}", answer.headers);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_from_outside_reach_no_file() {
    let bench = Bench::start().await;
    let admin = bench.person("admin", Role::Admin, &[]).await;
    let before = files(&bench.folder);
    let mut tried = 0;
    for name in [
        "..%2f..%2fetc%2fcron.d%2fx",
        "..%5c..%5cx",
        "%2fetc%2fpasswd",
        "C:%5cx",
        "a%00.log",
        "~root",
        "a%2f..%2fb",
        "-rf",
        "%EF%BC%8E%EF%BC%8E",
        "a%0a",
        "CON%3a",
    ] {
        for path in [format!("/api/v1/intake/{name}"), format!("/api/v1/intake/{name}/file")] {
            let answer = bench.request(Method::POST, &path).header("cookie", &admin.cookie).body("{\"a\":1}");
            let status = answer.send().await.unwrap().status().as_u16();
            assert!(status == 422 || status == 404 || status == 405, "{path}: {status}");
            tried += 1;
        }
    }
    // As a client that does not tidy paths sends them.
    for path in ["/api/v1/intake/..", "/api/v1/intake/../file", "/api/v1/intake/./file", "/api/v1/intake/../../x"] {
        let status = raw(&bench, "POST", path, &admin.cookie).await;
        assert!(status == 422 || status == 404, "{path}: {status}");
        tried += 1;
    }
    let rejected = bench.get(&admin, "/api/v1/sources/..%2f..%2fx/rejected").await;
    assert_eq!(rejected.status, 404);
    // An upload has no name that the sender chose; what headers say of one is not read.
    let upload = bench.request(Method::POST, "/api/v1/intake/files/file").header("cookie", &admin.cookie);
    let upload = upload.header("content-disposition", "attachment; filename=\"../../../tmp/x\"").body("{\"a\":1}\n");
    let answer = Answer::of(upload.send().await.unwrap()).await;
    assert_eq!((answer.status, &answer.json()["accepted"]), (200, &json!(1)), "{answer:?}");
    // A name for the delivery does not make an upload small.
    let large = "{\"a\":1}\n".repeat(300_000);
    let upload = bench.request(Method::POST, "/api/v1/intake/files/file").header("cookie", &admin.cookie);
    let answer = Answer::of(upload.header("idempotency-key", "large").body(large).send().await.unwrap()).await;
    assert_eq!((answer.status, &answer.json()["accepted"]), (200, &json!(300_000)), "{answer:?}");
    assert_eq!(files(&bench.folder), before, "files came or went");
    println!("{tried} names that reach elsewhere");
    bench.stop().await;
}

/// Sends a path as it is.
async fn raw(bench: &Bench, method: &str, path: &str, cookie: &str) -> u16 {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(bench.running.address()).await.unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {}\r\ncookie: {cookie}\r\ncontent-length: 7\r\nconnection: close\r\n\r\n{{\"a\":1}}",
        bench.running.address()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

/// Names of all files below a folder, without those of a database that come and go.
fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.retain(|name| !name.ends_with("-wal") && !name.ends_with("-shm"));
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_sites_and_forms_change_nothing() {
    let bench = Bench::start().await;
    let admin = bench.person("admin", Role::Admin, &[]).await;
    let before = bench.entries().await;
    let own = bench.origin();
    let mut tried = 0;
    for route in api::routes() {
        let method: Method = route.method.as_str().parse().unwrap();
        if method == Method::GET {
            continue;
        }
        let path = route.path.replace("{id}", "inc-0123456789ab").replace("{name}", "made-up");
        let path = path.replace("{source}", "made-up").replace("{index}", "made-up");
        let call = async |headers: &[(&str, &str)]| {
            let mut request = bench.request(method.clone(), &path).header("cookie", &admin.cookie).body("{}");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            Answer::of(request.send().await.unwrap()).await
        };
        let kind = ("content-type", "application/json");
        for foreign in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("origin", ""),
            ("origin", &own.replace("http://", "http://evil.")),
            ("origin", &format!("{own}.evil.example")),
            ("origin", &format!("{own}0")),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let answer = call(&[kind, foreign]).await;
            assert_eq!(answer.status, 403, "{method} {path} {foreign:?}: {answer:?}");
            assert_eq!(answer.json()["type"], json!("urn:quell:problem:refused"));
            tried += 1;
        }
        // What a form of another site can send without asking first. Without a body there is nothing to misread.
        let takes_json = super::described::takes_json(method.as_str(), route.path);
        for form in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/json"] {
            if takes_json {
                assert_eq!(call(&[("content-type", form)]).await.status, 415, "{method} {path} {form}");
                tried += 1;
            }
        }
    }
    assert_eq!(bench.entries().await, before, "something was changed");
    // The session holds: it was the origin that was refused.
    assert_eq!(bench.get(&admin, "/api/v1/account").await.status, 200);
    println!("{tried} requests of other sites");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_kept_or_told() {
    let bench = Bench::start().await;
    let setup = bench.running.set_up_secret().await.unwrap().unwrap();
    let password = "a password nobody guesses 77";
    let body = json!({ "secret": setup, "login": "first", "display_name": "First", "password": password });
    let answer = bench.request(Method::POST, "/api/v1/setup").header("content-type", "application/json");
    let answer = Answer::of(answer.body(body.to_string()).send().await.unwrap()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let session = answer.headers.split("quell_session=").nth(1).unwrap().split(';').next().unwrap().to_owned();
    let cookie = format!("quell_session={session}");
    let id = serde_json::from_value(answer.json()["user"]["id"].clone()).unwrap();
    let first = Person { id, login: "first".to_owned(), role: Role::Admin, teams: Default::default(), cookie };
    let token = bench.token(&first, &Right::ALL).await;
    let new = json!({ "login": "second", "display_name": "Second", "role": "viewer" });
    let invited = bench.send(&first, Method::POST, "/api/v1/users", &new).await.json();
    let invitation = invited["invitation_secret"].as_str().unwrap().to_owned();
    let totp = bench.send(&first, Method::POST, "/api/v1/account/factors/totp/begin", &Value::Null).await.json();
    let totp = totp["secret"].as_str().unwrap().to_owned();
    let secrets = [setup, password.to_owned(), session, token, invitation, totp];
    let mut tried = 0;
    for route in api::routes() {
        let is_open = route.method == Method::GET.as_str() && !route.path.ends_with("/stream");
        if !is_open || matches!(route.access, Access::Public) {
            continue;
        }
        let path = route.path.replace("{id}", first.id.as_str()).replace("{name}", "made-up");
        let answer = bench.get(&first, &path).await;
        for secret in &secrets {
            assert!(!answer.body.contains(secret) && !answer.headers.contains(secret), "{path} tells a secret");
            tried += 1;
        }
        assert!(!answer.body.contains("$argon2"), "{path} tells the hash of a password");
    }
    // A wrong body is not quoted with what was secret in it.
    let wrong = json!({ "login": "first", "password": 77_123_456 });
    let answer = bench.send(&first, Method::POST, "/api/v1/session", &wrong).await;
    assert!(answer.status == 422 && !answer.body.contains("77123456"), "{answer:?}");
    let wrong = json!({ "code": { "secret-of-somebody": 1 } });
    let answer = bench.send(&first, Method::POST, "/api/v1/session/totp", &wrong).await;
    assert!(answer.status == 422 && !answer.body.contains("secret-of-somebody"), "{answer:?}");
    for name in std::fs::read_dir(&bench.folder).unwrap() {
        let path = name.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for secret in &secrets {
            let kept = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!kept, "{} keeps a secret as it is", path.display());
            tried += 1;
        }
    }
    println!("{tried} places without a secret");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_provider_cannot_be_the_machine_next_door() {
    for issuer in [
        "http://169.254.169.254",
        "https://169.254.169.254",
        "https://[fe80::1]",
        "https://[fd00:ec2::254]",
        "https://[::ffff:169.254.169.254]",
        "https://[64:ff9b::a9fe:a9fe]",
        "https://2852039166",
        "https://0xa9fea9fe",
        "https://0xa9.0xfe.0xa9.0xfe",
        "https://0.0.0.0",
        "http://id.example.com",
        "file:///etc/passwd",
        "gopher://127.0.0.1:25/",
    ] {
        let oidc = OidcSettings { issuer: issuer.to_owned(), ..provider() };
        let settings = Settings {
            access: AccessSettings { oidc: Some(oidc), ..AccessSettings::default() },
            ..Settings::default()
        };
        let bench = Bench::with(settings).await;
        let answer = Answer::of(bench.request(Method::GET, "/auth/oidc/begin").send().await.unwrap()).await;
        assert!(answer.status >= 400, "{issuer}: {answer:?}");
        assert!(!answer.headers.contains("location:"), "{issuer}: {answer:?}");
        assert!(
            !answer.body.contains("169.254") && !answer.body.contains("refused ("),
            "{issuer} is echoed: {answer:?}"
        );
        // Who works here signs in here.
        let admin = bench.person("admin", Role::Admin, &[]).await;
        assert_eq!(bench.get(&admin, "/api/v1/account").await.status, 200);
        bench.stop().await;
    }
}

/// A provider that is not asked.
fn provider() -> OidcSettings {
    OidcSettings {
        name: "Example".to_owned(),
        issuer: String::new(),
        client_id: "quell".to_owned(),
        client_secret: None,
        auto_create: None,
    }
}
