//! Cases of rules that the mutants leave out: our own rules, corners, and what must not be found.

use quell_playbook::Document;
use quell_playbook::validate::{Grade, check};
use serde_json::{Value, json};

use crate::mutants::base;
use crate::patch::apply;

/// Short names of places in the base document.
const ACCOUNT: &str = "/workflow/action--4a8f8e61-8cb2-48dd-a717-f50a7dc5226e";
const LOOP: &str = "/workflow/while-condition--ce9562fc-8142-47bc-8f3b-cbb2ea20d69f";
const REVOKE: &str = "/workflow/action--55cc5d61-6e73-4004-8194-cd4e28a64a15";
const ESCALATE: &str = "/workflow/action--e7724ec1-01c7-4e44-a6d5-afed352c43fb";
const ROUTER: &str = "/target_definitions/net-address--ae46e15c-4d95-4a99-91e3-a2a76cbd1d7f";
const HOST: &str = "/target_definitions/ssh--307c828e-2fb1-4969-8587-479b5149fbf8";
const ANALYST: &str = "/agent_definitions/individual--755719bf-b13a-48a0-8956-a4e4816cc88b";

/// Rules with their grade that are found when a member of the base document is set.
fn found(at: &str, value: Value) -> Vec<(&'static str, Grade)> {
    let mut document = base();
    let op = if document.pointer(at).is_some() { "replace" } else { "add" };
    apply(&mut document, &json!([{"op": op, "path": at, "value": value}]));
    check(&Document::of(document).unwrap()).into_iter().map(|finding| (finding.rule, finding.grade)).collect()
}

#[test]
fn one_change_is_one_finding() {
    use Grade::{Error, Warning};
    let check = |at: &str, value: Value, expected: &[(&str, Grade)]| {
        assert_eq!(found(at, value.clone()), expected, "{at} {value}")
    };
    let none: &[(&str, Grade)] = &[];
    check("/description", json!(5), &[("member-type", Error)]);
    check("/labels", json!([5]), &[("member-type", Error)]);
    check("/revoked", json!("no"), &[("member-type", Error)]);
    check("/agent_definitions/individual--5e1b7f0a-2c34-4d7e-9a10-c0ffee000001", json!(1), &[("member-type", Error)]);
    check("/playbook_types/0", json!("hunting"), &[("open-vocabulary", Warning)]);
    check("/industry_sectors/1", json!("bakery"), &[("open-vocabulary", Warning)]);
    check("/playbook_variables/__marker__/type", json!("colour"), &[("open-vocabulary", Warning)]);
    check(&format!("{ESCALATE}/commands/0/type"), json!("carrier-pigeon"), &[("open-vocabulary", Warning)]);
    check(&format!("{REVOKE}/commands/0/headers/X:Y"), json!([]), &[("dict-key-form", Warning)]);
    check("/playbook_variables/__ticket_fields__/value", json!("{\"a b\":1}"), &[("dict-key-form", Warning)]);
    check("/playbook_variables/__ticket_fields__/value", json!({"queue": "identity"}), none);
    check("/playbook_variables/__marker__/value", json!("__account_id__:value"), none);
    check("/playbook_variables/__suspect_ip__/value", json!("198.51.100.0/24"), none);
    check("/priority", json!(5.0), none);
    check(&format!("{ACCOUNT}/timeout"), json!(0), none);
    check("/valid_from", json!("2026-11-21T00:00:00Z"), none);
    check("/created", json!("2026-02-30T09:00:00.000Z"), &[("timestamp-calendar", Error)]);
    check(&format!("{ROUTER}/address/vlan"), json!(["210", 4095, "__account_id__:value"]), none);
    check(&format!("{HOST}/port"), json!("__account_id__:value"), none);
    check(&format!("{HOST}/address/ipv4/0"), json!("__suspect_ip__:value"), none);
    check(&format!("{HOST}/port"), json!("+22"), &[("at-port", Error)]);
    check(&format!("{ANALYST}/location/latitude"), json!("NaN"), &[("civic-lat-long-range", Error)]);
    check(&format!("{ANALYST}/location/latitude"), json!("90"), none);
    check(&format!("{LOOP}/condition"), json!("__open_sessions__ : value > 0"), none);
    check(&format!("{LOOP}/condition"), json!("__undeclared__ : value > 0"), &[("variable-declared", Error)]);
    check(&format!("{LOOP}/condition"), json!("__round__:value > 0"), none);
    check(&format!("{REVOKE}/commands/0/command"), json!("POST __idp_base__:value/revoke HTTP/2"), none);
    check(&format!("{REVOKE}/commands/0/content"), json!("a __x__:value"), &[("variable-declared", Error)]);
    check(&format!("{ESCALATE}/description"), json!("not __x_:value, not x:value"), none);
}

