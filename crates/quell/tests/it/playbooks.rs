//! `quell playbook`: what is built in is sound, what is written by hand is checked, and what the documentation shows is true.

use std::path::Path;

use serde_json::Value;

use crate::run::{Folder, quell, stderr, stdout};

#[test]
fn what_is_built_in_is_listed_shown_and_sound() {
    let folder = Folder::new("playbooks-built-in");
    let listed = quell(&["playbook", "list"]);
    let names: Vec<String> =
        stdout(&listed).lines().map(|line| line.split_whitespace().next().unwrap().to_owned()).collect();
    assert!(names.len() >= 31, "{names:?}");
    let mut files = Vec::new();
    for name in &names {
        let shown = quell(&["playbook", "show", name, "--json"]);
        assert!(shown.status.success(), "{name}: {}", stderr(&shown));
        let document: Value = serde_json::from_str(&stdout(&shown)).unwrap();
        assert_eq!(document["spec_version"], "cacao-2.0", "{name}");
        files.push(folder.with(&format!("{name}.json"), stdout(&shown)));
    }
    let mut arguments = vec!["playbook", "check"];
    arguments.extend(files.iter().map(String::as_str));
    let checked = quell(&arguments);
    assert_eq!(checked.status.code(), Some(0), "{}", stdout(&checked));
    assert_eq!(stdout(&checked).matches(": 0 errors, 0 warnings").count(), names.len(), "{}", stdout(&checked));
    println!("{} playbooks built in, none with an error or a warning", names.len());
    assert_eq!(quell(&["playbook", "show", "absent"]).status.code(), Some(1));
}

#[test]
fn the_documented_playbook_is_sound_and_a_typing_error_is_found() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/PLAYBOOKS.md")).unwrap();
    let example = text.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert!(example.contains("action: net.block_address"), "another example");
    let folder = Folder::new("playbooks-documented");
    let check = |name: &str, text: &str| {
        let output = quell(&["playbook", "check", &folder.with(name, text)]);
        (output.status.code(), stdout(&output) + &stderr(&output))
    };
    let (code, said) = check("good.yaml", example);
    assert!(code == Some(0) && said.contains(": 0 errors, 0 warnings"), "{said}");
    for (wrong, right, rule) in [
        ("approvel:", "approval:", "quell-extension"),
        ("evidence: [remote_log]", "evidence: [remote_logs]", "quell-extension"),
        ("on_true: action--blok", "on_true: action--block", "cannot-be-run"),
        ("condition: \"__shared__:value = 7\"", "condition: \"__shared__:value = false\"", "condition-type-fit"),
    ] {
        let (code, said) = check("bad.yaml", &example.replace(right, wrong));
        assert!(code == Some(3) && said.contains(rule), "{wrong}: {said}");
    }
    let json = quell(&["playbook", "convert", &folder.file("good.yaml")]);
    let back = quell(&["playbook", "convert", &folder.with("good.json", stdout(&json))]);
    let again = quell(&["playbook", "convert", &folder.with("again.yaml", stdout(&back))]);
    assert_eq!(stdout(&json), stdout(&again), "a document changes on its way through YAML");
    assert_eq!(check("none.yaml", "[1").0, Some(1));
}

#[test]
fn a_playbook_is_begun_and_played_through_without_a_server() {
    let folder = Folder::new("playbooks-played");
    let begun = quell(&["playbook", "new", "Odd calls: \"to\" the till"]);
    let file = folder.with("begun.yaml", stdout(&begun));
    let checked = quell(&["playbook", "check", &file]);
    assert_eq!(checked.status.code(), Some(0), "{}", stdout(&checked));
    assert_eq!(quell(&["playbook", "new", "  "]).status.code(), Some(1));

    let test = |more: &[&str]| {
        let output = quell(&[&["playbook", "test", &file], more].concat());
        (output.status.code(), stdout(&output).to_owned())
    };
    let (code, unclear) = test(&[]);
    assert!(code == Some(0) && unclear.contains("not reached: Block the address"), "{unclear}");
    let confirmed = ["--set", "__verdict__=confirmed", "--set", "__address__=203.0.113.9"];
    let (code, blocked) = test(&confirmed);
    let lines = ["1 of role responder agree", "Quell: net.block_address address 203.0.113.9, for 1440 min"];
    assert!(code == Some(0) && lines.iter().all(|line| blocked.contains(line)), "{blocked}");
    let (code, failed) = test(&[&confirmed[..], &["--fail", "Block the address"]].concat());
    assert!(code == Some(3) && failed.contains("does not say what to do then"), "{failed}");
    assert_eq!(test(&["--set", "no-value"]).0, Some(1));

    // Ours come to their end if what is feared is true, loops and all.
    let listed = quell(&["playbook", "list"]);
    for name in stdout(&listed).lines().map(|line| line.split_whitespace().next().unwrap()) {
        let file = folder.with(&format!("{name}.yaml"), stdout(&quell(&["playbook", "show", name])));
        let sound = ["--set", "__backup__=true", "--set", "__healthy__=true"];
        let played = quell(&[&["playbook", "test", &file, "--set", "__verdict__=confirmed"], &sound[..]].concat());
        assert_eq!(played.status.code(), Some(0), "{name}: {}", stdout(&played));
        assert!(stdout(&played).contains("it came to its end"), "{name}");
    }
}
