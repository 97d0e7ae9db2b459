//! Cases of DFIR-IRIS, version 2.

use quell_model::Level;
use quell_report::from_iris;
use serde_json::{Value, json};

use super::{check_left_out, check_pieces, check_texts, iris_case, shown};

#[test]
fn everything_of_a_case_arrives_in_the_order_of_time() {
    check_pieces(
        &from_iris(&iris_case()).unwrap(),
        &[
            "2026-04-07T09:12:44.12Z Lena Ortiz: note Description of the case in DFIR-IRIS",
            "2026-04-07T09:12:44.12Z Omar Haddad: scope endpoint 203.0.113.77",
            "2026-04-07T09:12:44.12Z Lena Ortiz: scope domain updates.example",
            "2026-04-07T09:12:44.12Z DFIR-IRIS: scope file /tmp/.cache/agent",
            "2026-04-07T09:12:44.12Z Lena Ortiz: event of 2026-04-06T22:14:00Z, \
             First sign-in with the forgotten account",
            "2026-04-07T09:12:44.12Z Omar Haddad: event of 2026-04-07T02:30:00Z, 41 gigabytes leave the network",
            "2026-04-07T09:40:00Z DFIR-IRIS: task Cut the database server off, Lena Ortiz",
            "2026-04-07T09:40:00Z DFIR-IRIS: note Task “Cut the database server off”",
            "2026-04-07T09:41:00Z DFIR-IRIS: task Ask the hosting company for flow records, Omar Haddad",
            "2026-04-07T09:42:00Z DFIR-IRIS: task Check the backups, Lena Ortiz",
            "2026-04-07T09:42:00Z DFIR-IRIS: note Task “Check the backups”",
            "2026-04-07T09:45:00Z DFIR-IRIS: scope host db-02.corp.example.com",
            "2026-04-07T09:45:00Z DFIR-IRIS: judged host db-02.corp.example.com, Affected",
            "2026-04-07T09:50:00Z DFIR-IRIS: scope principal svc-backup",
            "2026-04-07T09:50:00Z DFIR-IRIS: judged principal svc-backup, RuledOut",
            "2026-04-07T09:51:00Z DFIR-IRIS: scope host app-01.corp.example.com",
            "2026-04-07T09:52:00Z DFIR-IRIS: scope resource crm.example.com",
            "2026-04-07T09:53:00Z DFIR-IRIS: judged host app-01.corp.example.com, Affected",
            "2026-04-07T09:53:00Z DFIR-IRIS: note Indicators and assets of the case in DFIR-IRIS",
            "2026-04-07T10:30:00Z Lena Ortiz: note First findings",
            "2026-04-07T10:45:00Z Omar Haddad: note Comment on the note “First findings”",
            "2026-04-07T11:50:00Z Omar Haddad: action of 2026-04-07T11:50:00Z, The server was cut off",
            "2026-04-07T12:05:00Z DFIR-IRIS: done #7, done in DFIR-IRIS",
            "2026-04-07T12:10:00Z Lena Ortiz: note Comment in DFIR-IRIS",
            "2026-04-07T13:20:00Z DFIR-IRIS: note Evidence of the case in DFIR-IRIS",
            "2026-04-08T10:00:00Z DFIR-IRIS: dropped #9, cancelled in DFIR-IRIS",
            "2026-04-08T10:05:00Z Omar Haddad: note Call with the hosting company",
            "2026-04-09T08:00:00Z DFIR-IRIS: task Write the report",
            "2026-04-10T23:59:59Z DFIR-IRIS: status resolved, closed in DFIR-IRIS: true_positive_with_impact",
            "2026-04-10T23:59:59Z DFIR-IRIS: note Closing note of the case in DFIR-IRIS",
            "2026-04-11T08:00:00Z DFIR-IRIS: note Fields of the case there",
        ],
    );
}

