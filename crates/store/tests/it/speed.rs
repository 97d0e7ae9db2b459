//! How fast lists, counts, search and one change are, with 15,000 incidents and 100,000 alerts. The limits hold for a release
//! build, so the default run is small and only prints; this measures, one engine after the other:
//! `cargo test --release -p quell-store speed -- --nocapture --test-threads 1`.

use std::time::{Duration, Instant};

use quell_incident::{AlertStatus, IncidentFact, Status};
use quell_model::{IncidentId, Level, Viewer};
use quell_store::{AlertFilter, IncidentFilter, PageQuery, Sort};

use crate::harness::{Bench, Kind, alert, at, incident, opened, outputs, source, told, viewer};

on_both!(lists_are_fast);

const RELEASE: bool = !cfg!(debug_assertions);
const INCIDENTS: u64 = if RELEASE { 15_000 } else { 300 };
const ALERTS: u64 = if RELEASE { 100_000 } else { 2_000 };
const LARGE: u64 = if RELEASE { 15_500 } else { 310 };
const ROUNDS: usize = if RELEASE { 40 } else { 3 };
const LIST: Duration = Duration::from_millis(100);
const SEARCH: Duration = Duration::from_millis(50);

#[expect(clippy::disallowed_methods, reason = "this test measures time")]
fn now() -> Instant {
    Instant::now()
}

/// Slowest but one in twenty of some rounds.
async fn p95(bench: &Bench, what: &str, limit: Duration, mut work: impl AsyncFnMut(usize)) -> Option<String> {
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        let start = now();
        work(round).await;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    let p95 = times[(times.len() * 95).div_ceil(100) - 1];
    println!("{:?} {what}: median {:?}, p95 {p95:?} (limit {limit:?})", bench.kind, times[times.len() / 2]);
    (RELEASE && p95 > limit).then(|| format!("{what}: {p95:?}"))
}

async fn fill(bench: &Bench) {
    bench.store.append(at(0), vec![source("secret", Some("tem-9")), source("aws", None)]).await.unwrap();
    let groups: Vec<String> = (0..LARGE).map(|number| format!("grp-large-{}", number % 800)).collect();
    let large: Vec<&str> = groups[..800.min(groups.len())].iter().map(String::as_str).collect();
    for first in (0..INCIDENTS).step_by(500) {
        let numbers = first..(first + 500).min(INCIDENTS);
        let entries = numbers.map(|number| {
            let group = format!("grp-{number}");
            let mut tell = told(&format!("Intrusion number{number}"), &[&group]);
            tell.severity = [Level::Low, Level::Medium, Level::High, Level::Critical][(number % 4) as usize];
            tell.sources = vec![if number.is_multiple_of(10) { "secret" } else { "aws" }.to_owned()];
            tell.hosts = vec![format!("host-{}", number % 500)];
            if number == 1 {
                tell = told("Large", &large);
            }
            opened(&format!("inc-{number:012x}"), tell)
        });
        bench.store.append(at(first.cast_signed()), entries.collect()).await.unwrap();
    }
    let make = |number: u64| {
        let group =
            if number < LARGE { groups[number as usize].clone() } else { format!("grp-{}", number % INCIDENTS) };
        let mut alert = alert(number, &group, if number.is_multiple_of(10) { "secret" } else { "aws" });
        alert.rule_id = format!("rule-{}", number % 200);
        alert
    };
    for first in (0..ALERTS).step_by(10_000) {
        let alerts = (first..(first + 10_000).min(ALERTS)).map(make).collect();
        bench.store.commit(at(1), &outputs(1 + first, alerts)).await.unwrap();
    }
}

