//! Scenarios: what must hold for every one that is shipped, read back from the bytes.

use std::collections::{BTreeMap, BTreeSet};

use quell_content::scenario::{
    BACKGROUND_RATIO_MAX, RecordAt, RenderOptions, Rendered, Scenario, ScenarioError, Truth, render,
};
use quell_model::{EndpointRole, EntityKind, Timestamp};
use serde_json::Value;

const SHIPPED: [&str; 2] = ["cloud-credential-theft", "host-phishing-lateral"];

fn embedded(path: &str) -> Option<String> {
    quell_content::file(path).map(str::to_owned)
}

fn options(seed: u64, background_ratio: u32) -> RenderOptions {
    RenderOptions { seed, background_ratio, start: "2026-11-03T09:00:00Z".parse().unwrap() }
}

fn rendered(name: &str, seed: u64, ratio: u32) -> Rendered {
    let scenario = Scenario::load(&embedded, name).unwrap();
    render(&scenario, &options(seed, ratio)).unwrap()
}

/// A record as text, with its time where the format has one.
#[derive(Debug)]
struct Read {
    text: String,
    at: Timestamp,
    json: Option<Value>,
}

/// All records of a rendering by place, read as their consumers would.
fn read(rendered: &Rendered) -> BTreeMap<RecordAt, Read> {
    let mut records = BTreeMap::new();
    for file in &rendered.files {
        let text = std::str::from_utf8(&file.bytes).unwrap();
        let read: Vec<(u64, Read)> = match file.path.as_str() {
            path if path.starts_with("cloudtrail/") => cloudtrail(text),
            path if path.starts_with("zeek/") => zeek(text),
            "vpcflow.log" => vpc_flow(text),
            _ => json_lines(text),
        };
        for (record, read) in read {
            let twice = records.insert(RecordAt { file: file.path.clone(), record }, read);
            assert!(twice.is_none(), "{} {record} twice", file.path);
        }
    }
    records
}

fn cloudtrail(text: &str) -> Vec<(u64, Read)> {
    let mut file: Value = serde_json::from_str(text).unwrap();
    let elements = std::mem::take(file["Records"].as_array_mut().unwrap());
    assert!(elements.len() <= 500);
    let read = |json: Value| Read {
        text: json.to_string(),
        at: json["eventTime"].as_str().unwrap().parse().unwrap(),
        json: Some(json),
    };
    (1..).zip(elements.into_iter().map(read)).collect()
}

fn zeek(text: &str) -> Vec<(u64, Read)> {
    let width = text.lines().find(|line| line.starts_with("#fields")).unwrap().split('\t').count() - 1;
    let rows = (1..).zip(text.lines()).filter(|(_, line)| !line.starts_with('#'));
    rows.map(|(number, line)| {
        let values: Vec<&str> = line.split('\t').collect();
        assert_eq!(values.len(), width, "{line}");
        let micros: i64 = values[0].replace('.', "").parse().unwrap();
        (number, Read { text: line.to_owned(), at: Timestamp::from_microsecond(micros).unwrap(), json: None })
    })
    .collect()
}

fn vpc_flow(text: &str) -> Vec<(u64, Read)> {
    let rows = (1..).zip(text.lines()).skip(1);
    rows.map(|(number, line)| {
        let values: Vec<&str> = line.split(' ').collect();
        assert_eq!(values.len(), 14, "{line}");
        let at = Timestamp::from_second(values[10].parse().unwrap()).unwrap();
        (number, Read { text: line.to_owned(), at, json: None })
    })
    .collect()
}

fn json_lines(text: &str) -> Vec<(u64, Read)> {
    let rows = (1..).zip(text.lines());
    rows.map(|(number, line)| {
        let json: Value = serde_json::from_str(line).unwrap();
        let at = json.get("EventTime").or(json.get("requestReceivedTimestamp")).unwrap();
        let number = json.get("RecordNumber").map_or(number, |number| number.as_u64().unwrap());
        (number, Read { text: line.to_owned(), at: at.as_str().unwrap().parse().unwrap(), json: Some(json) })
    })
    .collect()
}

