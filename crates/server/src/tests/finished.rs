//! One incident from its opening to its lessons, by the API alone: every gate of every framework opens, and every requirement
//! has its place.

use std::collections::{BTreeMap, BTreeSet};

use quell_incident::{IncidentFact, Told};
use quell_model::ports::Clock;
use quell_model::{Level, Role};
use reqwest::Method;
use serde_json::{Value, json};

use super::bench::{Answer, Bench, Person};

const ID: &str = "inc-00000000000f";

struct Story {
    bench: Bench,
    lead: Person,
}

impl Story {
    async fn new() -> Story {
        let bench = Bench::start().await;
        let lead = bench.person("lead", Role::Lead, &[]).await;
        let told = Told {
            title: "Phishing document on ws-01, then srv-02".to_owned(),
            severity: Level::High,
            first_seen: None,
            last_seen: None,
            techniques: vec!["T1566.001".to_owned()],
            hosts: vec!["ws-01".to_owned(), "srv-02".to_owned()],
            principals: vec!["alice".to_owned()],
            groups: Vec::new(),
            alerts: 0,
            sources: Vec::new(),
            story: String::new(),
        };
        bench.append(&format!("incident/{ID}"), &[IncidentFact::Opened { told, why: Vec::new() }]).await;
        Story { bench, lead }
    }

