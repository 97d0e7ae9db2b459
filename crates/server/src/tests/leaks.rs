//! What somebody must not see they do not learn from any read: not directly, not from lists, counts or searches, not from
//! what a parameter changes.

use quell_model::Right;
use reqwest::Method;
use serde_json::{Value, json};

use super::bench::{Answer, Person};
use super::described::document;
use super::world::{Hidden, World, may};
use crate::api;
use crate::http::{Access, Route};

/// Reads that were tried, and what they told.
#[derive(Default)]
struct Found {
    probes: u64,
    refused: u64,
    leaks: Vec<String>,
}

/// Paths of a route with each of some ids in its variable part.
fn paths(route: &Route, ids: &[&String]) -> Vec<String> {
    let Some(begin) = route.path.find('{') else { return vec![route.path.to_owned()] };
    let end = route.path.find('}').unwrap();
    ids.iter().map(|id| format!("{}{id}{}", &route.path[..begin], &route.path[end + 1..])).collect()
}

/// What can stand after the path: nothing, and each text parameter with each of some values. Parameters that a route needs
/// stand always.
fn queries(document: &Value, route: &Route, values: &[&String]) -> Vec<String> {
    let operation = &document["paths"][route.path][route.method.as_str().to_lowercase()];
    let (mut needed, mut all) = (String::new(), vec![String::new()]);
    for parameter in operation["parameters"].as_array().into_iter().flatten().filter(|one| one["in"] == "query") {
        let name = parameter["name"].as_str().unwrap();
        let is_text = match &parameter["schema"]["type"] {
            Value::Array(kinds) => kinds.contains(&json!("string")),
            kind => kind == "string",
        };
        if parameter["required"] == true {
            let value = match (name, route.path) {
                ("audience", _) => "legal",
                (_, path) if path.ends_with("/export") => "stix",
                _ => "markdown",
            };
            needed = format!("{needed}{name}={value}&");
        } else if is_text && parameter["schema"]["format"].is_null() && name != "cursor" {
            all.extend(values.iter().map(|value| format!("{name}={value}&limit=100")));
        } else if parameter["schema"]["format"] == "date-time" {
            all.push(format!("{name}=2026-09-21T14:13:20Z"));
        }
    }
    all.into_iter().map(|query| format!("?{needed}{query}")).collect()
}

/// The streams of the ledger are named to every auditor, what happened in them is not.
fn without_streams(path: &str, body: &str) -> String {
    if !path.starts_with("/api/v1/ledger") {
        return body.to_owned();
    }
    let mut entries: Value = serde_json::from_str(body).unwrap_or_default();
    for entry in entries.as_array_mut().into_iter().flatten() {
        entry["stream"] = Value::Null;
    }
    entries.to_string()
}

impl Found {
    /// Looks for what is hidden in an answer. What the caller sent themselves is no news.
    fn look(&mut self, person: &Person, (path, sent): (&str, &str), hidden: &Hidden, answer: &Answer) {
        self.probes += 1;
        self.refused += u64::from(answer.status >= 400);
        let told = format!("{}\n{}", answer.headers, without_streams(path, &answer.body));
        for secret in hidden.words.iter().chain(hidden.ids()) {
            let echo = sent.contains(secret.as_str()) && answer.status >= 400;
            if told.contains(secret.as_str()) && !echo {
                self.leaks.push(format!("{} learns {secret} from {path}{sent}: {answer:?}", person.login));
            }
        }
        if answer.status >= 500 {
            self.leaks.push(format!("{} breaks {path}{sent}: {answer:?}", person.login));
        }
    }