#[test]
fn the_same_arguments_give_the_same_bytes() {
    for name in SHIPPED {
        assert_eq!(rendered(name, 11, 5), rendered(name, 11, 5), "{name}");
        assert_ne!(rendered(name, 11, 5).files, rendered(name, 12, 5).files, "{name}");
    }
}

#[test]
fn the_intrusion_is_the_same_at_any_ratio() {
    for name in SHIPPED {
        let records = |ratio: u32| {
            let rendered = rendered(name, 3, ratio);
            let read = read(&rendered);
            rendered.truth.attack_events.iter().map(|at| without_number(&read[at])).collect::<Vec<_>>()
        };
        assert_eq!(records(0), records(25), "{name}");
    }
}

/// Record numbers say where a record stands, not what it is.
fn without_number(read: &Read) -> String {
    let Some(mut json) = read.json.clone() else { return read.text.clone() };
    json.as_object_mut().unwrap().remove("RecordNumber");
    json.to_string()
}

#[test]
fn the_ratio_is_respected() {
    for name in SHIPPED {
        for ratio in [1, 10, 40] {
            let rendered = rendered(name, 5, ratio);
            let attack = rendered.truth.attack_events.len();
            assert!(attack >= 40, "{name}: {attack}");
            assert_eq!(read(&rendered).len(), attack + attack * ratio as usize, "{name} at {ratio}");
        }
    }
}

#[test]
fn any_seed_renders() {
    for name in SHIPPED {
        let scenario = Scenario::load(&embedded, name).unwrap();
        for seed in (0..20).chain([u64::MAX]) {
            assert!(render(&scenario, &options(seed, 2)).is_ok(), "{name} with seed {seed}");
        }
    }
}

#[test]
fn a_ratio_too_high_is_refused() {
    let scenario = Scenario::load(&embedded, SHIPPED[0]).unwrap();
    let refused = render(&scenario, &options(1, BACKGROUND_RATIO_MAX + 1));
    assert!(matches!(refused, Err(ScenarioError::Ratio { .. })));
}

#[test]
fn evidence_is_there_and_of_its_time() {
    for name in SHIPPED {
        let rendered = rendered(name, 9, 20);
        let records = read(&rendered);
        let truth = &rendered.truth;
        assert!((10..=22).contains(&truth.chain.len()), "{name}: {}", truth.chain.len());
        for step in &truth.chain {
            for at in &step.evidence {
                let gap = records[at].at.duration_since(step.time).as_secs();
                assert!((-1..=1_200).contains(&gap), "{name}: {} is {gap} s from its evidence", step.action);
            }
        }
        assert!(truth.attack_events.iter().all(|at| records.contains_key(at)), "{name}");
        let unique: BTreeSet<&RecordAt> = truth.attack_events.iter().collect();
        assert_eq!(unique.len(), truth.attack_events.len(), "{name}");
    }
}

#[test]
fn records_are_in_order_of_time() {
    for name in SHIPPED {
        let rendered = rendered(name, 9, 20);
        let mut last: BTreeMap<String, (u64, Timestamp)> = BTreeMap::new();
        for (at, read) in read(&rendered) {
            // Record numbers are counted by channel, so only neighbours compare.
            if let Some((number, time)) = last.insert(at.file.clone(), (at.record, read.at))
                && number + 1 == at.record
            {
                assert!(time <= read.at, "{name}: {at:?}");
            }
        }
        let chain = &rendered.truth.chain;
        assert!(chain.is_sorted_by_key(|step| step.time), "{name}");
    }
}

#[test]
fn ids_are_unique() {
    for name in SHIPPED {
        let mut seen = BTreeSet::new();
        for read in read(&rendered(name, 21, 60)).into_values().filter_map(|read| read.json) {
            let ids = ["eventID", "requestID", "auditID"].map(|key| read[key].as_str().map(str::to_owned));
            let started = (read["EventID"] == 1).then(|| read["ProcessGuid"].as_str().unwrap().to_owned());
            for id in ids.into_iter().flatten().chain(started) {
                assert!(seen.insert(id.clone()), "{name}: {id}");
            }
        }
        assert!(seen.len() > 100, "{name}");
    }
}

