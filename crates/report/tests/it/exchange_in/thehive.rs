//! Cases of TheHive, versions 4 and 5.

use quell_model::Level;
use quell_report::from_thehive;
use serde_json::{Value, json};

use super::{check_left_out, check_order, check_pieces, check_texts, shown, thehive_case};

#[test]
fn everything_of_a_case_arrives_in_the_order_of_time() {
    check_pieces(
        &from_thehive(&thehive_case()).unwrap(),
        &[
            "2026-03-02T07:58:00Z mara@example.com: note Description of the case in TheHive",
            "2026-03-02T08:05:00Z TheHive: note Alerts of the case in TheHive",
            "2026-03-02T08:25:00Z TheHive: status open, open in TheHive",
            "2026-03-02T08:30:00Z mara@example.com: task Reset the passwords of both accounts, noor@example.com, \
             until 2026-03-02T12:00:00Z",
            "2026-03-02T08:30:00Z mara@example.com: note Task “Reset the passwords of both accounts”",
            "2026-03-02T08:31:00Z mara@example.com: task Ask the provider of the page for its logs",
            "2026-03-02T08:32:00Z mara@example.com: task Search the mail gateway for more of these mails",
            "2026-03-02T08:32:00Z mara@example.com: note Task “Search the mail gateway for more of these mails”",
            "2026-03-02T08:45:00Z noor@example.com: scope host ws-114.corp.example.com",
            "2026-03-02T08:46:00Z noor@example.com: scope endpoint 198.51.100.23",
            "2026-03-02T08:47:00Z noor@example.com: scope domain sso-login.example",
            "2026-03-02T08:48:00Z noor@example.com: scope url https://sso-login.example/portal",
            "2026-03-02T08:52:00Z noor@example.com: scope principal j.doe",
            "2026-03-02T08:53:00Z TheHive: note Observables of the case in TheHive",
            "2026-03-02T08:54:00Z noor@example.com: scope setting HKEY_CURRENT_USER\\Software\\Example\\Portal",
            "2026-03-02T08:55:00Z noor@example.com: scope file invoice.html",
            "2026-03-02T09:15:00Z noor@example.com: note Log of the task “Reset the passwords of both accounts”",
            "2026-03-02T09:16:00Z TheHive: note Files of the case in TheHive",
            "2026-03-02T09:30:00Z mara@example.com: event of 2026-03-02T06:41:00Z, \
             T1566.002 Spearphishing Link (Initial Access)",
            "2026-03-02T09:31:00Z mara@example.com: event of 2026-03-02T07:12:00Z, \
             T1078 Valid Accounts (Defense Evasion)",
            "2026-03-02T09:32:00Z mara@example.com: event of 2026-03-02T07:20:00Z, \
             X-0001 Reads the address book (Collection)",
            "2026-03-02T10:20:00Z noor@example.com: action of 2026-03-02T10:05:00Z, \
             Rules that forwarded mails were removed.",
            "2026-03-02T11:00:00Z TheHive: done #4, completed in TheHive",
            "2026-03-02T12:00:00Z mara@example.com: note Comment in TheHive",
            "2026-03-02T12:30:00Z noor@example.com: note Comment in TheHive",
            "2026-03-02T13:00:00Z noor@example.com: event of 2026-03-02T07:05:00Z, The page was open to everybody",
            "2026-03-03T09:00:00Z noor@example.com: task Write the report, mara@example.com, \
             until 2026-03-06T17:00:00Z",
            "2026-03-03T09:00:00Z noor@example.com: note Task “Write the report”",
            "2026-03-04T09:00:00Z TheHive: dropped #6, cancelled in TheHive",
            "2026-03-05T15:00:00Z mara@example.com: note What we learned",
            "2026-03-05T16:30:00Z TheHive: status resolved, closed in TheHive: TruePositive, impact: WithImpact",
            "2026-03-05T16:30:00Z TheHive: note Summary of the case in TheHive",
            "2026-03-05T16:31:00Z TheHive: note Fields of the case there",
        ],
    );
}

