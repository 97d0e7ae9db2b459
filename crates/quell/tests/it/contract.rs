//! What callers rely on: exit codes, JSON as its schema says, a closed pipe.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::run::{Folder, command, investigation, quell, stderr, stdout};

#[test]
fn exit_codes() {
    let folder = Folder::with_intrusion("exit");
    let (logs, empty) = (folder.file("logs"), folder.with("empty", ""));
    let text = folder.file("report.txt");
    let check = |arguments: &[&str], code: i32, says: &str| {
        let output = quell(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(says), "{arguments:?}: {}", stderr(&output));
    };
    check(&["investigate", &empty], 0, "");
    check(&["investigate", &empty, "--fail-on", "informational"], 0, "");
    check(&["investigate", "absent\u{1b}[31m"], 1, "no such file or folder: absent\\u{1b}[31m");
    check(&["investigate", "absent", &logs], 0, "");
    check(&["detect", "absent"], 1, "no such file or folder: absent");
    check(&["investigate", &logs, "--report", &text], 2, "must end with .html or .md");
    check(&["investigate", &empty, "--mapping", "absent"], 1, "cannot read mapping absent");
    check(&[], 2, "Usage");
    check(&["investigate"], 2, "required");
    check(&["investigate", &logs, "--fail-on", "much"], 2, "possible values");
    check(&["investigate", &logs, "--fail-on", "low"], 3, "");
    check(&["detect", "--quiet", &logs, "--fail-on", "low"], 3, "");
}

fn schema(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas").join(name);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Every key that the schema requires is there, and every key that is there is in the schema, all the way down.
fn check(value: &Value, schema: &Value, root: &Value, place: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        return check(value, &root["$defs"][name.trim_start_matches("#/$defs/")], root, place);
    }
    for required in schema["required"].as_array().into_iter().flatten() {
        assert!(value.get(required.as_str().unwrap()).is_some(), "{place}: no {required}");
    }
    if let (Some(properties), Some(object)) = (schema["properties"].as_object(), value.as_object()) {
        for (key, inner) in object {
            let inner_schema = properties.get(key).unwrap_or_else(|| panic!("{place}.{key} is not in the schema"));
            check(inner, inner_schema, root, &format!("{place}.{key}"));
        }
    }
    for (at, item) in value.as_array().into_iter().flatten().enumerate() {
        check(item, &schema["items"], root, &format!("{place}[{at}]"));
    }
}

#[test]
fn json_is_as_the_schemas_say() {
    let folder = Folder::with_intrusion("schema");
    let logs = folder.file("logs");
    folder.with("logs/broken", "{\"a\":");
    let told = investigation(&[&logs]);
    let contract = schema("investigation.schema.json");
    check(&told, &contract, &contract, "$");
    assert_eq!(told["incidents"].as_array().map(Vec::len), Some(1));
    assert_eq!(told["unparsed"].as_array().map(Vec::len), Some(1));

    let output = quell(&["detect", "--json", "--quiet", &logs]);
    let contract = schema("detect-alert.schema.json");
    let mut lines = 0;
    for line in stdout(&output).lines() {
        let alert: Value = serde_json::from_str(line).unwrap();
        check(&alert, &contract, &contract, "$");
        for key in ["rule", "time", "event", "matched"] {
            assert!(alert[key].is_object() || alert[key].is_string(), "{key} in {line}");
        }
        lines += 1;
    }
    assert_eq!(told["totals"]["alerts"], lines);
    assert_eq!(stderr(&output), "");
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let folder = Folder::with_intrusion("pipe");
    let logs = folder.file("logs");
    // More alerts than a pipe holds.
    let text = folder.text("logs/SRV02.jsonl");
    let line = text.lines().find(|line| line.contains("whoami.exe")).unwrap();
    folder.with("logs/again.jsonl", format!("{line}\n").repeat(500));
    for arguments in [&["detect", "--json", &logs][..], &["investigate", "--json", &logs], &["rules"]] {
        let mut child = command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::with_capacity(64, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), line.is_empty()), (Some(0), false), "{arguments:?}: {}", stderr(&output));
        assert!(!stderr(&output).contains("quell:"), "{arguments:?}: {}", stderr(&output));
    }
}
