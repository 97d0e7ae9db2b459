//! Signing in at an OpenID Connect provider.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::url::Url;
use quell_model::ports::Clock;
use serde_json::{Value, json};

use super::mock_provider::{Provider, query, signed, unsigned};
use super::*;
use crate::access::secret::sha256;

/// Goes to the provider with a browser.
async fn go(bench: &Bench, browser: &mut Browser, link: Option<UserId>) -> Url {
    let (url, cookie) = bench.desk.begin_at_provider(&browser.visit(bench), link).await.unwrap();
    browser.take_cookies([&cookie]);
    Url::parse(&url).unwrap()
}

/// Comes back from it.
async fn back(bench: &Bench, browser: &mut Browser, url: &Url) -> Result<Option<Entered>, ApiError> {
    let entered = bench.desk.finish_at_provider(&browser.visit(bench), &query(url, "state"), "code".to_owned()).await?;
    if let Some(entered) = &entered {
        browser.take(entered);
    }
    Ok(entered)
}

/// A bench whose administrator is bound to the subject `s1`.
async fn bound() -> (Bench, Provider) {
    let provider = Provider::start().await;
    let bench = Bench::with(Some(provider.settings())).await;
    let mut browser = bench.admin().await;
    let caller = bench.caller(&browser).await.unwrap();
    let url = go(&bench, &mut browser, Some(caller.user)).await;
    provider.says(1, &provider.claims(&url, bench.clock.now().as_second(), "s1"));
    assert!(back(&bench, &mut browser, &url).await.unwrap().is_none());
    (bench, provider)
}

#[tokio::test]
async fn a_bound_subject_signs_in_and_nobody_else() {
    let (bench, provider) = bound().await;
    let now = bench.clock.now().as_second();
    let mut browser = Browser::new(2);
    let url = go(&bench, &mut browser, None).await;
    provider.says(1, &provider.claims(&url, now, "s1"));
    back(&bench, &mut browser, &url).await.unwrap();
    assert_eq!(bench.caller(&browser).await.unwrap().login, "admin");
    let form = provider.state.lock().unwrap().forms.last().unwrap().clone();
    let verifier = form.split('&').find_map(|pair| pair.strip_prefix("code_verifier=")).unwrap();
    let challenge = URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes()));
    assert_eq!((query(&url, "code_challenge"), query(&url, "code_challenge_method")), (challenge, "S256".to_owned()));

    // The same name and e-mail address, another subject.
    let mut browser = Browser::new(3);
    let url = go(&bench, &mut browser, None).await;
    provider.says(1, &provider.claims(&url, now, "s2"));
    assert_eq!(told(back(&bench, &mut browser, &url).await).0, 403);
    assert!(bench.caller(&browser).await.is_none());
    assert_eq!(provider.state.lock().unwrap().discoveries, 1, "asked once");
}

#[tokio::test]
async fn answers_that_do_not_hold_are_refused() {
    let (bench, provider) = bound().await;
    let now = bench.clock.now().as_second();
    let change = |name: &'static str, value: Value| move |claims: &mut Value| claims[name] = value.clone();
    type Edit = Box<dyn Fn(&mut Value)>;
    let edits: Vec<(&str, Edit)> = vec![
        ("wrong nonce", Box::new(change("nonce", json!("other")))),
        ("no nonce", Box::new(change("nonce", Value::Null))),
        ("wrong audience", Box::new(change("aud", json!("somebody-else")))),
        ("second audience", Box::new(change("aud", json!(["quell", "somebody-else"])))),
        ("wrong issuer", Box::new(change("iss", json!("https://id.example.com")))),
        ("too old", Box::new(change("exp", json!(now - 1)))),
        ("other access token", Box::new(change("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA")))),
    ];
    for (what, edit) in edits {
        let mut browser = Browser::new(2);
        let url = go(&bench, &mut browser, None).await;
        let mut claims = provider.claims(&url, now, "s1");
        edit(&mut claims);
        provider.says(1, &claims);
        assert_eq!(told(back(&bench, &mut browser, &url).await).0, 403, "{what}");
        assert!(bench.caller(&browser).await.is_none(), "{what}");
    }
    for (what, token) in [("wrong key", 0), ("HS256", 1), ("none", 2)] {
        let mut browser = Browser::new(3);
        let url = go(&bench, &mut browser, None).await;
        let claims = provider.claims(&url, now, "s1");
        let text = match token {
            0 => signed(9, &claims),
            1 => unsigned("HS256", &claims),
            _ => unsigned("none", &claims),
        };
        provider.state.lock().unwrap().token = text;
        let status = told(back(&bench, &mut browser, &url).await).0;
        assert!(status == 403 || status == 503, "{what}: {status}");
        assert!(bench.caller(&browser).await.is_none(), "{what}");
    }
}

