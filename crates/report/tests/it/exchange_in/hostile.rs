//! Whatever stands in an export: it is no case, or it becomes an incident whose pieces are in order. Nothing panics.

use std::collections::BTreeMap;

use quell_model::Timestamp;
use quell_report::{from_iris, from_thehive};
use serde_json::{Value, json};

use super::decided::decided;
use super::{PROGRAMS, Read, check_order, iris_case, shown, text, thehive_case};

/// Reads, and looks at what came of it; whether it is a case.
fn check_read(read: Read, export: &Value) -> bool {
    match read(export) {
        Ok(carried) => {
            check_order(&carried);
            true
        }
        Err(error) => {
            let text = error.to_string();
            assert!(!error.found.is_empty() && text.chars().count() < 2_000, "{text}");
            assert!(!text.chars().any(char::is_control), "{text:?}");
            false
        }
    }
}

/// JSON pointers of everything inside of a value.
pub(super) fn pointers(value: &Value) -> Vec<String> {
    let inner: Vec<(String, &Value)> = match value {
        Value::Array(items) => items.iter().enumerate().map(|(index, item)| (format!("/{index}"), item)).collect(),
        Value::Object(fields) => fields.iter().map(|(key, value)| (format!("/{}", escaped(key)), value)).collect(),
        _ => Vec::new(),
    };
    let below = |(own, value): &(String, &Value)| -> Vec<String> {
        let rest = pointers(value).into_iter().map(|rest| format!("{own}{rest}"));
        std::iter::once(own.clone()).chain(rest).collect()
    };
    inner.iter().flat_map(below).collect()
}

/// A place with `*` for any item of a list.
pub(super) fn generic(place: &str) -> String {
    let steps = place.split('/').skip(1).map(|step| if step.parse::<usize>().is_ok() { "*" } else { step });
    steps.collect::<Vec<&str>>().join("/")
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn odd_values() -> [Value; 13] {
    [
        Value::Null,
        json!(true),
        json!(-1),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e308),
        json!(""),
        json!("\u{0}\u{1b}]0;x\u{7}|\\|\u{202e}\r\n"),
        json!([]),
        json!([null, 7, [[]], {}]),
        json!({}),
        json!({ "": { "value": [{}], "string": [] }, "name": 5, "id": "x" }),
        json!([{ "id": {}, "name": ["x"], "createdAt": "x", "logs": {}, "attachments": [1], "comments": [[]] }]),
    ]
}

#[test]
fn no_value_in_any_place_breaks_a_reader() {
    for (program, read, export) in PROGRAMS {
        let mut export: Value = serde_json::from_str(export).unwrap();
        // The first of its kind is enough: a reader treats all items of a list the same.
        let first: BTreeMap<String, String> =
            pointers(&export).into_iter().rev().map(|place| (generic(&place), place)).collect();
        let places: Vec<String> = first.into_values().collect();
        let mut cases = 0;
        for place in &places {
            for odd in odd_values() {
                let before = std::mem::replace(export.pointer_mut(place).unwrap(), odd);
                cases += usize::from(check_read(read, &export));
                *export.pointer_mut(place).unwrap() = before;
            }
        }
        let tried = places.len() * odd_values().len();
        assert!(cases * 100 > tried * 98, "{program}: of {tried}, only {cases} were still a case");
    }
}

#[test]
fn no_missing_field_breaks_a_reader() {
    for (program, read, export) in PROGRAMS {
        let whole: Value = serde_json::from_str(export).unwrap();
        for place in pointers(&whole) {
            let mut export = whole.clone();
            let (parent, key) = place.rsplit_once('/').unwrap();
            let Some(Value::Object(fields)) = export.pointer_mut(parent) else { continue };
            fields.remove(&key.replace("~1", "/").replace("~0", "~"));
            let is_case = check_read(read, &export);
            assert_eq!(is_case, !matches!(place.as_str(), "/case" | "/data" | "/data/case"), "{program}: {place}");
        }
    }
}

