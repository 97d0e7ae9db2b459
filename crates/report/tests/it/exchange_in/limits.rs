//! Limits of what is carried over: what is beyond them is cut, stands in a note or is counted.

use quell_incident::carried::{CarriedIncident, PIECES_MAX};
use quell_incident::work::{Line, Text};
use quell_report::{from_iris, from_thehive};
use serde_json::{Value, json};

use super::{check_order, check_texts, iris_case, shown, text, thehive_case};

/// A case of TheHive in which nothing stands, with parts beside it.
fn with(key: &str, parts: impl IntoIterator<Item = Value>) -> CarriedIncident {
    let case = json!({ "_id": "~1", "number": 1, "title": "x", "startDate": 0, "severity": 2, "stage": "New" });
    let export = json!({ "case": case, key: parts.into_iter().collect::<Vec<Value>>() });
    let carried = from_thehive(&export).unwrap();
    check_order(&carried);
    carried
}

fn observable(kind: &str, data: &str) -> Value {
    json!({ "_createdAt": 60_000, "_createdBy": "x", "dataType": kind, "data": data })
}

fn scope(carried: &CarriedIncident) -> usize {
    carried.pieces.iter().filter(|piece| shown(piece).contains(": scope ")).count()
}

/// Text of all notes whose heading begins so.
fn notes<'a>(carried: &'a CarriedIncident, heading: &str) -> Vec<&'a str> {
    let begins = format!("**{heading}");
    carried.pieces.iter().map(text).filter(|text| text.starts_with(&begins)).collect()
}

fn check_counted(carried: &CarriedIncident, expected: &[&str]) {
    for line in expected {
        assert!(carried.left_out.iter().any(|known| known == line), "{line}: {:?}", carried.left_out);
    }
}

#[test]
fn entities_beyond_the_limit_stand_in_notes() {
    let carried = with("observables", (0..2_003).map(|number| observable("hostname", &format!("host-{number}"))));
    assert_eq!(scope(&carried), 2_000);
    check_counted(&carried, &["3 × entity beyond the first 2000: it stands in a note only"]);
    let table = notes(&carried, "Observables of the case").concat();
    assert_eq!(table.matches("| hostname | host-").count(), 3);
    assert!(table.contains("| hostname | host-2002 |"));
}

#[test]
fn pieces_beyond_the_limit_are_counted() {
    let comment = json!({ "createdAt": 60_000, "createdBy": "x", "message": "x" });
    // The table of fields is a piece too.
    let carried = with("comments", std::iter::repeat_n(comment, PIECES_MAX + 2));
    assert_eq!(carried.pieces.len(), PIECES_MAX);
    check_counted(&carried, &["3 × piece beyond the first 100000"]);
}

#[test]
fn techniques_beyond_the_limit_are_counted() {
    let tags: Vec<String> = (0..503).map(|number| format!("T1{number:03}")).collect();
    let carried = with("observables", [json!({ "dataType": "other", "data": "x", "tags": tags })]);
    assert_eq!(carried.techniques.len(), 500);
    check_counted(&carried, &["3 × technique beyond the first 500"]);
}

#[test]
fn kinds_of_gaps_beyond_the_limit_are_counted_together() {
    let mut export = thehive_case();
    for number in 0..400 {
        export["case"][format!("own-{number:03}\n{}", "x".repeat(500))] = json!(1);
    }
    let carried = from_thehive(&export).unwrap();
    let count = |line: &String| line.split_once(" × ").unwrap().0.parse::<usize>().unwrap();
    let before: usize = from_thehive(&thehive_case()).unwrap().left_out.iter().map(count).sum();
    assert_eq!(carried.left_out.iter().map(count).sum::<usize>(), before + 400);
    assert_eq!(carried.left_out.len(), 201);
    assert!(carried.left_out.last().unwrap().ends_with(" × something else"));
    assert!(carried.left_out.iter().all(|line| line.chars().count() < 200), "names of fields are cut");
}

#[test]
fn long_texts_are_cut_and_say_so() {
    let long = "é".repeat(1_000_000);
    let (mut thehive, mut iris) = (thehive_case(), iris_case());
    thehive["case"]["title"] = json!(long);
    thehive["case"]["description"] = json!(long);
    thehive["case"]["customFields"][0]["value"] = json!(long);
    iris["data"]["case"]["name"] = json!(long);
    iris["data"]["case"]["description"] = json!(long);
    iris["data"]["case"]["soc_id"] = json!(long);
    for carried in [from_thehive(&thehive).unwrap(), from_iris(&iris).unwrap()] {
        check_order(&carried);
        assert_eq!(carried.title.as_str().chars().count(), Line::CHARS_MAX);
        let description = notes(&carried, "Description of the case");
        assert_eq!(description[0].chars().count(), Text::CHARS_MAX);
        assert!(description[0].ends_with("éé\n\n[…] cut"));
        assert!(notes(&carried, "Fields of the case")[0].contains("é[…] |"));
        check_counted(
            &carried,
            &[
                "1 × text of more than 20000 characters: it was cut",
                "1 × line of more than 300 characters: it was cut",
                "1 × cell of a table of more than 1000 characters: it was cut",
            ],
        );
    }
}

