//! Every route lets in who its row says, and nobody else.

use std::collections::BTreeMap;

use quell_model::{Right, Role};
use reqwest::Method;

use super::Call;
use super::bench::{Answer, Bench};
use crate::api;
use crate::http::{Access, Route};

/// A route's call, with made-up ids.
fn call(route: &Route) -> Call {
    let mut path = route.path.to_owned();
    while let (Some(begin), Some(end)) = (path.find('{'), path.find('}')) {
        path.replace_range(begin..=end, "made-up");
    }
    (route.method.as_str().parse().unwrap(), path)
}

/// Calls a route. Streams never end, so only the head of the answer counts.
async fn status(bench: &Bench, (method, path): &Call, (name, value): (&str, &str)) -> u16 {
    let request = bench.request(method.clone(), path).header("content-type", "application/json").body("{}");
    let answer = request.header(name, value).send().await.unwrap();
    assert_hardened(&answer, path);
    answer.status().as_u16()
}

/// What every answer says to browsers, whatever it is.
fn assert_hardened(answer: &reqwest::Response, path: &str) {
    let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap());
    assert_eq!(header("x-content-type-options"), Some("nosniff"), "{path}");
    assert!(header("content-security-policy").is_some_and(|policy| policy.contains("default-src 'none'")), "{path}");
    assert_eq!(header("access-control-allow-origin"), None, "{path}");
    assert!(header("cache-control").is_some(), "{path}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_needs_its_right() {
    let bench = Bench::start().await;
    let admin = bench.person("admin", Role::Admin, &[]).await;
    let everything = bench.token(&admin, &Right::ALL).await;
    let mut only = BTreeMap::new();
    let mut all_but = BTreeMap::new();
    for right in Right::ALL {
        only.insert(right, bench.token(&admin, &[right]).await);
        let others: Vec<Right> = Right::ALL.into_iter().filter(|other| *other != right).collect();
        all_but.insert(right, bench.token(&admin, &others).await);
    }
    let mut tried = 0;
    for route in api::routes() {
        let call = call(&route);
        let as_token = async |token: &str| status(&bench, &call, ("authorization", &format!("Bearer {token}"))).await;
        if route.access == Access::Public {
            tried += 1;
            let status = status(&bench, &call, ("x-nothing", "x")).await;
            assert!(status != 401 || call.1.starts_with("/api/v1/session"), "{call:?} answers {status}");
            continue;
        }
        for (name, value) in [
            ("x-nothing", "x"),
            ("cookie", "quell_session=made-up"),
            ("cookie", "quell_session="),
            ("authorization", "Bearer made-up"),
            ("authorization", "Basic bWFkZTp1cA=="),
            ("authorization", "Bearer qll_0123456789abcdef_"),
        ] {
            tried += 1;
            assert_eq!(status(&bench, &call, (name, value)).await, 401, "{call:?} with {name}: {value}");
        }
        match route.access {
            Access::Public => {}
            Access::Needs(right) => {
                assert_eq!(as_token(&all_but[&right]).await, 403, "{call:?} without {right:?}");
                let status = as_token(&only[&right]).await;
                assert!(status != 401 && status != 403, "{call:?} with {right:?} answers {status}");
            }
            Access::Session(_) => {
                assert_eq!(as_token(&everything).await, 403, "{call:?} with a token");
                // Some of them end the session or change its owner.
                let cookie = bench.session(&admin.id).await;
                let status = status(&bench, &call, ("cookie", &cookie)).await;
                assert!(status != 401 && status != 403, "{call:?} with a session answers {status}");
            }
        }
        tried += 2;
    }
    println!("{tried} calls with and without credentials");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_role_gets_what_it_is_allowed() {
    let bench = Bench::start().await;
    let mut tried = 0;
    for role in Role::ALL {
        let person = bench.person(role.as_str(), role, &[]).await;
        for route in api::routes() {
            let (Access::Needs(right) | Access::Session(right)) = route.access else { continue };
            let cookie = bench.session(&person.id).await;
            let status = status(&bench, &call(&route), ("cookie", &cookie)).await;
            assert_eq!(status == 403, !role.allows(right), "{role:?} {} {} {status}", route.method, route.path);
            assert_ne!(status, 401, "{role:?} {} {}", route.method, route.path);
            tried += 1;
        }
    }
    println!("{tried} calls of {} roles", Role::ALL.len());
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_answers_that_is_not_in_the_table() {
    let bench = Bench::start().await;
    let admin = bench.person("admin", Role::Admin, &[]).await;
    let mut methods: BTreeMap<String, Vec<Method>> = BTreeMap::new();
    for route in api::routes() {
        let (method, path) = call(&route);
        methods.entry(path).or_default().push(method);
    }
    let mut tried = 0;
    for (path, known) in methods {
        for method in ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"] {
            let method: Method = method.parse().unwrap();
            // A client asks a proxy with CONNECT, and another path can stand for this one.
            let other = |(path, method): (&str, &Method)| path == "/api/v1/incidents/made-up" && method == Method::GET;
            if known.contains(&method) || method == Method::CONNECT || other((&path, &method)) {
                continue;
            }
            let request = bench.request(method.clone(), &path).header("cookie", &admin.cookie);
            let request = request.header("content-type", "application/json").body("{}");
            let status = Answer::of(request.send().await.unwrap()).await.status;
            assert_eq!(status, 405, "{method} {path}");
            tried += 1;
        }
    }
    for path in ["/api/v1", "/api/v1/", "/api/v1/incidents/", "/api/v1//incidents", "/api/v2/incidents", "/.git/config"]
    {
        let answer = bench.get(&admin, path).await;
        assert_eq!(answer.status, 404, "{path}");
        tried += 1;
    }
    println!("{tried} calls that are in no row");
    bench.stop().await;
}
