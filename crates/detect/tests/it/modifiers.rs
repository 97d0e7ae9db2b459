//! Every modifier of the Sigma specification 2.1.0, from its text; the public rules never use some of them.

use quell_detect::{Detector, Placeholders, RuleSet, Scratch, oracle};
use quell_model::{FieldTable, Fields, LogSource, Scalar};
use serde_json::Value;

/// Whether `detection` matches a flat record; the fast matcher and the oracle must agree.
fn matches(detection: &str, record: &str) -> bool {
    let mut table = FieldTable::default();
    let mut rules = RuleSet::default();
    let text = format!("title: test\nlogsource: {{product: test}}\ndetection:\n{detection}\n");
    rules.add_file(
        "test.yml",
        &text,
        &mut table,
        &Placeholders::from([("admins".to_owned(), vec!["root".to_owned(), "adm*".to_owned()])]),
    );
    assert!(rules.refused.is_empty(), "{:?}", rules.refused);
    let mut fields = Fields::default();
    let record: Value = serde_json::from_str(record).unwrap();
    for (name, value) in record.as_object().unwrap() {
        let Some(field) = table.get(name) else { continue };
        let values = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        for value in &values {
            fields.push(field, scalar(value));
        }
    }
    let source = LogSource { product: "test".to_owned(), ..LogSource::default() };
    let raw = record.to_string();
    let plain = oracle::matching(&rules, &source, &fields, raw.as_bytes());
    let detector = Detector::new(rules);
    let scanner = detector.scanner(&source);
    let mut scratch = Scratch::default();
    let fast = detector.scan(&scanner, &mut scratch, (&fields, raw.as_bytes()));
    assert_eq!(fast, plain, "{detection} on {record}");
    !plain.is_empty()
}

fn scalar(value: &Value) -> Scalar<'_> {
    match value {
        Value::Null => Scalar::Null,
        Value::Bool(flag) => Scalar::Bool(*flag),
        Value::Number(number) => number.as_i64().map_or_else(|| Scalar::Float(number.as_f64().unwrap()), Scalar::Int),
        Value::String(text) => Scalar::Str(text),
        _ => Scalar::Nested,
    }
}

fn check(item: &str, record: &str, expected: bool) {
    let detection = format!("  s:\n    {item}\n  condition: s");
    assert_eq!(matches(&detection, record), expected, "{item} on {record}");
}

fn refused(item: &str, reason: &str) {
    let mut rules = RuleSet::default();
    let text = format!("title: t\nlogsource: {{product: x}}\ndetection:\n  s:\n    {item}\n  condition: s\n");
    rules.add_file("t.yml", &text, &mut FieldTable::default(), &Placeholders::default());
    assert!(rules.refused.iter().any(|error| error.reason.contains(reason)), "{item}: {:?}", rules.refused);
}

