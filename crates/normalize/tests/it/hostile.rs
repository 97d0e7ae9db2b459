//! Text that is broken or hostile: what can be read is read, the rest is told with its offset, memory stays bounded.

use std::io::{self, Read};

use quell_model::{FieldTable, Fields};
use quell_normalize::{CsvTable, Formats, Item, Mappings, RawRecord, RecordReader, Shape};

const MEBIBYTE: usize = 1 << 20;

/// All items of an input, each as its offset and either its text (`source: text` for log lines) or `!` and the reason.
pub(crate) fn items(input: impl Read) -> Vec<(u64, String)> {
    let mut reader = RecordReader::new(input, &formats()).unwrap();
    let mut items = Vec::new();
    loop {
        match reader.next_item() {
            Ok(Some(item)) => items.push(shown(item)),
            Ok(None) => return items,
            Err(error) => {
                items.push((reader.offset(), format!("!! {error}")));
                return items;
            }
        }
    }
}

fn shown(item: Item) -> (u64, String) {
    match item {
        Item::Rejected(rejected) => (rejected.offset, format!("! {}", rejected.reason)),
        Item::Record(RawRecord { offset, bytes, shape, .. }) => {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            match shape {
                Shape::Json => (offset, text),
                Shape::Pairs { source, .. } => (offset, format!("{source}: {text}")),
            }
        }
    }
}

pub(crate) fn formats() -> Formats {
    let columns = vec!["CreationDate".to_owned(), "Operation".to_owned()];
    Formats { tables: vec![CsvTable { source: "m365.table".into(), delimiter: b',', columns }], year: 2026 }
}

/// The items of `input`; a reason may be given by its beginning.
fn check(input: impl AsRef<[u8]>, expected: &[(u64, &str)]) {
    let found = items(input.as_ref());
    let same = found.len() == expected.len()
        && found.iter().zip(expected).all(|((at, text), (wanted_at, wanted))| {
            at == wanted_at && (text == wanted || wanted.starts_with('!') && text.starts_with(wanted))
        });
    let shown = String::from_utf8_lossy(input.as_ref()).chars().take(300).collect::<String>();
    assert!(same, "input {shown:?}\n   found {found:?}\nexpected {expected:?}");
}

#[test]
fn a_torn_line_costs_itself_only() {
    let torn = "! JSON value is broken: another object begins";
    check("{\"a\":1}\n{\"b\":\n{\"c\":3}\n", &[(0, "{\"a\":1}"), (8, torn), (14, "{\"c\":3}")]);
    check("{\"a\":{\"b\":1}\n{\"c\":3}", &[(0, torn), (13, "{\"c\":3}")]);
    check("{\"a\":{\"b\":1\n  {\"c\":3}", &[(0, torn), (14, "{\"c\":3}")]);
    check(
        "{\"a\":1]\n{\"c\":3}",
        &[(0, "! JSON value is broken: its brackets differ"), (6, "! no known"), (8, "{\"c\":3}")],
    );
    let in_string = "! JSON value is broken: a line ends inside a string";
    check("{\"a\":\"x\n{\"c\":3}", &[(0, in_string), (8, "{\"c\":3}")]);
    check("{\"a\":\"x\\\n{\"c\":3}", &[(0, in_string), (9, "{\"c\":3}")]);
    check("{\"a\":\"x\ny\"}\n{\"c\":3}", &[(0, in_string), (8, "! no known"), (12, "{\"c\":3}")]);
}

#[test]
fn what_follows_a_torn_value_is_read_line_by_line() {
    let cut_off = "! JSON value is broken: it is cut off at the end";
    check("{\"a\":1}\n{\"b\":[{\"c\":", &[(0, "{\"a\":1}"), (8, cut_off)]);
    check(format!("{{\"b\":[\n{SYSLOG}\n"), &[(0, cut_off), (7, &format!("linux.syslog: {SYSLOG}"))]);
    let pretty = format!("{{\n  \"a\": 1,\n  \"b\": {{\n{SYSLOG}\n  {{\"c\": 3}},\n{AUDITD}\n");
    check(
        &pretty,
        &[
            (0, "! JSON value is broken: another object begins"),
            (21, &format!("linux.syslog: {SYSLOG}")),
            (pretty.find("{\"c\"").unwrap() as u64, "{\"c\": 3}"),
            (pretty.find("type=").unwrap() as u64, &format!("linux.auditd: {AUDITD}")),
        ],
    );
}