#[test]
fn what_the_case_itself_says_arrives() {
    check_texts(
        &from_iris(&iris_case()).unwrap(),
        &[
            ("note Description of the case in DFIR-IRIS", &["\n\n- outbound transfer at night\n- an account"]),
            ("note Closing note of the case in DFIR-IRIS", &["Access was closed, customers were told."]),
            (
                "note Fields of the case there",
                &[
                    "| Number | 17 |",
                    "| UUID | 00000011-5b1e-4f0a-9d3c-6a7e8b9c0d1e |",
                    "| Ticket | SOC-2026-0117 |",
                    "| Severity | Critical |",
                    "| State | Closed |",
                    "| Class | intrusion:privileged-account-compromise |",
                    "| Customer | Example Retail |",
                    "| Owner | Omar Haddad |",
                    "| Reviewer | Lena Ortiz |",
                    "| Review | Reviewed |",
                    "| Outcome | true_positive_with_impact |",
                    "| Closed | 2026-04-10 |",
                    "| Tags | exfiltration, attack.t1567.002 |",
                    "| Protagonist | Data protection officer, Ines Vogt, ines@example.com |",
                    "| Alerts | [811,812] |",
                    "| Insurance, Policy | EX-4471 |",
                    "| Insurance, Told | true |",
                    "| Exported | 2026-04-11 08:00:00 UTC |",
                ],
            ),
        ],
    );
}

#[test]
fn what_its_parts_say_arrives() {
    check_texts(
        &from_iris(&iris_case()).unwrap(),
        &[
            (
                "note Task “Cut the database server off”",
                &[
                    "Keep it running: its memory is needed.",
                    "Tags: containment",
                    "Assigned to: Lena Ortiz, Omar Haddad",
                ],
            ),
            (
                "scope host db-02.corp.example.com",
                &[
                    "Asset of the kind Linux - Server in DFIR-IRIS",
                    "Holds the customer records.",
                    "Domain: corp.example.com",
                    "Address: 192.0.2.14",
                    "Rack 3",
                    "Compromise: Compromised",
                    "Analysis: Started",
                    "Tags: crown-jewel,attack.t1021.004",
                    "Indicators: 203.0.113.77",
                ],
            ),
            ("judged principal svc-backup, RuledOut", &["in DFIR-IRIS: Not Compromised"]),
            ("scope resource crm.example.com", &["Compromise: To Be Determined", "Contract, Owner: Sales"]),
            // Names of TLP come from the timeline, or are those of a fresh installation; else the strictest holds.
            ("scope endpoint 203.0.113.77", &["of the kind ip-dst", "Tags: c2,attack.t1041", "TLP: amber"]),
            ("scope domain updates.example", &["TLP: partners"]),
            ("scope file /tmp/.cache/agent", &["TLP: green"]),
            (
                "note Indicators and assets of the case in DFIR-IRIS",
                &[
                    "| sha256 | 5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8 | \
                     red, as 9 is not known here | agent | The agent  Sandbox, Verdict: agent of a kit | Lena Ortiz |",
                    "| Linux - Server | app-01.corp.example.com | – | – | \
                     Asset of the kind Linux - Server in DFIR-IRIS  Entered twice.",
                ],
            ),
            (
                "event of 2026-04-06T22:14:00Z, First sign-in with the forgotten account",
                &[
                    "The account had not been used for a year.",
                    "Category: Initial Access",
                    "Source: sshd",
                    "Assets: db-02.corp.example.com (Linux - Server)",
                    "Indicators: 203.0.113.77",
                    "Raw:\n\n    Accepted publickey for olduser\n    from 203.0.113.77 port 50122",
                ],
            ),
            ("event of 2026-04-07T02:30:00Z, 41 gigabytes leave the network", &["Zone there: +02:00"]),
            ("note First findings", &["# What we know\n\nThe sign-in came with a key", "Folder: Findings"]),
            ("note Comment on the note “First findings”", &["The key is from 2023."]),
            ("note Comment in DFIR-IRIS", &["Done at noon, with the memory kept."]),
            (
                "note Evidence of the case in DFIR-IRIS",
                &[
                    "| db-02-memory.lime | 17179869184 | 2c26b46b",
                    "| 2026-04-07 13:00:00 UTC | Lena Ortiz | Custody, Seal: A-0093 |",
                    "| proxy-2026-04-07.log.gz | 88214 | – | 2026-04-07 13:20:00 UTC | Omar Haddad | – |",
                ],
            ),
        ],
    );
}

