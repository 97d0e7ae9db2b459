//! What a reader at a terminal must find, and what must stay as it can be pasted.

use quell_model::{Incident, Investigation, MissingTelemetry, NextAction, Phase, Totals, Unparsed};
use quell_report::{TerminalOptions, html, markdown, terminal};

use crate::sample;

fn shown(investigation: &Investigation) -> String {
    terminal(investigation, TerminalOptions { width: 100, color: false })
}

fn only(incident: Incident) -> Investigation {
    Investigation { incidents: vec![incident], ..sample::nothing() }
}

#[test]
fn our_names_stay_as_they_are() {
    let mut incident = sample::host();
    incident.title = "From WS01.corp.example to 203.0.113.66 and cdn.upd8-static.zone, past 192.0.2.1".into();
    incident.severity_reasons[0].text = "DC01.corp.example talked to 203.0.113.66".into();
    incident.scope.hosts.push("192.0.2.9".into());
    incident.scope.principals.push("svc@corp.example".into());
    incident.next_actions[0].text = "Isolate WS01.corp.example, block 203.0.113.66:443".into();
    let investigation = only(incident);
    for text in [shown(&investigation), html(&investigation)] {
        let title = "From WS01.corp.example to 203.0.113[.]66 and cdn[.]upd8-static[.]zone, past 192.0.2.1";
        for expected in [title, "DC01.corp.example talked to 203.0.113[.]66", "192.0.2.9", "block 203.0.113[.]66:443"] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
    }
    assert!(markdown(&investigation).contains("Isolate WS01.corp.example, block 203.0.113\\[.\\]66:443"));
}

#[test]
fn several_incidents_have_an_index() {
    let mut investigation = sample::investigation();
    investigation.incidents[1].title = "long ".repeat(60);
    let text = shown(&investigation);
    let index: Vec<&str> = text.lines().skip_while(|line| !line.is_empty()).skip(1).take(2).collect();
    assert_eq!(
        index[0],
        "   1  CRITICAL  Document macro on WS01 led to cr…nd deleted shadow copies on DC01 (2024-05-01 22:58)"
    );
    assert!(index[1].starts_with("   2  HIGH      long long") && index[1].ends_with("(2024-06-11 03:14)"), "{index:?}");
    assert!(!shown(&only(sample::host())).contains("(2024-05-01 22:58)"));
}

#[test]
fn an_incident_without_steps_names_record_and_fields() {
    insta::assert_snapshot!(section(&shown(&only(sample::alert_only())), "Alerts of the incident"));
}

#[test]
fn scope_is_whole() {
    let mut incident = sample::cloud();
    let arn = format!("arn:aws:secretsmanager:eu-west-1:111122223333:secret:{}", "long/".repeat(40));
    incident.scope.resources[0].name.clone_from(&arn);
    let scope = section(&shown(&only(incident)), "Scope").replace(['\n', ' '], "");
    assert!(scope.contains(&arn), "{scope}");
}

#[test]
fn missing_telemetry_reads_as_sentences() {
    let mut incident = sample::cloud();
    let gap = |source: &str, shows: &str| MissingTelemetry { log_source: source.into(), would_show: shows.into() };
    let action = |text: &str, why: &str| NextAction { phase: Phase::PostIncident, text: text.into(), why: why.into() };
    incident.missing_telemetry = vec![
        gap("network sensor (Zeek, Suricata)", "how much was sent"),
        gap("see the inferred steps", "each names the record that would have stated it"),
    ];
    incident.next_actions = vec![
        action("Consider collecting: VPC flow logs", "it would show traffic of the instance"),
        action("Consider collecting: see the inferred steps", "it would show each names the record"),
    ];
    let text = shown(&only(incident));
    insta::assert_snapshot!(format!(
        "{}\n{}",
        section(&text, "Missing telemetry and what it would show"),
        section(&text, "Next actions")
    ));
}

#[test]
fn unknown_and_empty_inputs_say_so() {
    let nothing = Investigation {
        sources: vec![],
        totals: Totals { inputs: 2, rules: 7, ..Totals::default() },
        ..sample::nothing()
    };
    let part = |offset| Unparsed { file: "a.txt".into(), offset, reason: "no known log format".into() };
    let mut unknown = nothing.clone();
    unknown.unparsed = (0..5).map(part).collect();
    unknown.totals.unparsed = 9;
    insta::assert_snapshot!(format!("{}\n=====\n{}", shown(&nothing), shown(&unknown)));
}

#[test]
fn unread_parts_are_folded_and_bounded() {
    let part = |n: u64| Unparsed { file: format!("{:02}.log", n / 10), offset: n, reason: format!("reason {}", n % 2) };
    let mut investigation = sample::nothing();
    investigation.unparsed = (0..300).map(part).collect();
    investigation.totals.unparsed = 300;
    let text = shown(&investigation);
    assert!(
        text.contains("  00.log: 5 × reason 0, first at byte 0\n  00.log: 5 × reason 1, first at byte 1\n"),
        "{text}"
    );
    assert!(text.ends_with("  09.log: 5 × reason 1, first at byte 91\n  and 20 more files\n"), "{text}");
}

/// A section from its title to the next blank line.
fn section(text: &str, title: &str) -> String {
    let (_, after) = text.split_once(&format!("\n{title}\n")).unwrap();
    format!("{title}\n{}", after.split("\n\n").next().unwrap())
}
