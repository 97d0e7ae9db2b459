//! Nobody changes what they may not see, and the answer is the one for what does not exist.

use quell_model::{IncidentId, Right, Role, TeamId, Viewer};
use reqwest::Method;
use serde_json::{Value, json};

use super::bench::Person;
use super::world::{World, may};
use crate::api;
use crate::http::Access;

/// A body with which a route would do something.
fn body(path: &str, person: &Person) -> Value {
    match path.rsplit('/').next().unwrap() {
        "alerts" if path.contains("/incidents/") => json!({ "alerts": ["alr-0123456789abcdef"], "reason": "was here" }),
        "merge" => json!({ "into": "inc-0123456789ab", "reason": "was here" }),
        "tuning" => json!({}),
        "runs" | "preview" => json!({ "playbook": "collect-evidence" }),
        "notes" => json!({ "text": "was here" }),
        "work" => json!({ "work": [{ "kind": "incident.noted", "body": { "text": "was here" } }] }),
        "tasks" => json!({ "activity": "contain-affected" }),
        "timeline" => json!({ "items": [item()] }),
        "{item}" => json!({ "item": item(), "reason": "was here" }),
        "removal" | "redaction" => json!({ "reason": "was here" }),
        "content" => json!({ "purpose": "was here" }),
        "reports" => json!({ "audience": "legal", "form": "markdown", "tlp": "red" }),
        "restriction" => json!({ "members": [person.id] }),
        "break-glass" => json!({ "reason": "was here" }),
        _ if path.contains("/alerts/") => json!({ "status": "benign", "reason": "was here" }),
        "pad" => json!({ "client": "here", "version": 0, "changes": [] }),
        "save" => json!({ "over": 1 }),
        _ if path.ends_with("/presence") => json!({ "place": "notes" }),
        _ if path.contains("/sources/") => json!({ "description": "was here" }),
        _ if path.contains("/incidents/") => json!({ "status": "resolved", "reason": "was here", "team": null }),
        _ => json!({}),
    }
}

const EVIDENCE: &str = "name=a&description=b&volatility=disk&collected_at=2026-09-21T14:13:20Z&collected_by=c";

