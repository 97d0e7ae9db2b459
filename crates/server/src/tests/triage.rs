//! What people say about alerts holds: reported, split and merged incidents keep their alerts, whatever Quell tells later.

use quell_model::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::bench::{Bench, Person, trail_stopped};

struct Case {
    bench: Bench,
    lead: Person,
    delivered: u64,
}

impl Case {
    async fn new() -> Case {
        let bench = Bench::start().await;
        let lead = bench.person("lead", Role::Lead, &[]).await;
        Case { bench, lead, delivered: 0 }
    }

    /// Somebody stops a trail; waits until that is told.
    async fn stops(&mut self, who: &str) {
        self.delivered += 1;
        let body = format!("{}\n", trail_stopped(who, self.delivered));
        let admin = self.bench.person(&format!("admin-{}", self.delivered), Role::Admin, &[]).await;
        let answer = self.bench.deliver(&admin, "trail", body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        self.bench.caught_up().await;
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.bench.get(&self.lead, &format!("/api/v1{path}")).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let answer = self.bench.send(&self.lead, Method::POST, &format!("/api/v1{path}"), &body).await;
        (answer.status, answer.json())
    }

    /// Incidents that are not closed, by id: id, status, number of alerts.
    async fn incidents(&self) -> Vec<(String, String, u64)> {
        let list = self.get("/incidents?status=new,open").await;
        let one = |item: &Value| {
            let text = |key: &str| item[key].as_str().unwrap().to_owned();
            (text("id"), text("status"), item["alerts"].as_u64().unwrap())
        };
        let mut all: Vec<_> = list["items"].as_array().unwrap().iter().map(one).collect();
        all.sort();
        all
    }

    async fn alerts(&self, incident: &str) -> Vec<String> {
        let list = self.get(&format!("/alerts?incident={incident}")).await;
        list["items"].as_array().unwrap().iter().map(|alert| alert["id"].as_str().unwrap().to_owned()).collect()
    }

    /// The incident that is none of these.
    async fn other_than(&self, known: &[&str]) -> String {
        for _ in 0..1_000 {
            if let Some((id, ..)) = self.incidents().await.into_iter().find(|(id, ..)| !known.contains(&&**id)) {
                return id;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("there is no other incident");
    }

    async fn until(&self, expected: &[(&str, &str, u64)]) {
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        let mut found = Vec::new();
        for _ in 0..1_000 {
            found = self.incidents().await;
            let same = |(a, b): (&(String, String, u64), &(&str, &str, u64))| (&*a.0, &*a.1, a.2) == *b;
            if found.len() == expected.len() && found.iter().zip(&expected).all(same) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("expected {expected:?}, found {found:?}");
    }
}

fn id(incident: &Value) -> String {
    incident["incident"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alerts_stay_where_people_put_them() {
    let mut case = Case::new().await;
    case.stops("mallory").await;
    let found = case.other_than(&[]).await;
    let alerts = case.alerts(&found).await;

    let report = json!({ "title": "Trails stopped by hand", "severity": "low", "reason": "it was maintenance",
        "alerts": alerts });
    let (status, split) = case.post("/incidents", report).await;
    assert_eq!((status, &split["incident"]["origin"]), (201, &json!("split")), "{split}");
    let split = id(&split);
    case.until(&[(&found, "open", 0), (&split, "open", 1)]).await;

    // The same rule about the same thing: people have said where that belongs.
    case.stops("mallory").await;
    case.until(&[(&found, "open", 0), (&split, "open", 2)]).await;

    case.stops("eve").await;
    let eve = case.other_than(&[&found, &split]).await;
    let merger = json!({ "into": split, "reason": "eve is mallory" });
    assert_eq!(case.post(&format!("/incidents/{eve}/merge"), merger.clone()).await.0, 200);
    case.until(&[(&found, "open", 0), (&split, "open", 3)]).await;
    assert_eq!(case.post(&format!("/incidents/{eve}/merge"), merger).await.0, 409, "it is merged already");

    case.stops("eve").await;
    case.until(&[(&found, "open", 0), (&split, "open", 4)]).await;

    let before = case.get("/incidents").await;
    case.bench.store.rebuild().await.unwrap();
    assert_eq!(case.get("/incidents").await, before, "rebuilt is not what it was");
    case.bench = case.bench.restarted().await;
    case.bench.caught_up().await;
    case.until(&[(&found, "open", 0), (&split, "open", 4)]).await;

    let back = json!({ "alerts": case.alerts(&split).await, "reason": "not maintenance after all" });
    assert_eq!(case.post(&format!("/incidents/{found}/alerts"), back).await.0, 200);
    case.until(&[(&found, "open", 4), (&split, "open", 0)]).await;
    case.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_report_is_an_incident() {
    let case = Case::new().await;
    let report =
        json!({ "title": "A caller asked for a password", "severity": "medium", "reason": "two users say so" });
    let (status, told) = case.post("/incidents", report.clone()).await;
    assert_eq!((status, &told["status"], &told["incident"]["origin"]), (201, &json!("open"), &json!("report")));
    let one = id(&told);
    let story = case.bench.get(&case.lead, &format!("/api/v1/incidents/{one}/story")).await;
    assert!(story.status == 404 && story.body.contains("Quell tells none"), "{story:?}");
    case.get(&format!("/incidents/{one}/process")).await;

    let mut exercise = report.clone();
    exercise["exercise"] = json!(true);
    let (_, exercise) = case.post("/incidents", exercise).await;
    let listed = case.get("/incidents?exercise=true").await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(case.get("/incidents/counts?exercise=false").await["total"], 1);
    let merger = json!({ "into": one, "reason": "the same" });
    let (status, refused) = case.post(&format!("/incidents/{}/merge", id(&exercise)), merger).await;
    assert_eq!(status, 422, "{refused}");

    let mut unknown = report;
    unknown["alerts"] = json!(["alr-0123456789abcdef"]);
    assert_eq!(case.post("/incidents", unknown).await.0, 422);
    case.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_duplicate_names_the_alert_that_says_the_same() {
    let mut case = Case::new().await;
    case.stops("mallory").await;
    case.stops("mallory").await;
    let incident = case.other_than(&[]).await;
    let alerts = case.alerts(&incident).await;
    let decide = async |alert: &str, change: Value| {
        case.bench.send(&case.lead, Method::PATCH, &format!("/api/v1/alerts/{alert}"), &change).await.status
    };
    assert_eq!(decide(&alerts[0], json!({ "status": "duplicate" })).await, 422);
    assert_eq!(decide(&alerts[0], json!({ "status": "duplicate", "duplicate_of": alerts[0] })).await, 422);
    assert_eq!(decide(&alerts[0], json!({ "status": "benign", "reason": "x", "duplicate_of": alerts[1] })).await, 422);
    assert_eq!(decide(&alerts[0], json!({ "status": "duplicate", "duplicate_of": alerts[1] })).await, 200);
    assert_eq!(decide(&alerts[1], json!({ "status": "duplicate", "duplicate_of": alerts[0] })).await, 422);
    let told = case.get(&format!("/alerts/{}", alerts[0])).await;
    assert_eq!((&told["status"], &told["duplicate_of"]), (&json!("duplicate"), &json!(alerts[1])));
    case.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moving_and_merging_show_nobody_more_than_they_could_see() {
    let mut case = Case::new().await;
    case.stops("mallory").await;
    let found = case.other_than(&[]).await;
    case.stops("eve").await;
    let eve = case.other_than(&[&found]).await;
    let (red, blue) = (case.bench.team("red").await, case.bench.team("blue").await);
    let give = async |incident: &str, change: Value| {
        let answer =
            case.bench.send(&case.lead, Method::PATCH, &format!("/api/v1/incidents/{incident}"), &change).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    // The lead is in neither team, so a third person does it.
    let both = case.bench.person("both", Role::Lead, &[red.clone(), blue.clone()]).await;
    give(&found, json!({ "team": red })).await;
    give(&eve, json!({ "team": blue })).await;
    let post = async |path: &str, body: Value| {
        let answer = case.bench.send(&both, Method::POST, &format!("/api/v1{path}"), &body).await;
        (answer.status, answer.body)
    };
    let merger = json!({ "into": found, "reason": "one" });
    let (status, told) = post(&format!("/incidents/{eve}/merge"), merger.clone()).await;
    assert!(status == 422 && told.contains("different teams"), "{told}");
    let alerts = case.bench.get(&both, &format!("/api/v1/alerts?incident={eve}")).await.json();
    let alert = alerts["items"][0]["id"].clone();
    let (status, told) =
        post(&format!("/incidents/{found}/alerts"), json!({ "alerts": [alert], "reason": "its" })).await;
    assert!(status == 422 && told.contains("another team"), "{told}");
    // What is made of alerts of a team is of that team.
    let report = json!({ "title": "Split", "severity": "low", "reason": "apart", "alerts": [alert] });
    let (status, told) = post("/incidents", report).await;
    assert!(status == 201 && told.contains(&format!("\"team\":\"{blue}\"")), "{told}");
    let outsider = case.bench.person("outsider", Role::Lead, &[]).await;
    let seen = case.bench.get(&outsider, "/api/v1/incidents").await.json();
    assert_eq!(seen["items"], json!([]), "somebody in no team sees none of it");
    // Into what is closed nothing goes.
    let close = json!({ "status": "resolved", "reason": "done" });
    let path = format!("/api/v1/incidents/{found}");
    assert_eq!(case.bench.send(&both, Method::PATCH, &path, &close).await.status, 200);
    let (status, told) = post(&format!("/incidents/{eve}/merge"), merger).await;
    assert!(status == 422 && told.contains("is closed"), "{told}");
    case.bench.stop().await;
}
