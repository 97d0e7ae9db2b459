//! Runs of playbooks, by the API, on a target that remembers: what is asked of people, what is written down before and after a
//! change, what is taken back, and that a server which dies in between neither forgets a change nor makes it twice.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use quell_model::Role;
use quell_model::action::{Acted, ActionError, ActionKind, ActionSpec, Actions, Blast, Containing, With, parameter};
use reqwest::Method;
use serde_json::{Value, json};

use super::bench::{Answer, Bench, Person};
use crate::Settings;

const ADDRESS: &str = "198.51.100.23";
const SPEC: ActionSpec = ActionSpec {
    id: "net.block_address",
    title: "Block an address",
    kind: ActionKind::Contain,
    needs: &["address"],
    d3fend: "D3-NTF",
    react: &[],
    blast: Blast::Service,
    rights: "none",
};

/// A gate that lets addresses through, or not.
#[derive(Default)]
struct Gate {
    /// What is said of an address; `open`, if nothing.
    rules: Mutex<BTreeMap<String, String>>,
    applied: AtomicU64,
    /// Whether it makes a change and never answers.
    hangs: AtomicBool,
    /// Whether nobody reaches it.
    is_down: AtomicBool,
    /// Whether it knows nothing.
    is_elsewhere: AtomicBool,
    /// Whether the next answer gets lost after the change.
    loses: AtomicBool,
}

impl Gate {
    fn rule(&self, address: &str) -> String {
        self.rules.lock().unwrap().get(address).cloned().unwrap_or_else(|| "open".to_owned())
    }

    fn set(&self, address: &str, rule: &str) {
        self.rules.lock().unwrap().insert(address.to_owned(), rule.to_owned());
    }

    fn seen<T>(&self, with: &With, see: impl FnOnce(&str) -> Result<T, ActionError>) -> Acted<'static, T>
    where
        T: Send + 'static,
    {
        let seen = parameter(with, "address").and_then(see);
        Box::pin(std::future::ready(seen))
    }

    fn expect(&self, with: &With, wanted: &str) -> Acted<'static, String> {
        self.seen(with, |address| match self.rule(address) {
            rule if rule == wanted => Ok(format!("the gate is {rule} for {address}")),
            rule => Err(ActionError::Refused(format!("the gate is {rule} for {address}"))),
        })
    }
}

impl Containing for Gate {
    fn spec(&self) -> &ActionSpec {
        &SPEC
    }

    fn check(&self, with: &With) -> Acted<'_, String> {
        self.seen(with, |address| match self.is_elsewhere.load(Ordering::Relaxed) {
            true => Err(ActionError::ByHand(format!("the gate does not know {address}"))),
            false => Ok(format!("the gate knows {address}")),
        })
    }

    fn capture(&self, with: &With) -> Acted<'_, Value> {
        self.seen(with, |address| match self.is_down.load(Ordering::Relaxed) {
            true => Err(ActionError::Unavailable("no answer".to_owned())),
            false => Ok(json!(self.rule(address))),
        })
    }

    fn wanted(&self, _: &With, _: &Value) -> Value {
        json!("closed")
    }

    fn apply(&self, with: &With, _: &Value) -> Acted<'_, ()> {
        let made = parameter(with, "address").map(|address| self.set(address, "closed"));
        self.applied.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            if self.hangs.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            match self.loses.swap(false, Ordering::Relaxed) {
                true => Err(ActionError::Unavailable("the answer got lost".to_owned())),
                false => made,
            }
        })
    }

    fn verify(&self, with: &With, _: &Value) -> Acted<'_, String> {
        self.expect(with, "closed")
    }

    fn undo(&self, with: &With, captured: &Value) -> Acted<'_, ()> {
        let rule = captured.as_str().unwrap().to_owned();
        self.seen(with, |address| {
            self.set(address, &rule);
            Ok(())
        })
    }

    fn verify_undone(&self, with: &With, captured: &Value) -> Acted<'_, String> {
        self.expect(with, captured.as_str().unwrap())
    }
}