#[tokio::test]
async fn only_the_browser_that_went_comes_back_and_once() {
    let (bench, provider) = bound().await;
    let mut browser = Browser::new(2);
    let url = go(&bench, &mut browser, None).await;
    provider.says(1, &provider.claims(&url, bench.clock.now().as_second(), "s1"));
    // Somebody is sent the address of another one's sign-in.
    assert_eq!(told(back(&bench, &mut Browser::new(3), &url).await).0, 403);
    let mut other = Browser::new(4);
    go(&bench, &mut other, None).await;
    assert_eq!(told(back(&bench, &mut other, &url).await).0, 403);
    assert!(back(&bench, &mut browser, &url).await.is_ok());
    assert_eq!(told(back(&bench, &mut browser, &url).await).0, 403);
}

#[tokio::test]
async fn disabled_users_and_taken_identities_are_refused() {
    let (bench, provider) = bound().await;
    let now = bench.clock.now().as_second();
    let mut browser = Browser::new(2);
    bench.sign_in(&mut browser, "admin", PASSWORD).await.unwrap();
    let admin = bench.caller(&browser).await.unwrap();
    let alice = bench.user(&admin, "alice", Role::Admin).await;
    let mut hers = Browser::new(3);
    bench.sign_in(&mut hers, "alice", PASSWORD).await.unwrap();
    let url = go(&bench, &mut hers, Some(alice.clone())).await;
    provider.says(1, &provider.claims(&url, now, "s1"));
    assert_eq!(told(back(&bench, &mut hers, &url).await).0, 409);
    let caller = bench.caller(&hers).await.unwrap();
    let change = crate::access::UserChange { enabled: Some(false), ..Default::default() };
    bench.desk.change_user(&caller, &admin.user, change).await.unwrap();
    let mut browser = Browser::new(4);
    let url = go(&bench, &mut browser, None).await;
    provider.says(1, &provider.claims(&url, now, "s1"));
    assert_eq!(told(back(&bench, &mut browser, &url).await).0, 403);
}

#[tokio::test]
async fn newcomers_get_an_account_only_if_the_operator_wants() {
    let provider = Provider::start().await;
    let settings = OidcSettings { auto_create: Some(Role::Viewer), ..provider.settings() };
    let bench = Bench::with(Some(settings)).await;
    bench.admin().await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let mut browser = Browser::new(2);
        let url = go(&bench, &mut browser, None).await;
        provider.says(1, &provider.claims(&url, bench.clock.now().as_second(), "new"));
        back(&bench, &mut browser, &url).await.unwrap();
        let caller = bench.caller(&browser).await.unwrap();
        assert!(!caller.may(quell_model::Right::IncidentsWrite));
        assert_ne!(caller.login, "admin", "whatever the provider calls them");
        ids.push(caller.user);
    }
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn new_keys_of_the_provider_are_found() {
    let (bench, provider) = bound().await;
    provider.state.lock().unwrap().key = 2;
    let mut browser = Browser::new(2);
    let url = go(&bench, &mut browser, None).await;
    provider.says(2, &provider.claims(&url, bench.clock.now().as_second(), "s1"));
    // Not more often than once a minute.
    assert_eq!(told(back(&bench, &mut browser, &url).await).0, 403);
    tokio::time::pause();
    tokio::time::advance(std::time::Duration::from_secs(61)).await;
    tokio::time::resume();
    let url = go(&bench, &mut browser, None).await;
    provider.says(2, &provider.claims(&url, bench.clock.now().as_second(), "s1"));
    assert!(back(&bench, &mut browser, &url).await.is_ok());
}

#[tokio::test]
async fn without_the_provider_people_sign_in_here() {
    let provider = Provider::start().await;
    // Nobody listens at this port any more.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let bench = Bench::with(Some(OidcSettings { issuer: gone, ..provider.settings() })).await;
    bench.admin().await;
    let mut browser = Browser::new(2);
    let went = bench.desk.begin_at_provider(&browser.visit(&bench), None).await;
    assert_eq!(told(went).0, 503);
    assert!(bench.sign_in(&mut browser, "admin", PASSWORD).await.is_ok());
    assert!(bench.caller(&browser).await.is_some());

    // One that calls itself otherwise is not used.
    let bench = Bench::with(Some(provider.settings())).await;
    provider.state.lock().unwrap().issuer = "https://id.example.com".to_owned();
    assert_eq!(told(bench.desk.begin_at_provider(&browser.visit(&bench), None).await).0, 503);

    // Nor is one that may not be asked, and that stops nobody.
    let settings = OidcSettings { issuer: "http://169.254.169.254".to_owned(), ..provider.settings() };
    let bench = Bench::with(Some(settings)).await;
    assert!(bench.desk.provider_name().is_none());
    bench.admin().await;
}
