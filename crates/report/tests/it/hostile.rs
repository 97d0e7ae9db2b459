//! Hostile text in every field of an investigation changes what is shown, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use quell_model::{Entry, Incident, Investigation, Step};
use quell_report::{TerminalOptions, html, markdown, terminal};

use crate::sample;

const MARKER: &str = "<img src=x onerror=alert(1)>";

const PAYLOADS: &[&str] = &[
    MARKER,
    "\"><svg/onload=alert(1)>",
    "' onmouseover='alert(1)",
    "</title></svg></style><script>alert(1)</script><!--",
    "]]>&lt;b&gt;&#60;i&#62;",
    "\x1b[2J\x1b]0;owned\x07\x1b]8;;http://evil.com\x1b\\x",
    "\u{9b}31m\u{85}\u{0}\u{8}\u{7f}",
    "line\r\nline\nline\u{2028}line\u{b}line",
    "gpj.\u{202e}exe\u{2066}\u{200f}\u{61c}",
    "a\u{200b}\u{200d}\u{feff}\u{ad}\u{e0041}\u{fe0f}b",
    "x | y |\n|---|---|\n| z",
    "`code` ``` \\` \\",
    "[x](javascript:alert(1)) ![i](https://evil.com/p.png) <https://evil.com>",
    "# heading\n- item\n1. one\n> quote\n---\n===\n    code",
    "1. one",
    "- [ ] *b* _i_ ~~s~~ $m$ @everyone #1",
    "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
];

#[test]
fn terminal_output_holds_no_control_and_no_direction_characters() {
    for_each_payload(|payload, investigation| {
        for width in [40, 80, 120] {
            let text = terminal(investigation, TerminalOptions { width, color: false });
            assert_eq!(hidden(&text), BTreeSet::new(), "{payload:?}");
            let longest = text.lines().map(|line| line.chars().filter(|c| *c != '\u{301}').count()).max();
            assert!(longest <= Some(width), "{payload:?}: a line of {longest:?} in {width}");
        }
    });
}

#[test]
fn terminal_colors_are_ours_only() {
    const CODES: [&str; 6] = ["\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[1;31m", "\x1b[33m"];
    for_each_payload(|payload, investigation| {
        let colored = terminal(investigation, TerminalOptions { width: 80, color: true });
        let plain = CODES.iter().fold(colored, |text, code| text.replace(code, ""));
        assert_eq!(plain, terminal(investigation, TerminalOptions { width: 80, color: false }), "{payload:?}");
    });
}

#[test]
fn html_tags_do_not_depend_on_text() {
    let benign = tags(&html(&with_text("harmless")));
    for_each_payload(|payload, investigation| {
        let page = html(investigation);
        assert_eq!(tags(&page), benign, "{payload:?}");
        assert_eq!(hidden(&page), BTreeSet::new(), "{payload:?}");
    });
}

#[test]
fn html_shows_the_marker_escaped() {
    let page = html(&with_text(MARKER));
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"));
    assert!(!page.contains("<img"));
}

#[test]
fn html_loads_and_runs_nothing() {
    for_each_payload(|payload, investigation| {
        for tag in tags(&html(investigation)) {
            let forbidden = [
                "<script",
                "<link",
                "<iframe",
                "<object",
                "<img",
                "<base",
                "<form",
                "<use",
                "<image",
                "<a href=\"h",
                " on",
            ];
            assert!(!forbidden.iter().any(|part| tag.contains(part)), "{payload:?}: {tag}");
            assert!(!tag.contains("src=") && !tag.contains("style=") && !tag.contains("url("), "{payload:?}: {tag}");
        }
    });
    assert!(html(&sample::nothing()).contains(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    ));
}

#[test]
fn markdown_structure_does_not_depend_on_text() {
    let benign = markdown(&with_text("harmless"));
    for_each_payload(|payload, investigation| {
        let text = markdown(investigation);
        assert_eq!(hidden(&text), BTreeSet::new(), "{payload:?}");
        assert_eq!(text.lines().count(), benign.lines().count(), "{payload:?}");
        for (line, expected) in text.lines().zip(benign.lines()) {
            assert_eq!(marker(line), marker(expected), "{payload:?}: {line}");
            assert_eq!(line.matches('|').count(), expected.matches('|').count(), "{payload:?}: {line}");
            let bare = outside_code(line);
            assert!(!bare.contains(['<', '>']), "{payload:?}: {line}");
            assert!(!bare.contains("](") && !bare.contains("http"), "{payload:?}: {line}");
        }
    });
}

#[test]
fn same_input_gives_the_same_bytes() {
    let (one, two) = (sample::investigation(), sample::investigation());
    let options = TerminalOptions { width: 100, color: true };
    assert_eq!(terminal(&one, options), terminal(&two, options));
    assert_eq!(markdown(&one), markdown(&two));
    assert_eq!(html(&one), html(&two));
}

#[test]
fn a_flood_of_text_stays_bounded() {
    let long = "A".repeat(300_000);
    let investigation = with_text(&long);
    assert!(terminal(&investigation, TerminalOptions { width: 100, color: true }).len() < 400_000);
    assert!(markdown(&investigation).len() < 800_000);
    assert!(html(&investigation).len() < 1_500_000);
}

