//! Broken files beside good ones, hostile text in fields, duplicates, jumping clocks.

use serde_json::Value;

use crate::run::{Folder, investigation, quell, stderr, stdout};

/// A gzip file whose only block, stored as it is, promises more than there is.
fn torn_gzip(text: &str) -> Vec<u8> {
    let promised = u16::try_from(text.len()).unwrap() + 100;
    let head = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1];
    [&head, &promised.to_le_bytes()[..], &(!promised).to_le_bytes(), text.as_bytes()].concat()
}

#[test]
fn each_broken_part_is_told_and_the_rest_is_analysed() {
    let folder = Folder::with_intrusion("broken");
    let logs = folder.file("logs");
    let clean = investigation(&[&logs]);
    let good = folder.text("logs/WS01.jsonl").lines().next().unwrap().to_owned();
    let evtx = [b"ElfFile\0".to_vec(), vec![0; 4088], vec![0xA5; 70_000]].concat();
    folder.with("logs/broken/a.evtx", &evtx);
    folder.with("logs/broken/b.evtx", b"ElfFile\0\0\0\0");
    folder.with("logs/broken/c.gz", torn_gzip(&format!("{good}\n{{\"torn\":")));
    folder.with("logs/broken/d.zip", b"PK\x03\x04 but no archive");
    folder.with("logs/broken/e.json", format!("[{good},7,{{\"a\":1}}]\n{good}\n{{\"cut"));
    folder.with("logs/broken/f.bin", [0x7F, b'E', b'L', b'F', 2, 1, 1, 0, 0xFE, 0xFF]);
    folder.with("logs/broken/g.log", format!("{}{good}\n", "what is this?\n".repeat(2)));
    folder.with("logs/broken/h.json", format!("{{\"a\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000)));
    let link = folder.path().join("logs/broken/i.link");
    std::os::unix::fs::symlink("nowhere", link).unwrap();

    let last = |before: usize| before + good.len();
    let expected = [
        ("a.evtx", 4_096, "not an EVTX chunk"),
        ("a.evtx", 69_632, "not an EVTX chunk"),
        ("b.evtx", 11, "cut off inside its header"),
        ("c.gz", last(1), "JSON value is broken"),
        ("c.gz", last(9), "deflate"),
        ("d.zip", 0, "zip archive"),
        ("e.json", last(2), "list element is not a JSON object"),
        ("e.json", last(4), "JSON of no known source"),
        ("e.json", 2 * good.len() + 14, "JSON value is broken"),
        ("f.bin", 0, "no known log format"),
        ("g.log", 0, "no known log format"),
        ("g.log", 14, "no known log format"),
        ("h.json", 0, "JSON of no known source"),
        ("i.link", 0, "symbolic link"),
    ];
    let told = investigation(&[&logs]);
    let parts = told["unparsed"].as_array().unwrap();
    assert_eq!(parts.len(), expected.len(), "{parts:#?}");
    for (part, (file, offset, reason)) in parts.iter().zip(expected) {
        let right = part["file"].as_str().unwrap().ends_with(&format!("broken/{file}"))
            && part["offset"] == offset
            && part["reason"].as_str().unwrap().contains(reason);
        assert!(right, "{part} is not {file} at {offset}: {reason}");
    }
    assert_eq!(told["incidents"], clean["incidents"], "the story is the same");
    assert_eq!(told["totals"]["duplicates"], 4, "good records among broken ones were read");

    let output = quell(&["detect", &logs]);
    assert_eq!(output.status.code(), Some(0));
    for (file, offset, _) in expected {
        let place = format!("broken/{file} at byte {offset}: ");
        assert!(stderr(&output).contains(&place), "{place} not in {}", stderr(&output));
    }
    let output = quell(&["investigate", &logs]);
    assert_eq!(output.status.code(), Some(0));
    let shown = stdout(&output);
    assert!(shown.contains(&format!("{} parts could not be read", expected.len())), "{shown}");
    let folded = shown.contains("broken/a.evtx: 2 × not an EVTX chunk") && shown.contains("byte 4,096");
    assert!(folded, "{shown}");
}

/// Characters that make a terminal or a reader do something.
fn acting(text: &str) -> Vec<char> {
    let acts = |c: &char| {
        c.is_control() && *c != '\n'
            || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().filter(acts).collect()
}

#[test]
fn hostile_text_is_never_shown_raw() {
    let folder = Folder::with_intrusion("escapes");
    let logs = folder.file("logs");
    for name in ["logs/WS01.jsonl", "logs/SRV02.jsonl"] {
        let text = folder.text(name);
        let hostile = r"\u001b[2J\u001b]0;owned\u0007\u009b31m\r\n<script>alert(1)</script>";
        let text = text
            .replace("Invoice_2026-11.pdf", &format!("{hostile}\u{202e}fdp\u{2066}\u{200b}"))
            .replace("CORP", &format!("CORP{hostile}"));
        assert!(text.contains("<script>"));
        folder.with(name, text);
    }
    folder.with("logs/\u{1b}[31m\u{202e}<script>.log", "\u{1b}[31m\u{202e}<script>\nx\n");
    let (html, markdown) = (folder.file("report.html"), folder.file("report.md"));
    let output = quell(&["investigate", &logs, "--report", &html, "--report", &markdown]);
    assert_eq!(output.status.code(), Some(0));
    let listing = quell(&["detect", &logs]);
    let texts = [
        ("terminal", stdout(&output)),
        ("messages", stderr(&output)),
        ("html", folder.text("report.html")),
        ("markdown", folder.text("report.md")),
        ("listing", stdout(&listing)),
        ("complaints", stderr(&listing)),
    ];
    for (medium, text) in &texts {
        assert_eq!(acting(text), Vec::<char>::new(), "{medium}");
    }
    assert!(texts[0].1.contains("\\u{1b}"), "the story has hostile text in it");
    assert!(!texts[2].1.contains("<script") && texts[2].1.contains("&lt;script"), "html");
    // Between backticks Markdown shows text as it is.
    let mut prose = texts[3].1.lines().flat_map(|line| line.split('`').step_by(2));
    assert!(!prose.any(|text| text.contains("<script")), "markdown");
    assert!(texts[5].1.contains("\\u{1b}[31m\\u{202e}<script>.log at byte 0"), "{}", texts[5].1);
}

#[test]
fn duplicates_change_nothing_and_are_counted() {
    let folder = Folder::with_intrusion("duplicates");
    let logs = folder.file("logs");
    let once = investigation(&[&logs]);
    let text = folder.text("logs/WS01.jsonl");
    folder.with("logs/WS01.jsonl.1", &text);
    let twice = investigation(&[&logs]);
    assert_eq!(once["totals"]["duplicates"], 0);
    assert_eq!(twice["totals"]["duplicates"], text.lines().count());
    assert_eq!(twice["incidents"], once["incidents"]);
    assert_eq!(twice["alerts_apart"], once["alerts_apart"]);
    assert_eq!(twice["sources"], once["sources"]);
}

#[test]
fn clocks_may_jump() {
    let folder = Folder::with_intrusion("clocks");
    let logs = folder.file("logs");
    let root = |told: &Value| told["incidents"][0]["title"].clone();
    let title = root(&investigation(&[&logs]));
    // Background of another time, in no order, and with times that are none.
    let text = folder.text("logs/SRV02.jsonl");
    let record = text.lines().find(|line| line.contains("\"EventID\":5,")).unwrap();
    let (before, rest) = record.split_once("\"EventTime\":\"").unwrap();
    let (_, after) = rest.split_once('"').unwrap();
    let after = after.replace("\"UtcTime\":", "\"Utc\":");
    let times =
        ["9999-12-31T23:59:59Z", "1601-01-01T00:00:00Z", "-1", "yesterday", "", "2026-02-30T25:61:61Z", "1e400", "NaN"];
    let jumping: String = times.iter().map(|time| format!("{before}\"EventTime\":\"{time}\"{after}\n")).collect();
    folder.with("logs/jumps.jsonl", &jumping);
    let reversed: Vec<&str> = text.lines().rev().collect();
    folder.with("logs/SRV02.jsonl", reversed.join("\n"));
    let told = investigation(&[&logs]);
    assert_eq!(root(&told), title);
    assert_eq!(told["unparsed"], Value::Array(Vec::new()));
}