#[test]
fn what_the_case_itself_says_arrives() {
    check_texts(
        &from_thehive(&thehive_case()).unwrap(),
        &[
            ("note Description of the case in TheHive", &["a page that looked like our own.\n\nThe mails came in"]),
            ("note Summary of the case in TheHive", &["Two accounts were used for 40 minutes."]),
            (
                "note Fields of the case there",
                &[
                    "| Number | 42 |",
                    "| Stage | Closed |",
                    "| Status | TruePositive |",
                    "| Impact | WithImpact |",
                    "| Closed | 2026-03-05 16:30:00 UTC |",
                    "| Severity | HIGH |",
                    "| TLP | AMBER |",
                    "| PAP | GREEN |",
                    "| Tags | phishing, attack.t1566.002, mitre:T1078 |",
                    "| Assignee | mara@example.com |",
                    "| Flagged | yes |",
                    "| business-unit | Finance \\| Treasury |",
                    "| told-to-bank | 2026-03-02 09:05:00 UTC |",
                    "| hours-lost | 14 |",
                ],
            ),
        ],
    );
}

#[test]
fn what_its_parts_say_arrives() {
    let scope = "scope endpoint 198.51.100.23";
    check_texts(
        &from_thehive(&thehive_case()).unwrap(),
        &[
            (
                "note Task “Reset the passwords of both accounts”",
                &["Sessions too, not only passwords.", "Group: Containment", "Begun: 2026-03-02 08:40:00 UTC"],
            ),
            ("note Task “Write the report”", &["Flagged: yes", "Mandatory: yes"]),
            (
                "action of 2026-03-02T10:05:00Z, Rules that forwarded mails were removed.",
                &["Log of the task “Reset the passwords of both accounts”", "There were two of them."],
            ),
            (
                scope,
                &[
                    "Observable of the kind ip in TheHive, marked as an indicator of compromise",
                    "Both sign-ins came from this address.",
                    "Sighted: 2026-03-02 07:12:00 UTC",
                    "Tags: attack.t1204.001",
                    "TLP: AMBER",
                    "PAP: AMBER",
                ],
            ),
            ("scope file invoice.html", &["TLP: RED", "PAP: RED"]),
            (
                "note Observables of the case in TheHive",
                &[
                    "| Kind | Value | IOC | Sighted | TLP / PAP | Tags | About | By |\n\
                     |---|---|---|---|---|---|---|---|\n",
                    "| mail | it-support@sso-login.example | yes | – | AMBER / AMBER | – | Sender of the mails. |",
                    "| hash | 9b74c9897bac770ffc029102a200c5de4f3b2a1908f7e6d5c4b3a29180706050 | – | – | \
                     AMBER / AMBER | html |",
                    "| file | – | – | – | AMBER / AMBER | – | Attached to one of the mails. | mara@example.com |",
                    "| ip | 198.51.100.23 | – | – | AMBER / AMBER | – | Seen at the proxy as well. |",
                ],
            ),
            (
                "note Files of the case in TheHive",
                &[
                    "| sessions-before.csv | Log of the task “Reset the passwords of both accounts” | \
                     18211 | text/csv | 3f8a1c",
                    "| 2026-03-02 09:16:00 UTC | noor@example.com |",
                    "| invoice.html | observable of the kind file | 4821 | text/html | 9b74c9",
                ],
            ),
            ("event of 2026-03-02T07:05:00Z, The page was open to everybody", &["Until: 2026-03-02 07:35:00 UTC"]),
            (
                "note Alerts of the case in TheHive",
                &[
                    "| mail | gateway | gw-77123 | Link to a young domain in many mails | MEDIUM | \
                     2026-03-02 07:50:00 UTC |",
                    "| https://gateway.example.com/77123 | Imported |",
                ],
            ),
        ],
    );
}

