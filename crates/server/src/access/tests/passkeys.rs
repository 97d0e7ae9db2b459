//! Passkeys, from both sides.

use quell_model::UserId;
use serde_json::Value;

use super::authenticator::Authenticator;
use super::*;

const ORIGIN: &str = "http://localhost:8080";

/// Registers a passkey for the account of a browser.
async fn register(bench: &Bench, browser: &Browser, key: &mut Authenticator) -> UserId {
    let caller = bench.caller(browser).await.unwrap();
    let options = bench.desk.offer_passkey(&caller).await.unwrap();
    let answer = key.create(&options);
    bench.desk.add_passkey(&caller, "key", &answer).await.unwrap();
    assert_eq!(told(bench.desk.add_passkey(&caller, "key", &answer).await).0, 422, "an answer works once");
    caller.user
}

async fn ask(bench: &Bench, browser: &mut Browser, login: Option<&str>) -> Value {
    let (options, cookie) = bench.desk.ask_passkey(&browser.visit(bench), login).await.unwrap();
    browser.take_cookies(&cookie);
    options
}

#[tokio::test]
async fn a_passkey_signs_in_alone_and_each_answer_once() {
    let bench = Bench::new().await;
    let mut key = Authenticator::new(1, ORIGIN);
    let user = register(&bench, &bench.admin().await, &mut key).await;
    let mut browser = Browser::new(2);
    let options = ask(&bench, &mut browser, Some("admin")).await;
    let answer = key.get(&options);
    let visit = browser.visit(&bench);
    let entered = bench.desk.enter_passkey(&visit, &answer).await.unwrap();
    browser.take(&entered);
    assert_eq!(bench.caller(&browser).await.unwrap().user, user);
    assert_eq!(told(bench.desk.enter_passkey(&visit, &answer).await).0, 403);
    let ledger = bench.ledger().await;
    let last = ledger.last().unwrap();
    assert_eq!((last.kind.as_str(), last.body["method"].as_str()), ("user.signed_in", Some("webauthn")));
}

#[tokio::test]
async fn a_passkey_is_a_second_factor() {
    let bench = Bench::new().await;
    let mut key = Authenticator::new(1, ORIGIN);
    register(&bench, &bench.admin().await, &mut key).await;
    let mut browser = Browser::new(2);
    let entered = bench.sign_in(&mut browser, "admin", PASSWORD).await.unwrap();
    let Entered::Second { kinds, .. } = entered else { panic!("a second factor is needed") };
    assert_eq!(kinds, ["webauthn", "recovery"]);
    let options = ask(&bench, &mut browser, None).await;
    let entered = bench.desk.enter_passkey(&browser.visit(&bench), &key.get(&options)).await.unwrap();
    browser.take(&entered);
    assert!(bench.caller(&browser).await.is_some());
    let ledger = bench.ledger().await;
    assert_eq!(ledger.last().unwrap().body["method"].as_str(), Some("password+webauthn"));
}

#[tokio::test]
async fn wrong_answers_are_refused_alike() {
    let bench = Bench::new().await;
    let mut key = Authenticator::new(1, ORIGIN);
    register(&bench, &bench.admin().await, &mut key).await;
    let mut stranger = Authenticator::new(2, ORIGIN);
    let mut phished = Authenticator::new(1, "http://localhost.evil.example");
    let mut unverified = Authenticator::new(1, ORIGIN);
    unverified.verifies = false;
    let mut answers = Vec::new();
    for (number, key) in [&mut stranger, &mut phished, &mut unverified].into_iter().enumerate() {
        let mut browser = Browser::new(30 + number as u8);
        let options = ask(&bench, &mut browser, Some("admin")).await;
        answers.push(told(bench.desk.enter_passkey(&browser.visit(&bench), &key.get(&options)).await));
        // The question is spent, also for the right key.
        let again = told(bench.desk.enter_passkey(&browser.visit(&bench), &key.get(&options)).await);
        answers.push(again);
    }
    let mut browser = Browser::new(40);
    let old = ask(&bench, &mut browser, Some("admin")).await;
    ask(&bench, &mut browser, Some("admin")).await;
    answers.push(told(bench.desk.enter_passkey(&browser.visit(&bench), &key.get(&old)).await));
    let mut browser = Browser::new(41);
    let options = ask(&bench, &mut browser, Some("nobody")).await;
    answers.push(told(bench.desk.enter_passkey(&browser.visit(&bench), &key.get(&options)).await));
    let mut browser = Browser::new(42);
    ask(&bench, &mut browser, Some("admin")).await;
    answers.push(told(bench.desk.enter_passkey(&browser.visit(&bench), &Value::Null).await));
    answers.push(told(bench.desk.enter_passkey(&Browser::new(43).visit(&bench), &Value::Null).await));
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.0 == 403), "{answers:?}");
}

#[tokio::test]
async fn a_copied_key_is_noticed() {
    let bench = Bench::new().await;
    let mut key = Authenticator::new(1, ORIGIN);
    register(&bench, &bench.admin().await, &mut key).await;
    for _ in 0..3 {
        let mut browser = Browser::new(2);
        let options = ask(&bench, &mut browser, Some("admin")).await;
        bench.desk.enter_passkey(&browser.visit(&bench), &key.get(&options)).await.unwrap();
    }
    let mut copy = Authenticator::new(1, ORIGIN);
    let mut browser = Browser::new(3);
    let options = ask(&bench, &mut browser, Some("admin")).await;
    assert_eq!(told(bench.desk.enter_passkey(&browser.visit(&bench), &copy.get(&options)).await).0, 403);
}

#[tokio::test]
async fn questions_do_not_tell_who_exists() {
    let bench = Bench::new().await;
    let browser = bench.admin().await;
    let admin = bench.caller(&browser).await.unwrap();
    bench.user(&admin, "alice", Role::Viewer).await;
    register(&bench, &browser, &mut Authenticator::new(1, ORIGIN)).await;
    let mut shapes = Vec::new();
    for login in ["admin", "alice", "nobody"] {
        let first = ask(&bench, &mut Browser::new(2), Some(login)).await;
        let second = ask(&bench, &mut Browser::new(2), Some(login)).await;
        assert_eq!(first["publicKey"]["allowCredentials"], second["publicKey"]["allowCredentials"], "{login}");
        assert_ne!(first["publicKey"]["challenge"], second["publicKey"]["challenge"], "{login}");
        shapes.push(shape(&first));
    }
    assert!(shapes.iter().all(|shape| *shape == shapes[0]), "{shapes:?}");
}

/// Keys and kinds of a value, without what it says.
fn shape(value: &Value) -> String {
    match value {
        Value::Object(map) => map.iter().map(|(key, value)| format!("{key}:{};", shape(value))).collect(),
        Value::Array(items) => items.iter().map(|item| format!("[{}]", shape(item))).collect(),
        Value::String(_) => "text".to_owned(),
        other => other.to_string(),
    }
}
