//! Pages, filters and counts.

use std::collections::BTreeSet;

use quell_incident::{AlertStatus, IncidentFact, Status};
use quell_model::{IncidentId, Level, TeamId, UserId, Viewer};
use quell_store::{AlertFilter, COUNT_MAX, IncidentFilter, PageQuery, Sort, StoreError};

use crate::harness::{Bench, alert, at, decided, incident, opened, outputs, source, told, viewer};

on_both!(
    pages_of_incidents,
    pages_of_alerts,
    wrong_cursors,
    incident_filters,
    alert_filters,
    counts_that_end,
    every_way_to_a_list
);

const SORTS: [Sort; 2] = [Sort::Newest, Sort::Severity];

fn id(number: u32) -> String {
    format!("inc-{number:012x}")
}

async fn open(bench: &Bench, numbers: std::ops::Range<u32>) {
    for number in numbers {
        let mut tell = told("Intrusion", &[]);
        tell.severity = [Level::Low, Level::High, Level::Critical][number as usize % 3];
        // Several open at the same moment.
        bench.store.append(at(i64::from(number / 4)), vec![opened(&id(number), tell)]).await.unwrap();
    }
}

async fn pages_of_incidents(bench: Bench) {
    open(&bench, 0..23).await;
    let all = IncidentFilter::default();
    for sort in SORTS {
        let whole = PageQuery { limit: 1_000, cursor: None, sort };
        let whole = bench.store.incidents(&Viewer::System, &all, &whole).await.unwrap();
        assert_eq!((whole.items.len(), whole.next), (23, None));
        let key = |row: &quell_store::IncidentRow| match sort {
            Sort::Newest => (Level::Low, row.opened_at, row.id.to_string()),
            Sort::Severity => (row.severity, row.opened_at, row.id.to_string()),
        };
        assert!(whole.items.is_sorted_by(|a, b| key(a) > key(b)));
        let (mut cursor, mut found) = (None, Vec::new());
        loop {
            let page = PageQuery { limit: 5, cursor, sort };
            let page = bench.store.incidents(&Viewer::System, &all, &page).await.unwrap();
            found.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(found, whole.items);
    }
    // What comes in between two pages neither repeats nor hides an item.
    let page = PageQuery { limit: 10, ..PageQuery::default() };
    let first = bench.store.incidents(&Viewer::System, &all, &page).await.unwrap();
    open(&bench, 23..30).await;
    let second = PageQuery { limit: 100, cursor: first.next, ..PageQuery::default() };
    let second = bench.store.incidents(&Viewer::System, &all, &second).await.unwrap();
    let ids: BTreeSet<_> = first.items.iter().chain(&second.items).map(|row| row.id.to_string()).collect();
    assert_eq!(ids, (0..23).map(id).collect());
}

async fn pages_of_alerts(bench: Bench) {
    let alerts = (0..41).map(|number| alert(number, "grp-1", "aws")).collect();
    bench.store.commit(at(1), &outputs(1, alerts)).await.unwrap();
    for sort in SORTS {
        let whole = PageQuery { limit: 1_000, cursor: None, sort };
        let whole = bench.store.alerts(&Viewer::System, &AlertFilter::default(), &whole).await.unwrap().items;
        assert_eq!(whole.len(), 41);
        let (mut cursor, mut found) = (None, Vec::new());
        loop {
            let page = PageQuery { limit: 7, cursor, sort };
            let page = bench.store.alerts(&Viewer::System, &AlertFilter::default(), &page).await.unwrap();
            found.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(found, whole);
    }
}

async fn wrong_cursors(bench: Bench) {
    open(&bench, 0..3).await;
    let all = IncidentFilter::default();
    let page = PageQuery { limit: 1, ..PageQuery::default() };
    let good = bench.store.incidents(&Viewer::System, &all, &page).await.unwrap().next.unwrap();
    for cursor in ["", "x", "äöü", "aXxuLDEyfA", "' OR 1=1 --", &good[1..]] {
        let page = PageQuery { limit: 1, cursor: Some(cursor.to_owned()), sort: Sort::Newest };
        let found = bench.store.incidents(&Viewer::System, &all, &page).await;
        assert_eq!(found, Err(StoreError::BadCursor), "{cursor}");
    }
    let other = PageQuery { limit: 1, cursor: Some(good.clone()), sort: Sort::Severity };
    assert_eq!(bench.store.incidents(&Viewer::System, &all, &other).await, Err(StoreError::BadCursor));
    let page = PageQuery { limit: 1, cursor: Some(good), sort: Sort::Newest };
    assert_eq!(bench.store.alerts(&Viewer::System, &AlertFilter::default(), &page).await, Err(StoreError::BadCursor));
}

async fn incident_filters(bench: Bench) {
    open(&bench, 0..6).await;
    let facts = [
        (1, IncidentFact::StatusChanged { status: Status::Resolved, reason: "done".to_owned() }),
        (2, IncidentFact::Assigned { to: Some(UserId::new("usr-1")) }),
        (3, IncidentFact::TeamChanged { team: Some(TeamId::new("tem-1")) }),
    ];
    for (number, fact) in facts {
        bench.store.append(at(9), vec![incident(&id(number), &fact)]).await.unwrap();
    }
    let mut grown = told("Other words", &[]);
    (grown.hosts, grown.techniques) = (vec!["db.example.com".to_owned()], vec!["T1003".to_owned()]);
    bench
        .store
        .append(at(9), vec![incident(&id(4), &IncidentFact::Grown { told: grown, why: Vec::new() })])
        .await
        .unwrap();
    let check = async |filter: IncidentFilter, expected: &[u32]| {
        let page = PageQuery { limit: 100, ..PageQuery::default() };
        let found = bench.store.incidents(&Viewer::System, &filter, &page).await.unwrap().items;
        let found: BTreeSet<String> = found.iter().map(|row| row.id.to_string()).collect();
        assert_eq!(found, expected.iter().map(|number| id(*number)).collect(), "{filter:?}");
        let counts = bench.store.count_incidents(&Viewer::System, &filter).await.unwrap();
        assert_eq!(counts.total, expected.len() as u64, "{filter:?}");
        assert_eq!(counts.by_status.iter().map(|(_, number)| number).sum::<u64>(), counts.total);
        assert_eq!(counts.by_severity.iter().map(|(_, number)| number).sum::<u64>(), counts.total);
    };
    let all = IncidentFilter::default();
    check(all.clone(), &[0, 1, 2, 3, 4, 5]).await;
    check(IncidentFilter { status: vec![Status::Resolved, Status::Open], ..all.clone() }, &[1]).await;
    check(IncidentFilter { severity: vec![Level::Critical], ..all.clone() }, &[2, 5]).await;
    check(IncidentFilter { assignee: Some(UserId::new("usr-1")), ..all.clone() }, &[2]).await;
    check(IncidentFilter { team: Some(TeamId::new("tem-1")), ..all.clone() }, &[3]).await;
    check(IncidentFilter { technique: Some("t1078".to_owned()), ..all.clone() }, &[0, 1, 2, 3, 5]).await;
    check(IncidentFilter { technique: Some("T1078.004".to_owned()), ..all.clone() }, &[0, 1, 2, 3, 5]).await;
    check(IncidentFilter { technique: Some("T1078.001".to_owned()), ..all.clone() }, &[]).await;
    check(IncidentFilter { host: Some("DB.example.COM".to_owned()), ..all.clone() }, &[4]).await;
    check(IncidentFilter { text: Some("oth example.com".to_owned()), ..all.clone() }, &[4]).await;
    check(IncidentFilter { text: Some("intrusion".to_owned()), ..all.clone() }, &[0, 1, 2, 3, 5]).await;
    check(IncidentFilter { since: Some(at(1)), ..all.clone() }, &[4, 5]).await;
    check(IncidentFilter { until: Some(at(0)), ..all }, &[0, 1, 2, 3]).await;
}

async fn alert_filters(bench: Bench) {
    let mut alerts: Vec<_> = (0..6).map(|number| alert(number, &format!("grp-{number}"), "aws")).collect();
    alerts[1].source = "entra".to_owned();
    alerts[2].rule_id = "rule-2".to_owned();
    alerts[3].tags = vec!["attack.t1003".to_owned()];
    alerts[4].time = None;
    bench.store.commit(at(1), &outputs(1, alerts)).await.unwrap();
    bench.store.append(at(1), vec![opened("inc-1", told("One", &["grp-5"]))]).await.unwrap();
    bench.store.append(at(1), vec![decided("alr-0000000000000000", AlertStatus::Benign)]).await.unwrap();
    let check = async |filter: AlertFilter, expected: &[u64]| {
        let page = PageQuery { limit: 100, ..PageQuery::default() };
        let found = bench.store.alerts(&Viewer::System, &filter, &page).await.unwrap().items;
        let found: BTreeSet<u64> = found.iter().map(|row| row.event.chunk()).collect();
        assert_eq!(found, expected.iter().copied().collect(), "{filter:?}");
        let counts = bench.store.count_alerts(&Viewer::System, &filter).await.unwrap();
        assert_eq!(counts.total, expected.len() as u64, "{filter:?}");
    };
    let all = AlertFilter::default();
    check(all.clone(), &[0, 1, 2, 3, 4, 5]).await;
    check(AlertFilter { status: vec![AlertStatus::Benign], ..all.clone() }, &[0]).await;
    check(AlertFilter { severity: vec![Level::High, Level::Critical], ..all.clone() }, &[2, 5]).await;
    check(AlertFilter { source: Some("entra".to_owned()), ..all.clone() }, &[1]).await;
    check(AlertFilter { rule: Some("rule-2".to_owned()), ..all.clone() }, &[2]).await;
    check(AlertFilter { technique: Some("T1003".to_owned()), ..all.clone() }, &[3]).await;
    check(AlertFilter { technique: Some("T1562".to_owned()), ..all.clone() }, &[0, 1, 2, 4, 5]).await;
    check(AlertFilter { incident: Some(IncidentId::new("inc-1")), ..all.clone() }, &[5]).await;
    check(AlertFilter { group: Some(alert(0, "grp-2", "").group), ..all.clone() }, &[2]).await;
    check(AlertFilter { text: Some("10.0.0.3".to_owned()), ..all.clone() }, &[3]).await;
    check(AlertFilter { text: Some("HOST-4 stop".to_owned()), ..all.clone() }, &[4]).await;
    check(AlertFilter { since: Some(at(2)), until: Some(at(3)), ..all.clone() }, &[2, 3]).await;
    check(AlertFilter { since: Some(at(0)), ..all.clone() }, &[0, 1, 2, 3, 5]).await;
    let counts = bench.store.count_alerts(&Viewer::System, &all).await.unwrap();
    assert_eq!(counts.by_status, [("new".to_owned(), 5), ("benign".to_owned(), 1)]);
    assert_eq!(counts.by_severity, [("high".to_owned(), 2), ("medium".to_owned(), 2), ("low".to_owned(), 2)]);
}

async fn counts_that_end(bench: Bench) {
    let hidden = COUNT_MAX / 2;
    bench.store.append(at(0), vec![source("secret", Some("tem-9"))]).await.unwrap();
    let make = |number| alert(number, "grp-1", if number < hidden { "secret" } else { "aws" });
    for first in (0..COUNT_MAX).step_by(1_000) {
        bench.store.commit(at(1), &outputs(1 + first, (first..first + 1_000).map(make).collect())).await.unwrap();
    }
    let check = async |viewer: &Viewer, filter: AlertFilter, expected: (u64, bool)| {
        let counts = bench.store.count_alerts(viewer, &filter).await.unwrap();
        assert_eq!((counts.total, counts.at_least), expected, "{filter:?}");
    };
    let text = |text: &str| AlertFilter { text: Some(text.to_owned()), ..AlertFilter::default() };
    let technique = AlertFilter { technique: Some("T1562".to_owned()), ..AlertFilter::default() };
    check(&Viewer::System, AlertFilter::default(), (COUNT_MAX, false)).await;
    check(&Viewer::System, text("stoplogging"), (COUNT_MAX, true)).await;
    check(&Viewer::System, technique.clone(), (COUNT_MAX, true)).await;
    check(&Viewer::System, text("10.0.0.7"), (COUNT_MAX / 250 * 11, false)).await;
    // What is hidden is not counted, and does not end a count.
    let user = viewer("usr-1", &[]);
    check(&user, AlertFilter::default(), (COUNT_MAX - hidden, false)).await;
    check(&user, text("stoplogging"), (COUNT_MAX - hidden, false)).await;
    check(&user, technique, (COUNT_MAX - hidden, false)).await;
}

/// Filters that keep few alerts and filters that keep most of them are answered in different ways; all must find the same as
/// looking at each alert.
async fn every_way_to_a_list(bench: Bench) {
    const ALERTS: u64 = COUNT_MAX + 300;
    bench.store.append(at(0), vec![source("secret", Some("tem-9"))]).await.unwrap();
    let make = |number: u64| {
        let mut alert = alert(number, "grp-1", if number.is_multiple_of(10) { "secret" } else { "aws" });
        alert.tags = vec![if number.is_multiple_of(50) { "attack.t1003" } else { "attack.t1562.008" }.to_owned()];
        alert
    };
    for first in (0..ALERTS).step_by(1_060) {
        bench.store.commit(at(1), &outputs(1 + first, (first..first + 1_060).map(make).collect())).await.unwrap();
    }
    let all = AlertFilter::default();
    let text = |text: &str| AlertFilter { text: Some(text.to_owned()), ..all.clone() };
    let technique = |technique: &str| AlertFilter { technique: Some(technique.to_owned()), ..all.clone() };
    // Where few words begin so SQLite is asked for those, where many do for what begins so.
    let begins = |number: u64, with: &str| format!("{}", number % 250).starts_with(with);
    let filters: [(AlertFilter, &dyn Fn(u64) -> bool); 9] = [
        (all.clone(), &|_| true),
        (text("stoplogging"), &|_| true),
        (text("stoplo"), &|_| true),
        (text("10.0.0.7"), &|number| begins(number, "7")),
        (text("10.0.0.24 trail"), &|number| begins(number, "24")),
        (text("number77"), &|number| number.to_string().starts_with("77")),
        (technique("T1562"), &|number| !number.is_multiple_of(50)),
        (AlertFilter { text: Some("10.0.0.7".to_owned()), ..technique("T1562") }, &|number| {
            begins(number, "7") && !number.is_multiple_of(50)
        }),
        (AlertFilter { since: Some(at(100)), text: Some("stoplogging".to_owned()), ..technique("T1003") }, &|number| {
            number >= 100 && number.is_multiple_of(50)
        }),
    ];
    for (viewer, sees_all) in [(Viewer::System, true), (viewer("usr-1", &[]), false)] {
        for (filter, keeps) in &filters {
            for sort in SORTS {
                let mut expected: Vec<u64> = (0..ALERTS).filter(|number| keeps(*number)).collect();
                expected.retain(|number| sees_all || !number.is_multiple_of(10));
                let severity = |number: u64| if sort == Sort::Severity { number % 3 } else { 0 };
                expected.sort_by_key(|number| std::cmp::Reverse((severity(*number), *number)));
                let (mut found, mut cursor) = (Vec::new(), None);
                loop {
                    let page = PageQuery { limit: 1_000, cursor, sort };
                    let page = bench.store.alerts(&viewer, filter, &page).await.unwrap();
                    found.extend(page.items.iter().map(|row| row.event.chunk()));
                    cursor = page.next;
                    if cursor.is_none() {
                        break;
                    }
                }
                assert!(found == expected, "{filter:?} {sort:?}: {} instead of {}", found.len(), expected.len());
            }
        }
    }
}
