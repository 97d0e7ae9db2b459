//! OTLP logs.

use prost::Message;

use super::super::otlp::{
    Any, AnyList, AnyMap, AnyValue, Encoding, KeyValue, LogRecord, LogsError, Response, answer, failure, logs,
};
use super::{receipt, text};

/// A field with this number that holds these bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    prost::encoding::encode_varint(bytes.len() as u64, &mut out);
    out.extend_from_slice(bytes);
    out
}

/// A request with these log records, and with fields around them that nobody reads.
pub(super) fn request(records: &[LogRecord]) -> Vec<u8> {
    let records: Vec<u8> = records.iter().flat_map(|record| field(2, &record.encode_to_vec())).collect();
    let scope = [field(1, b"\x0A\x01s"), records, field(3, b"schema")].concat();
    let resource = [field(1, b""), field(2, &scope)].concat();
    field(1, &resource)
}

fn any(value: Any) -> Option<AnyValue> {
    Some(AnyValue { value: Some(value) })
}

fn record(body: Any) -> LogRecord {
    LogRecord { body: any(body), attributes: Vec::new() }
}

fn pair(key: &str, value: Option<AnyValue>) -> KeyValue {
    KeyValue { key: key.to_owned(), value }
}

/// One value of each kind.
pub(super) fn records() -> Vec<LogRecord> {
    let list = AnyList { values: vec![AnyValue { value: Some(Any::Bool(true)) }, AnyValue { value: None }] };
    let map = AnyMap {
        values: vec![
            pair("s", any(Any::Text("x".to_owned()))),
            pair("i", any(Any::Int(-5))),
            pair("d", any(Any::Double(1.5))),
            pair("n", any(Any::Double(f64::NAN))),
            pair("l", any(Any::List(list))),
            pair("b", any(Any::Bytes(vec![1, 2, 3]))),
            pair("none", None),
        ],
    };
    vec![
        record(Any::Text("a line\nin two".to_owned())),
        record(Any::Text("{\"a\":1}".to_owned())),
        record(Any::Map(map)),
        LogRecord { body: None, attributes: vec![pair("k", any(Any::Text("v".to_owned())))] },
    ]
}

/// The same in JSON.
pub(super) const JSON: &str = r#"{"resourceLogs":[{"resource":{"attributes":[]},"scopeLogs":[{"scope":{},"logRecords":[
    {"timeUnixNano":"1544712660300000000","severityNumber":9,"body":{"stringValue":"a line\nin two"}},
    {"body":{"stringValue":"{\"a\":1}"}},
    {"body":{"kvlistValue":{"values":[
        {"key":"s","value":{"stringValue":"x"}},{"key":"i","value":{"intValue":"-5"}},
        {"key":"d","value":{"doubleValue":1.5}},{"key":"n","value":{"doubleValue":"NaN"}},
        {"key":"l","value":{"arrayValue":{"values":[{"boolValue":true},{}]}}},
        {"key":"b","value":{"bytesValue":"AQID"}},{"key":"none"}]}}},
    {"attributes":[{"key":"k","value":{"stringValue":"v"}}]}
]}]}]}"#;

const LINES: &str = "a line in two\n{\"a\":1}\n\
    {\"s\":\"x\",\"i\":-5,\"d\":1.5,\"n\":\"NaN\",\"l\":[true,null],\"b\":\"AQID\",\"none\":null}\n{\"k\":\"v\"}\n";

#[test]
fn bodies_become_lines_in_both_encodings() {
    assert_eq!(text(&logs(&request(&records()), Encoding::Protobuf).unwrap().bytes), LINES);
    assert_eq!(text(&logs(JSON.as_bytes(), Encoding::Json).unwrap().bytes), LINES);
    assert!(logs(b"", Encoding::Protobuf).unwrap().bytes.is_empty());
    assert!(logs(b"{}", Encoding::Json).unwrap().bytes.is_empty());
}

