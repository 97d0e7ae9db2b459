//! What only the console asks for: files of its own, preferences and views, presence, playbooks as they are written.

use quell_model::Role;
use reqwest::Method;
use serde_json::json;

use super::bench::{Answer, Bench, trail_stopped};

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

/// A rule that somebody is just writing is held against stored events, with fields that nothing in force reads.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_found_by_a_rule_that_is_not_in_force() {
    let bench = Bench::start().await;
    let admin = bench.person("admin", Role::Admin, &[]).await;
    for (who, number) in [("mallory", 1), ("trudy", 2)] {
        bench.deliver(&admin, "trail", trail_stopped(who, number).to_string()).await;
    }
    let sigma = |condition: &str| {
        let log_source = "logsource: { product: aws, service: cloudtrail }";
        format!(
            "title: Ours\nid: 4e4f6c8a-3b1e-4d5f-9c2a-0a1b2c3d4e5f\nlevel: low\n{log_source}\ndetection:\n  one: {condition}\n  condition: one"
        )
    };
    let hunt = async |by: serde_json::Value| bench.send(&admin, Method::POST, "/api/v1/events/search", &by).await;
    let count = |answer: Answer| answer.json()["items"].as_array().map(Vec::len);
    let by_user = sigma("{ requestParameters.name: trail-2 }");
    let found = hunt(json!({ "sigma": by_user })).await.json();
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1), "{found}");
    assert_eq!(found["items"][0]["log_source"]["services"], json!(["cloudtrail"]));
    assert_eq!(count(hunt(json!({ "sigma": by_user, "text": "mallory" })).await), Some(0));
    let elsewhere = by_user.replace("product: aws", "product: windows");
    assert_eq!(count(hunt(json!({ "sigma": elsewhere })).await), Some(0));
    assert_eq!(hunt(json!({ "sigma": "title: no rule" })).await.status, 422);

    let rule = bench.get(&admin, "/api/v1/rules").await.json()["items"][0]["id"].clone();
    assert_eq!(count(hunt(json!({ "rule": rule })).await), Some(2));
    assert_eq!(hunt(json!({ "rule": "none" })).await.status, 404);
    assert_eq!(hunt(json!({ "rule": rule, "sigma": by_user })).await.status, 422);

    let check = async |text: &str| {
        bench.send(&admin, Method::POST, "/api/v1/rules/check", &json!({ "text": text })).await.json()
    };
    let good = check(&by_user).await;
    assert_eq!((&good["items"][0]["title"], &good["items"][0]["has_source"]), (&json!("Ours"), &json!(true)));
    assert_eq!(check(&elsewhere.replace("cloudtrail", "none-such")).await["items"][0]["has_source"], json!(false));
    assert_eq!(check("").await, json!({ "items": [], "refused": ["there is no rule in it"] }));
    let wrong = check(&sigma("{ eventName|sounds: x }")).await;
    assert!(wrong["refused"][0].as_str().is_some_and(|reason| reason.contains("sounds")), "{wrong}");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_said_what_came_with_quell_and_what_did_not() {
    let bench = Bench::start().await;
    let admin = bench.person("admin", Role::Admin, &[]).await;
    let content = bench.get(&admin, "/api/v1/system/content").await.json();
    let of = |kind: &str| content["items"].as_array().and_then(|items| items.iter().find(|item| item["kind"] == kind));
    assert_eq!(of("rules").map(|rules| &rules["own"]), Some(&json!(1)), "{content}");
    assert!(
        of("playbooks").and_then(|playbooks| playbooks["shipped"].as_u64()).is_some_and(|all| all > 20),
        "{content}"
    );
    bench.stop().await;
}

