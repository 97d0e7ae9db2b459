//! Rules and records made at random from a small alphabet, so that matches are frequent.

use proptest::prelude::*;
use quell_detect::{Detector, Placeholders, RuleSet, Scratch, oracle};
use quell_model::{FieldTable, Fields, LogSource, Scalar};

const FIELDS: [&str; 4] = ["Image", "CommandLine", "EventID", "User"];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[abÄ]{0,3}",
        "[ab*?]{1,4}",
        r"[ab\\]{1,3}",
        Just(r"\cmd.exe".to_owned()),
        Just("-enc /c".to_owned()),
        Just("4688".to_owned()),
    ]
}

fn item() -> impl Strategy<Value = String> {
    let modifier = prop_oneof![
        3 => Just(""), 3 => Just("|contains"), 2 => Just("|startswith"), 2 => Just("|endswith"), 1 => Just("|contains|all"),
        1 => Just("|cased"), 1 => Just("|contains|windash"), 1 => Just("|neq"),
    ];
    (prop::sample::select(&FIELDS[..]), modifier, prop::collection::vec(word(), 1..15)).prop_map(
        |(field, modifier, words)| {
            let words: Vec<String> = words.iter().map(|word| format!("'{}'", word.replace('\'', "''"))).collect();
            format!("{field}{modifier}: [{}]", words.join(", "))
        },
    )
}

fn rule(id: usize) -> impl Strategy<Value = String> {
    let condition = prop::sample::select(vec![
        "a",
        "not a",
        "a and b",
        "a or b",
        "a and not b",
        "not (a or b)",
        "1 of *",
        "all of *",
        "a or k",
        "a and not k",
    ]);
    (item(), item(), word(), condition).prop_map(move |(a, b, keyword, condition)| {
        let keyword = keyword.replace('\'', "''");
        format!(
            "title: r{id}\nlogsource: {{product: p}}\ndetection:\n  a: {{{}}}\n  b: {{{}}}\n  k: ['{keyword}x']\n  condition: {condition}\n",
            quoted(&a),
            quoted(&b)
        )
    })
}

/// Flow style needs the key quoted.
fn quoted(item: &str) -> String {
    let (key, values) = item.split_once(": ").unwrap();
    format!("'{key}': {values}")
}

fn record() -> impl Strategy<Value = Vec<(usize, Option<String>)>> {
    prop::collection::vec((0..FIELDS.len(), prop::option::weighted(0.9, word())), 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn fast_equals_plain(
        texts in prop::collection::vec(any::<prop::sample::Index>(), 0..1).prop_flat_map(|_| {
            (0..12usize).map(rule).collect::<Vec<_>>()
        }),
        records in prop::collection::vec(record(), 1..10),
    ) {
        let mut table = FieldTable::default();
        let mut rules = RuleSet::default();
        for text in &texts {
            rules.add_file("r.yml", text, &mut table, &Placeholders::default());
        }
        prop_assert!(rules.refused.is_empty(), "{:?}", rules.refused);
        let source = LogSource { product: "p".to_owned(), ..LogSource::default() };
        let ids: Vec<_> = FIELDS.iter().map(|name| table.register(name)).collect();
        let detector = Detector::new(rules);
        let scanner = detector.scanner(&source);
        let mut scratch = Scratch::default();
        for record in &records {
            let mut fields = Fields::default();
            let mut raw = String::new();
            for (field, value) in record {
                let scalar = value.as_deref().map_or(Scalar::Null, Scalar::Str);
                fields.push(ids[*field], scalar);
                raw.push_str(value.as_deref().unwrap_or_default());
                raw.push('\n');
            }
            let plain = oracle::matching(detector.rules(), &source, &fields, raw.as_bytes());
            let fast = detector.scan(&scanner, &mut scratch, (&fields, raw.as_bytes()));
            prop_assert_eq!(fast, plain.as_slice());
        }
    }
}