async fn lists_are_fast(bench: Bench) {
    let start = now();
    fill(&bench).await;
    if bench.kind == Kind::Postgres {
        // As autovacuum does within a minute.
        bench.raw().await.run("VACUUM ANALYZE alert").await.unwrap();
        bench.raw().await.run("VACUUM ANALYZE").await.unwrap();
    }
    println!("{:?} filled with {INCIDENTS} incidents and {ALERTS} alerts in {:?}", bench.kind, start.elapsed());
    let mut slow = Vec::new();
    for (name, viewer) in [("system", Viewer::System), ("user", viewer("usr-1", &["tem-1"]))] {
        slow.extend(incidents(&bench, name, &viewer).await);
        slow.extend(alerts(&bench, name, &viewer).await);
    }
    let change = |round: usize| {
        let status = if round.is_multiple_of(2) { Status::Open } else { Status::New };
        let fact = IncidentFact::StatusChanged { status, reason: String::new() };
        bench.store.append(at(99_999), vec![incident(&format!("inc-{:012x}", round % 7), &fact)])
    };
    slow.extend(p95(&bench, "one status change", SEARCH, async |round| drop(change(round).await.unwrap())).await);
    let start = now();
    assert_eq!(bench.store.verify().await.unwrap().problems, []);
    println!("{:?} verify: {:?}", bench.kind, start.elapsed());
    let start = now();
    bench.store.rebuild().await.unwrap();
    println!("{:?} rebuild: {:?}; {:?}", bench.kind, start.elapsed(), bench.store.sizes().await.unwrap());
    assert!(slow.is_empty(), "{slow:?}");
}

async fn incidents(bench: &Bench, name: &str, viewer: &Viewer) -> Vec<String> {
    let mut slow = Vec::new();
    let all = IncidentFilter::default();
    let text = |text: &str| IncidentFilter { text: Some(text.to_owned()), ..all.clone() };
    let filters = [
        ("all", all.clone(), LIST),
        ("status", IncidentFilter { status: vec![Status::New], ..all.clone() }, LIST),
        ("severity", IncidentFilter { severity: vec![Level::Critical], ..all.clone() }, LIST),
        ("technique", IncidentFilter { technique: Some("T1078".to_owned()), ..all.clone() }, LIST),
        ("host", IncidentFilter { host: Some("host-7".to_owned()), ..all.clone() }, LIST),
        ("text of many", text("intrusion"), SEARCH),
        ("text of one", text("number77"), SEARCH),
    ];
    for (what, filter, limit) in filters {
        for sort in [Sort::Newest, Sort::Severity] {
            let page = PageQuery { limit: 50, cursor: None, sort };
            let run = async |_| drop(bench.store.incidents(viewer, &filter, &page).await.unwrap());
            slow.extend(p95(bench, &format!("{name} incidents {what} {sort:?}"), limit, run).await);
        }
        let run = async |_| drop(bench.store.count_incidents(viewer, &filter).await.unwrap());
        slow.extend(p95(bench, &format!("{name} incidents {what} count"), LIST, run).await);
    }
    slow
}

async fn alerts(bench: &Bench, name: &str, viewer: &Viewer) -> Vec<String> {
    let mut slow = Vec::new();
    let all = AlertFilter::default();
    let text = |text: &str| AlertFilter { text: Some(text.to_owned()), ..all.clone() };
    let filters = [
        ("all", all.clone(), LIST),
        ("status", AlertFilter { status: vec![AlertStatus::New], ..all.clone() }, LIST),
        ("severity", AlertFilter { severity: vec![Level::High], ..all.clone() }, LIST),
        ("rule", AlertFilter { rule: Some("rule-7".to_owned()), ..all.clone() }, LIST),
        ("technique", AlertFilter { technique: Some("T1562".to_owned()), ..all.clone() }, LIST),
        ("time", AlertFilter { since: Some(at(1_000)), until: Some(at(50_000)), ..all.clone() }, LIST),
        ("large incident", AlertFilter { incident: Some(IncidentId::new("inc-000000000001")), ..all.clone() }, LIST),
        ("text of all", text("stoplogging"), SEARCH),
        ("text of many", text("10.0.0.77"), SEARCH),
        ("text of one", text("number7777 alice"), SEARCH),
    ];
    for (what, filter, limit) in filters {
        for sort in [Sort::Newest, Sort::Severity] {
            let page = PageQuery { limit: 50, cursor: None, sort };
            let run = async |_| drop(bench.store.alerts(viewer, &filter, &page).await.unwrap());
            slow.extend(p95(bench, &format!("{name} alerts {what} {sort:?}"), limit, run).await);
        }
        let run = async |_| drop(bench.store.count_alerts(viewer, &filter).await.unwrap());
        slow.extend(p95(bench, &format!("{name} alerts {what} count"), LIST, run).await);
    }
    slow
}