#[test]
fn values_in_any_arrangement() {
    check("{\n \"a\": 1\n}\n{\n \"b\": 2\n}", &[(0, "{\n \"a\": 1\n}"), (13 - 1, "{\n \"b\": 2\n}")]);
    check("{\"a\":1}{\"b\":2} {\"c\":3}", &[(0, "{\"a\":1}"), (7, "{\"b\":2}"), (15, "{\"c\":3}")]);
    check("[{\"a\":1}, {\"b\":2}]\n{\"c\":3}", &[(1, "{\"a\":1}"), (10, "{\"b\":2}"), (19, "{\"c\":3}")]);
    check("{\"a\":1},\n{\"b\":2},\n", &[(0, "{\"a\":1}"), (9, "{\"b\":2}")]);
    check("{\"a\":1}\r\n\r\n{\"b\":2}\r\n", &[(0, "{\"a\":1}"), (11, "{\"b\":2}")]);
    check("[]\n[ ]\n{\"a\":1}", &[(7, "{\"a\":1}")]);
    check("", &[]);
    check("\0\0\0 \n", &[]);
    check(
        "{\"e\":[\n{\"a\":1},\n{\"b\":2}\n]}",
        &[(0, "! JSON value is broken: another object"), (7, "{\"a\":1}"), (16, "{\"b\":2}"), (24, "! no known")],
    );
}

#[test]
fn wrappers() {
    let after = "{\"Records\":[{\"a\":1},{\"b\":2}],\"next\":{\"t\":[1,\"]}\"]}}\n{\"c\":3}";
    check(after, &[(12, "{\"a\":1}"), (20, "{\"b\":2}"), (52, "{\"c\":3}")]);
    check("{ \"Records\" : [ ] }{\"c\":3}", &[(19, "{\"c\":3}")]);
    let broken = "! text after a list of records is broken";
    check("{\"Records\":[{\"a\":1}]\n{\"c\":3}", &[(12, "{\"a\":1}"), (20, broken), (21, "{\"c\":3}")]);
    check(
        format!("{{\"Records\":[{{\"a\":1}}],\n{SYSLOG}"),
        &[(12, "{\"a\":1}"), (20, broken), (22, &format!("linux.syslog: {SYSLOG}"))],
    );
    check("{\"Records\":[{\"a\":1},", &[(12, "{\"a\":1}"), (20, "! list of records is cut off at the end")]);
    check("{\"Records\":[{\"a\":1},{\"b\"", &[(12, "{\"a\":1}"), (20, "! JSON value is broken: it is cut off")]);
}

#[test]
fn elements_that_are_no_objects() {
    let stray = "! list element is not a JSON object";
    check("[{\"a\":1},5,{\"b\":2}]", &[(1, "{\"a\":1}"), (9, stray), (11, "{\"b\":2}")]);
    check("[5,null,{\"b\":2}]", &[(1, stray), (3, stray), (8, "{\"b\":2}")]);
    check("[\"x]\\\"{,\",{\"b\":2}]", &[(1, stray), (10, "{\"b\":2}")]);
    check("[{\"a\":1},[{\"x\":1},2],{\"b\":2}]", &[(1, "{\"a\":1}"), (9, stray), (21, "{\"b\":2}")]);
    check("[{\"a\":1},}{\"b\":2}]", &[(1, "{\"a\":1}"), (9, stray), (10, "{\"b\":2}")]);
    check(
        format!("[{{\"a\":1}},\n{SYSLOG}\n{SYSLOG}"),
        &[
            (1, "{\"a\":1}"),
            (10, "! list of records is not closed"),
            (10, &format!("linux.syslog: {SYSLOG}")),
            (11 + SYSLOG.len() as u64, &format!("linux.syslog: {SYSLOG}")),
        ],
    );
    check("[12:00] started\n[x] y", &[(0, "! no known"), (16, "! no known")]);
}

