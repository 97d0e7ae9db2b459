//! Incidents from elsewhere: a bundle that another Quell opens, a case of another program, the finished incident of the demo.

use std::io::{Cursor, Read, Write};

use quell_content::scenario::RenderOptions;
use quell_engine::KnowledgeBuilder;
use quell_model::Role;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::bench::{Answer, Bench, Person};

/// A server with the finished incident of the demo, and its id.
async fn finished() -> (Bench, Person, String) {
    let bench = Bench::start().await;
    let lead = bench.person("lead", Role::Lead, &[]).await;
    let mut builder = KnowledgeBuilder::new().unwrap();
    builder.own_rules();
    let start = "2026-08-03T08:00:00Z".parse().unwrap();
    let options = RenderOptions { seed: 1, background_ratio: 2, start };
    let answered = builder.build().unwrap().answered("host-phishing-lateral", &options).unwrap().unwrap();
    let id = bench.running.show(answered).await.unwrap().to_string();
    (bench, lead, id)
}

async fn get(bench: &Bench, person: &Person, path: &str) -> Value {
    let answer = bench.get(person, &format!("/api/v1{path}")).await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.json()
}

async fn upload(bench: &Bench, person: &Person, path: &str, (kind, body): (&str, Vec<u8>)) -> Answer {
    let request = bench.request(Method::POST, &format!("/api/v1{path}")).header("cookie", &person.cookie);
    Answer::of(request.header("content-type", kind).body(body).send().await.unwrap()).await
}

/// Everything that was said, without what is of here: positions in the ledger, times of writing.
fn told(work: &Value) -> Value {
    fn strip(value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(strip).collect(),
            Value::Object(object) => {
                let of_here = ["id", "entry", "evidence", "hypothesis", "message", "version", "parts"];
                let kept = object.iter().filter(|(key, _)| !of_here.contains(&key.as_str()));
                Value::Object(kept.map(|(key, value)| (key.clone(), strip(value))).collect())
            }
            other => other.clone(),
        }
    }
    strip(&work["work"])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_quell_opens_a_bundle_and_knows_what_was_known() {
    let (bench, lead, id) = finished().await;
    let work = get(&bench, &lead, &format!("/incidents/{id}/work")).await;
    let timeline = get(&bench, &lead, &format!("/incidents/{id}/timeline?limit=500")).await;
    let request = bench.request(Method::POST, &format!("/api/v1/incidents/{id}/bundle")).header("cookie", &lead.cookie);
    let request = request.header("content-type", "application/json").body("{}");
    let bundle = request.send().await.unwrap().bytes().await.unwrap().to_vec();
    let key = bench.store.signing_key().key_id().to_owned();

    let other = Bench::start().await;
    let there = other.person("lead", Role::Lead, &[]).await;
    let zip = |bytes: Vec<u8>| ("application/zip", bytes);
    let refused = upload(&other, &there, "/incidents/open?key=0000000000000000", zip(bundle.clone())).await;
    assert!(refused.status == 422 && refused.body.contains(&key), "another key: {refused:?}");
    // A byte of what is compressed least, the signed list, changed.
    let at = bundle.windows(10).position(|bytes| bytes == b"SHA256SUMS").unwrap();
    let mut changed = bundle.clone();
    changed[at + 60] ^= 1;
    let refused = upload(&other, &there, &format!("/incidents/open?key={key}"), zip(changed)).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    let before = other.entries().await;

    let opened = upload(&other, &there, &format!("/incidents/open?key={key}"), zip(bundle.clone())).await;
    assert_eq!(opened.status, 201, "{opened:?}");
    let opened = opened.json();
    assert_eq!((&opened["left_out"], opened["pieces"].as_u64().unwrap() > 100), (&json!([]), true));
    let here = opened["incident"]["incident"]["id"].as_str().unwrap().to_owned();
    let again = upload(&other, &there, &format!("/incidents/open?key={key}"), zip(bundle)).await;
    assert_eq!(again.status, 409, "{again:?}");
    assert!(other.entries().await > before);

    let carried = get(&other, &there, &format!("/incidents/{here}/work")).await;
    assert_eq!(told(&carried), told(&work));
    let moments = |timeline: &Value| -> Vec<Value> {
        let items = timeline["items"].as_array().unwrap().iter();
        items.map(|item| json!([item["kind"], item["at"], item["title"], item["stamp"]["actor"]])).collect()
    };
    let carried = get(&other, &there, &format!("/incidents/{here}/timeline?limit=500")).await;
    assert_eq!(moments(&carried), moments(&timeline));
    // Its evidence is here, and is what was sealed.
    let check =
        other.send(&there, Method::POST, &format!("/api/v1/incidents/{here}/evidence/verification"), &json!({})).await;
    let check = check.json();
    assert!(check.as_array().unwrap().iter().all(|one| one["intact"] == true) && check.as_array().unwrap().len() == 11);
    // What is known of it survives a rebuild, like everything else.
    let listed = get(&other, &there, "/incidents").await;
    other.store.rebuild().await.unwrap();
    assert_eq!(get(&other, &there, "/incidents").await, listed);
    bench.stop().await;
    other.stop().await;
}

