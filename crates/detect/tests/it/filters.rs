//! Filters narrow the rules that they name, of their log source, in whatever order they are loaded.

use quell_detect::{Detector, Placeholders, RuleSet, Scratch};
use quell_model::{FieldTable, Fields, LogSource, Scalar};

const RULE: &str = "
title: run of a tool
id: tool
logsource: {product: windows, category: process_creation}
detection: {selection: {Image|endswith: '\\psexec.exe'}, condition: selection}
---
title: run of another tool
id: other
logsource: {product: windows, category: process_creation}
detection: {selection: {Image|endswith: '.exe'}, condition: selection}
";

/// Rules that match a run of the tool by this user, with the filter loaded before and after the rules.
fn check(filter: &str, user: &str, expected: &[&str]) {
    for texts in [[filter, RULE], [RULE, filter]] {
        let (mut table, mut rules) = (FieldTable::default(), RuleSet::default());
        for text in texts {
            rules.add_file("f.yml", text, &mut table, &Placeholders::default());
        }
        let (image, by) = (table.register("Image"), table.register("User"));
        let detector = Detector::new(rules);
        assert!(detector.rules().refused.is_empty(), "{:?}", detector.rules().refused);
        let categories = ["process_creation".to_owned()].into();
        let source = LogSource { product: "windows".to_owned(), categories, ..LogSource::default() };
        let mut fields = Fields::default();
        fields.push(image, Scalar::Str(r"C:\tools\psexec.exe"));
        fields.push(by, Scalar::Str(user));
        let (scanner, mut scratch) = (detector.scanner(&source), Scratch::default());
        let found = detector.scan(&scanner, &mut scratch, (&fields, b""));
        let ids: Vec<&str> = found.iter().map(|rule| detector.rules().rules[rule.index()].meta.id.as_str()).collect();
        assert_eq!(ids, expected, "{filter}\n{user}");
    }
}

fn filter(source: &str, body: &str) -> String {
    format!("title: admins\nid: admins\nlogsource: {{{source}}}\nfilter:\n  {body}\n")
}

#[test]
fn rules_are_narrowed_by_filters_that_name_them() {
    let admins = "rules: [tool]\n  admin: {User|startswith: adm_}\n  condition: not admin";
    check(&filter("product: windows", admins), "adm_lee", &["other"]);
    check(&filter("product: windows", admins), "eve", &["tool", "other"]);
    check(&filter("category: process_creation", admins), "adm_lee", &["other"]);
    check(&filter("product: linux", admins), "adm_lee", &["tool", "other"]);
    let any = "rules: any\n  admin: {User|startswith: adm_}\n  condition: not admin";
    check(&filter("product: windows", any), "adm_lee", &[]);
    let only = "rules: [tool, other]\n  people: {User: [eve, lee]}\n  condition: people";
    check(&filter("product: windows", only), "adm_lee", &[]);
    check(&filter("product: windows", only), "EVE", &["tool", "other"]);
}

#[test]
fn filters_that_do_nothing_are_refused() {
    let refused = |body: &str| {
        let (mut table, mut rules) = (FieldTable::default(), RuleSet::default());
        rules.add_file("f.yml", &filter("product: windows", body), &mut table, &Placeholders::default());
        let detector = Detector::new(rules);
        assert_eq!(detector.rules().refused.len(), 1, "{body}");
        detector.rules().refused[0].reason.clone()
    };
    assert!(refused("rules: [gone]\n  a: {User: x}\n  condition: not a").contains("rule gone, which is not loaded"));
    assert!(refused("a: {User: x}\n  condition: not a").contains("names no rule"));
    assert!(refused("rules: any\n  a: {User: x}").contains("`condition` is missing"));
    assert!(refused("rules: any\n  a: {User: x}\n  condition: not b").contains('b'));
}
