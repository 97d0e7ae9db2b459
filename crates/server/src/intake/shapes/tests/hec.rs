//! HTTP Event Collector.

use super::super::hec::{Outcome, events, raw};
use super::{json, text};

fn check(body: &str, expected: Result<&str, &str>) {
    let found = events(body.as_bytes());
    match (&found, expected) {
        (Ok(lines), Ok(expected)) => assert_eq!(text(lines), expected, "{body}"),
        (Err(outcome), Err(expected)) => assert_eq!(json(&outcome.answer()), expected, "{body}"),
        _ => panic!("{body}: {found:?}, expected {expected:?}"),
    }
}

#[test]
fn events_become_lines() {
    check(r#"{"event":{"a":1}}"#, Ok("{\"a\":1}\n"));
    check(
        "{\"event\":{\"a\": 1,\n  \"b\": 2}}{\"event\":\"x\\ny\"}\r\n {\"time\":1,\"event\":[1]}",
        Ok("{\"a\": 1,   \"b\": 2}\nx y\n[1]\n"),
    );
    check(r#"{"host":"h","event":"{\"a\":1}"}"#, Ok("{\"a\":1}\n"));
}

#[test]
fn wrong_events_are_named() {
    check("", Err(r#"{"text":"No data","code":5}"#));
    check(" \n", Err(r#"{"text":"No data","code":5}"#));
    check("{\"event\":1}{", Err(r#"{"text":"Invalid data format","code":6,"invalid-event-number":1}"#));
    check("[1,2]", Err(r#"{"text":"Invalid data format","code":6,"invalid-event-number":0}"#));
    check("plain", Err(r#"{"text":"Invalid data format","code":6,"invalid-event-number":0}"#));
    check(r#"{"event":1}{"time":1}"#, Err(r#"{"text":"Event field is required","code":12,"invalid-event-number":1}"#));
    check(r#"{"event":null}"#, Err(r#"{"text":"Event field is required","code":12,"invalid-event-number":0}"#));
    check(r#"{"event":" "}"#, Err(r#"{"text":"Event field cannot be blank","code":13,"invalid-event-number":0}"#));
    check(&"{\"event\":1}".repeat(50_001), Err(r#"{"text":"Request entity too large","code":27}"#));
}

#[test]
fn raw_bodies_stay_as_they_are() {
    assert_eq!(raw(b"a\nb".to_vec()), Ok(b"a\nb".to_vec()));
    assert_eq!(raw(b" \n".to_vec()), Err(Outcome::NoData));
}

#[test]
fn outcomes_have_the_documented_codes() {
    let check = |outcome: Outcome, status: u16, answer: &str| {
        assert_eq!((outcome.status(), json(&outcome.answer()).as_str()), (status, answer));
    };
    check(Outcome::Success, 200, r#"{"text":"Success","code":0}"#);
    check(Outcome::InvalidToken, 403, r#"{"text":"Invalid token","code":4}"#);
    check(Outcome::Busy, 503, r#"{"text":"Server is busy","code":9}"#);
    check(Outcome::Healthy, 200, r#"{"text":"HEC is healthy","code":17}"#);
}