const SYSLOG: &str = "Nov 24 10:00:00 host sshd[7]: Failed password for root from 192.0.2.1 port 5022 ssh2";
const AUDITD: &str = "type=SYSCALL msg=audit(1700000000.1:7): arch=c000003e exe=\"/bin/id\"";

#[test]
fn sources_may_be_mixed() {
    let zeek = "#separator \\x09\n#path\tconn\n#fields\tts\tuid\n1.5\tC1";
    let csv = "CreationDate,Operation\n2026-11-24,\"a,b\"";
    let text = format!("{{\"a\":1}}\n{SYSLOG}\n{AUDITD}\n{zeek}\n{csv}\nwhat is this\n[{{\"b\":2}}]\n{SYSLOG}\n");
    let at = |part: &str| text.find(part).unwrap() as u64;
    check(
        &text,
        &[
            (0, "{\"a\":1}"),
            (8, &format!("linux.syslog: {SYSLOG}")),
            (at("type="), &format!("linux.auditd: {AUDITD}")),
            (at("1.5\t"), "zeek: 1.5\tC1"),
            (at("2026-11-24,"), "m365.table: 2026-11-24,\"a,b\""),
            (at("what"), "! no known log format"),
            (at("{\"b\""), "{\"b\":2}"),
            (text.rfind("Nov").unwrap() as u64, &format!("linux.syslog: {SYSLOG}")),
        ],
    );
}

#[test]
fn encodings() {
    let text = "{\"a\":\"é😀\"}\n{\"b\":2}";
    let utf16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let (little, big) = (utf16(u16::to_le_bytes), utf16(u16::to_be_bytes));
    let expected = |mark: u64| [(mark, "{\"a\":\"é😀\"}"), (mark + 24, "{\"b\":2}")];
    check(&little, &expected(0));
    check(&big, &expected(0));
    check([b"\xFF\xFE", &*little].concat(), &expected(2));
    check([b"\xFE\xFF", &*big].concat(), &expected(2));
    check(
        [b"\xFF\xFE", &*little, b"\0\xD8"].concat(),
        &[(2, "{\"a\":\"é😀\"}"), (26, "{\"b\":2}"), (40, "! no known")],
    );

    check("\u{feff}{\"a\":1}\n\u{feff}{\"b\":2}", &[(3, "{\"a\":1}"), (14, "{\"b\":2}")]);
    check(
        b"{\"a\":\"\xFF\xC3\"}\n\xE9t\xE9\n{\"b\":2}",
        &[(0, "{\"a\":\"\u{fffd}\u{fffd}\"}"), (11, "! no known"), (15, "{\"b\":2}")],
    );
    check(b"{\"a\":\0\"x\0y\"}\n\0\0{\"b\":2}\0", &[(0, "{\"a\":\0\"x\0y\"}"), (15, "{\"b\":2}")]);
    check(b"\x7FELF\x02\x01\n\xDE\xAD\n{\"b\":2}", &[(0, "! no known"), (7, "! no known"), (10, "{\"b\":2}")]);
}

#[test]
fn times_without_zone_do_not_depend_on_the_machine() {
    let mut reader = RecordReader::new(SYSLOG.as_bytes(), &formats()).unwrap();
    let Some(Item::Record(RawRecord { shape: Shape::Pairs { pairs, .. }, .. })) = reader.next_item().unwrap() else {
        panic!("a record");
    };
    assert_eq!(pairs[0], ("timestamp".to_owned(), "2026-11-24T10:00:00+00:00".to_owned()));
}