#[test]
fn a_name_that_is_none_is_not_cut_but_noted() {
    for name in ["x".repeat(301), "two\nlines".to_owned(), " \t ".to_owned(), "\u{0}".to_owned()] {
        let carried = with("observables", [observable("hostname", &name)]);
        assert_eq!((scope(&carried), notes(&carried, "Observables of the case").len()), (0, 1), "{name:?}");
    }
    let mut export = iris_case();
    export["data"]["assets"][0]["asset_name"] = json!("x".repeat(301));
    let carried = from_iris(&export).unwrap();
    check_order(&carried);
    check_counted(&carried, &["1 × judgement on something that is not in scope here"]);
    assert!(notes(&carried, "Indicators and assets")[0].contains(&format!("| Linux - Server | {} |", "x".repeat(301))));
}

#[test]
fn a_long_table_is_several_notes_with_its_head() {
    let head =
        "| Kind | Value | IOC | Sighted | TLP / PAP | Tags | About | By |\n|---|---|---|---|---|---|---|---|\n| ";
    // Cells that are as long as they may be, and grow when they are escaped.
    let hostile = "\\|".repeat(600);
    let parts = (0..90).map(|number| {
        let mut part = observable("other", &format!("value-{number:02} {hostile}"));
        part["message"] = json!(hostile);
        part["tags"] = json!([hostile]);
        part
    });
    let carried = with("observables", parts);
    let pages = notes(&carried, "Observables of the case in TheHive (");
    assert!(pages.len() > 1);
    for (index, page) in pages.iter().enumerate() {
        let heading = format!("**Observables of the case in TheHive ({} of {})**\n\n{head}", index + 1, pages.len());
        assert!(page.starts_with(&heading) && !page.contains("[…] cut"), "{page}");
        assert!(page.lines().skip(4).all(|row| cells(row) == 8), "{page}");
    }
    let all = pages.concat();
    assert!((0..90).all(|number| all.contains(&format!("| value-{number:02} "))));
    assert!(!carried.left_out.iter().any(|line| line.contains("characters: it was cut") && !line.contains("cell")));
}

/// Cells of a row as a reader of Markdown counts them.
fn cells(row: &str) -> usize {
    let mut bars = 0;
    let mut backslashes = 0;
    for c in row.chars() {
        bars += usize::from(c == '|' && backslashes % 2 == 0);
        backslashes = if c == '\\' { backslashes + 1 } else { 0 };
    }
    bars - 1
}

#[test]
fn no_text_makes_a_column() {
    for hostile in ["|", "a|b|c", "\\|", "\\\\|", "||\\|\\", "x\n| y | z |", "\u{2028}|\u{85}|"] {
        let carried = with("observables", [observable("other", hostile)]);
        let table = notes(&carried, "Observables of the case")[0];
        let rows: Vec<&str> = table.lines().skip(2).collect();
        assert_eq!(rows.len(), 3, "{hostile:?}: {table}");
        assert!(rows.iter().all(|row| cells(row) == 8), "{hostile:?}: {table}");
    }
}

#[test]
fn what_comes_twice_stays_twice() {
    let (mut thehive, mut iris) = (thehive_case(), iris_case());
    let again = |export: &mut Value, place: &str, index: usize| {
        let items = export.pointer_mut(place).unwrap().as_array_mut().unwrap();
        items.push(items[index].clone());
    };
    again(&mut thehive, "/tasks", 0);
    again(&mut thehive, "/observables", 0);
    again(&mut iris, "/data/tasks", 0);
    again(&mut iris, "/data/assets", 0);
    again(&mut iris, "/data/comments", 0);
    // Another comment under the same id is another comment.
    again(&mut iris, "/data/comments", 0);
    iris["data"]["comments"][3]["comment_text"] = json!("It was not from 2023.");
    let (thehive, iris) = (from_thehive(&thehive).unwrap(), from_iris(&iris).unwrap());
    for (carried, expected) in [
        (
            &thehive,
            [
                ("task Reset the passwords of both accounts", 2),
                ("done ", 2),
                ("scope host ws-114.corp.example.com", 1),
                ("note Log of the task", 2),
            ],
        ),
        (
            &iris,
            [
                ("task Cut the database server off", 2),
                ("done ", 2),
                ("scope host db-02.corp.example.com", 1),
                ("note Comment in DFIR-IRIS", 2),
            ],
        ),
    ] {
        check_order(carried);
        for (words, count) in expected {
            let found = carried.pieces.iter().filter(|piece| shown(piece).contains(&format!(": {words}"))).count();
            assert_eq!(found, count, "{words}");
        }
    }
    check_texts(&thehive, &[("note Observables of the case in TheHive", &["| hostname | ws-114.corp.example.com |"])]);
    let table = "note Indicators and assets of the case in DFIR-IRIS";
    check_texts(&iris, &[(table, &["| Linux - Server | db-02.corp.example.com |"])]);
}