#[test]
fn nothing_is_left_of_the_script_language() {
    for name in SHIPPED {
        let rendered = rendered(name, 2, 60);
        for (at, read) in read(&rendered) {
            assert!(!read.text.contains("{{") && !read.text.contains("}}\""), "{at:?}: {}", read.text);
        }
    }
}

/// User agents, kinds of identity and kinds of event of the intrusion occur in the background as well.
#[test]
fn nothing_gives_the_intrusion_away() {
    for name in SHIPPED {
        let rendered = rendered(name, 4, 60);
        let attack: BTreeSet<&RecordAt> = rendered.truth.attack_events.iter().collect();
        let (mut ours, mut theirs) = (BTreeSet::new(), BTreeSet::new());
        for (at, read) in &read(&rendered) {
            for word in ["attack", "evil", "malicious", "hacker", "mimikatz"] {
                assert!(!read.text.to_lowercase().contains(word), "{at:?}: {word}");
            }
            let Some(json) = &read.json else { continue };
            let traits = [&json["userAgent"], &json["userIdentity"]["type"], &json["SourceName"]];
            let side = if attack.contains(at) { &mut theirs } else { &mut ours };
            side.extend(traits.into_iter().filter(|value| !value.is_null()).map(Value::to_string));
            side.extend(json["EventID"].as_u64().map(|id| format!("{} {id}", json["Channel"])));
        }
        let telling: Vec<_> = theirs.difference(&ours).collect();
        assert!(telling.is_empty(), "{name}: {telling:?}");
    }
}

#[test]
fn the_truth_uses_the_words_of_the_model() {
    for name in SHIPPED {
        let truth = rendered(name, 1, 1).truth;
        serde_json::from_value::<EntityKind>(truth.entry.kind.clone().into()).unwrap();
        for endpoint in &truth.endpoints {
            serde_json::from_value::<EndpointRole>(endpoint.role.clone().into()).unwrap();
        }
        let text = serde_json::to_string(&truth).unwrap();
        assert_eq!(serde_json::from_str::<Truth>(&text).unwrap(), truth);
    }
}

/// What joins the steps of the cloud story can be followed in the records.
#[test]
fn keys_of_the_cloud_story_hang_together() {
    let rendered = rendered("cloud-credential-theft", 6, 20);
    let records = read(&rendered);
    let stolen = rendered.truth.entry.credential.clone().unwrap();
    let of = |key: &str, name: &str| {
        let mut found = records.values().filter_map(|read| read.json.as_ref()).filter(|json| json["eventName"] == name);
        found.find(|json| json["userIdentity"]["accessKeyId"] == key).cloned()
    };
    let first = of(&stolen, "GetCallerIdentity").unwrap();
    assert_eq!(first["userIdentity"]["sessionContext"]["ec2RoleDelivery"], "1.0");
    let issued = |json: &&Value| json["responseElements"]["credentials"]["accessKeyId"] == stolen.as_str();
    let issue = records.values().filter_map(|read| read.json.as_ref()).find(issued).unwrap();
    assert_eq!(issue["userIdentity"]["invokedBy"], "ec2.amazonaws.com");
    let session = &first["userIdentity"]["sessionContext"]["attributes"]["creationDate"];
    assert_eq!(session, &issue["eventTime"]);
    let same_second = records.values().filter_map(|read| read.json.as_ref()).filter(|json| {
        json["eventTime"] == issue["eventTime"]
            && json["requestParameters"]["roleSessionName"] == issue["requestParameters"]["roleSessionName"]
    });
    assert!(same_second.count() >= 3);
    let next = of(&stolen, "AssumeRole").unwrap()["responseElements"]["credentials"]["accessKeyId"].clone();
    let created = of(next.as_str().unwrap(), "CreateAccessKey").unwrap()["responseElements"]["accessKey"].clone();
    assert!(of(created["accessKeyId"].as_str().unwrap(), "StopLogging").is_some());
    let inferred = rendered.truth.chain.iter().filter(|step| step.evidence.is_empty());
    assert_eq!(inferred.count(), 1);
}

