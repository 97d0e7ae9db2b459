//! What only the console asks for: files of its own, preferences and views, presence, playbooks as they are written.

use quell_model::Role;
use reqwest::Method;
use serde_json::json;

use super::bench::{Answer, Bench};

const BLOCK_NOW: &str = include_str!("block-now.yaml");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn preferences_are_ones_own_and_views_are_if_they_are_not_shared() {
    let bench = Bench::start().await;
    let ada = bench.person("ada", Role::Responder, &[]).await;
    let bob = bench.person("bob", Role::Responder, &[]).await;
    let admin = bench.person("admin", Role::Admin, &[]).await;
    let path = "/api/v1/account/preferences";
    let dark = json!({ "preferences": { "theme": "dark" } });
    assert_eq!(bench.send(&ada, Method::PUT, path, &dark).await.status, 204);
    assert_eq!(bench.get(&ada, path).await.json(), dark);
    assert_eq!(bench.get(&bob, path).await.json(), json!({ "preferences": {} }));
    let long = json!({ "preferences": { "theme": "d".repeat(20_000) } });
    assert_eq!(bench.send(&ada, Method::PUT, path, &long).await.status, 400);

    let view =
        |name: &str, shared| json!({ "name": name, "screen": "alerts", "search": "severity=high", "shared": shared });
    let saved = bench.send(&ada, Method::POST, "/api/v1/views", &view("mine", false)).await.json();
    let shared = bench.send(&ada, Method::POST, "/api/v1/views", &view("ours", true)).await.json();
    let names = |answer: Answer| {
        let items = answer.json()["items"].as_array().cloned().unwrap_or_default();
        items.iter().map(|item| item["name"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(bench.get(&ada, "/api/v1/views").await), ["mine", "ours"]);
    assert_eq!(names(bench.get(&bob, "/api/v1/views").await), ["ours"]);
    let at = |view: &serde_json::Value| format!("/api/v1/views/{}", view["id"].as_str().unwrap_or_default());
    assert_eq!(
        bench.send(&bob, Method::DELETE, &at(&saved), &json!({})).await.status,
        404,
        "what is not seen is not there"
    );
    assert_eq!(bench.send(&bob, Method::DELETE, &at(&shared), &json!({})).await.status, 403);
    assert_eq!(bench.send(&admin, Method::DELETE, &at(&shared), &json!({})).await.status, 204);
    assert_eq!(bench.send(&ada, Method::DELETE, &at(&saved), &json!({})).await.status, 204);
    let elsewhere = json!({ "name": "x", "screen": "settings", "search": "" });
    assert_eq!(bench.send(&ada, Method::POST, "/api/v1/views", &elsewhere).await.status, 422);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_see_each_other_at_an_incident() {
    let bench = Bench::start().await;
    let ada = bench.person("ada", Role::Lead, &[]).await;
    let bob = bench.person("bob", Role::Lead, &[]).await;
    let new = json!({ "title": "Lost laptop", "severity": "low", "reason": "reported" });
    let made = bench.send(&ada, Method::POST, "/api/v1/incidents", &new).await.json();
    let path = format!("/api/v1/incidents/{}/presence", made["incident"]["id"].as_str().unwrap_or_default());
    let first = bench.send(&ada, Method::PUT, &path, &json!({ "place": "notes" })).await.json();
    assert_eq!(first, json!({ "items": [] }));
    let second = bench.send(&bob, Method::PUT, &path, &json!({ "place": "graph" })).await.json();
    assert_eq!((&second["items"][0]["display_name"], &second["items"][0]["place"]), (&json!("ada"), &json!("notes")));
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_playbook_is_examined_and_played_as_it_is_written() {
    let bench = Bench::start().await;
    let ada = bench.person("ada", Role::Viewer, &[]).await;
    let check = async |text: &str| {
        bench.send(&ada, Method::POST, "/api/v1/playbooks/check", &json!({ "text": text })).await.json()
    };
    let good = check(BLOCK_NOW).await;
    assert_eq!(good["findings"], json!([]), "{good}");
    assert_eq!(good["by_hand"], json!(["net.block_address"]));
    assert_eq!(
        check(good["yaml"].as_str().unwrap_or_default()).await["document"],
        good["document"],
        "YAML says the same"
    );
    let bad = check(&BLOCK_NOW.replace("on_completion: end--done", "on_completion: end--nowhere")).await;
    assert_eq!(bad["findings"][0]["grade"], json!("error"), "{bad}");
    let none = check("- this is: [no playbook").await;
    assert_eq!((&none["document"], &none["findings"][0]["rule"]), (&json!(null), &json!("unreadable")), "{none}");

    let answers = json!({ "__host__": ["WS01"], "__control__": ["192.0.2.7"] });
    let play = |text: &str| json!({ "text": text, "answers": answers, "failing": [] });
    let played = bench.send(&ada, Method::POST, "/api/v1/playbooks/rehearsal", &play(BLOCK_NOW)).await.json();
    assert_eq!(played["ended"], json!({ "how": "completed" }), "{played}");
    let refused = bench.send(&ada, Method::POST, "/api/v1/playbooks/rehearsal", &play("- no")).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    bench.stop().await;
}

/// A person gets the console at any address that is no resource, with the policy that keeps text from becoming code; a program is
/// told that nothing is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_console_is_for_people() {
    let bench = Bench::start().await;
    for path in ["/", "/incidents/inc-1", "/no/such/page"] {
        let asked = bench.request(Method::GET, path).header("accept", "text/html,*/*;q=0.8");
        let answer = asked.send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        for part in
            ["default-src 'none'", "script-src 'self'", "style-src 'self'", "require-trusted-types-for 'script'"]
        {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
    }
    for (path, accept) in [("/incidents/inc-1", "application/json"), ("/assets/nothing.js", "text/html")] {
        let answer = bench.request(Method::GET, path).header("accept", accept).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
    }
    bench.stop().await;
}