#[test]
fn empty_text_is_no_trouble() {
    let investigation = with_text("");
    assert!(terminal(&investigation, TerminalOptions { width: 0, color: false }).contains("Incident 1 of 2"));
    assert!(markdown(&investigation).contains("Incident 1 of 2"));
    assert!(html(&investigation).contains("Incident 1 of 2"));
}

fn for_each_payload(check: impl Fn(&str, &Investigation)) {
    for payload in PAYLOADS {
        check(payload, &with_text(payload));
    }
}

/// Characters that must never reach a reader's screen; line feeds are ours.
fn hidden(text: &str) -> BTreeSet<char> {
    let is_hidden = |c: &char| {
        (c.is_control() && *c != '\n')
            || matches!(*c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
            || matches!(*c, '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e007f}')
    };
    text.chars().filter(is_hidden).collect()
}

/// The tags of a page, with text in attributes that carry text taken out.
fn tags(page: &str) -> Vec<String> {
    let body = page.split_once("</style>").unwrap().1;
    let tag = |rest: &str| format!("<{}", without_titles(rest.split_once('>').unwrap().0));
    body.split('<').skip(1).map(tag).map(|tag| without_coordinates(&tag)).collect()
}

/// Text between the quotes of `title=""` cannot hold a quote, so it ends at the next one.
fn without_titles(tag: &str) -> String {
    match tag.split_once("title=\"") {
        Some((before, after)) => format!("{before}title=\"\"{}", after.split_once('"').unwrap().1),
        None => tag.to_owned(),
    }
}

/// A longer label moves its dot.
fn without_coordinates(tag: &str) -> String {
    tag.chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// What makes a line a heading, an item or a row.
fn marker(line: &str) -> (bool, String) {
    let is_marker = |c: &char| matches!(c, ' ' | '#' | '-' | '+' | '>' | '=' | '|' | '*' | '~');
    (line.trim_start().starts_with(|c: char| c.is_ascii_digit()), line.chars().take_while(is_marker).collect())
}

/// A line of Markdown without its code spans and escaped characters.
fn outside_code(line: &str) -> String {
    let mut out = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '`' => assert!(chars.any(|c| c == '`'), "an open code span: {line}"),
            _ => out.push(c),
        }
    }
    out
}

/// The sample with every text replaced.
fn with_text(text: &str) -> Investigation {
    let mut all = sample::investigation();
    for count in all.alerts_apart.iter_mut().chain(&mut all.sources) {
        count.name = text.into();
    }
    for part in &mut all.unparsed {
        (part.file, part.reason) = (text.into(), text.into());
    }
    all.incidents.iter_mut().for_each(|incident| replace_incident(incident, text));
    all
}

fn replace_incident(incident: &mut Incident, text: &str) {
    (incident.id, incident.title) = (text.into(), text.into());
    incident.severity_reasons.iter_mut().for_each(|reason| reason.text = text.into());
    for alert in &mut incident.alerts {
        (alert.rule.id, alert.rule.title) = (text.into(), text.into());
        alert.rule.tags.push(text.into());
        (alert.event.file, alert.event.source) = (text.into(), text.into());
        alert.matched = BTreeMap::from([(text.into(), text.into())]);
    }
    fill(&mut incident.techniques, text);
    let cause = &mut incident.root_cause;
    cause.weakness = text.into();
    fill(&mut cause.confidence_reasons, text);
    replace_entry(&mut cause.entry, text);
    cause.chain.iter_mut().for_each(|step| replace_step(step, text));
    for candidate in &mut cause.candidates {
        candidate.why = text.into();
        replace_entry(&mut candidate.entry, text);
    }
    replace_scope(incident, text);
    incident.endpoints.iter_mut().for_each(|endpoint| endpoint.address = text.into());
    incident.missing_telemetry.iter_mut().for_each(|gap| (gap.log_source, gap.would_show) = (text.into(), text.into()));
    incident.next_actions.iter_mut().for_each(|action| (action.text, action.why) = (text.into(), text.into()));
}

fn replace_scope(incident: &mut Incident, text: &str) {
    let scope = &mut incident.scope;
    for list in [&mut scope.hosts, &mut scope.principals, &mut scope.credentials, &mut scope.files] {
        fill(list, text);
    }
    for process in &mut scope.processes {
        (process.host, process.image, process.guid) = (text.into(), text.into(), Some(text.into()));
    }
    scope.resources.iter_mut().for_each(|resource| (resource.name, resource.how) = (text.into(), text.into()));
}

fn replace_step(step: &mut Step, text: &str) {
    (step.source, step.action, step.target) = (text.into(), text.into(), text.into());
    (step.host, step.detail) = (Some(text.into()), Some(text.into()));
    step.inferred_why = step.inferred.then(|| text.into());
    step.evidence.iter_mut().for_each(|event| event.file = text.into());
    fill(&mut step.alerts, text);
    fill(&mut step.techniques, text);
}

fn replace_entry(entry: &mut Entry, text: &str) {
    let some = || Some(String::from(text));
    (entry.host, entry.principal, entry.credential) = (some(), some(), some());
    (entry.url, entry.file, entry.address) = (some(), some(), some());
    if let Some(process) = &mut entry.process {
        (process.image, process.guid) = (text.into(), some());
    }
}

fn fill(list: &mut [String], text: &str) {
    list.iter_mut().for_each(|item| *item = text.into());
}