/// What joins the steps of the host story can be followed in the records.
#[test]
fn processes_of_the_host_story_hang_together() {
    let rendered = rendered("host-phishing-lateral", 6, 20);
    let records = read(&rendered);
    let events = |id: u64| records.values().filter_map(|read| read.json.as_ref()).filter(move |e| e["EventID"] == id);
    let entry = &rendered.truth.entry;
    let process = entry.process.as_ref().unwrap();
    let start = events(1).find(|e| e["ProcessGuid"] == process.guid.as_str()).unwrap();
    assert_eq!(start["Image"], process.image.as_str());
    let url = entry.url.as_deref().unwrap();
    let zone = events(15).find(|e| e["Contents"].as_str().unwrap().contains(url)).unwrap();
    assert!(zone["TargetFilename"].as_str().unwrap().starts_with(entry.file.as_deref().unwrap()));
    let thread = events(8).find(|e| e["SourceProcessGuid"] == process.guid.as_str()).unwrap();
    let access = events(10).find(|e| e["GrantedAccess"] == "0x1010").unwrap();
    assert_eq!(access["SourceProcessGUID"], thread["TargetProcessGuid"]);
    let shell = events(1)
        .find(|e| {
            e["ParentImage"].as_str().unwrap().ends_with("WmiPrvSE.exe")
                && e["CommandLine"].as_str().unwrap().contains("iwr")
        })
        .unwrap();
    let logon = events(4624).find(|e| e["TargetLogonId"] == shell["LogonId"]).unwrap();
    assert_eq!((&logon["LogonType"], &logon["IpAddress"]), (&Value::from("3"), &Value::from("10.30.1.21")));
    let hash = |e: &Value, key: &str| e[key].as_str().unwrap().split("SHA256=").nth(1).unwrap()[..64].to_lowercase();
    let sha256 = hash(start, "Hashes");
    let download = records.iter().find(|(at, read)| at.file == "zeek/files.log" && read.text.contains(&sha256));
    assert!(download.is_some());
}

fn broken(name: &str, from: &str, to: &str) -> String {
    let wrong =
        |path: &str| embedded(path).map(|text| if path.contains(name) { text.replacen(from, to, 1) } else { text });
    let scenario = Scenario::load(&wrong, "cloud-credential-theft");
    let error = scenario.and_then(|scenario| render(&scenario, &options(1, 1)).map(|_| ()));
    error.unwrap_err().to_string()
}

#[test]
fn faults_name_file_and_place() {
    let script = "cloud-credential-theft/scenario.yaml";
    let check = |from: &str, to: &str, expected: &[&str]| {
        let message = broken(script, from, to);
        assert!(expected.iter().all(|part| message.contains(part)), "{message}");
    };
    check("title:", "titel:", &[script, "line 2"]);
    check("record: aws.by_role\n", "record: aws.by_rôle\n", &[script, ":", "no record `aws.by_rôle`"]);
    check("event: ListBuckets", "evnt: ListBuckets", &[script, "no parameter `evnt`"]);
    check("event: ListBuckets, ", "", &[script, "parameter `event` is needed"]);
    check("{{issue.session.key}} | was", "{{isue.session.key}} | was", &[script, "unknown name `isue.session.key`"]);
    check("proves: look", "proves: luck", &[script, "unknown name `luck`"]);
    check("at: +07:20", "at: 07:20", &[script, "cannot read time or range `07:20`"]);
    check("kind: credential", "sort: credential", &[script, "truth: unknown field `sort`"]);
    check("templates: [aws,", "templates: [awz,", &["scenarios/templates/awz.yaml"]);
    assert!(matches!(Scenario::load(&embedded, "no-such"), Err(ScenarioError::Missing(_))));
}