fn item() -> Value {
    json!({ "kind": "finding", "at": "2026-09-21T14:13:20Z", "title": "was here" })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_hidden_is_not_written_to() {
    let world = World::new().await;
    let before = world.bench.entries().await;
    let mut tried = 0;
    for person in &world.people {
        let hidden = world.hidden(person);
        let restricted = |id: &String| {
            world.things.iter().any(|thing| {
                thing.members.is_some() && thing.incident.as_ref().is_some_and(|incident| incident.as_str() == id)
            })
        };
        for route in api::routes().into_iter().filter(|route| route.method != Method::GET.as_str()) {
            let (Access::Needs(right) | Access::Session(right)) = route.access else { continue };
            let ids: Vec<&String> = match route.path {
                path if path.starts_with("/api/v1/incidents/{") => hidden.incidents.iter().collect(),
                path if path.starts_with("/api/v1/alerts/{") => hidden.alerts.iter().collect(),
                path if path.starts_with("/api/v1/sources/{") => hidden.sources.iter().collect(),
                _ => continue,
            };
            // Glass is there to be broken, but only around what is restricted.
            let glass = route.path.ends_with("/break-glass");
            for id in ids.into_iter().filter(|id| !(glass && restricted(id))) {
                let path = route
                    .path
                    .replace("{id}", id)
                    .replace("{name}", id)
                    .replace("{item}", "1")
                    .replace("{note}", &note_of(&world, id).await);
                // What is known about evidence stands beside it, not in the body.
                let path = if path.ends_with("/evidence") { format!("{path}?{EVIDENCE}") } else { path };
                let method: Method = route.method.as_str().parse().unwrap();
                let answer = world.bench.send(person, method, &path, &body(route.path, person)).await;
                let expected = if may(person, right) { 404 } else { 403 };
                assert_eq!(answer.status, expected, "{} {} {path}: {answer:?}", person.login, route.method);
                tried += 1;
            }
        }
        tried += bulk(&world, person, "incidents", &hidden.incidents).await;
        tried += bulk(&world, person, "alerts", &hidden.alerts).await;
    }
    assert_eq!(world.bench.entries().await, before, "something was changed");
    println!("{tried} writes to what is hidden, none did anything");
    world.bench.stop().await;
}

/// A note that is there: that it is not found has to be because of who asks.
async fn note_of(world: &World, id: &str) -> String {
    let worked = world.bench.store.worked(&Viewer::System, &IncidentId::new(id), None).await.unwrap();
    let note = worked.and_then(|worked| worked.work.notes.iter().next().map(|note| note.id.0.to_string()));
    note.unwrap_or_default()
}

/// One bulk change of everything that is hidden, and of something that does not exist: both are answered alike.
async fn bulk(world: &World, person: &Person, what: &str, ids: &[String]) -> usize {
    let (made_up, right) = match what {
        "incidents" => ("inc-0123456789ab", Right::IncidentsWrite),
        _ => ("alr-0123456789abcdef", Right::AlertsTriage),
    };
    let ids: Vec<&str> = ids.iter().map(String::as_str).chain([made_up]).collect();
    let body = json!({ "ids": ids, "change": { "status": if what == "alerts" { "benign" } else { "resolved" },
        "reason": "was here" } });
    let answer = world.bench.send(person, Method::POST, &format!("/api/v1/{what}/bulk"), &body).await;
    if !may(person, right) {
        assert_eq!(answer.status, 403, "{answer:?}");
        return ids.len();
    }
    let outcomes = answer.json();
    let mut kinds: Vec<Value> =
        outcomes.as_array().unwrap().iter().map(|one| json!([one["status"], one["detail"]])).collect();
    assert_eq!(kinds.len(), ids.len());
    kinds.dedup();
    assert_eq!((kinds.len(), &kinds[0][0]), (1, &json!(404)), "{answer:?}");
    ids.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_given_away_was_given_away() {
    let world = World::new().await;
    let open = world.things[0].incident.clone().unwrap();
    let responder = world.person("responder-a");
    let path = format!("/api/v1/incidents/{open}");
    let answer = world.bench.send(responder, Method::PATCH, &path, &json!({ "team": world.team_b })).await;
    assert_eq!((answer.status, &answer.json()["team"]), (200, &json!(world.team_b)), "{answer:?}");
    assert_eq!(world.bench.get(responder, &path).await.status, 404);

    let admin = world.person("admin-none");
    let settings = json!({ "description": "new", "team": world.team_b });
    let answer = world.bench.send(admin, Method::PUT, "/api/v1/sources/brand-new", &settings).await;
    assert_eq!((answer.status, &answer.json()["team"]), (200, &json!(world.team_b)), "{answer:?}");
    let again = world.bench.send(admin, Method::PUT, "/api/v1/sources/brand-new", &json!({})).await;
    assert_eq!(again.status, 404, "{again:?}");
    world.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn glass_breaks_around_what_is_restricted_only_and_loudly() {
    let world = World::new().await;
    let lead = world.person("lead-none");
    let id = |name: usize| world.things[name].incident.clone().unwrap();
    let (from_b, restricted) = (id(2), id(6));
    let glass = |id: &IncidentId| format!("/api/v1/incidents/{id}/break-glass");
    let reason = json!({ "reason": "the house burns" });
    let open = world.bench.send(lead, Method::POST, &glass(&from_b), &reason).await;
    let made_up = IncidentId::new("inc-0123456789ab");
    let nothing = world.bench.send(lead, Method::POST, &glass(&made_up), &reason).await;
    let told = |answer: &super::bench::Answer| (answer.status, answer.json()["detail"].clone());
    assert_eq!(told(&open), told(&nothing), "what is hidden and what is not there are told apart");

    let path = format!("/api/v1/incidents/{restricted}");
    assert_eq!(world.bench.get(lead, &path).await.status, 404);
    let silent = world.bench.send(lead, Method::POST, &glass(&restricted), &json!({ "reason": " " })).await;
    assert_eq!(silent.status, 422, "{silent:?}");
    let token =
        world.bench.token(lead, &Right::ALL.into_iter().filter(|one| may(lead, *one)).collect::<Vec<_>>()).await;
    let request = world.bench.request(Method::POST, &glass(&restricted)).bearer_auth(token);
    let request = request.header("content-type", "application/json").body(reason.to_string());
    assert_eq!(request.send().await.unwrap().status(), 403, "no token breaks glass");
    let broken = world.bench.send(lead, Method::POST, &glass(&restricted), &reason).await;
    assert_eq!(broken.status, 200, "{broken:?}");
    assert_eq!(world.bench.get(lead, &path).await.status, 200);
    let entries = world.bench.store.stream(&format!("incident/{restricted}"), None).await.unwrap();
    let last = entries.last().unwrap();
    assert_eq!((last.kind.as_str(), last.actor.as_str()), ("incident.glass_broken", lead.id.as_str()));
    world.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_not_remembered_for_who_lost_the_right() {
    let world = World::new().await;
    let person = world.person("responder-b");
    let word = &world.source("src-of-b-5e77").word;
    let search = async || {
        let request = world.bench.request(Method::POST, "/api/v1/events/search").header("cookie", &person.cookie);
        let request = request.header("content-type", "application/json").header("idempotency-key", "once");
        let body = json!({ "text": word }).to_string();
        request.body(body).send().await.unwrap().text().await.unwrap()
    };
    assert!(search().await.contains(word.as_str()));
    let path = format!("/api/v1/users/{}", person.id);
    let none: Vec<TeamId> = Vec::new();
    let moved = world.bench.send(world.person("admin-both"), Method::PATCH, &path, &json!({ "teams": none })).await;
    assert_eq!(moved.status, 200, "{moved:?}");
    assert!(!search().await.contains(word.as_str()), "events are told to who left the team");
    world.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ledger_is_written_by_deeds_only() {
    let world = World::new().await;
    let admin = world.person("admin-both");
    let before = world.bench.entries().await;
    let mut tried = 0;
    let forged = json!({ "stream": "system", "actor": "quell", "kind": "incident.unrestricted", "body": {}, "seq": 1 });
    for path in ["/api/v1/ledger", "/api/v1/ledger/1", "/api/v1/ledger/verification", "/api/v1/ledger/entries"] {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let answer = world.bench.send(admin, method.clone(), path, &forged).await;
            let reads = method == Method::POST && path.ends_with("/verification");
            assert_eq!(answer.status < 300, reads, "{method} {path}: {answer:?}");
            tried += 1;
        }
    }
    let writes = api::routes().into_iter().filter(|route| route.path.contains("ledger"));
    let writes: Vec<_> = writes.filter(|route| route.method != Method::GET.as_str()).map(|route| route.path).collect();
    assert_eq!(writes, ["/api/v1/ledger/verification"]);
    // A name that would reach into another stream is no name.
    for name in ["..%2Fuser", "a%2Fb", "incident%2Finc-1", ".hidden", "a%00b", "a%0Ab", &"x".repeat(65)] {
        let answer = world.bench.send(admin, Method::PUT, &format!("/api/v1/sources/{name}"), &json!({})).await;
        assert_eq!(answer.status, 422, "{name}: {answer:?}");
        tried += 1;
    }
    for id in ["..%2F..%2Fuser", "inc-1%2F..", "inc-%0A", "inc-ABC", "system", "quell"] {
        for (method, path) in [(Method::PATCH, ""), (Method::POST, "/notes"), (Method::PUT, "/restriction")] {
            let path = format!("/api/v1/incidents/{id}{path}");
            let answer = world.bench.send(admin, method, &path, &body(&path, admin)).await;
            assert_eq!(answer.status, 404, "{path}: {answer:?}");
            tried += 1;
        }
    }
    assert_eq!(world.bench.entries().await, before, "something was written");
    // Text with line breaks stays one fact, and who did it is who was signed in.
    let path = format!("/api/v1/incidents/{}/notes", world.things[0].incident.clone().unwrap());
    let text = "note\",\"actor\":\"quell\"}\n{\"seq\":999,\"kind\":\"incident.unrestricted\"\r\n\u{2028}\u{0}";
    let answer = world.bench.send(admin, Method::POST, &path, &json!({ "text": text })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(world.bench.entries().await, before + 1);
    let entries = world.bench.get(admin, &format!("/api/v1/ledger?after={before}&limit=10")).await.json();
    let last = entries.as_array().unwrap().last().unwrap();
    assert_eq!((&last["actor"], &last["body"]["text"]), (&json!(admin.id), &json!(text)), "{last}");
    let verified = world.bench.send(admin, Method::POST, "/api/v1/ledger/verification", &Value::Null).await.json();
    assert_eq!((&verified["whole"], &verified["problems"]), (&json!(true), &json!([])));
    println!("{tried} tries to write to the ledger");
    world.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gets_in_by_what_they_write_about_themselves() {
    let world = World::new().await;
    let restricted = world.things[6].incident.clone().unwrap();
    // A member shares it with one more, who then sees it; everybody else stays out, and so do administrators.
    let path = format!("/api/v1/incidents/{restricted}/restriction");
    let lead = world.bench.person("lead-member", Role::Lead, &[]).await;
    world
        .bench
        .send(&lead, Method::POST, &path.replace("restriction", "break-glass"), &json!({ "reason": "help" }))
        .await;
    let members = json!({ "members": [world.person("viewer-b").id] });
    let shared = world.bench.send(&lead, Method::PUT, &path, &members).await;
    assert_eq!(shared.status, 200, "{shared:?}");
    for person in &world.people {
        let sees = world.bench.store.incident(&viewer(person), &restricted).await.unwrap().is_some();
        assert_eq!(sees, person.login == "viewer-b", "{}", person.login);
    }
    world.bench.stop().await;
}

fn viewer(person: &Person) -> Viewer {
    Viewer::User { user: person.id.clone(), teams: person.teams.iter().cloned().collect() }
}
