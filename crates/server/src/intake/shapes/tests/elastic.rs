//! Bulk protocol.

use super::super::elastic::{Failure, bulk, info};
use super::{json, receipt, text};

fn check(body: &str, lines: &str) {
    let bulk = bulk(body.as_bytes(), "logs", 5).unwrap();
    assert_eq!(text(&bulk.bytes), lines, "{body}");
}

/// A document, after its action.
fn check_document(document: &str, line: &str) {
    check(&format!("{{\"create\":{{}}}}\n{document}\n"), &format!("{line}\n"));
}

#[test]
fn documents_become_lines() {
    check("{\"index\":{\"_index\":\"x\"}}\n{\"a\":1}\n{\"create\":{}}\r\n{\"b\":2}\r\n", "{\"a\":1}\n{\"b\":2}\n");
    check("\n{\"index\":{}}\n{\"a\":1}", "{\"a\":1}\n");
    check(
        "{\"update\":{\"_id\":\"1\"}}\n{\"doc\":{}}\n{\"delete\":{\"_id\":\"1\"}}\n{\"index\":{}}\n{\"a\":1}\n",
        "{\"a\":1}\n",
    );
}

#[test]
fn lines_of_files_are_unwrapped() {
    check_document(r#"{"agent":{"type":"filebeat"},"message":"a\nb"}"#, "a b");
    check_document(r#"{"agent":{"type":"elastic-agent"},"event":{"original":"o"},"message":"m"}"#, "o");
    check_document(r#"{"agent.type":"filebeat","event.original":"o","message":"m"}"#, "o");
    check_document(r#"{"log":{"file":{"path":"/x"}},"message":"{\"a\":1}"}"#, "{\"a\":1}");
    check_document(r#"{"log.file.path":"/x","event":{"kind":"event"},"message":"m"}"#, "m");
}

#[test]
fn other_documents_stay_whole() {
    for document in [
        r#"{"agent":{"type":"winlogbeat"},"winlog":{"event_id":1},"message":"m"}"#,
        r#"{"agent":{"type":"filebeat"},"winlog":{"event_id":1},"message":"m"}"#,
        r#"{"agent":{"type":"auditbeat"},"message":"m"}"#,
        r#"{"agent":{"type":"filebeat"},"message":{"a":1}}"#,
        r#"{"agent":{"type":"filebeat"},"message":" "}"#,
        r#"{"agent":"filebeat","log":7,"event":[],"message":"m"}"#,
        r#"["filebeat"]"#,
        "no JSON",
    ] {
        check_document(document, document);
    }
}

#[test]
fn each_item_is_answered() {
    let body = "{\"index\":{\"_index\":\"x\",\"_id\":\"one\"}}\n{\"a\":1}\n{\"create\":{\"_id\":7}}\nbroken\n\
                {\"create\":{}}\n{\"b\":1}\n{\"delete\":{\"_id\":\"gone\"}}\n";
    let items = bulk(body.as_bytes(), "logs", 5).unwrap().items;
    let answer: serde_json::Value =
        serde_json::from_str(&json(&items.answer(&receipt(&[(9, "not understood")])))).unwrap();
    assert_eq!((answer["took"].as_u64(), answer["errors"].as_bool()), (Some(0), Some(true)));
    let expected = r#"{"index":{"_index":"x","_id":"one","_version":1,"result":"created","_shards":{"total":1,"successful":1,"failed":0},"_seq_no":5,"_primary_term":1,"status":201}}"#;
    assert_eq!(answer["items"][0].to_string(), expected);
    let expected = r#"{"create":{"_index":"logs","_id":"7","status":400,"error":{"type":"mapper_parsing_exception","reason":"not understood"}}}"#;
    assert_eq!(answer["items"][1].to_string(), expected);
    assert_eq!(answer["items"][2]["create"]["_id"], "quell-7");
    assert_eq!(answer["items"][2]["create"]["status"], 201);
    assert_eq!(answer["items"][3]["delete"]["status"], 400);
    assert_eq!(answer["items"].as_array().unwrap().len(), 4);
}

#[test]
fn a_request_without_errors_says_so() {
    let items = bulk(b"{\"index\":{}}\n{\"a\":1}\n", "logs", 0).unwrap().items;
    assert!(json(&items.answer(&receipt(&[]))).starts_with(r#"{"took":0,"errors":false,"#));
}

#[test]
fn malformed_requests_name_the_line() {
    let check = |body: &str, status: u16, reason: &str| {
        let error = bulk(body.as_bytes(), "logs", 0).unwrap_err();
        let failure = error.failure();
        assert_eq!(failure.status(), status);
        assert!(error.to_string().contains(reason), "{body}: {error}");
    };
    check("", 400, "required");
    check("\n\n", 400, "required");
    check("{\"index\":{}}\n", 400, "line 1 is not followed");
    check("{\"index\":{}}", 400, "line 1 is not followed");
    check("{\"index\":{}}\n{}\n{\"create\":{}}\n\n", 400, "line 3 is not followed");
    check("{\"index\":{}}\n{}\nplain\n", 400, "line 3 should hold an action");
    check("{\"index\":{},\"create\":{}}\n{}\n", 400, "more than one action");
    check("{\"a\":{}}\n{}\n", 400, "names none of");
    check("[{}]\n{}\n", 400, "no JSON object");
    check(&"{\"delete\":{}}\n".repeat(50_001), 413, "more than 50000 actions");
}

#[test]
fn failures_have_the_form_clients_read() {
    let failure = Failure::new(429, "es_rejected_execution_exception", "busy".to_owned());
    let cause = r#""type":"es_rejected_execution_exception","reason":"busy""#;
    assert_eq!(json(&failure), format!(r#"{{"error":{{"root_cause":[{{{cause}}}],{cause}}},"status":429}}"#));
}

#[test]
fn clients_know_the_product() {
    let info: serde_json::Value = serde_json::from_str(&json(&info())).unwrap();
    assert_eq!(info["tagline"], "You Know, for Search");
    assert!(info["version"]["number"].as_str().unwrap().starts_with("8."));
}