#[test]
fn the_incident_itself_is_told() {
    let carried = from_thehive(&thehive_case()).unwrap();
    let told = (carried.program.as_str(), carried.id.as_str(), carried.title.as_str(), carried.severity);
    let title = "Passwords of the finance team given to a false sign-in page";
    assert_eq!(told, ("TheHive", "42 (~40964096)", title, Level::High));
    assert_eq!(carried.opened_at.to_string(), "2026-03-02T07:58:00Z");
    // From the first event to the alert; what the response did is no part of the intrusion.
    assert_eq!(carried.first_seen.unwrap().to_string(), "2026-03-02T06:41:00Z");
    assert_eq!(carried.last_seen.unwrap().to_string(), "2026-03-02T07:50:00Z");
    assert_eq!(carried.techniques, ["T1078", "T1204.001", "T1566.002"]);
    check_left_out(
        &carried,
        &[
            "1 × alert: what it is called stands in a note; what else it says is not carried over",
            "2 × attached file: it is not in the export; what is known of it stands in a note",
            "1 × earlier text of a comment that was changed there",
            "1 × observable: the field `reports`, which is not known here",
            "1 × task that somebody had begun: here it is one that is not done",
            "1 × technique of a procedure that is none of ATT&CK: it stands on the timeline only",
        ],
    );
}

/// The form of version 4: other names of fields, `artifacts`, custom fields by their name.
fn version_4() -> Value {
    json!({
        "case": {
            "_id": "~8200", "id": "~8200", "_type": "case", "caseId": 7, "createdBy": "ana@example.com",
            "createdAt": 1_772_438_400_000_i64, "updatedAt": 1_772_618_400_000_i64, "title": "Miner on a build server",
            "description": "Load went up at night.", "severity": 2, "startDate": 1_772_438_400_000_i64,
            "endDate": 1_772_614_800_000_i64, "tags": ["T1496"], "flag": false, "tlp": 3, "pap": 0,
            "status": "Resolved",
            "resolutionStatus": "FalsePositive", "impactStatus": "NoImpact", "summary": "A test of our own.",
            "owner": "ana@example.com", "customFields": { "unit": { "string": "Build", "order": 0 } }, "stats": {},
            "permissions": [],
        },
        "tasks": [{
            "id": "~8300", "_type": "case_task", "createdBy": "ana@example.com", "createdAt": 1_772_440_200_000_i64,
            "title": "Look at the process", "group": "default", "owner": "ben@example.com", "status": "Completed",
            "flag": false, "startDate": 1_772_440_200_000_i64, "endDate": 1_772_443_800_000_i64, "order": 0,
            "logs": [
                { "id": "~8400", "_type": "case_task_log", "createdBy": "ben@example.com",
                  "createdAt": 1_772_442_000_000_i64, "startDate": 1_772_442_000_000_i64, "message": "It is ours.",
                  "status": "Ok", "owner": "ben@example.com" },
                { "id": "~8401", "_type": "case_task_log", "createdBy": "ben@example.com",
                  "createdAt": 1_772_442_060_000_i64, "startDate": 1_772_442_060_000_i64, "message": "gone",
                  "status": "Deleted", "owner": "ben@example.com" },
            ],
        }],
        "artifacts": [{
            "id": "~8500", "_type": "case_artifact", "createdBy": "ben@example.com",
            "createdAt": 1_772_441_000_000_i64, "startDate": 1_772_441_000_000_i64, "dataType": "fqdn",
            "data": "pool.example", "tlp": 3, "tags": [], "ioc": false, "sighted": false, "reports": {}, "stats": {},
        }],
    })
}

#[test]
fn a_case_of_version_4_is_read_under_its_own_names() {
    let carried = from_thehive(&version_4()).unwrap();
    check_pieces(
        &carried,
        &[
            "2026-03-02T08:00:00Z ana@example.com: note Description of the case in TheHive",
            "2026-03-02T08:00:00Z TheHive: status open, open in TheHive",
            "2026-03-02T08:30:00Z ana@example.com: task Look at the process, ben@example.com",
            "2026-03-02T08:30:00Z ana@example.com: note Task “Look at the process”",
            "2026-03-02T08:43:20Z ben@example.com: scope domain pool.example",
            "2026-03-02T09:00:00Z ben@example.com: note Log of the task “Look at the process”",
            "2026-03-02T09:30:00Z TheHive: done #3, completed in TheHive",
            "2026-03-04T09:00:00Z TheHive: status false_positive, closed in TheHive: FalsePositive, impact: NoImpact",
            "2026-03-04T09:00:00Z TheHive: note Summary of the case in TheHive",
            "2026-03-04T10:00:00Z TheHive: note Fields of the case there",
        ],
    );
    // A 3 without a name is the stricter of its two meanings.
    check_texts(
        &carried,
        &[("note Fields of the case there", &["| TLP | RED |", "| PAP | CLEAR |", "| unit | Build |"])],
    );
    assert_eq!((carried.id.as_str(), carried.techniques.as_slice()), ("7 (~8200)", ["T1496".to_owned()].as_slice()));
    check_left_out(&carried, &["1 × task log that was deleted there"]);
}

