//! What is told while it happens is told to those who may hear it, and stops when they may not any more.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use quell_model::{Right, Role};
use reqwest::Method;
use serde_json::json;

use super::bench::{Bench, Person, trail_stopped};
use super::world::{World, may, word};

/// What somebody hears.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<String>>);

impl Heard {
    /// Subscribes, and returns when the server listens.
    async fn subscribe(bench: &Bench, (name, value): (&str, &str)) -> Heard {
        let request = bench.request(Method::GET, "/api/v1/stream").header(name, value);
        let mut answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let heard = Heard::default();
        let ear = heard.clone();
        tokio::spawn(async move {
            while let Ok(Some(chunk)) = answer.chunk().await {
                ear.0.lock().unwrap().push_str(&String::from_utf8_lossy(&chunk));
            }
            ear.0.lock().unwrap().push_str("\n[ended]\n");
        });
        assert!(heard.wait_for(": hello").await);
        heard
    }

    fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }

    async fn wait_for(&self, text: &str) -> bool {
        self.wait_until(|heard| heard.contains(text)).await
    }

    async fn wait_until(&self, is_so: impl Fn(&str) -> bool) -> bool {
        for _ in 0..2_000 {
            if is_so(&self.text()) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }
}

/// Something happens to everything there is, by somebody who may do it.
async fn everything_changes(world: &World) {
    let bench = &world.bench;
    for thing in &world.things {
        let able = |person: &&Person| may(person, Right::AlertsTriage) && world.sees_alerts(person, thing);
        for alert in &thing.alerts {
            let Some(person) = world.people.iter().find(able) else { continue };
            let change = json!({ "status": "false_positive", "reason": thing.alert_word });
            let answer = bench.send(person, Method::PATCH, &format!("/api/v1/alerts/{alert}"), &change).await;
            assert_eq!(answer.status, 200, "{answer:?}");
        }
        let Some(incident) = &thing.incident else { continue };
        let able = |person: &&Person| may(person, Right::IncidentsWrite) && world.sees_incident(person, thing);
        let person = world.people.iter().find(able).unwrap();
        let path = format!("/api/v1/incidents/{incident}/notes");
        let answer = bench.send(person, Method::POST, &path, &json!({ "text": thing.word })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let admin = world.person("admin-both");
    for source in &world.sources {
        let settings = json!({ "description": source.word, "team": source.team });
        let answer = bench.send(admin, Method::PUT, &format!("/api/v1/sources/{}", source.name), &settings).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        // Detection raises an alert and opens an incident.
        let record = trail_stopped(&word(&format!("live {}", source.name)), 1).to_string();
        assert_eq!(bench.deliver(admin, source.name, record).await.status, 200);
    }
    bench.caught_up().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribers_hear_what_they_may_and_nothing_else() {
    let world = World::new().await;
    let mut ears = BTreeMap::new();
    for person in &world.people {
        ears.insert(&person.login, Heard::subscribe(&world.bench, ("cookie", &person.cookie)).await);
    }
    everything_changes(&world).await;
    let live = |source: &str| word(&format!("live {source}"));
    // Incidents come from another thread. When all are told, a last change comes after everything else.
    let all = &ears[&world.person("admin-both").login];
    for source in &world.sources {
        let told = |line: &str| line.starts_with("data: {\"id\":\"inc-") && line.contains(&live(source.name));
        assert!(all.wait_until(|text| text.lines().any(told)).await, "{}", all.text());
    }
    let open = world.things[0].incident.clone().unwrap();
    let path = format!("/api/v1/incidents/{open}/notes");
    let last = world.bench.send(world.person("admin-both"), Method::POST, &path, &json!({ "text": "the end" })).await;
    let last = format!("{{\"id\":\"{open}\",\"version\":{}", last.json()["version"]);
    for (login, heard) in &ears {
        assert!(heard.wait_for(&last).await, "{login}: {}", heard.text());
    }
    let (mut told, mut withheld, mut leaks) = (0, 0, Vec::new());
    for person in &world.people {
        let heard = ears[&person.login].text();
        let hidden = world.hidden(person);
        let live_hidden = world.sources.iter().filter(|source| !world.sees_source(person, source.name));
        let live_hidden: Vec<String> = live_hidden.map(|source| live(source.name)).collect();
        for secret in hidden.words.iter().chain(hidden.ids()).chain(&live_hidden) {
            withheld += 1;
            if heard.contains(secret.as_str()) {
                leaks.push(format!("{} hears {secret}", person.login));
            }
        }
        for thing in &world.things {
            let incident = thing.incident.as_ref().filter(|_| world.sees_incident(person, thing));
            let alerts = thing.alerts.iter().filter(|_| world.sees_alerts(person, thing)).map(|id| id.as_str());
            for id in incident.map(|id| id.as_str()).into_iter().chain(alerts) {
                told += 1;
                assert!(heard.contains(id), "{} does not hear of {id}: {heard}", person.login);
            }
        }
        for source in world.sources.iter().filter(|source| world.sees_source(person, source.name)) {
            told += 2;
            assert!(heard.contains(&format!("{{\"name\":\"{}\"", source.name)), "{} {heard}", person.login);
            assert!(heard.contains(&live(source.name)), "{} {heard}", person.login);
        }
    }
    println!("streams: {told} things told, {withheld} withheld, {} leaks", leaks.len());
    assert!(leaks.is_empty(), "{leaks:#?}");
    world.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_that_is_gone_ends_what_is_told_at_once() {
    let world = World::new().await;
    let admin = world.person("admin-both");
    let (leaves, stays, ends) = (world.person("responder-b"), world.person("viewer-b"), world.person("lead-b"));
    let mut ears = Vec::new();
    for person in [leaves, stays, ends] {
        ears.push(Heard::subscribe(&world.bench, ("cookie", &person.cookie)).await);
    }
    for (person, change) in [(leaves, json!({ "teams": [] })), (ends, json!({ "enabled": false }))] {
        let path = format!("/api/v1/users/{}", person.id);
        assert_eq!(world.bench.send(admin, Method::PATCH, &path, &change).await.status, 200);
    }
    let record = trail_stopped("zqafterwardsqz", 1).to_string();
    assert_eq!(world.bench.deliver(admin, "src-of-b-5e77", record).await.status, 200);
    assert!(ears[1].wait_for("zqafterwardsqz").await, "{}", ears[1].text());
    assert!(ears[2].wait_for("[ended]").await, "{}", ears[2].text());
    for heard in [&ears[0], &ears[2]] {
        assert!(!heard.text().contains("zqafterwardsqz"), "{}", heard.text());
    }
    world.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_hears_only_what_its_rights_are_about() {
    let world = World::new().await;
    let admin = world.person("admin-both");
    let alerts = world.bench.token(admin, &[Right::AlertsRead]).await;
    let all = world.bench.token(admin, &Right::ALL).await;
    let alerts = Heard::subscribe(&world.bench, ("authorization", &format!("Bearer {alerts}"))).await;
    let all = Heard::subscribe(&world.bench, ("authorization", &format!("Bearer {all}"))).await;
    everything_changes(&world).await;
    let member = world.bench.person("lead-late", Role::Lead, &[]).await;
    let restricted = world.things[6].incident.clone().unwrap();
    let path = format!("/api/v1/incidents/{restricted}/break-glass");
    assert_eq!(world.bench.send(&member, Method::POST, &path, &json!({ "reason": "help" })).await.status, 200);
    assert!(all.wait_for("event: alarm").await, "{}", all.text());
    for event in ["event: alert", "event: triage", "event: incident", "event: source"] {
        assert!(all.wait_for(event).await, "{event}: {}", all.text());
    }
    assert!(alerts.wait_for("event: triage").await && alerts.wait_for("event: alert").await, "{}", alerts.text());
    for event in ["event: incident", "event: source", "event: alarm"] {
        assert!(!alerts.text().contains(event), "{event}: {}", alerts.text());
    }
    world.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_text_makes_no_event() {
    let bench = Bench::start().await;
    let admin = bench.person("admin", Role::Admin, &[]).await;
    let heard = Heard::subscribe(&bench, ("cookie", &admin.cookie)).await;
    for (number, who) in (0..).zip(super::hostile::HOSTILE) {
        assert_eq!(bench.deliver(&admin, "hostile", trail_stopped(who, number).to_string()).await.status, 200);
    }
    let record = trail_stopped("zqlastqz", 99).to_string();
    assert_eq!(bench.deliver(&admin, "hostile", record).await.status, 200);
    assert!(heard.wait_for("zqlastqz").await, "{}", heard.text());
    for line in heard.text().split(['\n', '\r']) {
        let ours =
            ["event: alert", "event: incident", "id: ", "data: {", ":"].iter().any(|begin| line.starts_with(begin));
        assert!(ours || line.is_empty(), "{line}");
    }
    bench.stop().await;
}
