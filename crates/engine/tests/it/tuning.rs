//! Filters from false positives: what they name, and that they keep silent on what is harmless and on nothing else.

use quell_engine::{Knowledge, KnowledgeBuilder, Sample, Sensor, TuningError, TuningFilter};
use quell_normalize::{Item, RecordReader};
use serde_json::json;

const RULES: &str = "
title: shell of a service
id: shell
logsource: {product: windows, category: process_creation}
detection: {selection: {Image|endswith: '\\cmd.exe'}, condition: selection}
---
title: other fields that are read
id: fields
logsource: {product: windows, category: process_creation}
detection: {selection: {User: x, ParentImage: x, CommandLine: x, ProcessGuid: x, Company: x}, condition: selection}
";

fn knowledge() -> Knowledge {
    let mut builder = KnowledgeBuilder::new().unwrap();
    builder.rules("rules.yml", RULES);
    builder.build().unwrap()
}

/// A run of cmd.exe: who, by which program, with which line; harmless (`-`), hostile (`!`) or not decided (`?`).
fn samples(knowledge: &Knowledge, runs: &[(char, &str, &str, &str)]) -> Vec<Sample> {
    let mut sensor = Sensor::new(knowledge);
    let line = |(number, (_, user, parent, line)): (usize, &(char, &str, &str, &str))| {
        json!({ "EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "UtcTime": "2026-11-02 08:00:00.000",
            "Computer": "ws-01", "Image": r"C:\Windows\System32\cmd.exe", "User": user, "ParentImage": parent,
            "CommandLine": line, "ProcessGuid": format!("{{0000-{number}}}") })
        .to_string()
    };
    let text: Vec<String> = runs.iter().enumerate().map(line).collect();
    let text = text.join("\n");
    let mut reader = RecordReader::new(text.as_bytes(), &knowledge.mappings().formats(2026)).unwrap();
    let mut samples = Vec::new();
    for (position, (mark, ..)) in runs.iter().enumerate() {
        let Some(Item::Record(record)) = reader.next_item().unwrap() else { panic!("a record") };
        let observed = sensor.observe(record, (0, position as u64)).unwrap();
        assert!(!observed.rules.is_empty(), "the rule does not match");
        samples.push(Sample { harmless: *mark == '-', hostile: *mark == '!', event: observed.event });
    }
    samples
}

const JOB: (&str, &str, &str) = (r"CORP\svc.backup", r"C:\Tools\Backup*\run?.exe", r#"cmd /c "dir \\srv\share""#);

fn propose(runs: &[(char, &str, &str, &str)], wanted: &[&str]) -> Result<(TuningFilter, Vec<bool>), TuningError> {
    let knowledge = knowledge();
    let samples = samples(&knowledge, runs);
    let wanted: Vec<String> = wanted.iter().map(|field| (*field).to_owned()).collect();
    let filter = knowledge.propose_filter(("shell", "one"), &samples, &wanted)?;
    let replay = knowledge.replay(&filter.text).unwrap_or_else(|| panic!("no filter: {}", filter.text));
    let raised = samples.iter().map(|sample| replay.raises(&sample.event.fields, &sample.event.raw)).collect();
    Ok((filter, raised))
}

#[test]
fn the_filter_names_what_tells_the_harmless_from_the_hostile() {
    let (user, parent, line) = JOB;
    let runs = [
        ('-', user, parent, line),
        ('-', user, parent, line),
        ('!', user, r"C:\x.exe", line),
        ('?', "eve", parent, line),
    ];
    let (filter, raised) = propose(&runs, &[]).unwrap();
    let names: Vec<&str> = filter.fields.keys().map(String::as_str).collect();
    assert_eq!((names, raised), (vec!["ParentImage", "User"], vec![false, false, true, true]));
    assert!(filter.text.contains(r#""rules":["shell"]"#), "{}", filter.text);
}

#[test]
fn one_alert_is_told_by_who_did_it() {
    let (user, parent, line) = JOB;
    let (filter, raised) = propose(&[('-', user, parent, line)], &[]).unwrap();
    assert_eq!((filter.fields.keys().next().map(String::as_str), raised), (Some("User"), vec![false]));
}

#[test]
fn named_fields_are_taken_as_they_are() {
    let (user, parent, line) = JOB;
    let runs = [('-', user, parent, line), ('!', user, parent, line), ('?', user, parent, "cmd")];
    let (filter, raised) = propose(&runs, &["CommandLine", "ParentImage"]).unwrap();
    assert_eq!((filter.fields.len(), raised), (2, vec![false, false, true]), "it hides a hostile one, and shows that");
    assert_eq!(propose(&runs, &["Company"]).unwrap_err(), TuningError::NotCommon("Company".to_owned()));
}

#[test]
fn without_anything_in_common_there_is_no_filter() {
    let (user, parent, line) = JOB;
    assert_eq!(propose(&[('?', user, parent, line)], &[]).unwrap_err(), TuningError::NoRecord);
    let other = ('!', user, parent, line);
    assert_eq!(propose(&[('-', user, parent, line), other], &[]).unwrap_err(), TuningError::NothingCommon);
    let knowledge = knowledge();
    assert_eq!(knowledge.propose_filter(("gone", ""), &[], &[]).unwrap_err(), TuningError::NoRule("gone".to_owned()));
}