    fn end(self, what: &str) {
        println!("{what}: {} probes, {} refused, {} leaks", self.probes, self.refused, self.leaks.len());
        assert!(self.leaks.is_empty(), "{}", self.leaks[..self.leaks.len().min(20)].join("\n"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_read_tells_what_is_hidden() {
    let world = World::new().await;
    let document = document();
    let mut found = Found::default();
    for person in &world.people {
        let hidden = world.hidden(person);
        let ids: Vec<&String> = hidden.ids().chain(&hidden.events).collect();
        let teams = [world.team_a.to_string(), world.team_b.to_string()];
        let values: Vec<&String> = hidden.words.iter().chain(hidden.ids()).chain(&teams).collect();
        let open = |route: &Route| route.method == Method::GET.as_str() && !route.path.ends_with("/stream");
        for route in api::routes().into_iter().filter(open) {
            for path in paths(&route, &ids) {
                let is_direct = route.path.contains('{');
                let queries =
                    if is_direct { queries(&document, &route, &[]) } else { queries(&document, &route, &values) };
                for query in queries {
                    let answer = world.bench.get(person, &format!("{path}{query}")).await;
                    found.look(person, (&path, &query), &hidden, &answer);
                    let known = match route.access {
                        Access::Public => true,
                        Access::Needs(right) | Access::Session(right) => may(person, right),
                    };
                    if is_direct && answer.status != if known { 404 } else { 403 } {
                        found.leaks.push(format!("{} reads {path}{query}: {answer:?}", person.login));
                    }
                }
            }
        }
    }
    found.end("reads");
    world.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_be_seen_tells_nothing_of_the_rest() {
    let world = World::new().await;
    let document = document();
    let mut found = Found::default();
    let mut seen = 0;
    for person in &world.people {
        let hidden = world.hidden(person);
        let incidents = world.things.iter().filter(|thing| world.sees_incident(person, thing));
        let incidents = incidents.filter_map(|thing| thing.incident.as_ref()).map(ToString::to_string);
        let alerts = world.things.iter().filter(|thing| world.sees_alerts(person, thing));
        let alerts = alerts.flat_map(|thing| &thing.alerts).map(ToString::to_string);
        let sources: Vec<_> = world.sources.iter().filter(|one| world.sees_source(person, one.name)).collect();
        let events = sources.iter().flat_map(|source| &source.events).map(ToString::to_string);
        let names = sources.iter().map(|source| source.name.to_owned());
        let ids: Vec<String> = incidents.chain(alerts).chain(events).chain(names).collect();
        let ids: Vec<&String> = ids.iter().collect();
        let direct = |route: &Route| route.method == Method::GET.as_str() && route.path.contains('{');
        for route in api::routes().into_iter().filter(direct) {
            for path in paths(&route, &ids) {
                for query in queries(&document, &route, &[]) {
                    let answer = world.bench.get(person, &format!("{path}{query}")).await;
                    seen += u64::from(answer.status == 200);
                    found.look(person, (&path, &query), &hidden, &answer);
                }
            }
        }
        // Positive control: what may be seen is.
        for thing in &world.things {
            for alert in &thing.alerts {
                let answer = world.bench.get(person, &format!("/api/v1/alerts/{alert}")).await;
                assert_eq!(answer.status == 200, world.sees_alerts(person, thing), "{} {answer:?}", person.login);
            }
            let Some(incident) = &thing.incident else { continue };
            for part in ["", "/story", "/entries", "/report?form=html"] {
                let answer = world.bench.get(person, &format!("/api/v1/incidents/{incident}{part}")).await;
                let sees = world.sees_incident(person, thing);
                assert_eq!((answer.status == 200, answer.body.contains(&thing.word)), (sees, sees), "{answer:?}");
            }
        }
    }
    println!("{seen} of these reads were answered");
    assert!(seen > 500);
    found.end("reads of what may be seen");
    world.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_search_or_count_tells_what_is_hidden() {
    let world = World::new().await;
    let mut found = Found::default();
    for person in &world.people {
        let hidden = world.hidden(person);
        for word in &hidden.words {
            for body in [
                json!({ "text": word }),
                json!({ "text": word, "limit": 500, "since": "2026-01-01T00:00:00Z" }),
                json!({ "fields": [format!("note:{word}")] }),
            ] {
                search(&world, person, &body, &hidden, &mut found).await;
            }
        }
        for source in &world.sources {
            search(&world, person, &json!({ "source": source.name, "limit": 500 }), &hidden, &mut found).await;
        }
        search(&world, person, &json!({}), &hidden, &mut found).await;
        let verified = world.bench.send(person, Method::POST, "/api/v1/ledger/verification", &Value::Null).await;
        found.look(person, ("/api/v1/ledger/verification", ""), &hidden, &verified);
        counts(&world, person, &hidden, &mut found).await;
    }
    found.end("searches and counts");
    world.bench.stop().await;
}

async fn search(world: &World, person: &Person, body: &Value, hidden: &Hidden, found: &mut Found) {
    let answer = world.bench.send(person, Method::POST, "/api/v1/events/search", body).await;
    found.look(person, ("/api/v1/events/search", &body.to_string()), hidden, &answer);
    assert_eq!(answer.status, if may(person, Right::EventsRead) { 200 } else { 403 }, "{answer:?}");
    let looked_for_hidden = hidden.words.iter().any(|word| body.to_string().contains(word.as_str()));
    if looked_for_hidden && answer.status == 200 && answer.json()["items"] != json!([]) {
        found.leaks.push(format!("{} finds {body}: {answer:?}", person.login));
    }
}

/// Totals are of what may be seen, and of nothing when a filter names what is hidden.
async fn counts(world: &World, person: &Person, hidden: &Hidden, found: &mut Found) {
    let incidents = world.things.iter().filter(|thing| thing.incident.is_some() && world.sees_incident(person, thing));
    let alerts = world.things.iter().filter(|thing| world.sees_alerts(person, thing));
    let alerts: usize = alerts.map(|thing| thing.alerts.len()).sum();
    let incidents = incidents.count();
    let mut asked = vec![
        ("/api/v1/incidents/counts".to_owned(), incidents),
        ("/api/v1/alerts/counts".to_owned(), alerts),
        ("/api/v1/incidents/counts?status=new".to_owned(), incidents),
        ("/api/v1/alerts/counts?severity=medium".to_owned(), alerts),
    ];
    for secret in &hidden.words {
        asked.push((format!("/api/v1/incidents/counts?q={secret}"), 0));
        asked.push((format!("/api/v1/incidents/counts?q={}*", &secret[..8]), 0));
        asked.push((format!("/api/v1/incidents/counts?host={secret}"), 0));
        asked.push((format!("/api/v1/alerts/counts?q={secret}"), 0));
        asked.push((format!("/api/v1/alerts/counts?rule=rule-{secret}"), 0));
    }
    for incident in &hidden.incidents {
        asked.push((format!("/api/v1/alerts/counts?incident={incident}"), 0));
        asked.push((format!("/api/v1/incidents/counts?q={incident}"), 0));
    }
    asked.extend(hidden.groups.iter().map(|group| (format!("/api/v1/alerts/counts?group={group}"), 0)));
    let sources = world.sources.iter().filter(|source| !world.sees_source(person, source.name));
    asked.extend(sources.map(|source| (format!("/api/v1/alerts/counts?source={}", source.name), 0)));
    for (path, total) in asked {
        let answer = world.bench.get(person, &path).await;
        found.look(person, (&path, ""), hidden, &answer);
        if answer.json()["total"] != json!(total) {
            found.leaks.push(format!("{} counts {total} otherwise: {path} {answer:?}", person.login));
        }
    }
}