#[test]
fn what_is_refused_is_answered_for() {
    let empty = LogRecord { body: None, attributes: Vec::new() };
    let large = record(Any::Text("x".repeat(1 << 20)));
    let taken = logs(&request(&[empty, record(Any::Int(7)), large]), Encoding::Protobuf).unwrap();
    assert_eq!(text(&taken.bytes), "7\n");
    let sent = answer(&taken.refused, &receipt(&[(0, "no record")]), Encoding::Protobuf);
    let partial = Response::decode(sent.as_slice()).unwrap().partial_success.unwrap();
    assert_eq!(partial.rejected_log_records, 3);
    assert!(partial.error_message.contains("neither body nor attributes"));
    let sent = answer(&taken.refused, &receipt(&[]), Encoding::Json);
    assert!(text(&sent).starts_with(r#"{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"2 rejected; "#));
}

#[test]
fn a_request_without_errors_has_an_empty_answer() {
    let taken = logs(JSON.as_bytes(), Encoding::Json).unwrap();
    assert_eq!(answer(&taken.refused, &receipt(&[]), Encoding::Json), b"{}");
    assert_eq!(answer(&taken.refused, &receipt(&[]), Encoding::Protobuf), b"");
}

#[test]
fn malformed_requests_are_refused() {
    let malformed = |body: &[u8], encoding| matches!(logs(body, encoding), Err(LogsError::Malformed(_)));
    assert!(malformed(b"\x0A\x05ab", Encoding::Protobuf));
    assert!(malformed(b"\xFF", Encoding::Protobuf));
    assert!(malformed(b"[]", Encoding::Json));
    assert!(malformed(b"{\"resourceLogs\":[7]}", Encoding::Json));
    assert!(malformed(b"{\"resourceLogs\":", Encoding::Json));
    let many = request(&vec![LogRecord::default(); 50_001]);
    assert_eq!(logs(&many, Encoding::Protobuf).unwrap_err().status(), 413);
    assert_eq!(text(&failure("why", Encoding::Json)), r#"{"code":3,"message":"why"}"#);
}

#[test]
fn a_wrong_record_does_not_cost_its_neighbours() {
    let body = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"intValue":"x"}},7,{"body":{"stringValue":"ok"}}]}]}]}"#;
    let taken = logs(body.as_bytes(), Encoding::Json).unwrap();
    assert_eq!(text(&taken.bytes), "ok\n");
    let sent = answer(&taken.refused, &receipt(&[]), Encoding::Json);
    assert!(text(&sent).contains(r#""rejectedLogRecords":"2""#));
}

#[test]
fn depth_is_bounded() {
    let mut value = Any::Text("deep".to_owned());
    for _ in 0..2_000 {
        value = Any::List(AnyList { values: vec![AnyValue { value: Some(value) }] });
    }
    let taken = logs(&request(&[record(value)]), Encoding::Protobuf).unwrap();
    assert!(taken.bytes.is_empty());
    let nested = r#"{"arrayValue":{"values":["#;
    let body = format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{"body":{}"#, nested.repeat(10_000));
    assert!(logs(body.as_bytes(), Encoding::Json).is_err());
    let closed = format!("{}{{}}{}", nested.repeat(1_000), "]}}".repeat(1_000));
    let body = format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{"body":{closed}}}]}}]}}]}}"#);
    assert!(logs(body.as_bytes(), Encoding::Json).unwrap().bytes.is_empty());
}

#[test]
fn encodings_are_known_by_content_type() {
    assert_eq!(Encoding::of("application/x-protobuf"), Some(Encoding::Protobuf));
    assert_eq!(Encoding::of("Application/JSON; charset=utf-8"), Some(Encoding::Json));
    assert_eq!(Encoding::of("text/plain"), None);
    assert_eq!(Encoding::Protobuf.content_type(), "application/x-protobuf");
}
