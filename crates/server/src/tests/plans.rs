//! What helps a team beside the record of its work: the communication plan with its directory and drafts, tuning of rules that
//! were wrong, incidents with something in common.

use quell_model::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::bench::{Bench, Person, trail_stopped};

struct Case {
    bench: Bench,
    lead: Person,
}

impl Case {
    /// Three stopped trails, of two people, in two incidents.
    async fn new() -> Case {
        let bench = Bench::start().await;
        let lead = bench.person("lead", Role::Lead, &[]).await;
        let admin = bench.person("admin", Role::Admin, &[]).await;
        let records = [trail_stopped("mallory", 1), trail_stopped("mallory", 2), trail_stopped("eve", 3)];
        let body: String = records.iter().map(|record| format!("{record}\n")).collect();
        assert_eq!(bench.deliver(&admin, "trail", body).await.status, 200);
        bench.caught_up().await;
        let case = Case { bench, lead };
        for _ in 0..1_000 {
            if case.get("/incidents").await["items"].as_array().unwrap().len() == 2 {
                return case;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("no incidents");
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.bench.get(&self.lead, &format!("/api/v1{path}")).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    async fn send(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let answer = self.bench.send(&self.lead, method, &format!("/api/v1{path}"), &body).await;
        let body = if answer.body.is_empty() { Value::Null } else { answer.json() };
        (answer.status, body)
    }

    async fn work(&self, incident: &str, kind: &str, body: Value) {
        let work = json!({ "work": [{ "kind": kind, "body": body }] });
        let (status, answer) = self.send(Method::POST, &format!("/incidents/{incident}/work"), work).await;
        assert_eq!(status, 200, "{kind}: {answer}");
    }

    async fn incidents(&self) -> Vec<String> {
        let listed = self.get("/incidents").await;
        listed["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_false_positive_becomes_a_filter_that_people_accept() {
    let case = Case::new().await;
    let alerts = case.get("/alerts").await;
    let alerts: Vec<&Value> = alerts["items"].as_array().unwrap().iter().collect();
    let of = |who: &str| -> Vec<&str> {
        let own = alerts.iter().filter(|alert| alert["subject"].as_str().unwrap().contains(who));
        own.map(|alert| alert["id"].as_str().unwrap()).collect()
    };
    let (harmless, hostile) = (of("mallory"), of("eve"));
    assert_eq!((harmless.len(), hostile.len()), (2, 1), "{alerts:#?}");
    let propose =
        async |alert: &str, body: Value| case.send(Method::POST, &format!("/alerts/{alert}/tuning"), body).await;
    assert_eq!(propose(harmless[0], json!({})).await.0, 422, "nobody said that it is harmless");
    for (alert, status) in [(harmless[0], "false_positive"), (harmless[1], "benign"), (hostile[0], "confirmed")] {
        let change = json!({ "status": status, "reason": "looked at" });
        assert_eq!(case.send(Method::PATCH, &format!("/alerts/{alert}"), change).await.0, 200);
    }
    let (status, refused) = propose(harmless[0], json!({ "fields": ["nothing"] })).await;
    assert!(status == 422 && refused["detail"].as_str().unwrap().contains("nothing"), "{refused}");
    let (status, proposed) = propose(harmless[0], json!({})).await;
    assert_eq!(
        (status, &proposed["state"], &proposed["proposal"]["hides_confirmed"]),
        (201, &json!("proposed"), &json!(false)),
        "{proposed}"
    );
    let replay = proposed["proposal"]["replay"].as_array().unwrap();
    let shown: Vec<String> = replay
        .iter()
        .map(|one| format!("{} {}/{}", one["status"].as_str().unwrap(), one["silenced"], one["raised"]))
        .collect();
    assert_eq!(shown, ["benign 1/0", "false_positive 1/0", "confirmed 0/1"]);
    assert_eq!(proposed["proposal"]["not_replayed"], 0);

    let decide = async |accepted: bool| {
        let path = format!("/tuning/{}/decision", proposed["id"].as_str().unwrap());
        case.send(Method::POST, &path, json!({ "accepted": accepted, "reason": "the job of mallory" })).await
    };
    let (status, accepted) = decide(true).await;
    assert_eq!((status, &accepted["state"], &accepted["in_force"]), (200, &json!("accepted"), &json!(false)));
    assert_eq!(decide(true).await.0, 409);
    let filters = case.bench.get(&case.lead, "/api/v1/tuning/filters").await;
    assert_eq!(filters.body, proposed["proposal"]["filter"].as_str().unwrap());
    assert_eq!(decide(false).await.0, 200);
    assert_eq!(case.bench.get(&case.lead, "/api/v1/tuning/filters").await.body, "");
    assert_eq!(case.get("/tuning").await["items"][0]["reason"], "the job of mallory");
    case.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_plan_says_who_has_to_hear_and_drafts_what_to_say() {
    let case = Case::new().await;
    let id = case.incidents().await[0].clone();
    let ada = json!({ "name": "Ada Long", "audiences": ["management"],
        "contacts": [{ "channel": "phone", "address": "+43 1 555 0100", "when": "at night" }] });
    let (status, entered) = case.send(Method::POST, "/stakeholders", ada.clone()).await;
    assert_eq!(status, 201, "{entered}");
    let at = format!("/stakeholders/{}", entered["id"].as_str().unwrap());
    let mut changed = ada.clone();
    changed["name"] = json!("Ada Short");
    let stale = json!({ "version": 9, "stakeholder": changed });
    assert_eq!(case.send(Method::PATCH, &at, stale).await.0, 409);
    assert_eq!(
        case.send(Method::PATCH, &at, json!({ "stakeholder": changed })).await.1["stakeholder"]["name"],
        "Ada Short"
    );

    let planned = async |audience: &str| {
        let plan = case.get(&format!("/incidents/{id}/communication")).await;
        let found = plan["planned"].as_array().unwrap().iter().find(|one| one["audience"] == audience).cloned();
        found.unwrap_or_else(|| panic!("nobody of {audience}: {plan}"))
    };
    assert_eq!(planned("management").await["state"], "not_declared");
    case.work(&id, "incident.declared", json!({ "criteria": ["intruder-inside"], "reason": "a trail was stopped" }))
        .await;
    let due = planned("management").await;
    assert_eq!((&due["state"], &due["who"][0]["stakeholder"]["name"]), (&json!("due"), &json!("Ada Short")));
    case.bench.clock.advance(5 * 3600);
    assert_eq!(planned("management").await["state"], "overdue");

    let draft = case.get(&format!("/incidents/{id}/communication/draft?template=first-notice-management")).await;
    let text = draft["text"].as_str().unwrap();
    assert!(text.contains("was declared at 2026-") && text.contains("{{decisions}}"), "{draft:#}");
    assert!(draft["subject"].as_str().unwrap().starts_with(&format!("[{id}] high incident: ")), "{draft:#}");
    assert!(draft["open"].as_array().unwrap().contains(&json!("decisions")));
    let unknown =
        case.bench.get(&case.lead, &format!("/api/v1/incidents/{id}/communication/draft?template=none")).await;
    assert_eq!(unknown.status, 422);

    let said = json!({ "audience": "management", "channel": "phone", "subject": "An incident", "text": "what we know",
        "tlp": "amber" });
    case.work(&id, "message.recorded", said).await;
    assert_eq!(planned("management").await["state"], "told");
    assert_eq!(case.send(Method::DELETE, &at, Value::Null).await.0, 204);
    assert_eq!(case.get("/stakeholders").await["items"], json!([]));
    case.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_said_in_one_incident_is_known_in_the_next() {
    let case = Case::new().await;
    let ids = case.incidents().await;
    let entity = json!({ "kind": "domain", "name": "Evil.example" });
    for id in &ids {
        case.work(id, "entity.added", json!({ "entity": entity, "reason": "in the records" })).await;
        case.work(id, "entity.judged", json!({ "entity": entity, "verdict": "affected", "reason": "a beacon" })).await;
    }
    let similar = case.get(&format!("/incidents/{}/similar", ids[0])).await;
    let first = &similar["items"][0];
    assert_eq!(
        (&first["incident"], &first["shared"][0]["name"]),
        (&json!(ids[1]), &json!("evil.example")),
        "{similar:#}"
    );
    let said = case.get("/entities?name=EVIL.example").await;
    let words: Vec<&Value> = said["items"].as_array().unwrap().iter().map(|one| &one["word"]).collect();
    assert_eq!(words, ["affected", "affected"]);
    let merger = json!({ "into": ids[0], "reason": "one intruder" });
    assert_eq!(case.send(Method::POST, &format!("/incidents/{}/merge", ids[1]), merger).await.0, 200);
    assert_eq!(case.get(&format!("/incidents/{}/similar", ids[0])).await["items"], json!([]), "a part is not another");
    case.bench.stop().await;
}