#[test]
fn a_fault_of_the_stream_comes_after_what_was_read() {
    let torn = |text: &'static str| items(text.as_bytes().chain(Broken));
    assert_eq!(
        torn("{\"a\":1}\n{\"b\":2}"),
        [(0, "{\"a\":1}".to_owned()), (8, "{\"b\":2}".to_owned()), (15, "!! torn".to_owned())]
    );
    assert_eq!(
        torn("{\"a\":1}\n{\"b")[1..],
        [(8, "! JSON value is broken: it is cut off at the end of the input".to_owned()), (11, "!! torn".to_owned())]
    );
    assert!(RecordReader::new(Broken, &formats()).is_err());
}

struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("torn"))
    }
}

/// `length` times `byte`, never in memory as a whole.
fn long(byte: u8, length: usize) -> impl Read {
    io::repeat(byte).take(length as u64)
}

#[test]
fn over_long_text_is_skipped_as_a_stream() {
    let length = 40 * MEBIBYTE;
    let after = |before: &'static str, after: &'static str| {
        items(before.as_bytes().chain(long(b'x', length)).chain(after.as_bytes()))
    };
    let end = length as u64;
    let skipped = "! JSON value is longer than 16 MiB; skipped".to_owned();
    let last = "{\"b\":2}".to_owned();
    assert_eq!(
        after("", "\n{\"b\":2}"),
        [(0, "! line is longer than 16 MiB; skipped".to_owned()), (end + 1, last.clone())]
    );
    assert_eq!(after("{\"a\":\"", "\"}\n{\"b\":2}"), [(0, skipped.clone()), (end + 9, last.clone())]);
    // Elements and objects on the same line survive, too.
    assert_eq!(after("[{\"a\":\"", "\\\"\"},{\"b\":2}]"), [(1, skipped.clone()), (end + 12, last.clone())]);
    assert_eq!(after("{\"a\":\"", "\"}{\"b\":2}"), [(0, skipped), (end + 8, last)]);
}

/// What is broken again and again must not be searched again and again.
#[test]
fn broken_text_is_read_in_linear_time() {
    for part in [
        " {\n",
        "[\n",
        " {\"a\":1}\n {\n",
        "{\"a\":1}",
        "{\"a\":1} ",
        "{",
        "[{},1,",
        "[1,",
        "{\"Records\":[{",
        "{}]",
        "x='",
        "\"{\n",
    ] {
        let count = MEBIBYTE / 4 / part.len();
        let found = items(part.repeat(count).as_bytes()).len();
        assert!(found <= count * 3, "{part:?}: {found}");
    }
}

#[test]
fn lines_with_too_many_or_nested_fields() {
    let start = "type=SYSCALL msg=audit(1.2:3): ";
    let pairs = |line: String| -> usize {
        let mut reader = RecordReader::new(line.as_bytes(), &formats()).unwrap();
        let mut most = 0;
        while let Some(item) = reader.next_item().unwrap() {
            if let Item::Record(RawRecord { shape: Shape::Pairs { pairs, .. }, .. }) = item {
                most = most.max(pairs.len());
            }
        }
        most
    };
    assert_eq!(pairs(format!("{start}{}", "a=b ".repeat(200_000))), 4_096);
    assert_eq!(pairs(format!("{start}{}{}", "a='".repeat(200_000), "'".repeat(200_000))), 5, "no recursion");
    assert_eq!(pairs(format!("#separator \n#fields\t{}\n{}", "f\t".repeat(100_000), "v\t".repeat(100_000))), 0);
    assert_eq!(pairs(format!("CreationDate,Operation{}\n{}", ",x".repeat(100_000), ",y".repeat(100_001))), 0);
    assert_eq!(pairs(format!("srcaddr dstaddr start {}\n{}", "x ".repeat(100_000), "1 ".repeat(100_003))), 0);
    assert_eq!(pairs(format!("<34>1 2026-11-24T10:00:00Z h a - - {}", "[a b=\"c\"]".repeat(100_000))), 4);
    assert_eq!(pairs(format!("<34>1 2026-11-24T10:00:00Z h a - - {}", "[a b=\"c\"]".repeat(200_000))), 0);
}

/// A mapping that reads three fields.
const MAPPING: &str = r#"
source: hostile
product: test
recognise:
  - {a: "*"}
time: [time]
key: [a]
log_sources:
  - {category: [test]}
