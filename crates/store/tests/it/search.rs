//! Both engines find the same by text, and what they find is right: random words against a plain reading.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use quell_model::Viewer;
use quell_store::{AlertFilter, PageQuery, Signer, Store};

use crate::harness::{Bench, alert, at, outputs};

on_both!(random_words);

/// Words made to collide: short alphabets, dots, other scripts, characters that the engines give a meaning.
fn text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "[ab]{1,4}",
        "[a-c]{1,3}(\\.[a-c0-1]{1,3}){1,3}",
        "[0-2]{1,2}\\.[0-2]{1,2}\\.[0-2]{1,2}",
        "[äÄßİ界é]{1,3}",
        Just("AND".to_owned()),
        Just("NEAR".to_owned()),
        "['\"*:&|!<>()\\\\^+.-]{1,3}",
        "[Aa][Bb]_[a-b]{1,3}",
    ];
    prop::collection::vec(word, 1..6).prop_map(|words| words.join(" "))
}

fn query() -> impl Strategy<Value = String> {
    (text(), prop_oneof![Just(""), Just("*"), Just(" '\"")]).prop_map(|(text, end)| {
        let words: Vec<&str> = text.split(' ').take(2).collect();
        format!("{}{end}", words.join(" "))
    })
}

/// The rule again, written in another way: every run of a query must be a part, an end, the whole of a name, or the
/// beginning of one of these.
fn plain(text: &str, query: &str) -> bool {
    let runs = |text: &str| -> Vec<String> {
        let text: String =
            text.to_lowercase().chars().map(|c| if c.is_alphanumeric() || c == '.' { c } else { ' ' }).collect();
        text.split(' ').map(|run| run.trim_matches('.').to_owned()).filter(|run| !run.is_empty()).collect()
    };
    let mut words = Vec::new();
    for run in runs(text) {
        let parts: Vec<&str> = run.split('.').collect();
        words.extend(parts.iter().filter(|part| !part.is_empty()).map(ToString::to_string));
        words.extend((0..parts.len()).map(|from| parts[from..].join(".").trim_matches('.').to_owned()));
    }
    query.split_whitespace().all(|piece| {
        let terms = runs(piece);
        terms.iter().enumerate().all(|(index, term)| {
            let starred = piece.ends_with('*') && index + 1 == terms.len();
            let prefix = starred || term.chars().count() >= 3;
            words.iter().any(|word| word == term || (prefix && word.starts_with(term.as_str())))
        })
    })
}

async fn found(store: &Store, query: &str) -> Vec<u64> {
    let filter = AlertFilter { text: Some(query.to_owned()), ..AlertFilter::default() };
    let page = PageQuery { limit: 1_000, ..PageQuery::default() };
    let rows = store.alerts(&Viewer::System, &filter, &page).await.unwrap().items;
    assert_eq!(store.count_alerts(&Viewer::System, &filter).await.unwrap().total, rows.len() as u64, "{query}");
    rows.iter().rev().map(|row| row.event.chunk()).collect()
}

async fn random_words(bench: Bench) {
    let _: Signer = crate::harness::signer();
    let mut runner = TestRunner::deterministic();
    let texts: Vec<String> = (0..300).map(|_| text().new_tree(&mut runner).unwrap().current()).collect();
    let alerts = (0_u64..).zip(&texts).map(|(number, text)| {
        let mut alert = alert(number, "grp-1", "z");
        (alert.title, alert.subject, alert.rule_id) = ("z".to_owned(), "z".to_owned(), "z".to_owned());
        alert.words.clone_from(text);
        alert
    });
    bench.store.commit(at(1), &outputs(1, alerts.collect())).await.unwrap();
    let mut hits = 0;
    for _ in 0..600 {
        let query = query().new_tree(&mut runner).unwrap().current();
        let matching =
            (0_u64..).zip(&texts).filter(|(number, text)| plain(&format!("{text} z alr {number:016x}"), &query));
        let expected: Vec<u64> = matching.map(|(number, _)| number).collect();
        assert_eq!(found(&bench.store, &query).await, expected, "{query:?}");
        hits += usize::from(!expected.is_empty() && expected.len() < texts.len());
    }
    assert!(hits > 200, "only {hits} queries tell texts apart");
}