/// What two people type at the same moment becomes one text, and one version of both; nobody can claim that somebody wrote with them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_write_on_one_note() {
    let bench = Bench::start().await;
    let ada = bench.person("ada", Role::Responder, &[]).await;
    let bob = bench.person("bob", Role::Responder, &[]).await;
    let viewer = bench.person("viewer", Role::Viewer, &[]).await;
    let new = json!({ "title": "Lost laptop", "severity": "low", "reason": "reported" });
    let made = bench.send(&ada, Method::POST, "/api/v1/incidents", &new).await.json();
    let incident = format!("/api/v1/incidents/{}", made["incident"]["id"].as_str().unwrap_or_default());
    let written = json!({ "work": [{ "kind": "incident.noted", "body": { "text": "one" } }] });
    let written = bench.send(&ada, Method::POST, &format!("{incident}/work"), &written).await.json();
    let (note, first) = (&written["entries"][0], &written["entries"][0]);
    let pad = format!("{incident}/notes/{note}/pad");
    let open = |client: &str| json!({ "client": client, "version": 0, "changes": [] });
    let by_ada = bench.send(&ada, Method::PUT, &pad, &open("a")).await.json();
    assert_eq!((&by_ada["text"], &by_ada["on"]), (&json!("one"), first));
    let by_bob = bench.send(&bob, Method::PUT, &pad, &open("b")).await.json();
    assert_eq!(by_bob["others"][0]["display_name"], "ada");

    let typed = |client: &str, version: u64, change| {
        let changes = [change];
        json!({ "pad": by_ada["pad"], "client": client, "version": version, "changes": changes })
    };
    let taken = bench.send(&ada, Method::PUT, &pad, &typed("a", 0, json!([3, [0, " two"]]))).await.json();
    assert_eq!((&taken["version"], &taken["text"]), (&json!(1), &json!(null)));
    let late = bench.send(&bob, Method::PUT, &pad, &typed("b", 0, json!([[0, "zero "], 3]))).await.json();
    assert_eq!(late["changes"], json!([{ "client": "a", "change": [3, [0, " two"]] }]));
    bench.send(&bob, Method::PUT, &pad, &typed("b", 1, json!([[0, "zero "], 7]))).await;
    let unfit = bench.send(&bob, Method::PUT, &pad, &typed("b", 2, json!([1]))).await;
    assert_eq!(unfit.status, 422, "{unfit:?}");

    let save = format!("{pad}/save");
    let over = json!({ "over": first });
    assert_eq!(bench.send(&viewer, Method::POST, &save, &over).await.status, 403);
    let saved = bench.send(&ada, Method::POST, &save, &over).await.json();
    let work = bench.get(&ada, &format!("{incident}/work")).await.json();
    let version = &work["work"]["notes"][0]["versions"][1];
    assert_eq!((&version["text"], &version["with"]), (&json!("zero one two"), &json!([bob.id])));
    assert_eq!(version["stamp"]["entry"], saved["entries"][0]);
    assert_eq!(bench.send(&bob, Method::POST, &save, &over).await.json()["entries"], json!([]), "it is saved");

    // A version by other means is not overwritten unseen.
    let change = |with: serde_json::Value| {
        let body = json!({ "note": note, "text": "by a program", "with": with });
        json!({ "work": [{ "kind": "note.changed", "body": body }] })
    };
    let claimed = bench.send(&bob, Method::POST, &format!("{incident}/work"), &change(json!([ada.id]))).await;
    assert_eq!(claimed.status, 422, "{claimed:?}");
    let program = bench.send(&bob, Method::POST, &format!("{incident}/work"), &change(json!([]))).await.json();
    assert_eq!(bench.send(&ada, Method::POST, &save, &json!({ "over": saved["entries"][0] })).await.status, 409);
    let over = json!({ "over": program["entries"][0] });
    assert_eq!(bench.send(&ada, Method::POST, &save, &over).await.status, 200);

    assert_eq!(bench.send(&ada, Method::DELETE, &pad, &json!({})).await.status, 409, "bob is there");
    assert_eq!(bench.send(&ada, Method::PUT, &format!("{incident}/notes/1/pad"), &open("a")).await.status, 404);
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