#[test]
fn how_far_work_was_follows_from_stage_and_status() {
    // Stage and status; what comes of them.
    let cases: [(Value, Value, &[&str]); 12] = [
        (json!("New"), json!("New"), &[]),
        (json!("InProgress"), json!("Waiting for a customer"), &["open"]),
        (json!("Closed"), json!("Duplicated"), &["open", "resolved"]),
        (json!("Closed"), json!("FalsePositive"), &["open", "false_positive"]),
        (json!("Closed"), Value::Null, &["open", "resolved"]),
        (Value::Null, json!("Open"), &["open"]),
        (Value::Null, json!("Resolved"), &["open", "resolved"]),
        (Value::Null, json!("New"), &[]),
        (Value::Null, json!("TruePositive"), &["open", "resolved"]),
        (json!("Somewhere"), json!("TruePositive"), &[]),
        (Value::Null, Value::Null, &[]),
        (json!(3), json!(["Open"]), &[]),
    ];
    for (stage, status, expected) in cases {
        let mut export = thehive_case();
        export["case"]["stage"] = stage.clone();
        export["case"]["status"] = status.clone();
        let carried = from_thehive(&export).unwrap();
        let found: Vec<String> = carried.pieces.iter().map(shown).filter(|line| line.contains(": status ")).collect();
        assert_eq!(found.len(), expected.len(), "{stage} {status}: {found:?}");
        for (line, expected) in found.iter().zip(expected) {
            assert!(line.contains(&format!(": status {expected}, ")), "{stage} {status}: {line}");
        }
        let known = ["New", "InProgress", "Closed"].iter().any(|known| stage == json!(known));
        let known = known || (stage.is_null() && !status.is_null());
        let unknown = carried.left_out.iter().any(|line| line.contains("status of the case, which is not known here"));
        assert_eq!(unknown, !known, "{stage} {status}: {:?}", carried.left_out);
    }
}

#[test]
fn custom_fields_arrive_in_any_form() {
    let cases = [
        (json!([{ "name": "unit", "type": "string", "value": "Build", "order": 0 }]), "| unit | Build |"),
        (json!([{ "unit": { "string": "Build", "order": 0 } }]), "| unit | Build |"),
        (json!({ "unit": { "order": 0, "string": "Build" } }), "| unit | Build |"),
        (json!({ "unit": { "date": 0, "order": 0 } }), "| unit | 1970-01-01 00:00:00 UTC |"),
        (json!({ "unit": "Build" }), "| unit | Build |"),
        (json!([{ "name": "unit", "type": "date", "value": "soon" }]), "| unit | soon |"),
        (json!([{ "name": "unit", "type": "boolean", "value": false }]), "| unit | false |"),
        (json!(["Build"]), "| Field without a name | Build |"),
    ];
    for (custom_fields, expected) in cases {
        let mut export = thehive_case();
        export["case"]["customFields"] = custom_fields;
        check_texts(&from_thehive(&export).unwrap(), &[("note Fields of the case there", &[expected])]);
    }
}

#[test]
fn a_case_comes_alone_too_and_as_the_one_answer_of_a_query() {
    let alone = thehive_case()["case"].clone();
    let carried = from_thehive(&alone).unwrap();
    check_left_out(&carried, &["1 × case alone: its tasks, observables and comments are not in the export"]);
    check_order(&carried);
    assert_eq!(carried.pieces.len(), 5);
    assert_eq!(from_thehive(&json!([alone])).unwrap(), carried);
    assert_eq!(from_thehive(&json!([thehive_case()])).unwrap(), from_thehive(&thehive_case()).unwrap());
}