/// A bundle with other files, signed anew by the key of `signer`.
fn forged(bundle: &[u8], signer: &quell_store::Signer, change: impl Fn(&str, Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bundle)).unwrap();
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).unwrap();
        let name = file.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        if !name.starts_with("SHA256SUMS") {
            files.push((name.clone(), change(&name, bytes)));
        }
    }
    let line =
        |(name, bytes): &(String, Vec<u8>)| format!("{}  {name}\n", quell_model::hex::encode(&Sha256::digest(bytes)));
    let sums: String = files.iter().map(line).collect();
    files.push(("SHA256SUMS.sig".to_owned(), signer.sign_manifest(sums.as_bytes()).to_vec()));
    files.push(("SHA256SUMS".to_owned(), sums.into_bytes()));
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in files {
        zip.start_file(name, stored).unwrap();
        zip.write_all(&bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_bundle_takes_nothing_away_and_gives_nothing_out() {
    let (bench, lead, id) = finished().await;
    let request = bench.request(Method::POST, &format!("/api/v1/incidents/{id}/bundle")).header("cookie", &lead.cookie);
    let request = request.header("content-type", "application/json").body("{}");
    let bundle = request.send().await.unwrap().bytes().await.unwrap().to_vec();
    let work = get(&bench, &lead, &format!("/incidents/{id}/work")).await;
    let evidence = work["work"]["evidence"].as_array().unwrap();
    let (first, second) = (&evidence[0], &evidence[1]);
    let name = |one: &Value| format!("evidence/{}", one["id"]);
    let content = async |one: &Value| {
        let path = format!("/api/v1/incidents/{id}/evidence/{}/content", one["id"]);
        bench.send(&lead, Method::POST, &path, &json!({ "purpose": "a look" })).await.body
    };
    let (known, before) = (content(first).await, bench.entries().await);

    // Somebody with a key of their own; only the signature is as it should be.
    let signer = quell_store::Signer::from_seed(&[9; 32]);
    let path = format!("/incidents/open?key={}", signer.key_id());
    let keyed = |name: &str, bytes: Vec<u8>| {
        if name == "public-key.pem" { signer.public_key_pem().into_bytes() } else { bytes }
    };
    let refused = async |why: &str, change: &(dyn Fn(&str, Vec<u8>) -> Vec<u8> + Sync)| {
        let bundle = forged(&bundle, &signer, |name, bytes| change(name, keyed(name, bytes)));
        let answer = upload(&bench, &lead, &path, ("application/octet-stream", bundle)).await;
        assert!(answer.status == 422 && answer.body.contains(why), "{why}: {answer:?}");
    };
    // The bytes of what is kept here, under the hash of something else.
    let (one, other) = (name(first), name(second));
    refused("is not what its entry says", &|name, bytes| {
        if name == other { known.clone().into_bytes() } else { bytes }
    })
    .await;
    refused("is not what its entry says", &|name, bytes| if name == one { Vec::new() } else { bytes }).await;
    // More bytes than its entry says, of which the hash fits: the entry says another size.
    refused("was changed", &|name, bytes| {
        if name != "ledger.jsonl" {
            return bytes;
        }
        let text = String::from_utf8(bytes).unwrap();
        text.replacen(&format!("\"size_bytes\":{}", first["size_bytes"]), "\"size_bytes\":1", 1).into_bytes()
    })
    .await;
    // An entry whose bytes are nowhere in the bundle.
    refused("belongs to no entry", &|name, bytes| {
        if name != "ledger.jsonl" {
            return bytes;
        }
        let text = String::from_utf8(bytes).unwrap();
        text.lines()
            .filter(|line| !line.contains(first["sha256"].as_str().unwrap()))
            .collect::<Vec<_>>()
            .join("\n")
            .into_bytes()
    })
    .await;
    assert_eq!(content(first).await, known, "what is sealed here is still here");
    assert_eq!(bench.entries().await, before + 1, "only the look was recorded");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_finished_incident_of_the_demo_has_everything_that_an_incident_can_have() {
    let (bench, lead, id) = finished().await;
    for framework in get(&bench, &lead, "/frameworks").await.as_array().unwrap() {
        let framework = framework["id"].as_str().unwrap();
        let view = get(&bench, &lead, &format!("/incidents/{id}/process?framework={framework}")).await;
        assert_eq!(view["current"], Value::Null, "{view:#}");
    }
    for audience in ["executive", "legal", "regulator", "technical", "customers", "post_mortem"] {
        let path = format!("/api/v1/incidents/{id}/reports/draft?audience={audience}&form=markdown");
        let report = bench.get(&lead, &path).await;
        assert!(report.status == 200 && !report.body.contains("elsewhere:"), "{audience}: {}", report.body);
    }
    let metrics = get(&bench, &lead, "/metrics/incidents").await;
    let times = metrics["times"].as_array().unwrap();
    let of = |measure: &str| times.iter().find(|one| one["measure"] == measure).unwrap()["median"].clone();
    // 41 minutes from the first event to the opening, 2 to the first hand, 11 to the declaration.
    assert_eq!(
        (of("detect"), of("acknowledge"), of("declare")),
        (json!(41 * 60), json!(2 * 60), json!(11 * 60)),
        "{metrics:#}"
    );
    let collection = get(&bench, &lead, &format!("/incidents/{id}/collection")).await;
    let sealed =
        |one: &Value| one["steps"].as_array().unwrap().iter().filter(|step| step["sealed"] != json!([])).count();
    let hosts = collection["items"].as_array().unwrap().iter().filter(|one| one["entity"]["kind"] == "host");
    assert!(hosts.clone().count() >= 2 && hosts.into_iter().all(|one| sealed(one) >= 1), "{collection:#}");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_of_another_program_is_carried_over_once() {
    let bench = Bench::start().await;
    let lead = bench.person("lead", Role::Lead, &[]).await;
    let case = include_bytes!("../../../report/tests/it/data/thehive-case.json").to_vec();
    let json = |bytes: Vec<u8>| ("application/json", bytes);
    let path = "/incidents/import?program=thehive";
    let opened = upload(&bench, &lead, path, json(case.clone())).await;
    assert_eq!(opened.status, 201, "{opened:?}");
    let opened = opened.json();
    let incident = &opened["incident"]["incident"];
    assert_eq!(incident["origin"], "elsewhere");
    let id = incident["id"].as_str().unwrap();
    let work = get(&bench, &lead, &format!("/incidents/{id}/work")).await;
    assert!(work["work"]["tasks"].as_array().unwrap().len() > 1, "{work}");
    assert_eq!(upload(&bench, &lead, path, json(case.clone())).await.status, 409);
    assert_eq!(upload(&bench, &lead, "/incidents/import?program=iris", json(case.clone())).await.status, 422);
    assert_eq!(upload(&bench, &lead, path, ("text/plain", case)).await.status, 415);
    assert_eq!(upload(&bench, &lead, path, json(b"{".to_vec())).await.status, 422);
    let responder = bench.person("responder", Role::Responder, &[]).await;
    assert_eq!(upload(&bench, &responder, path, json(b"{}".to_vec())).await.status, 403);
    bench.stop().await;
}