#[test]
fn the_incident_itself_is_told() {
    let carried = from_iris(&iris_case()).unwrap();
    let told = (carried.program.as_str(), carried.id.as_str(), carried.title.as_str(), carried.severity);
    let title = "Customer records copied from the database server";
    assert_eq!(
        told,
        ("DFIR-IRIS", "17 (00000011-5b1e-4f0a-9d3c-6a7e8b9c0d1e)", title, Level::Critical),
        "the title goes without the number before it"
    );
    assert_eq!(carried.opened_at.to_string(), "2026-04-07T09:12:44.12Z");
    assert_eq!(carried.first_seen.unwrap().to_string(), "2026-04-06T22:14:00Z");
    assert_eq!(carried.last_seen.unwrap().to_string(), "2026-04-07T02:30:00Z");
    assert_eq!(carried.techniques, ["T1021.004", "T1041", "T1078", "T1567.002"]);
    check_left_out(
        &carried,
        &[
            "1 × earlier text of a note that was changed there",
            "1 × list of alerts of the case: only their numbers are in the export",
            "2 × piece of evidence: it is not in the export; what is known of it stands in a note",
            "3 × piece of which no time is known: the time of opening stands for it",
            "1 × task that somebody had begun: here it is one that is not done",
            "3 × time at which a moment was written down: its own or that of opening stands for it",
            "1 × time of closing: only its day is in the export, and the end of that stands for it",
            "1 × user of whom the export has a number only",
        ],
    );
}

/// State, day of closing and outcome of a case; what comes of them, and when.
type Named = (Value, Value, Value, Option<(&'static str, &'static str)>);

#[test]
fn how_far_work_was_follows_from_the_state() {
    // State, day of closing, outcome; what comes of them, and when.
    let closed = "2026-04-10T23:59:59Z";
    let opened = "2026-04-07T09:12:44.12Z";
    let cases: [Named; 9] = [
        (json!("Closed"), json!("2026-04-10"), json!("legitimate"), Some(("false_positive", closed))),
        (json!("Closed"), json!("2026-04-10"), json!("false_positive"), Some(("false_positive", closed))),
        (json!("Closed"), Value::Null, json!("unknown"), Some(("resolved", opened))),
        (json!("Closed"), json!("some day"), json!("unknown"), Some(("resolved", opened))),
        (json!("Closed"), json!("9999-12-31"), json!("unknown"), Some(("resolved", opened))),
        (json!("Eradication"), Value::Null, json!("unknown"), Some(("open", opened))),
        // It was opened again, and the day of closing stayed.
        (json!("In progress"), json!("2026-04-10"), json!("unknown"), Some(("open", opened))),
        (json!("Unspecified"), Value::Null, json!("unknown"), None),
        (Value::Null, json!("2026-04-10"), json!("not_applicable"), Some(("resolved", closed))),
    ];
    for (state, close_date, outcome, expected) in cases {
        let mut export = iris_case();
        let case = &mut export["data"]["case"];
        case["state"]["state_name"] = state.clone();
        case["close_date"] = close_date.clone();
        case["status_name"] = outcome;
        let pieces = from_iris(&export).unwrap().pieces;
        let found: Vec<String> = pieces.iter().map(shown).filter(|line| line.contains(": status ")).collect();
        let expected = expected.map(|(status, at)| format!("{at} DFIR-IRIS: status {status}, "));
        assert_eq!(found.len(), usize::from(expected.is_some()), "{state} {close_date}: {found:?}");
        for (line, expected) in found.iter().zip(&expected) {
            assert!(line.starts_with(expected), "{state} {close_date}: {line}");
        }
    }
}

#[test]
fn kinds_of_assets_are_known_by_their_words() {
    let cases = [
        ("Account", "principal"),
        ("Windows Account - AD - krbtgt", "principal"),
        ("Linux Account", "principal"),
        ("Windows - DC", "host"),
        ("Phone - IOS", "host"),
        ("WAF", "host"),
        ("Firewall", "host"),
        ("Kubernetes pod", "container"),
        ("S3 bucket", "bucket"),
        ("Accounting program", "resource"),
        ("", "resource"),
    ];
    for (kind, expected) in cases {
        let mut export = iris_case();
        export["data"]["assets"][3]["type"] = json!(kind);
        let carried = from_iris(&export).unwrap();
        let line = format!("scope {expected} crm.example.com");
        assert!(carried.pieces.iter().any(|piece| shown(piece).ends_with(&line)), "{kind}: {:#?}", carried.pieces);
    }
}

#[test]
fn an_export_comes_with_the_answer_around_it_or_without() {
    let export = iris_case();
    assert_eq!(from_iris(&export["data"]).unwrap(), from_iris(&export).unwrap());
}