#[test]
fn what_is_no_case_is_named() {
    let thehive = "expected a case of TheHive: an object with title, number and times, alone or as `case` beside \
        lists of its parts, found ";
    let iris =
        "expected an export of DFIR-IRIS: an object with `case` beside lists of its parts, alone or as `data`, found ";
    let many: Value = (0..40).map(|number| (format!("k\u{1b}{number:02}\n"), json!(1))).collect();
    let shown = "an object with the fields k00, k01, k02, k03, k04, k05, k06, k07, k08, k09, k10, k11 and more";
    let cases = [
        (Value::Null, "nothing", "nothing"),
        (json!(true), "a yes or no", "a yes or no"),
        (json!(12), "a number", "a number"),
        (json!("case"), "a text", "a text"),
        (json!([]), "a list of 0", "a list of 0"),
        (json!([1, 2, 3]), "a list of 3", "a list of 3"),
        (json!({}), "an empty object", "an empty object"),
        (many, shown, shown),
        (json!({ "case": [] }), "an object with the fields case", "a list of 0"),
        (json!({ "case": { "title": "x" } }), "an object with the fields title", "an object with the fields title"),
        (json!({ "data": 5 }), "an object with the fields data", "a number"),
        // What looks like a case, and is an alert, a task, the other program.
        (
            json!({ "_createdAt": 1, "_type": "Alert", "sourceRef": "x", "title": "x" }),
            "an object with the fields _createdAt, _type, sourceRef, title",
            "an object with the fields _createdAt, _type, sourceRef, title",
        ),
        (
            json!({ "_createdAt": 1, "_id": "~1", "_type": "Task", "title": "x" }),
            "an object with the fields _createdAt, _id, _type, title",
            "an object with the fields _createdAt, _id, _type, title",
        ),
    ];
    for (export, expected_thehive, expected_iris) in cases {
        assert_eq!(from_thehive(&export).unwrap_err().to_string(), format!("{thehive}{expected_thehive}"));
        assert_eq!(from_iris(&export).unwrap_err().to_string(), format!("{iris}{expected_iris}"));
    }
    let two = json!([thehive_case(), thehive_case()]);
    assert_eq!(from_thehive(&two).unwrap_err().found, "a list of 2", "which of them is not known");
    assert!(from_thehive(&iris_case()).is_err());
    assert!(from_iris(&thehive_case()).is_err());
}

#[test]
fn control_characters_in_all_texts_are_gone() {
    const HOSTILE: &str = "\u{0}\u{1b}[2J\u{9b}31m\u{7f}\r\nx";
    for (program, read, export) in PROGRAMS {
        let mut export: Value = serde_json::from_str(export).unwrap();
        // What is called otherwise is no case.
        for place in pointers(&export).iter().filter(|place| *place != "/case/_type") {
            if let Some(Value::String(text)) = export.pointer_mut(place) {
                text.push_str(HOSTILE);
            }
        }
        let carried = read(&export).unwrap();
        check_order(&carried);
        let lines = carried.left_out.iter().map(String::as_str).chain(carried.techniques.iter().map(String::as_str));
        let lines = lines.chain([carried.id.as_str(), carried.title.as_str()]);
        for line in lines.chain(carried.pieces.iter().map(|piece| piece.by.as_str())) {
            assert!(!line.chars().any(char::is_control), "{program}: {line:?}");
        }
        for piece in &carried.pieces {
            let hidden = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
            assert!(!text(piece).chars().any(hidden), "{program}: {:?}", text(piece));
            assert!(!shown(piece).chars().any(char::is_control), "{program}: {:?}", shown(piece));
        }
        assert!(
            carried
                .left_out
                .iter()
                .any(|line| line.ends_with(" × text with control characters: it stands without them"))
        );
        assert_eq!(decided(&carried).left_out, carried.left_out, "{program}: something is refused");
    }
}

/// When a task of a case was set, with this as its time.
fn set_at(program: usize, time: &Value) -> (Timestamp, bool) {
    let (_, read, export) = PROGRAMS[program];
    let mut export: Value = serde_json::from_str(export).unwrap();
    let place = ["/tasks/3/_createdAt", "/data/tasks/3/task_open_date"][program];
    *export.pointer_mut(place).unwrap() = time.clone();
    let carried = read(&export).unwrap();
    check_order(&carried);
    let odd = carried.left_out.iter().any(|line| {
        line.starts_with("1 × task: the field `") && line.ends_with("`, which has another form than expected")
    });
    let set = carried.pieces.iter().find(|piece| shown(piece).contains(": task Write the report"));
    (set.unwrap().at, odd)
}

