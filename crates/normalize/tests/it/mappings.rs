//! Each `content/mappings/<name>.fixture.jsonl` is a list of records and what the mapping must make of them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use quell_model::{Entity, Event, FieldTable, Fields, Scalar};
use quell_normalize::{Item, Mappings, Normalizer, RecordReader};
use serde_json::Value;

#[test]
fn every_fixture_says_what_its_mapping_does() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/mappings");
    let mut files: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();

    let mut table = FieldTable::default();
    let mut mappings = Mappings::default();
    let mut problems = String::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|ext| ext == "yaml")) {
        let name = file.file_name().unwrap().to_string_lossy();
        if let Err(error) = mappings.add(&name, &fs::read_to_string(file).unwrap(), &mut table) {
            writeln!(problems, "{error}").unwrap();
        }
        if !file.with_extension("fixture.jsonl").exists() {
            writeln!(problems, "{name}: no fixture beside it").unwrap();
        }
    }
    let fixtures = files.iter().filter(|file| file.to_string_lossy().ends_with(".fixture.jsonl"));
    let cases: Vec<(String, Value)> = fixtures.flat_map(|file| cases(file)).collect();
    for (_, case) in &cases {
        // Fields that only a case reads have to be registered like those of a rule.
        for name in case["expect"]["fields"].as_object().into_iter().flat_map(|fields| fields.keys()) {
            table.register(name);
        }
    }
    let mut normalizer = mappings.normalizer(&table);
    for (place, case) in &cases {
        let seen = seen(case, &mappings, &mut normalizer);
        for problem in differences(&case["expect"], &seen, &table, &normalizer) {
            writeln!(problems, "{place}: {problem}").unwrap();
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
}

fn cases(file: &Path) -> Vec<(String, Value)> {
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let text = fs::read_to_string(file).unwrap();
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(at, line)| {
            let place = format!("{name}:{}", at + 1);
            let case = serde_json::from_str(line).unwrap_or_else(|error| panic!("{place}: {error}"));
            (place, case)
        })
        .collect()
}

/// The last event of the record text (headers come first), or the reason of its rejection.
fn seen(case: &Value, mappings: &Mappings, normalizer: &mut Normalizer<'_>) -> Result<Event, String> {
    let raw = match &case["raw"] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut reader = RecordReader::new(raw.as_bytes(), &mappings.formats(2026)).unwrap();
    let mut last = Err("nothing was read".to_owned());
    while let Some(item) = reader.next_item().unwrap() {
        last = match item {
            Item::Record(record) => normalizer.normalize(record, (0, 1), Fields::default()).map_err(|r| r.reason),
            Item::Rejected(rejected) => Err(rejected.reason),
        };
    }
    last
}

fn differences(
    expect: &Value,
    seen: &Result<Event, String>,
    table: &FieldTable,
    normalizer: &Normalizer<'_>,
) -> Vec<String> {
    let event = match (seen, expect["rejected"].as_str()) {
        (Err(reason), Some(part)) if reason.contains(part) => return Vec::new(),
        (Err(reason), _) => return vec![format!("rejected: {reason}")],
        (Ok(_), Some(part)) => return vec![format!("should be rejected with `{part}`")],
        (Ok(event), None) => event,
    };
    let source = normalizer.log_source(event.log_source).unwrap();
    let mut problems = Vec::new();
    let mut compare = |what: &str, found: String| {
        let wanted = match &expect[what] {
            Value::Null => return,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if wanted != found {
            problems.push(format!("{what} is {found}, expected {wanted}"));
        }
    };
    compare("source", event.source.to_string());
    compare("time", event.time.map(|time| time.to_string()).unwrap_or_default());
    compare("class", format!("{}.{}", event.class.class_uid, event.class.activity_id));
    compare("action", event.action.clone());
    compare("product", source.product.clone());
    compare("category", Value::from(source.categories.clone()).to_string());
    compare("service", Value::from(source.services.clone()).to_string());
    compare("subject", event.subjects.first().map(named).unwrap_or_default());
    let edges: Vec<String> = event
        .activities
        .iter()
        .map(|a| {
            format!("{} {} {}", named(&a.from), serde_json::to_value(a.verb).unwrap().as_str().unwrap(), named(&a.to))
        })
        .collect();
    compare("edges", Value::from(edges).to_string());
    for (name, wanted) in expect["fields"].as_object().into_iter().flatten() {
        let found = table.get(name).and_then(|field| event.fields.first(field)).and_then(Scalar::to_text);
        let wanted = wanted.as_str().map_or_else(|| wanted.to_string(), str::to_owned);
        if found.as_deref() != Some(&*wanted) {
            problems.push(format!("field {name} is {found:?}, expected {wanted}"));
        }
    }
    problems
}

fn named(entity: &Entity) -> String {
    format!("{} {}", entity.kind.as_str(), entity.name)
}
