//! Severity against published vectors and the definitions of NIST SP 800-61 r2.

use std::collections::BTreeMap;

use quell_incident::work::SeverityInputs;
use quell_model::Level;
use quell_model::handbook::ScoreSheet;
use serde_json::{Value, json};

fn sheet() -> ScoreSheet {
    quell_content::handbook::handbook().unwrap().sheet
}

/// The option of each category that has this value, in the order of the sheet.
fn options(sheet: &ScoreSheet, values: [f64; 8]) -> BTreeMap<String, String> {
    let choice = |(category, value): (&quell_model::handbook::ScoreCategory, f64)| {
        let option = category.options.iter().find(|option| (option.value - value).abs() < f64::EPSILON);
        (category.id.clone(), option.unwrap_or_else(|| panic!("{} has no {value}", category.id)).id.clone())
    };
    sheet.categories.iter().zip(values).map(choice).collect()
}

fn inputs(body: &Value) -> SeverityInputs {
    serde_json::from_value(body.clone()).unwrap()
}

#[track_caller]
fn check_nciss(values: [f64; 8], expected: f64) {
    let sheet = sheet();
    let body = json!({ "functional": "none", "recoverability": "regular", "nciss": options(&sheet, values) });
    let result = inputs(&body).result(&sheet).unwrap();
    assert_eq!(result.nciss.unwrap().score, expected);
}

#[test]
fn nciss_gives_the_published_scores() {
    check_nciss([50.0, 80.0, 40.0, 40.0, 20.0, 40.0, 80.0, 50.0], 46.67);
    check_nciss([100.0, 100.0, 60.0, 40.0, 80.0, 60.0, 30.0, 75.0], 68.78);
    check_nciss([20.0, 70.0, 40.0, 50.0, 0.0, 20.0, 30.0, 0.0], 21.95);
    check_nciss([70.0, 80.0, 90.0, 100.0, 70.0, 60.0, 100.0, 100.0], 82.44);
    check_nciss([0.0, 0.0, 30.0, 20.0, 0.0, 20.0, 15.0, 0.0], 0.0);
    check_nciss([100.0, 100.0, 100.0, 100.0, 100.0, 100.0, 100.0, 100.0], 100.0);
}

#[test]
fn the_sheet_has_the_published_ends() {
    let (mut least, mut most) = (0.0, 0.0);
    for category in sheet().categories {
        let values = || category.options.iter().map(|option| option.value);
        least += category.weight * values().fold(f64::INFINITY, f64::min);
        most += category.weight * values().fold(0.0, f64::max);
    }
    assert_eq!((least, most), (325.0, 3400.0));
}

#[test]
fn nciss_counts_only_as_a_whole() {
    let sheet = sheet();
    let refused = |nciss: Value| {
        let body = json!({ "functional": "none", "recoverability": "regular", "nciss": nciss });
        inputs(&body).result(&sheet).unwrap_err().to_string()
    };
    assert_eq!(refused(json!({ "actor": "apt" })), "NCISS needs every category; functional-impact is missing");
    assert_eq!(refused(json!({ "mood": "bad" })), "mood is no category of NCISS");
    let mut wrong = options(&sheet, [0.0, 0.0, 30.0, 20.0, 0.0, 20.0, 15.0, 0.0]);
    wrong.insert("actor".to_owned(), "neighbour".to_owned());
    assert!(refused(json!(wrong)).starts_with("neighbour is no option of actor; possible: hacktivist,"));
}

#[track_caller]
fn check(functional: &str, information: &[&str], recoverability: &str, escalation: Value, expected: Level) {
    let body = json!({ "functional": functional, "information": information, "recoverability": recoverability,
        "escalation": escalation });
    let result = inputs(&body).result(&sheet()).unwrap();
    assert_eq!(result.level, expected, "{body}: {:?}", result.why);
    assert!(result.why.iter().any(|why| why.starts_with(expected.as_str())), "{:?}", result.why);
}

#[test]
fn impact_is_the_worst_of_the_three_and_what_is_not_known_counts_as_worse() {
    let quiet = || json!({});
    for (functional, level) in [
        ("none", Level::Low),
        ("low", Level::Medium),
        ("medium", Level::High),
        ("high", Level::Critical),
        ("unknown", Level::High),
    ] {
        check(functional, &[], "regular", quiet(), level);
    }
    for (recoverability, level) in [
        ("supplemented", Level::Medium),
        ("extended", Level::High),
        ("not_recoverable", Level::Critical),
        ("unknown", Level::High),
    ] {
        check("none", &[], recoverability, quiet(), level);
        check("low", &[], recoverability, quiet(), level);
    }
    check("none", &["privacy_breach"], "regular", quiet(), Level::High);
    check("none", &["unknown"], "regular", quiet(), Level::High);
    check("none", &["privacy_breach", "integrity_loss"], "regular", quiet(), Level::Critical);
    check("high", &["privacy_breach"], "regular", quiet(), Level::Critical);
}

#[test]
fn an_active_intruder_who_can_get_further_raises_it_by_one() {
    let reach = |active: bool, privileged: bool, critical: u32| json!({ "active": active, "privileged": privileged, "critical_reachable": critical });
    check("low", &[], "regular", reach(true, false, 0), Level::Medium);
    check("low", &[], "regular", reach(true, true, 0), Level::High);
    check("low", &[], "regular", reach(true, false, 3), Level::High);
    check("low", &[], "regular", reach(false, true, 3), Level::Medium);
    check("high", &[], "regular", reach(true, true, 3), Level::Critical);
    check("none", &[], "regular", reach(true, true, 0), Level::Medium);
}