#[test]
fn a_time_is_read_or_named() {
    // None: the time of opening stands for it, and the field is named.
    let iris: [(Value, Option<&str>); 15] = [
        (json!("2026-04-07T09:40:00.000000"), Some("2026-04-07T09:40:00Z")),
        (json!("2026-04-07T09:40:00"), Some("2026-04-07T09:40:00Z")),
        (json!(" 2026-04-07 09:40:00.5 "), Some("2026-04-07T09:40:00.5Z")),
        (json!("2026-04-07T11:40:00+02:00"), Some("2026-04-07T09:40:00Z")),
        (json!("2026-04-07T09:40:00Z"), Some("2026-04-07T09:40:00Z")),
        (json!("2026-04-07"), Some("2026-04-07T00:00:00Z")),
        (json!("07/04/2026 09:40"), None),
        (json!("2026-02-30T09:40:00"), None),
        (json!("2026-04-07T25:00:00"), None),
        (json!("２０２６-04-07T09:40:00"), None),
        (json!("\u{fffd}\u{fffd}"), None),
        (json!("9999-12-31T23:59:59"), None),
        (json!("123456789-01-01"), None),
        (json!(""), None),
        (json!(1_775_553_164_000_i64), None),
    ];
    let thehive: [(Value, Option<&str>); 9] = [
        (json!(1_772_528_400_000_i64), Some("2026-03-03T09:00:00Z")),
        (json!(0), Some("1970-01-01T00:00:00Z")),
        (json!(-62_135_596_800_000_i64), Some("0001-01-01T00:00:00Z")),
        (json!(1_772_528_400_000.5), None),
        (json!("1772528400000"), None),
        (json!("2026-03-03T09:00:00Z"), None),
        (json!(i64::MAX), None),
        (json!(u64::MAX), None),
        (json!({ "$date": 1_772_528_400_000_i64 }), None),
    ];
    let opened = ["2026-03-02T07:58:00Z", "2026-04-07T09:12:44.12Z"];
    let cases = thehive.iter().map(|case| (0, case)).chain(iris.iter().map(|case| (1, case)));
    for (program, (time, expected)) in cases {
        let (at, odd) = set_at(program, time);
        assert_eq!(at.to_string(), expected.unwrap_or(opened[program]), "{time}");
        assert_eq!(odd, expected.is_none(), "{time}");
    }
}

#[test]
fn a_case_without_a_time_begins_with_its_earliest_part() {
    let times = ["startDate", "newDate", "_createdAt"];
    let without = |export: &mut Value, place: &str, times: &[&str]| {
        for time in times {
            export.pointer_mut(place).unwrap()[time] = Value::Null;
        }
    };
    let (mut thehive, mut iris) = (thehive_case(), iris_case());
    without(&mut thehive, "/case", &times);
    without(&mut iris, "/data/case", &["initial_date", "open_date"]);
    let part = "1 × time of opening: the earliest time of a part stands for it";
    for (carried, expected) in
        [(from_thehive(&thehive).unwrap(), "2026-03-02T08:05:00Z"), (from_iris(&iris).unwrap(), "2026-04-06T22:14:00Z")]
    {
        check_order(&carried);
        assert_eq!(carried.opened_at.to_string(), expected);
        assert!(carried.left_out.iter().any(|line| line == part), "{:?}", carried.left_out);
    }
    let mut alone = thehive["case"].clone();
    alone["title"] = json!("no time");
    let carried = from_thehive(&alone).unwrap();
    assert_eq!(carried.opened_at, Timestamp::UNIX_EPOCH);
    assert!(carried.left_out.contains(&"1 × time of opening: the first of January 1970 stands for it".to_owned()));
}

#[test]
fn times_at_the_ends_of_time_are_shown() {
    for time in [-377_705_023_201_000_i64, -377_705_023_200_000, 253_402_207_200_000] {
        let mut export = thehive_case();
        for place in pointers(&export) {
            if export.pointer(&place).and_then(Value::as_i64).is_some_and(|number| number > 1_000_000_000_000) {
                *export.pointer_mut(&place).unwrap() = json!(time);
            }
        }
        let carried = from_thehive(&export).unwrap();
        check_order(&carried);
        assert_eq!(carried.opened_at.as_millisecond(), time);
        assert_eq!(decided(&carried).left_out, carried.left_out);
    }
}

#[test]
fn a_deep_value_is_shown_or_named() {
    let deep: Value = serde_json::from_str(&format!("{}\"bottom\"{}", "[".repeat(120), "]".repeat(120))).unwrap();
    let (mut thehive, mut iris) = (thehive_case(), iris_case());
    thehive["case"]["customFields"][0]["value"] = deep.clone();
    thehive["case"]["nest"] = deep.clone();
    iris["data"]["case"]["custom_attributes"]["Nest"] = json!({ "Field": { "value": deep.clone() } });
    iris["data"]["case"]["nest"] = deep;
    for carried in [from_thehive(&thehive).unwrap(), from_iris(&iris).unwrap()] {
        check_order(&carried);
        let fields = carried.pieces.iter().find(|piece| shown(piece).ends_with("note Fields of the case there"));
        assert!(text(fields.unwrap()).contains("\"bottom\""));
        let named = "1 × case: the field `nest`, which is not known here";
        assert!(carried.left_out.iter().any(|line| line == named), "{:?}", carried.left_out);
    }
}