#[test]
fn steps_in_two_lines_are_found_where_they_meet() {
    let line = |on: [&str; 3]| json!({"type": "action", "on_success": on[0], "on_failure": on[1], "name": on[2]});
    let id = |kind: &str, number: u32| format!("{kind}--5e1b7f0a-2c34-4d7e-9a10-{number:012}");
    let [start, one, two, left, right, shared, end] = [
        ("start", 1),
        ("if-condition", 2),
        ("if-condition", 3),
        ("action", 4),
        ("action", 5),
        ("action", 6),
        ("end", 7),
    ]
    .map(|(kind, number)| id(kind, number));
    // Success and failure may come together again; two branching steps may not share a branch.
    let check = |on_true: &str, rules: &[&str]| {
        let workflow = json!({
            start.as_str(): {"type": "start", "on_completion": left},
            left.as_str(): line([&one, &right, ""]),
            right.as_str(): line([&one, &one, ""]),
            one.as_str(): {"type": "if-condition", "condition": "EXISTS __a__:value", "on_true": shared, "on_completion": two},
            two.as_str(): {"type": "if-condition", "condition": "EXISTS __a__:value", "on_true": on_true, "on_completion": end},
            shared.as_str(): {"type": "action", "on_completion": id("end", 8)},
            id("end", 8): {"type": "end"},
            id("end", 9): {"type": "end"},
            end.as_str(): {"type": "end"},
        });
        let document = Document::of(json!({"workflow_start": start, "workflow": workflow})).unwrap();
        let found = check(&document).into_iter().filter(|finding| finding.rule.starts_with("wf-branch"));
        let found: Vec<_> = found.map(|finding| (finding.rule, finding.at)).collect();
        let expected: Vec<_> = rules.iter().map(|rule| (*rule, format!("/workflow/{two}"))).collect();
        assert_eq!(found, expected);
    };
    check(&id("end", 9), &[]);
    check(&shared, &["wf-branch-disjoint"]);
    check(&id("end", 8), &["wf-branch-end-unique"]);
    check(&end, &["wf-branch-end-unique"]);
}

#[test]
fn warnings_do_not_crowd_out_errors() {
    let mut document = base();
    let step = json!({"type": "end", "name": "left over"});
    let id = |number: u32| format!("end--5e1b7f0a-2c34-4d7e-9a10-{number:012}");
    let steps = document["workflow"].as_object_mut().unwrap();
    steps.extend((0..20_000).map(|number| (id(number), step.clone())));
    document["name"] = json!(5);
    let findings = check(&Document::of(document).unwrap());
    assert_eq!(findings.iter().filter(|finding| finding.rule == "wf-all-reachable").count(), 10_000);
    assert_eq!(findings.iter().filter(|finding| finding.grade == Grade::Error).count(), 1);
}

#[test]
fn patterns_are_counted() {
    let mut document = base();
    let step = json!({"type": "while-condition", "condition": format!("__case_id__:value MATCHES 'x'{}", " OR __case_id__:value LIKE 'x'".repeat(99))});
    let id = |number: u32| format!("while-condition--5e1b7f0a-2c34-4d7e-9a10-{number:012}");
    let steps = document["workflow"].as_object_mut().unwrap();
    steps.extend((0..11).map(|number| (id(number), step.clone())));
    let findings = check(&Document::of(document).unwrap());
    let refused: Vec<_> = findings.iter().filter(|finding| finding.rule == "condition-syntax").collect();
    assert_eq!(refused.len(), 1, "{refused:?}");
}
