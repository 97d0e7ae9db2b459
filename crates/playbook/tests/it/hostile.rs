//! Documents of nobody: arbitrary values, random edits, random graphs against a plain walk, and very large ones.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use quell_playbook::Document;
use quell_playbook::validate::check;
use serde_json::{Map, Value, json};

use crate::mutants::{base, survives};

/// Names that documents know, so that arbitrary values come far.
fn name() -> impl Strategy<Value = String> {
    let known = [
        "type",
        "id",
        "workflow",
        "workflow_start",
        "workflow_exception",
        "on_completion",
        "on_success",
        "on_true",
        "next_steps",
        "cases",
        "commands",
        "agent",
        "targets",
        "agent_definitions",
        "target_definitions",
        "address",
        "signatures",
        "signature",
        "step_variables",
        "playbook_variables",
        "__a__",
        "condition",
        "markings",
        "data_marking_definitions",
        "external_references",
        "playbook_extensions",
        "contact",
        "location",
        "created",
        "modified",
        "in_args",
        "switch",
        "start--5e1b7f0a-2c34-4d7e-9a10-c0ffee000001",
        "action--5e1b7f0a-2c34-4d7e-9a10-c0ffee000002",
        "quell",
    ];
    prop_oneof![8 => prop::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => any::<String>()]
}

fn scalar() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        name(),
        any::<String>(),
        prop::sample::select(vec![
            "start",
            "end",
            "action",
            "parallel",
            "if-condition",
            "manual",
            "http-api",
            "bash",
            "__a__:value",
            "__a__:value = 'x'",
            "2026-11-30T00:00:00.000Z",
            "marking-tlp",
            "ssh",
            "oauth2",
            "cacao-2.0",
            "action--look",
            "0.0",
            "~",
            "yes",
        ])
        .prop_map(str::to_owned),
    ];
    prop_oneof![
        4 => text.prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            3 => prop::collection::vec((name(), inner), 0..8).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn document() -> impl Strategy<Value = Document> {
    prop::collection::vec((name(), value()), 0..10)
        .prop_map(|members| Document::of(Value::Object(members.into_iter().collect())).unwrap())
}

/// Pointers to all values of a document.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    let members: Vec<(String, &Value)> = match value {
        Value::Object(object) => {
            object.iter().map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value)).collect()
        }
        Value::Array(items) => items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (key, value) in members {
        pointers(value, &format!("{at}/{key}"), found);
    }
}

#[derive(Debug, Clone)]
enum Edit {
    Set(Value),
    Copy(prop::sample::Index),
    Remove,
    Add(String, Value),
}

fn edit() -> impl Strategy<Value = (prop::sample::Index, Edit)> {
    let edit = prop_oneof![
        scalar().prop_map(Edit::Set),
        any::<prop::sample::Index>().prop_map(Edit::Copy),
        Just(Edit::Remove),
        (name(), value()).prop_map(|(name, value)| Edit::Add(name, value)),
    ];
    (any::<prop::sample::Index>(), edit)
}

fn edited(edits: Vec<(prop::sample::Index, Edit)>) -> Document {
    let mut document = base();
    for (at, edit) in edits {
        let mut all = Vec::new();
        pointers(&document, "", &mut all);
        let pointer = at.get(&all).clone();
        let copied = match &edit {
            Edit::Copy(other) => document.pointer(other.get(&all).as_str()).cloned(),
            Edit::Set(value) | Edit::Add(_, value) => Some(value.clone()),
            Edit::Remove => None,
        };
        match (edit, copied) {
            (Edit::Remove, _) => {
                let (above, last) = pointer.rsplit_once('/').unwrap_or_default();
                if let Some(object) = document.pointer_mut(above).and_then(Value::as_object_mut) {
                    object.shift_remove(&last.replace("~1", "/").replace("~0", "~"));
                }
            }
            (Edit::Add(name, _), Some(value)) => {
                if let Some(object) = document.pointer_mut(&pointer).and_then(Value::as_object_mut) {
                    object.insert(name, value);
                }
            }
            (_, Some(value)) if !pointer.is_empty() => *document.pointer_mut(&pointer).unwrap() = value,
            _ => {}
        }
    }
    Document::of(document).unwrap()
}