events: []
"#;

/// What the normalizer makes of one JSON record: its fields by name, or the reason of rejection.
fn normalized(record: &[u8]) -> Result<Vec<String>, String> {
    let mut table = FieldTable::default();
    let mut mappings = Mappings::default();
    mappings.add("hostile.yaml", MAPPING, &mut table).unwrap();
    for name in ["a", "b", "list"] {
        table.register(name);
    }
    let fields = table.len();
    let mut normalizer = mappings.normalizer(&table);
    let raw = RawRecord { number: 1, offset: 7, bytes: record.to_vec(), shape: Shape::Json };
    let event = normalizer.normalize(raw, (0, 1), Fields::default()).map_err(|rejected| {
        assert_eq!(rejected.offset, 7);
        rejected.reason
    })?;
    assert_eq!(table.len(), fields, "records do not register fields");
    let of = |name: &'static str| {
        let field = table.get(name).unwrap();
        event.fields.all(field).map(move |value| format!("{name}={}", value.to_text().unwrap_or_default()))
    };
    Ok(["a", "b", "list"].into_iter().flat_map(of).collect())
}

#[test]
fn records_out_of_measure() {
    let check = |record: &str, expected: Result<&[&str], &str>| match (normalized(record.as_bytes()), expected) {
        (Ok(fields), Ok(wanted)) => assert_eq!(fields, wanted, "{record:.80}"),
        (Err(reason), Err(part)) => assert!(reason.contains(part), "{record:.80}: {reason}"),
        (other, wanted) => panic!("{record:.80}: {other:?}, expected {wanted:?}"),
    };
    let nested =
        |name: &str, depth: usize| format!("{{\"a\":1,\"{name}\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    check(&nested("b", 100), Ok(&["a=1"]));
    check(&nested("b", 200), Err("recursion limit"));
    check(&nested("b", 100_000), Err("recursion limit"));
    check(&nested("unread", 100_000), Ok(&["a=1"]));
    check(&format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000)), Ok(&["a="]));
    check("{\"a\":1,\"a\":2,\"b\":{\"x\":1},\"b\":3}", Ok(&["a=1", "a=2", "b=", "b=3"]));
    check(
        "{\"a\":18446744073709551615,\"b\":-9223372036854775808,\"list\":1.5e3}",
        Ok(&["a=18446744073709551615", "b=-9223372036854775808", "list=1500"]),
    );
    check(&format!("{{\"a\":1,\"unread\":{}}}", "9".repeat(100_000)), Ok(&["a=1"]));
    check("{\"a\":1,\"b\":1e999}", Err("number out of range"));
    check("{\"a\":1,\"b\":NaN}", Err("not JSON"));
    check("{\"b\":1}", Err("JSON of no known source"));
    check("{\"a\":1}{\"a\":2}", Err("trailing characters"));
    check("", Err("not JSON"));
    assert_eq!(normalized(b"{\"a\":\"x\xFF\",\"\xFE\":1}"), Ok(vec!["a=x\u{fffd}".to_owned()]));
}

#[test]
fn leaves_and_names_are_bounded() {
    let list = format!("{{\"a\":1,\"list\":[{}0]}}", "0,".repeat(1_000_000));
    assert_eq!(normalized(list.as_bytes()).unwrap().len(), 1 + 1_024, "and what came before");
    let hidden = format!("{{\"list\":[{}0],\"a\":1}}", "0,".repeat(1_000_000));
    assert_eq!(normalized(hidden.as_bytes()).unwrap().len(), 1_024 + 1, "a long list hides nothing that follows");
    let keys = (0..100_000).map(|n| format!("\"k{n}\":{n},")).collect::<String>();
    assert_eq!(normalized(format!("{{{keys}\"a\":1}}").as_bytes()), Ok(vec!["a=1".to_owned()]));
    let text = "y".repeat(10 * MEBIBYTE);
    assert_eq!(normalized(format!("{{\"a\":1,\"b\":\"{text}\"}}").as_bytes()).unwrap()[1].len(), text.len() + 2);
}