    /// Waits until so many messages were delivered or have failed.
    async fn until_settled(&self, count: usize) {
        for _ in 0..200 {
            let work = self.get(&format!("/incidents/{ID}/work")).await;
            let messages = work["work"]["messages"].as_array().unwrap();
            let settled = messages.iter().filter(|it| it["delivery"] != "waiting" && it["delivery"] != "said").count();
            if settled == count && messages.len() == count {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("messages do not settle");
    }

    fn later(&self, seconds: u64) -> String {
        self.bench.clock.now().checked_add(std::time::Duration::from_secs(seconds)).unwrap().to_string()
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.bench.get(&self.lead, &format!("/api/v1{path}")).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.bench.send(&self.lead, Method::POST, &format!("/api/v1/incidents/{ID}{path}"), body).await
    }

    /// Records one piece of work; answers its entry.
    async fn work(&self, kind: &str, body: Value) -> u64 {
        let answer = self.post("/work", &json!({ "work": [{ "kind": kind, "body": body }] })).await;
        assert_eq!(answer.status, 200, "{kind}: {answer:?}");
        answer.json()["entries"][0].as_u64().unwrap()
    }

    async fn refused(&self, kind: &str, body: Value, because: &str) {
        let answer = self.post("/work", &json!({ "work": [{ "kind": kind, "body": body }] })).await;
        assert!(answer.status >= 400 && answer.body.contains(because), "{kind}: {answer:?}");
    }

    async fn seal(&self, name: &str, volatility: &str, host: &str, bytes: &str) -> u64 {
        let query = format!(
            "name={name}&description=taken%20before%20containment&volatility={volatility}&entity_kind=host&entity={host}\
             &collected_at=2026-09-21T13:00:00Z&collected_by=Lee"
        );
        let path = format!("/api/v1/incidents/{ID}/evidence?{query}");
        let request = self.bench.request(Method::POST, &path).header("cookie", &self.lead.cookie);
        let request = request.header("content-type", "application/octet-stream").body(bytes.to_owned());
        let answer = Answer::of(request.send().await.unwrap()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["id"].as_u64().unwrap()
    }

    /// Missing parts of an activity under some framework; none if it is settled.
    async fn open(&self, activity: &str) -> Option<Value> {
        let view = self.get(&format!("/incidents/{ID}/process")).await;
        let phases = view["phases"].as_array().unwrap().iter();
        let found = phases.flat_map(|phase| phase["activities"].as_array().unwrap()).find(|it| it["id"] == activity);
        let found = found.unwrap_or_else(|| panic!("no {activity}")).clone();
        (found["state"] == "open").then(|| found["missing"].clone())
    }

    async fn settled(&self, activity: &str) {
        assert_eq!(self.open(activity).await, None, "{activity}");
    }

    async fn analyse(&self) {
        self.work("incident.declared", json!({ "criteria": ["intruder-inside"], "reason": "a shell of a document" }))
            .await;
        let inputs = json!({ "functional": "low", "information": ["unknown"], "recoverability": "supplemented",
            "escalation": { "active": true, "privileged": true } });
        self.work("incident.severity_assessed", json!({ "inputs": inputs, "reason": "an administrator was used" }))
            .await;
        let class = json!({ "rsit": "infected-system", "techniques": ["T1566.001"],
            "veris": { "actors": ["external"], "actions": ["malware", "social"], "assets": ["user-device"],
                "attributes": ["integrity"], "discovery": "internal", "security_incident": "confirmed" } });
        self.work("incident.classified", json!({ "class": class, "reason": "a loader ran" })).await;
        for role in ["commander", "scribe"] {
            self.work("role.given", json!({ "role": role, "to": self.lead.id })).await;
        }
        // Work on it made it open.
        let change = json!({ "assignee": self.lead.id });
        let path = format!("/api/v1/incidents/{ID}");
        assert_eq!(self.bench.send(&self.lead, Method::PATCH, &path, &change).await.status, 200);
        self.work("activity.done", json!({ "activity": "check-information", "how": "mail logs are missing for May" }))
            .await;
        self.work("activity.done", json!({ "activity": "map-behaviour", "how": "T1566.001, T1059.001" })).await;
        let cause =
            self.work("hypothesis.stated", json!({ "about": "root_cause", "text": "the attachment of 09:12" })).await;
        let settle = json!({ "hypothesis": cause, "outcome": "accepted", "reason": "nothing is earlier" });
        self.refused("hypothesis.settled", settle.clone(), "something that speaks for the hypothesis").await;
        let ground =
            json!({ "hypothesis": cause, "side": "for", "reference": { "event": "1-1" }, "note": "first step" });
        self.work("hypothesis.weighed", ground).await;
        self.work("hypothesis.settled", settle).await;
        let question = self.work("question.asked", json!({ "text": "Who else got the mail?" })).await;
        self.work("question.answered", json!({ "question": question, "answer": "nobody" })).await;
        for (kind, name) in [("host", "ws-01"), ("host", "srv-02")] {
            self.judge(kind, name, "affected").await;
        }
        assert!(self.open("confirm-scope").await.unwrap()[0].as_str().unwrap().contains("principal alice"));
        self.judge("principal", "alice", "ruled_out").await;
        for (audience, subject) in [("technical", "ws-01"), ("management", "An incident"), ("legal", "An incident")] {
            let body = json!({ "audience": audience, "channel": "phone", "subject": subject, "text": "what we know",
                "tlp": "amber+strict" });
            self.work("message.recorded", body).await;
        }
    }

    async fn judge(&self, kind: &str, name: &str, verdict: &str) {
        let entity = json!({ "kind": kind, "name": name });
        self.work("entity.judged", json!({ "entity": entity, "verdict": verdict, "reason": "seen in the records" }))
            .await;
    }

    async fn step(&self, name: &str, step: &str) {
        let entity = json!({ "kind": "host", "name": name });
        self.work("entity.step_done", json!({ "entity": entity, "step": step, "how": "by hand" })).await;
        self.work("entity.step_verified", json!({ "entity": entity, "step": step, "how": "a probe from outside" }))
            .await;
    }

    async fn measure(&self, purpose: &str) {
        let measure = self.work("measure.taken", json!({ "purpose": purpose, "text": "macros are off" })).await;
        self.work("measure.verified", json!({ "measure": measure, "how": "tried on three hosts" })).await;
    }

    async fn contain_and_clean(&self) {
        self.work("impact.weighed", json!({ "impact": "srv-02 is down for an hour", "decision": "contain at once" }))
            .await;
        for host in ["ws-01", "srv-02"] {
            self.seal("memory.raw", "memory", host, &format!("memory of {host}")).await;
            self.step(host, "contain").await;
        }
        self.measure("hold").await;
        self.step("ws-01", "clean").await;
        assert_eq!(self.open("remove-threat").await.unwrap(), json!(["host srv-02 is not verified to be clean"]));
        let retired = json!({ "entity": { "kind": "host", "name": "srv-02" }, "how": "destroyed and built anew" });
        self.work("activity.done", json!({ "activity": "search-remnants", "how": "hunted for the loader: no hit" }))
            .await;
        self.measure("close_weakness").await;
        self.measure("harden").await;
        self.refused("recovery.declared", json!({ "text": "all is well" }), "not every affected entity is restored")
            .await;
        self.work("entity.retired", retired).await;
    }

    async fn recover(&self) {
        self.work("activity.done", json!({ "activity": "order-recovery", "how": "ws-01 first" })).await;
        let entity = json!({ "kind": "host", "name": "ws-01" });
        let restore = json!({ "entity": entity, "step": "restore", "how": "from the image" });
        self.refused("entity.step_done", restore, "check what it is restored from").await;
        self.step("ws-01", "check_source").await;
        self.step("ws-01", "restore").await;
        let until = self.later(60);
        self.work("watch.started", json!({ "until": until, "what": "logons to ws-01" })).await;
        self.refused("watch.ended", json!({ "text": "quiet" }), "has to run to its end").await;
        self.bench.clock.advance(120);
        self.work("watch.ended", json!({ "text": "quiet" })).await;
        self.work("recovery.declared", json!({ "text": "all services as before, two days without a sign" })).await;
    }

    async fn learn(&self) {
        let tasks = self.post("/tasks", &json!({ "activity": "issue-reports" })).await;
        assert_eq!(tasks.status, 200, "{tasks:?}");
        assert!(self.open("complete-record").await.unwrap()[0].as_str().unwrap().contains("tasks are open"));
        for task in tasks.json()["entries"].as_array().unwrap() {
            self.work("task.done", json!({ "task": task, "result": "done" })).await;
        }
        let post_mortem = json!({ "held_at": self.later(0), "participants": ["Lee", "Kim"],
            "summary": "a document ran code", "detection": "by a rule", "handling": "contained in an hour",
            "outcome": "nothing was lost", "went_well": ["quick"], "went_badly": ["no mail logs"], "lucky": ["a weekday"] });
        self.work("post_mortem.held", json!({ "post_mortem": post_mortem })).await;
        for target in ["plan", "training", "rule"] {
            let lesson = self.work("lesson.found", json!({ "text": "keep mail logs", "target": target })).await;
            let close = json!({ "lesson": lesson, "reference": { "elsewhere": "test 12" }, "how": "the test passes" });
            self.refused("lesson.closed", close.clone(), "say first who sees to the lesson").await;
            let due = self.later(86_400);
            let owned = json!({ "lesson": lesson, "owner": self.lead.id, "due_at": due, "proof": "a rule test" });
            self.work("lesson.owned", owned).await;
            self.work("lesson.closed", close).await;
            self.work("lesson.shared", json!({ "lesson": lesson, "with": "all staff" })).await;
        }
        let decided = json!({ "regime": "gdpr-33", "applies": false, "reason": "no personal data" });
        self.work("clock.decided", decided).await;
        let report =
            self.post("/reports", &json!({ "audience": "executive", "form": "markdown", "tlp": "amber" })).await;
        assert_eq!(report.status, 200, "{report:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finished_incident_opens_every_gate_and_meets_every_requirement() {
    let story = Story::new().await;
    story.analyse().await;
    let before = story.get("/frameworks").await;
    story.contain_and_clean().await;
    story.settled("secure-volatile-evidence").await;
    story.recover().await;
    story.learn().await;
    let activities = story.get("/activities").await;
    let states = places(&story, &before).await;
    table(&activities, &states);
    story.bench.stop().await;
}

/// By activity: its state, and its phase under each framework. Every gate is open, whichever framework is looked through.
async fn places(story: &Story, frameworks: &Value) -> BTreeMap<String, (String, BTreeMap<String, String>)> {
    let mut places: BTreeMap<String, (String, BTreeMap<String, String>)> = BTreeMap::new();
    for framework in frameworks.as_array().unwrap() {
        let id = framework["id"].as_str().unwrap();
        let chosen = json!({ "framework": id });
        story.post("/work", &json!({ "work": [{ "kind": "framework.chosen", "body": chosen }] })).await;
        let view = story.get(&format!("/incidents/{ID}/process")).await;
        assert_eq!((view["framework"].as_str(), &view["current"]), (Some(id), &Value::Null), "{view:#}");
        for phase in view["phases"].as_array().unwrap() {
            for activity in phase["activities"].as_array().unwrap() {
                let (name, state) = (activity["id"].as_str().unwrap(), activity["state"].as_str().unwrap());
                let place = places.entry(name.to_owned()).or_insert_with(|| (state.to_owned(), BTreeMap::new()));
                assert_eq!(place.0, state, "{name} under {id}");
                place.1.insert(id.to_owned(), phase["name"].as_str().unwrap().to_owned());
            }
        }
    }
    places
}

fn table(activities: &Value, places: &BTreeMap<String, (String, BTreeMap<String, String>)>) {
    let mut met = BTreeSet::new();
    let frameworks = places.values().next().map(|(_, phases)| phases.keys().cloned().collect::<Vec<_>>().join(" | "));
    println!("need activity                   state                    {}", frameworks.unwrap_or_default());
    for number in 1..=34 {
        let requirement = format!("R{number}");
        let meets = |activity: &&Value| activity["requirements"].as_array().unwrap().contains(&json!(requirement));
        let meeting: Vec<&Value> = activities.as_array().unwrap().iter().filter(meets).collect();
        for activity in &meeting {
            let id = activity["id"].as_str().unwrap();
            let (state, phases) = &places[id];
            assert_eq!(phases.len(), 6, "{id} has its place under each framework");
            let state = if state == "organisation" { "later part: preparation" } else { state };
            assert!(state == "done" || state.starts_with("later") || activity["required"] == false, "{id}: {state}");
            println!(
                "{requirement:<4} {id:<26} {state:<24} {}",
                phases.values().cloned().collect::<Vec<_>>().join(" | ")
            );
        }
        assert!(!meeting.is_empty(), "{requirement} has no place");
        met.insert(requirement);
    }
    assert_eq!(met.len(), 34);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn evidence_that_was_changed_is_found_named_and_stops_reports_and_bundles() {
    let story = Story::new().await;
    let (kept, changed) = (
        story.seal("a.log", "remote_logs", "ws-01", "what happened").await,
        story.seal("b.log", "remote_logs", "ws-01", "what else happened").await,
    );
    let check = story.post("/evidence/verification", &json!({})).await.json();
    assert!(check.as_array().unwrap().iter().all(|checked| checked["intact"] == true), "{check}");
    story.bench.spoil_evidence(b"what else happened", b"what never happened");
    let check = story.post("/evidence/verification", &json!({})).await.json();
    let bad: Vec<&Value> = check.as_array().unwrap().iter().filter(|checked| checked["intact"] == false).collect();
    assert_eq!(bad.len(), 1);
    assert_eq!(bad[0]["id"], json!(changed));
    assert!(bad[0]["found"].as_str().unwrap().starts_with("the bytes have the SHA-256 "));
    let named = format!("evidence #{changed} is not what was sealed");
    let report = story.post("/reports", &json!({ "audience": "legal", "form": "markdown", "tlp": "red" })).await;
    assert!(report.status == 422 && report.body.contains(&named), "{report:?}");
    let bundle = story.post("/bundle", &json!({})).await;
    assert!(bundle.status == 422 && bundle.body.contains(&named), "{bundle:?}");
    let read = story.post(&format!("/evidence/{changed}/content"), &json!({ "purpose": "a look" })).await;
    assert!(read.status == 409 && read.body.contains(&named), "{read:?}");
    let read = story.post(&format!("/evidence/{kept}/content"), &json!({ "purpose": "a look" })).await;
    assert_eq!((read.status, read.body.as_str()), (200, "what happened"));
    let work = story.get(&format!("/incidents/{ID}/work")).await;
    let custody = work["work"]["evidence"][0]["custody"].as_array().unwrap().iter();
    let custody: Vec<&str> = custody.map(|link| link["what"].as_str().unwrap()).collect();
    assert_eq!(custody, ["sealed", "verified", "verified", "verified", "verified", "accessed"]);
    story.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_arrive_once_in_order_and_are_escalated() {
    let story = Story::new().await;
    let message = |subject: &str, to: &str| {
        json!({ "audience": "management", "to": [to], "channel": "webhook", "subject": subject, "text": "what we know",
            "tlp": "amber+strict" })
    };
    story
        .refused(
            "message.recorded",
            json!({ "audience": "a", "channel": "mail", "subject": "b", "text": "c",
        "tlp": "clear" }),
            "somebody to send it to",
        )
        .await;
    // What Quell sends is delivered by Quell.
    let first = story.work("message.recorded", message("first", "alarm")).await;
    story
        .refused("message.delivered", json!({ "message": first, "answer": "250" }), "is recorded by Quell itself")
        .await;
    let lost = story.work("message.recorded", message("lost", "nowhere")).await;
    let mut asking = message("asking", "alarm");
    asking["acknowledge_by"] = json!(story.later(60));
    asking["escalate_to"] = json!(["chief"]);
    let asking = story.work("message.recorded", asking).await;
    story.until_settled(3).await;
    story.bench.clock.advance(120);
    story.until_settled(4).await;
    let arrived: Vec<(String, String)> = story
        .bench
        .post
        .arrived
        .lock()
        .unwrap()
        .iter()
        .map(|(_, notice)| (notice.to[0].clone(), notice.subject.clone()))
        .collect();
    let expected = [("alarm", "first"), ("alarm", "asking"), ("chief", "[nobody acknowledged] asking")];
    assert_eq!(arrived, expected.map(|(to, subject)| (to.to_owned(), subject.to_owned())));
    let ids: BTreeSet<String> =
        story.bench.post.arrived.lock().unwrap().iter().map(|(_, notice)| notice.id.clone()).collect();
    assert_eq!(ids.len(), 3);
    let work = story.get(&format!("/incidents/{ID}/work")).await;
    let of = |id: u64| work["work"]["messages"].as_array().unwrap().iter().find(|it| it["id"] == json!(id)).unwrap();
    assert!(of(lost)["delivery"]["failed"].is_object() && of(asking)["escalated"].is_object());
    // Acknowledged in time, nobody else is told.
    let mut heard = message("heard", "alarm");
    heard["acknowledge_by"] = json!(story.later(60));
    heard["escalate_to"] = json!(["chief"]);
    let heard = story.work("message.recorded", heard).await;
    story.work("message.acknowledged", json!({ "message": heard, "by": "the chief" })).await;
    story.bench.clock.advance(120);
    story.until_settled(5).await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(story.bench.post.arrived.lock().unwrap().len(), 4);
    story.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_is_not_redacted_and_what_is_redacted_keeps_its_hash() {
    let story = Story::new().await;
    let id = story.seal("a.log", "disk", "ws-01", "a secret").await;
    story.work("evidence.held", json!({ "evidence": id, "reason": "asked for by counsel" })).await;
    let redaction = format!("/evidence/{id}/redaction");
    let refused = story.post(&redaction, &json!({ "reason": "personal data" })).await;
    assert!(refused.status == 422 && refused.body.contains("legal hold"), "{refused:?}");
    story.work("evidence.hold_lifted", json!({ "evidence": id, "reason": "counsel agrees" })).await;
    let twin = story.seal("b.log", "disk", "ws-01", "a secret").await;
    assert_eq!(story.post(&redaction, &json!({ "reason": "personal data" })).await.status, 200);
    // The same bytes are evidence under another id, and stay until that goes, too.
    let read = story.post(&format!("/evidence/{twin}/content"), &json!({ "purpose": "a look" })).await;
    assert_eq!((read.status, read.body.as_str()), (200, "a secret"));
    assert_eq!(story.post(&format!("/evidence/{twin}/redaction"), &json!({ "reason": "as well" })).await.status, 200);
    assert!(!story.bench.has_evidence(b"a secret"));
    let work = story.get(&format!("/incidents/{ID}/work")).await;
    assert_eq!(work["work"]["evidence"][0]["redacted"], true);
    assert_eq!(work["work"]["evidence"][0]["sha256"].as_str().unwrap().len(), 64);
    let claimed = json!({ "evidence": id, "intact": true, "found": "looks fine" });
    story.refused("evidence.verified", claimed, "is recorded by Quell itself").await;
    story.bench.stop().await;
}