#[test]
fn strings() {
    check("a: Foo", r#"{"a": "fOO"}"#, true);
    check("a: foo", r#"{"a": "foobar"}"#, false);
    check("a|contains: oba", r#"{"a": "fooBAr"}"#, true);
    check("a|startswith: foo", r#"{"a": "FOObar"}"#, true);
    check("a|endswith: bar", r#"{"a": "FOObar"}"#, true);
    check("a|contains|all: [foo, bar]", r#"{"a": "barfoo"}"#, true);
    check("a|contains|all: [foo, baz]", r#"{"a": "barfoo"}"#, false);
    check("a|cased: Foo", r#"{"a": "foo"}"#, false);
    check("a|cased: Foo", r#"{"a": "Foo"}"#, true);
    check("a|contains|cased: OO", r#"{"a": "fOO"}"#, true);
    check("a|contains|cased: OO", r#"{"a": "foo"}"#, false);
    check("a|neq: foo", r#"{"a": "bar"}"#, true);
    check("a|neq: foo", r#"{"a": "foo"}"#, false);
    check("a: ÉCOLE", r#"{"a": "école"}"#, true);
    check("a: '*'", r#"{"a": "x"}"#, true);
    check("a: '*'", r#"{"b": "x"}"#, false);
    check("a: f*r", r#"{"a": "foobar"}"#, true);
    check("'Threat Name': x", r#"{"ThreatName": "x"}"#, true);
}

#[test]
fn empty_null_and_absent() {
    check("a: ''", r#"{"a": ""}"#, true);
    check("a: ''", r#"{"b": "x"}"#, false);
    check("a: null", r#"{"a": null}"#, true);
    check("a: null", r#"{"b": 1}"#, true);
    check("a: null", r#"{"a": ""}"#, false);
    check("a|exists: true", r#"{"a": ""}"#, true);
    check("a|exists: false", r#"{"b": 1}"#, true);
    check("a|exists: false", r#"{"a": 1}"#, false);
    refused("a: [x, null]", "null is not allowed");
}

#[test]
fn numbers_and_booleans() {
    check("a: 4688", r#"{"a": "4688"}"#, true);
    check("a: '4688'", r#"{"a": 4688}"#, true);
    check("a|lt: 5", r#"{"a": "4"}"#, true);
    check("a|lte: 5", r#"{"a": 5}"#, true);
    check("a|gt: 5", r#"{"a": 5}"#, false);
    check("a|gte: 5.5", r#"{"a": 5.5}"#, true);
    check("a|gt: 5", r#"{"a": "ten"}"#, false);
    check("a: true", r#"{"a": true}"#, true);
    check("a: 'true'", r#"{"a": true}"#, true);
    check("a: true", r#"{"a": "True"}"#, true);
}

#[test]
fn regular_expressions() {
    check("a|re: '^f.o$'", r#"{"a": "foo"}"#, true);
    check("a|re: '^F.O$'", r#"{"a": "foo"}"#, false);
    check("a|re|i: '^F.O$'", r#"{"a": "foo"}"#, true);
    check("a|re|m: '^b'", r#"{"a": "a\nb"}"#, true);
    check("a|re|s: 'a.b'", r#"{"a": "a\nb"}"#, true);
    check("a|re: 'x(?i)Y'", r#"{"a": "xy"}"#, true);
    refused("a|re: '('", "regular expression");
    refused("a|i: x", "must follow `re`");
}

#[test]
fn encodings() {
    // base64("foobar") is Zm9vYmFy.
    check("a|base64: foobar", r#"{"a": "Zm9vYmFy"}"#, true);
    check("a|base64offset|contains: foobar", r#"{"a": "xZm9vYmFyx"}"#, true);
    // One and two bytes before the text: base64("xfoobar"), base64("xxfoobar").
    check("a|base64offset|contains: foobar", r#"{"a": "eGZvb2Jhcg=="}"#, true);
    check("a|base64offset|contains: foobar", r#"{"a": "eHhmb29iYXI="}"#, true);
    check("a|base64offset|contains: foobar", r#"{"a": "Zm9vYmF"}"#, false);
    // base64(utf-16le("foo")) and with a byte order mark, and big endian.
    check("a|wide|base64offset|contains: foo", r#"{"a": "ZgBvAG8A"}"#, true);
    check("a|utf16le|base64: foo", r#"{"a": "ZgBvAG8A"}"#, true);
    check("a|utf16be|base64: foo", r#"{"a": "AGYAbwBv"}"#, true);
    check("a|utf16|base64: foo", r#"{"a": "//5mAG8AbwA="}"#, true);
    refused("a|wide: foo", "needs `base64`");
}

#[test]
fn dashes() {
    for dash in ["-", "/", "\u{2013}", "\u{2014}", "\u{2015}"] {
        check("a|windash|contains: ' -enc -x'", &format!(r#"{{"a": "p {dash}enc /x"}}"#), true);
    }
    check("a|windash|contains: ' -enc'", r#"{"a": "p +enc"}"#, false);
}

#[test]
fn networks_times_and_other_fields() {
    check("a|cidr: 192.0.2.0/24", r#"{"a": "192.0.2.77"}"#, true);
    check("a|cidr: 192.0.2.0/24", r#"{"a": "192.0.3.1"}"#, false);
    check("a|cidr: 192.0.2.0/24", r#"{"a": "::ffff:192.0.2.77"}"#, true);
    check("a|cidr: '2001:db8::/32'", r#"{"a": "2001:db8::1"}"#, true);
    check("a|hour: 8", r#"{"a": "2026-11-24T08:30:00Z"}"#, true);
    check("a|minute: 31", r#"{"a": "2026-11-24T08:30:00Z"}"#, false);
    check("a|week: 48", r#"{"a": "2026-11-24 08:30:00"}"#, true);
    check("a|year: 2026", r#"{"a": "2026-11-24T08:30:00Z"}"#, true);
    check("a|fieldref: b", r#"{"a": "X", "b": "x"}"#, true);
    check("a|fieldref: b", r#"{"a": "X", "b": ["y", "x"]}"#, true);
    check("a|fieldref|neq: b", r#"{"a": "X", "b": "y"}"#, true);
    check("a|fieldref|endswith: b", r#"{"a": "foobar", "b": "bar"}"#, true);
    refused("a|cidr: nowhere", "no network");
}

#[test]
fn placeholders_and_chains() {
    check("a|expand: '%admins%'", r#"{"a": "administrator"}"#, true);
    check("a|expand: 'x%admins%'", r#"{"a": "xroot"}"#, true);
    refused("a|expand: '%nobody%'", "%nobody%");
    refused("a|unknown: x", "unknown modifier `unknown`");
    refused("a|contains|startswith: x", "use one");
    refused("a|cidr|contains: 192.0.2.0/24", "do not combine");
}

#[test]
fn keywords_read_the_whole_record() {
    let any = "  k: [needle, other]\n  condition: k";
    assert!(matches(any, r#"{"x": {"y": "a NEEDLE here"}}"#));
    assert!(!matches(any, r#"{"needle": "only a name"}"#));
    let all = "  k:\n    '|all': [needle, hay]\n  condition: k";
    assert!(matches(all, r#"{"x": "needle", "y": ["hay"]}"#));
    assert!(!matches(all, r#"{"x": "needle"}"#));
    assert!(matches("  k: ['4*5']\n  condition: k", r#"{"x": "45"}"#));
}

#[test]
fn conditions() {
    let detection = "  a: {f: 1}\n  b: {g: 1}\n  _c: {h: 1}\n  condition: [a and b, _c]";
    assert!(matches(detection, r#"{"h": 1}"#));
    assert!(!matches(detection, r#"{"f": 1}"#));
    assert!(!matches("  a: {f: 1}\n  _c: {h: 1}\n  condition: 1 of them", r#"{"h": 1}"#));
    assert!(matches("  a: {f: 1}\n  b: {g: 1}\n  condition: not all of them", r#"{"f": 1}"#));
    assert!(matches("  a:\n    - {f: 1}\n    - {g: 2}\n  condition: a", r#"{"g": 2}"#));
}

/// A short text can stand for gigabytes: what it is written out into is bounded, and the reason says what to do.
#[test]
fn what_a_rule_is_written_out_into_is_bounded() {
    let reason = |detection: String| {
        let (mut rules, mut table) = (RuleSet::default(), FieldTable::default());
        let text = format!("title: t\nlogsource: {{product: t}}\ndetection:\n{detection}\n");
        rules.add_file("t.yml", &text, &mut table, &Placeholders::default());
        rules.refused.first().map(|error| error.reason.clone()).unwrap_or_default()
    };
    let dashes = vec!["' -a -b -c -d -e'"; 20].join(", ");
    let many = reason(format!("  s:\n    F|windash|contains: [{dashes}]\n  condition: s"));
    assert!(many.contains("more than 50,000 patterns"), "{many}");

    let regexes: Vec<String> = (0..600).map(|number| format!(r"'{number}\w{{20}}'")).collect();
    let large = reason(format!("  s:\n    F|re: [{}]\n  condition: s", regexes.join(", ")));
    assert!(large.contains("too large together"), "{large}");
    let huge = reason(
        r"  s: {F|re: '(\w{100}){100}'}
  condition: s"
            .to_owned(),
    );
    assert!(huge.contains("larger than 4194304 bytes"), "{huge}");

    let searches: Vec<String> = (0..300).map(|number| format!("  a{number}: {{F: x}}")).collect();
    let condition = vec!["1 of a*"; 200].join(" or ");
    let parts = reason(format!("{}\n  condition: {condition}", searches.join("\n")));
    assert!(parts.contains("more than 50000 parts"), "{parts}");
}