/// Asserts that each finding names a place that is there, or a member of one that is missing.
fn found_places(document: &Document) {
    let value = document.value();
    for finding in check(document) {
        let above = finding.at.rsplit_once('/').map_or("", |(above, _)| above);
        assert!(value.pointer(&finding.at).or(value.pointer(above)).is_some(), "{finding:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_value_is_checked_and_kept(document in document()) {
        found_places(&document);
        survives(&document);
    }

    #[test]
    fn any_edit_of_the_base_is_checked_and_kept(edits in prop::collection::vec(edit(), 1..6)) {
        let document = edited(edits);
        found_places(&document);
        survives(&document);
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn lines_meet_where_a_plain_walk_says(steps in prop::collection::vec(step(), 2..8)) {
        let document = random_graph(&steps);
        let findings = check(&document);
        let rules: BTreeSet<&str> = findings.iter().map(|finding| finding.rule).collect();
        if !rules.contains("wf-acyclic") {
            let meet = ["wf-branch-disjoint", "wf-branch-end-unique", "wf-exception-separate"];
            let found = meet.iter().any(|rule| rules.contains(rule));
            prop_assert_eq!(found, plain_meeting(&document), "{}", document.to_json());
        }
    }
}

type Step = (&'static str, [usize; 4]);

fn step() -> impl Strategy<Value = Step> {
    (prop::sample::select(vec!["action", "if-condition", "parallel", "end"]), prop::array::uniform4(0_usize..8))
}

fn random_graph(steps: &[Step]) -> Document {
    let id = |number: usize| format!("{}--5e1b7f0a-2c34-4d7e-9a10-{number:012}", steps[number].0);
    let mut workflow = Map::new();
    let start = "start--5e1b7f0a-2c34-4d7e-9a10-c0ffee000001";
    workflow.insert(start.to_owned(), json!({"type": "start", "on_completion": id(0)}));
    for (number, (kind, to)) in steps.iter().enumerate() {
        // Always forward, so that there are no cycles; some lead nowhere.
        let to = to.map(|to| Some(number + 1 + to % 4).filter(|to| *to < steps.len()).map_or("end--x".to_owned(), id));
        let step = match *kind {
            "action" if number % 2 == 0 => json!({"type": kind, "on_success": to[0], "on_failure": to[1]}),
            "if-condition" => json!({"type": kind, "on_true": to[0], "on_false": to[1], "on_completion": to[2]}),
            "parallel" => json!({"type": kind, "next_steps": [to[0], to[1]], "on_completion": to[3]}),
            "end" => json!({"type": kind}),
            _ => json!({"type": kind, "on_completion": to[0]}),
        };
        workflow.insert(id(number), step);
    }
    Document::of(json!({"workflow_start": start, "workflow_exception": id(steps.len() - 1), "workflow": workflow}))
        .unwrap()
}

/// Whether some step is in two lines, by going along every path.
fn plain_meeting(document: &Document) -> bool {
    fn walk(workflow: &Map<String, Value>, at: &str, line: &str, lines: &mut BTreeMap<String, BTreeSet<String>>) {
        let Some(step) = workflow.get(at) else { return };
        lines.entry(at.to_owned()).or_default().insert(line.to_owned());
        for member in ["on_completion", "on_success", "on_failure"] {
            if let Some(to) = step[member].as_str() {
                walk(workflow, to, line, lines);
            }
        }
        for member in ["on_true", "on_false"] {
            if let Some(to) = step[member].as_str() {
                walk(workflow, to, &format!("{at}/{member}"), lines);
            }
        }
        for (index, to) in step["next_steps"].as_array().into_iter().flatten().enumerate() {
            walk(workflow, to.as_str().unwrap(), &format!("{at}/{index}"), lines);
        }
    }
    let workflow = document.members()["workflow"].as_object().unwrap();
    let mut lines = BTreeMap::new();
    walk(workflow, document.text("workflow_start"), "main", &mut lines);
    walk(workflow, document.text("workflow_exception"), "exception", &mut lines);
    lines.values().any(|lines| lines.len() > 1)
}

fn large(steps: usize, step: impl Fn(usize, &dyn Fn(usize) -> String) -> Value) -> Document {
    let id = |number: usize| format!("if-condition--5e1b7f0a-2c34-4d7e-9a10-{number:012}");
    let mut workflow = Map::new();
    workflow.insert(
        "start--5e1b7f0a-2c34-4d7e-9a10-c0ffee000001".to_owned(),
        json!({"type": "start", "on_completion": id(0)}),
    );
    workflow.extend((0..steps).map(|number| (id(number), step(number, &id))));
    Document::of(json!({"workflow_start": "start--5e1b7f0a-2c34-4d7e-9a10-c0ffee000001", "workflow": workflow}))
        .unwrap()
}

#[test]
fn large_documents_take_time_in_proportion() {
    const STEPS: usize = 100_000;
    const FEWER: usize = 20_000;
    let condition = "EXISTS __a__:value";
    // A line, branches in branches, and branches that all lead into one line.
    let line =
        large(FEWER, |n, id| json!({"type": "if-condition", "condition": condition, "on_completion": id(n + 1)}));
    let nested = large(STEPS, |n, id| json!({"type": "if-condition", "condition": condition, "on_true": id(n + 1)}));
    let joined = large(
        FEWER,
        |n, id| json!({"type": "if-condition", "on_true": id(n + 1), "on_false": id(FEWER / 2), "on_completion": id(n + 1)}),
    );
    for document in [line, nested, joined] {
        assert!(!check(&document).is_empty());
    }
    let agent = "__a__:value __b__:value ".repeat(50_000);
    let shared = "linux--5e1b7f0a-2c34-4d7e-9a10-c0ffee000002";
    let mut using = large(FEWER, |_, _| json!({"type": "action", "agent": shared, "targets": [shared]})).value();
    using["agent_definitions"] = json!({shared: {"type": "linux", "name": agent}});
    assert!(!check(&Document::of(using).unwrap()).is_empty());
}

#[test]
fn deep_documents_overflow_nothing() {
    let mut signature = json!({"type": "jss"});
    let mut contents = json!("__a__:value");
    for level in 0..200 {
        signature = json!({"type": "jss", "signature": signature});
        contents = if level % 2 == 0 { json!([contents]) } else { json!({"__b__:value": contents}) };
    }
    let step = json!({"type": "action", "step_extensions": {"x": contents.clone()}, "commands": [contents.clone()]});
    let document = json!({
        "workflow": {"action--5e1b7f0a-2c34-4d7e-9a10-c0ffee000001": step},
        "signatures": [signature],
        "external_references": [contents.clone()],
        "agent_definitions": {"x": contents},
    });
    let findings = check(&Document::of(document).unwrap());
    assert!(findings.iter().any(|finding| finding.at.ends_with(&"/signature".repeat(200))));
    assert_eq!(findings.iter().filter(|finding| finding.rule == "variable-declared").count(), 2);
}