struct Case {
    bench: Bench,
    gate: Arc<Gate>,
    lead: Person,
    second: Person,
    incident: String,
}

impl Case {
    async fn new(settings: Settings) -> Case {
        let gate = Arc::new(Gate::default());
        let mut actions = Actions::default();
        actions.contain(Arc::<Gate>::clone(&gate));
        let bench = Bench::acting(settings, actions).await;
        let lead = bench.person("lead", Role::Lead, &[]).await;
        let second = bench.person("second", Role::Lead, &[]).await;
        let new = json!({ "title": "a machine calls outside", "severity": "high", "reason": "seen on the gate" });
        let answer = bench.send(&lead, Method::POST, "/api/v1/incidents", &new).await;
        let incident = answer.json()["incident"]["id"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned();
        Case { bench, gate, lead, second, incident }
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.bench.get(&self.lead, &format!("/api/v1{path}")).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    async fn post_as(&self, person: &Person, path: &str, body: Value) -> (u16, Value) {
        let answer = self.bench.send(person, Method::POST, &format!("/api/v1{path}"), &body).await;
        (answer.status, answer.json())
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.post_as(&self.lead, path, body).await
    }

    fn wish(&self) -> Value {
        json!({ "playbook": "command-and-control", "variables": { "__host__": "ws-07", "__control__": ADDRESS } })
    }

    async fn begin(&self) -> String {
        let (status, run) = self.post(&format!("/incidents/{}/runs", self.incident), self.wish()).await;
        assert_eq!(status, 201, "{run}");
        run["id"].as_str().unwrap().to_owned()
    }

    /// Waits until the server did what it can do by itself.
    async fn settled(&self, run: &str) -> Value {
        let mut before = Value::Null;
        for _ in 0..1_000 {
            let view = self.get(&format!("/runs/{run}")).await;
            let places = view["places"].as_array().unwrap();
            let stands = ["waiting", "branched", "begun"];
            let waits = places.iter().all(|place| stands.contains(&place["stage"].as_str().unwrap()));
            if waits && view == before {
                return view;
            }
            before = view;
            self.bench.clock.advance(3);
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        panic!("it does not settle: {before:#}");
    }

    async fn seal(&self, class: &str) {
        let query = format!(
            "name={class}&description=before&volatility={class}&collected_at=2026-09-21T13:00:00Z&collected_by=Lee"
        );
        let path = format!("/api/v1/incidents/{}/evidence?{query}", self.incident);
        let request = self.bench.request(Method::POST, &path).header("cookie", &self.lead.cookie);
        let request = request.header("content-type", "application/octet-stream").body(class.to_owned());
        let answer = Answer::of(request.send().await.unwrap()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// Does what a run waits for, as people would, until a step of this name waits; or to its end.
    async fn play(&mut self, run: &str, until: Option<&str>) -> Value {
        for _ in 0..100 {
            let view = self.settled(run).await;
            if view["places"].as_array().unwrap().iter().any(|place| place["stage"] == "begun") {
                self.pass(24 * 3_600).await;
                continue;
            }
            let Some(place) = view["places"].as_array().unwrap().iter().find(|place| place["stage"] == "waiting")
            else {
                return view;
            };
            if until.is_some_and(|until| place["name"] == until) {
                return place.clone();
            }
            self.answer(run, place).await;
        }
        panic!("it goes on for ever");
    }

    /// Time passes, and people sign in again.
    async fn pass(&mut self, seconds: i64) {
        self.bench.clock.advance(seconds);
        self.lead.cookie = self.bench.session(&self.lead.id).await;
        self.second.cookie = self.bench.session(&self.second.id).await;
    }

    async fn answer(&self, run: &str, place: &Value) {
        let (wait, token) = (&place["wait"], &place["token"]);
        let (status, answer) = match wait["for"].as_str().unwrap() {
            "person" => {
                let given = |name: &Value| (name.as_str().unwrap().to_owned(), value(name.as_str().unwrap()));
                let variables: BTreeMap<String, &str> = wait["asks"].as_array().unwrap().iter().map(given).collect();
                let done = json!({ "token": token, "outcome": "done", "variables": variables });
                self.post(&format!("/runs/{run}/steps"), done).await
            }
            "approval" => {
                let agreement = json!({ "token": token, "rendered": wait["rendered"] });
                if wait["quorum"] == 2 {
                    let path = format!("/runs/{run}/approvals");
                    assert_eq!(self.post_as(&self.second, &path, agreement.clone()).await.0, 200);
                    let again = self.post_as(&self.second, &path, agreement.clone()).await;
                    assert_eq!(again.0, 409, "nobody agrees twice: {again:?}");
                }
                self.post(&format!("/runs/{run}/approvals"), agreement).await
            }
            _ => {
                for class in wait["classes"].as_array().unwrap() {
                    self.seal(class.as_str().unwrap()).await;
                }
                return;
            }
        };
        assert_eq!(status, 200, "{place}: {answer}");
    }
}

/// What people find out.
fn value(name: &str) -> &'static str {
    match name {
        "__verdict__" => "confirmed",
        "__address__" => "192.0.2.7",
        "__shared__" | "__harm__" => "false",
        "__clean_days__" => "10",
        _ => "0",
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_asks_acts_looks_and_takes_back_in_time() {
    let mut case = Case::new(Settings::default()).await;
    let path = format!("/incidents/{}/runs", case.incident);
    let (status, preview) = case.post(&format!("{path}/preview"), case.wish()).await;
    assert_eq!(status, 200, "{preview}");
    let steps = preview["items"].as_array().unwrap();
    let block = steps.iter().find(|step| step["call"]["action"] == "net.block_address").unwrap();
    assert_eq!(
        (&block["by_hand"], &block["refused"], &block["already"], &block["call"]["with"]["address"]),
        (&json!(false), &json!(false), &json!(false), &json!(ADDRESS))
    );
    assert_eq!(block["target"], json!(format!("the gate knows {ADDRESS}")));
    assert!(
        steps.iter().any(|step| step["evidence_missing"] == json!(["memory", "disk", "remote_logs"])),
        "{preview:#}"
    );
    assert_eq!(case.gate.rule(ADDRESS), "open", "a preview changes nothing");

    let unknown = json!({ "playbook": "command-and-control", "variables": { "__nothing__": "x" } });
    assert_eq!(case.post(&path, unknown).await.0, 422);
    let (status, refused) = case.post(&path, json!({ "playbook": "command-and-control" })).await;
    assert!(status == 422 && refused["detail"].as_str().unwrap().contains("__host__"), "{refused}");

    case.gate.loses.store(true, Ordering::Relaxed);
    let run = case.begin().await;
    let asked = case.play(&run, Some("Block the address")).await;
    let agreement = |rendered: &Value| json!({ "token": asked["token"], "rendered": rendered });
    let approvals = format!("/runs/{run}/approvals");
    assert_eq!(case.post(&approvals, agreement(&json!("another"))).await.0, 409, "an agreement to something else");
    let done = json!({ "token": asked["token"], "outcome": "done" });
    assert_eq!(case.post(&format!("/runs/{run}/steps"), done).await.0, 409, "nobody says that Quell did something");
    let viewer = case.bench.person("viewer", Role::Viewer, &[]).await;
    assert_eq!(case.post_as(&viewer, &approvals, agreement(&asked["wait"]["rendered"])).await.0, 403);
    assert_eq!(case.gate.applied.load(Ordering::Relaxed), 0);

    let ended = case.play(&run, None).await;
    assert_eq!(ended["ended"]["how"], "completed", "{ended:#}");
    let all = ended["effects"].as_array().unwrap();
    let effects: Vec<&Value> = all.iter().filter(|effect| effect["call"]["action"] == "net.block_address").collect();
    assert_eq!(effects.len(), 1, "{ended:#}");
    let tasks = case.get(&format!("/incidents/{}/work", case.incident)).await["work"]["tasks"].clone();
    let titles: Vec<&str> = tasks.as_array().unwrap().iter().map(|task| task["title"].as_str().unwrap()).collect();
    assert_eq!((titles.len(), all.len()), (3, 4), "{titles:?}");
    assert!(titles[0].starts_with("Hold the lessons meeting"), "{titles:?}");
    assert_eq!(
        (&effects[0]["captured"], &effects[0]["applied"], &effects[0]["undo"]["state"]),
        (&json!("open"), &json!("closed"), &json!("no"))
    );
    assert_eq!(effects[0]["verified"], json!(format!("the gate is closed for {ADDRESS}")));
    assert_eq!(case.gate.rule(ADDRESS), "closed");

    case.pass(31 * 24 * 3_600).await;
    let after = case.settled(&run).await;
    assert_eq!(after["effects"][0]["undo"]["state"], "done", "{after:#}");
    assert_eq!(case.gate.rule(ADDRESS), "open");
    let auditor = case.bench.person("auditor", Role::Auditor, &[]).await;
    let ledger = case.bench.get(&auditor, &format!("/api/v1/ledger?limit=1000&stream=run/{run}")).await.json();
    let effect = effects[0]["entry"].as_u64().unwrap();
    let about = |entry: &&Value| entry["seq"] == effect || entry["body"]["effect"] == effect;
    let about: Vec<&str> =
        ledger.as_array().unwrap().iter().filter(about).map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(about, ["run.intended", "run.applied", "run.verified", "run.undo_asked", "run.undone"]);
    let (_, verified) = case.post_as(&auditor, "/ledger/verification", json!({})).await;
    assert_eq!(verified["whole"], true, "{verified}");
    case.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_dies_after_a_change_does_not_make_it_twice() {
    let mut case = Case::new(Settings::default()).await;
    let run = case.begin().await;
    let asked = case.play(&run, Some("Block the address")).await;
    case.gate.hangs.store(true, Ordering::Relaxed);
    case.answer(&run, &asked).await;
    for _ in 0..100 {
        if case.gate.applied.load(Ordering::Relaxed) == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let view = case.get(&format!("/runs/{run}")).await;
    assert_eq!(
        (&view["effects"][0]["applied"], case.gate.rule(ADDRESS).as_str()),
        (&Value::Null, "closed"),
        "it was intended, and made, and that was not written down: {view:#}"
    );
    case.bench = case.bench.restarted().await;
    case.gate.hangs.store(false, Ordering::Relaxed);
    case.pass(130).await;
    let after = case.settled(&run).await;
    assert_eq!(
        (&after["effects"][0]["applied"], after["effects"].as_array().unwrap().len()),
        (&json!("closed"), 1),
        "{after:#}"
    );
    assert_eq!(case.gate.applied.load(Ordering::Relaxed), 1, "it was made twice");

    // What somebody else changed is left as it is, and said; when it is as it was left, it is taken back.
    case.gate.set(ADDRESS, "narrow");
    let undo = json!({ "reason": "it was a mistake" });
    assert_eq!(case.post(&format!("/runs/{run}/undo"), undo.clone()).await.0, 200);
    let stopped = case.settled(&run).await;
    let state = &stopped["effects"][0]["undo"];
    assert!(state["state"] == "stopped" && state["reason"].as_str().unwrap().contains("narrow"), "{state}");
    assert_eq!(case.gate.rule(ADDRESS), "narrow");
    case.gate.set(ADDRESS, "closed");
    case.gate.is_down.store(true, Ordering::Relaxed);
    assert_eq!(case.post(&format!("/runs/{run}/undo"), undo.clone()).await.0, 200);
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(
        case.settled(&run).await["effects"][0]["undo"]["state"],
        "asked",
        "a target that is down is asked again"
    );
    case.gate.is_down.store(false, Ordering::Relaxed);
    case.pass(40).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(case.settled(&run).await["effects"][0]["undo"]["state"], "done");
    assert_eq!(case.gate.rule(ADDRESS), "open");
    assert_eq!(case.post(&format!("/runs/{run}/undo"), undo).await.0, 409, "there is nothing left");
    case.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_never_touched_is_not_and_people_steer() {
    let settings = Settings { never_touch: vec![ADDRESS.to_owned()], ..Settings::default() };
    let mut case = Case::new(settings).await;
    let run = case.begin().await;
    let state = format!("/runs/{run}/state");
    let steer = |state: &str| json!({ "state": state, "reason": "somebody calls" });
    case.settled(&run).await;
    assert_eq!(case.post(&state, steer("paused")).await.0, 200);
    assert_eq!(case.post(&state, steer("paused")).await.0, 409);
    assert_eq!(case.settled(&run).await["paused"], "somebody calls");
    assert_eq!(case.post(&state, steer("resumed")).await.0, 200);
    let asked = case.play(&run, Some("Block the address")).await;
    case.answer(&run, &asked).await;
    let view = case.settled(&run).await;
    let failed = view["done"].as_array().unwrap().iter().find(|done| done["outcome"] == "failure");
    let reason = failed.unwrap_or_else(|| panic!("{view:#}"))["reason"].as_str().unwrap();
    assert!(reason.contains("never touched"), "{reason}");
    assert_eq!((case.gate.applied.load(Ordering::Relaxed), case.gate.rule(ADDRESS).as_str()), (0, "open"));
    // What failed is written down, as the playbook says; then it is over.
    assert_eq!(view["ended"]["how"], "handled", "{view:#}");
    assert_eq!(case.post(&state, steer("cancelled")).await.0, 409);
    let other = case.begin().await;
    let state = format!("/runs/{other}/state");
    assert_eq!(case.post(&state, steer("cancelled")).await.0, 200);
    assert_eq!(case.get(&format!("/runs/{other}")).await["ended"]["how"], "cancelled");
    assert_eq!(case.post(&state, steer("resumed")).await.0, 409);
    case.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_seen_by_who_sees_its_incident() {
    let case = Case::new(Settings::default()).await;
    let run = case.begin().await;
    let members = json!({ "members": [case.lead.id] });
    let restriction = format!("/api/v1/incidents/{}/restriction", case.incident);
    let answer = case.bench.send(&case.lead, Method::PUT, &restriction, &members).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let hidden = case.bench.get(&case.second, &format!("/api/v1/runs/{run}")).await;
    let missing = case.bench.get(&case.second, "/api/v1/runs/run-0123456789ab").await;
    let body = |answer: &Answer| (answer.status, answer.json()["detail"].clone());
    assert_eq!(body(&hidden), body(&missing));
    assert_eq!(hidden.status, 404);
    assert_eq!(case.bench.get(&case.second, "/api/v1/runs").await.json()["items"], json!([]));
    let undo = json!({ "reason": "was here" });
    assert_eq!(case.post_as(&case.second, &format!("/runs/{run}/undo"), undo).await.0, 404);
    let auditor = case.bench.person("auditor", Role::Auditor, &[]).await;
    let ledger = case.bench.get(&auditor, &format!("/api/v1/ledger?stream=run/{run}")).await.json();
    let entries = ledger.as_array().unwrap();
    assert!(!entries.is_empty() && entries.iter().all(|entry| entry["withheld"] == true && entry["body"].is_null()));
    case.bench.stop().await;
}

/// What the incident says about the machine: steps that were verified, by name.
async fn steps(case: &Case) -> Vec<String> {
    let work = case.get(&format!("/incidents/{}/work", case.incident)).await;
    let entities = work["work"]["entities"].as_array().unwrap().clone();
    let machine = entities.iter().find(|one| one["entity"]["name"] == "ws-07");
    let steps = machine.and_then(|one| one["steps"].as_array()).cloned().unwrap_or_default();
    let verified = steps.iter().filter(|step| !step["verified"]["references"].as_array().unwrap().is_empty());
    verified.map(|step| step["step"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_change_proves_is_in_the_incident_and_all_of_the_last_hour_is_taken_back() {
    let case = Case::new(Settings::default()).await;
    let wish = json!({ "playbook": "block-now", "variables": { "__host__": "ws-07", "__control__": ADDRESS } });
    let (status, preview) = case.post(&format!("/incidents/{}/runs/preview", case.incident), wish.clone()).await;
    assert_eq!((status, &preview["radius"]), (200, &json!({ "cut": [], "left": [], "affects": [] })));
    let (status, run) = case.post(&format!("/incidents/{}/runs", case.incident), wish).await;
    assert_eq!(status, 201, "{run}");
    let run = run["id"].as_str().unwrap().to_owned();
    case.settled(&run).await;
    assert_eq!((case.gate.rule(ADDRESS).as_str(), steps(&case).await), ("closed", vec!["contain".to_owned()]));
    let undo = json!({ "minutes": 60, "reason": "the wrong address" });
    let responder = case.bench.person("responder", Role::Responder, &[]).await;
    assert_eq!(case.post_as(&responder, "/runs/undo", undo.clone()).await.0, 403);
    assert_eq!(case.post("/runs/undo", json!({ "minutes": 0, "reason": "x" })).await.0, 400);
    let (status, halted) = case.post("/runs/undo", undo.clone()).await;
    assert_eq!(
        (status, &halted["items"][0]["run"], &halted["items"][0]["cancelled"]),
        (200, &json!(run), &json!(true))
    );
    let view = case.settled(&run).await;
    assert_eq!(
        (view["ended"]["how"].as_str(), view["effects"][0]["undo"]["state"].as_str()),
        (Some("cancelled"), Some("done"))
    );
    assert_eq!((case.gate.rule(ADDRESS).as_str(), steps(&case).await), ("open", Vec::new()));
    assert_eq!(case.post("/runs/undo", undo).await.1["items"], json!([]));
    case.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_playbook_calls_another_and_waits_for_it() {
    let case = Case::new(Settings::default()).await;
    let wish = json!({ "playbook": "call-now", "variables": { "__host__": "ws-07", "__control__": ADDRESS } });
    let (status, run) = case.post(&format!("/incidents/{}/runs", case.incident), wish).await;
    assert_eq!(status, 201, "{run}");
    let run = run["id"].as_str().unwrap().to_owned();
    let place = case.settled(&run).await["places"][0].clone();
    let called = place["wait"]["run"].as_str().unwrap_or_else(|| panic!("{place:#}")).to_owned();
    let view = case.settled(&called).await;
    assert_eq!((case.gate.rule(ADDRESS).as_str(), &view["incident"]), ("closed", &json!(case.incident)));
    let skip = json!({ "token": place["token"], "outcome": "skipped", "reason": "x" });
    assert_eq!(case.post(&format!("/runs/{run}/steps"), skip).await.0, 409, "it waits for the other");
    case.answer(&called, &view["places"][0]).await;
    case.settled(&called).await;
    // The one that called looks from time to time.
    let mut asked = case.settled(&run).await;
    for _ in 0..10 {
        if asked["places"][0]["wait"]["for"] == "person" {
            break;
        }
        case.bench.clock.advance(5);
        asked = case.settled(&run).await;
    }
    assert_eq!(asked["places"][0]["name"], "Ask", "{asked:#}");
    case.answer(&run, &asked["places"][0]).await;
    assert_eq!(case.settled(&run).await["ended"]["how"], "completed");
    case.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_hear_of_a_run_that_waits_for_them_once_and_do_what_its_target_cannot() {
    let tell = crate::Tell {
        mail: vec!["soc@corp.example".to_owned()],
        webhooks: Vec::new(),
        after: Duration::from_secs(15 * 60),
    };
    let mut case = Case::new(Settings { tell, ..Settings::default() }).await;
    case.gate.is_elsewhere.store(true, Ordering::Relaxed);
    let told = async |case: &Case, part: &str| -> usize {
        let work = case.get(&format!("/incidents/{}/work", case.incident)).await;
        let messages = work["work"]["messages"].as_array().unwrap();
        messages.iter().filter(|message| message["subject"].as_str().unwrap().starts_with(part)).count()
    };
    let path = format!("/incidents/{}/runs/preview", case.incident);
    let (_, preview) = case.post(&path, case.wish()).await;
    let block = preview["items"].as_array().unwrap().iter().find(|it| it["call"]["action"] == "net.block_address");
    let said = &block.unwrap()["target"];
    assert_eq!(said, &json!(format!("the gate does not know {ADDRESS}; a person is asked")));

    let run = case.begin().await;
    case.settled(&run).await;
    assert_eq!(told(&case, "A step waits for a person").await, 0, "it may wait for a while");
    case.pass(16 * 60).await;
    case.settled(&run).await;
    assert_eq!(told(&case, "A step waits for a person").await, 1);
    case.pass(16 * 60).await;
    case.settled(&run).await;
    assert_eq!(told(&case, "A step waits for a person").await, 1, "nobody is told twice");

    let asked = case.play(&run, Some("Block the address")).await;
    assert_eq!(asked["wait"]["for"], "approval");
    assert_eq!(told(&case, "Agreement is needed (run-").await, 1);
    case.answer(&run, &asked).await;
    let asked = case.play(&run, Some("Block the address")).await;
    assert_eq!(asked["wait"]["for"], "person", "{asked}");
    let commands = asked["wait"]["commands"].as_array().unwrap();
    assert!(commands.last().unwrap().as_str().unwrap().contains("the gate does not know"), "{commands:?}");
    let ended = case.play(&run, None).await;
    assert_eq!(ended["ended"]["how"], "completed", "{ended:#}");
    assert_eq!(case.gate.applied.load(Ordering::Relaxed), 0);
    case.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_owns_is_cut_off_when_they_agree() {
    let owners = BTreeMap::from([("198.51.100.0/24".to_owned(), vec!["owner".to_owned(), "gone".to_owned()])]);
    let case = Case::new(Settings { owners, ..Settings::default() }).await;
    let owner = case.bench.person("owner", Role::Responder, &[]).await;
    let other = case.bench.person("other", Role::Responder, &[]).await;
    let wish = |address: &str| json!({ "playbook": "block-owned", "variables": { "__host__": "ws-07", "__control__": address } });
    let runs = format!("/incidents/{}/runs", case.incident);
    let (_, run) = case.post(&runs, wish(ADDRESS)).await;
    let run = run["id"].as_str().unwrap().to_owned();
    let waits = case.settled(&run).await["places"][0].clone();
    assert_eq!(waits["owners"], json!(["gone", "owner"]), "{waits}");
    let agreement = json!({ "token": waits["token"], "rendered": waits["wait"]["rendered"] });
    let path = format!("/runs/{run}/approvals");
    assert_eq!(case.post(&path, agreement.clone()).await.0, 200);
    assert_eq!(case.settled(&run).await["places"][0]["stage"], "waiting", "a lead is not the owner");
    assert_eq!(case.gate.rule(ADDRESS), "open");
    assert_eq!(case.post_as(&other, &path, agreement.clone()).await.0, 403);
    assert_eq!(case.post_as(&owner, &path, agreement).await.0, 200, "whose it is may say so");
    case.settled(&run).await;
    assert_eq!(case.gate.rule(ADDRESS), "closed");

    // What nobody is said to own waits for nobody in particular.
    let (_, run) = case.post(&runs, wish("203.0.113.9")).await;
    let run = run["id"].as_str().unwrap().to_owned();
    let waits = case.settled(&run).await["places"][0].clone();
    let agreement = json!({ "token": waits["token"], "rendered": waits["wait"]["rendered"] });
    assert_eq!(case.post(&format!("/runs/{run}/approvals"), agreement).await.0, 200);
    case.settled(&run).await;
    assert_eq!(case.gate.rule("203.0.113.9"), "closed");
    case.bench.stop().await;
}

/// What waits is in one place for whoever may see it, with what a change in force leaves; both follow what happens.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_and_what_is_cut_off_is_seen_at_a_glance() {
    let owners = BTreeMap::from([(ADDRESS.to_owned(), vec!["second".to_owned()])]);
    let dependents = BTreeMap::from([(ADDRESS.to_owned(), vec!["Shop".to_owned()])]);
    let case = Case::new(Settings { owners, dependents, ..Settings::default() }).await;
    assert_eq!(case.get("/now").await, json!({ "decisions": [], "deadlines": [], "tasks": [], "paused": 0 }));
    let task = json!({ "work": [{ "kind": "task.set", "body": { "title": "Call the owner" } }] });
    assert_eq!(case.post(&format!("/incidents/{}/work", case.incident), task).await.0, 200);
    let wish = json!({ "playbook": "block-owned", "variables": { "__host__": "ws-07", "__control__": ADDRESS } });
    let (_, run) = case.post(&format!("/incidents/{}/runs", case.incident), wish).await;
    let run = run["id"].as_str().unwrap().to_owned();
    let place = case.settled(&run).await["places"][0].clone();

    let now = case.get("/now").await;
    let decision = &now["decisions"][0];
    assert_eq!(
        (&decision["wait"], &decision["step"], &decision["agreed"]),
        (&json!("approval"), &json!("Block it"), &json!(false))
    );
    assert_eq!((&now["tasks"][0]["task"]["title"], &now["paused"]), (&json!("Call the owner"), &json!(0)), "{now}");
    let agreement = json!({ "token": place["token"], "rendered": place["wait"]["rendered"] });
    assert_eq!(case.post(&format!("/runs/{run}/approvals"), agreement.clone()).await.0, 200);
    assert_eq!(case.get("/now").await["decisions"][0]["agreed"], json!(true), "it waits for somebody else");
    let stranger = case.bench.person("stranger", Role::Lead, &[]).await;
    let members = json!({ "members": [case.lead.id, case.second.id] });
    let restriction = format!("/api/v1/incidents/{}/restriction", case.incident);
    assert_eq!(case.bench.send(&case.lead, Method::PUT, &restriction, &members).await.status, 200);
    let hidden = case.bench.get(&stranger, "/api/v1/now").await.json();
    assert_eq!((&hidden["decisions"], &hidden["tasks"]), (&json!([]), &json!([])));

    let radius = format!("/incidents/{}/radius", case.incident);
    assert_eq!(case.get(&radius).await["affects"], json!([]));
    assert_eq!(case.post_as(&case.second, &format!("/runs/{run}/approvals"), agreement).await.0, 200);
    case.settled(&run).await;
    assert_eq!(case.get(&radius).await["affects"], json!(["Shop"]), "it is cut off");
    let standing = async || case.get("/runs").await["items"][0]["standing"].clone();
    assert_eq!(standing().await, json!("waiting"));
    let steer = |state: &str| json!({ "state": state, "reason": "somebody calls" });
    assert_eq!(case.post(&format!("/runs/{run}/state"), steer("paused")).await.0, 200);
    case.settled(&run).await;
    assert_eq!((standing().await, case.get("/now").await["paused"].clone()), (json!("paused"), json!(1)));
    assert_eq!(case.post(&format!("/runs/{run}/state"), steer("cancelled")).await.0, 200);
    assert_eq!(case.post(&format!("/runs/{run}/undo"), json!({ "reason": "it was a drill" })).await.0, 200);
    case.settled(&run).await;
    assert_eq!(standing().await, json!("ended"));
    assert_eq!(case.get(&radius).await["affects"], json!([]), "it was given back");
    case.bench.stop().await;
}
