//! The work on incidents: folded over everything that became one, as of any time; and how fast a large one opens and merges.
//! The limits hold for a release build; the default run is small and only prints.

use std::time::{Duration, Instant};

use quell_incident::timeline::{MomentKind, TimelineFact, TimelineItem};
use quell_incident::work::{ItemId, NoteFact, TaskFact, Text, UndoFact};
use quell_incident::{Fact, IncidentFact};
use quell_model::{Expected, IncidentId, NewLedgerEntry, Viewer};
use quell_store::{AlertFilter, PageQuery, TimelineQuery};

use crate::harness::{Bench, Kind, alert, at, opened, outputs, told};

on_both!(merged_work_stays_itself, a_large_incident_opens_and_merges);

const RELEASE: bool = !cfg!(debug_assertions);
const ALERTS: u64 = if RELEASE { 10_000 } else { 400 };
const ITEMS: i64 = if RELEASE { 50_000 } else { 1_000 };
const WORK: usize = if RELEASE { 2_000 } else { 100 };
const OPENS: Duration = Duration::from_millis(300);
const MERGES: Duration = Duration::from_secs(2);

#[expect(clippy::disallowed_methods, reason = "this test measures time")]
fn now() -> Instant {
    Instant::now()
}

fn text(text: &str) -> Text {
    Text::try_from(text.to_owned()).unwrap()
}

fn entry(stream: &str, fact: &impl Fact) -> NewLedgerEntry {
    let (kind, body) = fact.parts();
    NewLedgerEntry { stream: stream.to_owned(), expected: Expected::Any, actor: "usr-1".to_owned(), kind, body }
}

fn added(second: i64, title: &str) -> TimelineFact {
    let item = TimelineItem {
        kind: MomentKind::Event,
        at: at(second),
        discovered_at: None,
        title: title.to_owned().try_into().unwrap(),
        text: Some(text("what was seen, in some words that people would write about it")),
        parent: None,
        references: Default::default(),
    };
    TimelineFact::Added { item }
}

async fn merged_work_stays_itself(bench: Bench) {
    let store = &bench.store;
    let id = IncidentId::new("inc-2");
    let note = |what: &str| NoteFact::Written { text: text(what) };
    let first = vec![opened("inc-1", told("First", &[])), entry("incident/inc-1", &note("of the first"))];
    let written = store.append(at(1), first).await.unwrap();
    let second = vec![
        opened("inc-2", told("Second", &[])),
        entry("incident/inc-2", &note("of the second")),
        entry("timeline/inc-1", &added(5, "earlier")),
        entry("timeline/inc-2", &added(7, "later")),
    ];
    store.append(at(2), second).await.unwrap();
    let why = "same".to_owned();
    let merged = IncidentFact::Merged { into: id.clone(), why: why.clone() };
    let absorbed = IncidentFact::Absorbed { from: IncidentId::new("inc-1"), why, brought: None };
    store.append(at(3), vec![entry("incident/inc-1", &merged), entry("incident/inc-2", &absorbed)]).await.unwrap();
    let worked = store.worked(&Viewer::System, &id, None).await.unwrap().unwrap();
    assert_eq!(worked.work.notes.iter().count(), 2);
    assert_eq!((worked.version, worked.parts.len()), (3, 2));
    let page = PageQuery { limit: 10, ..PageQuery::default() };
    let titles = async |query: &TimelineQuery| {
        let items = store.timeline(&worked.parts, query, &page).await.unwrap().items;
        items.into_iter().map(|item| item.title).collect::<Vec<_>>()
    };
    assert_eq!(titles(&TimelineQuery::default()).await, ["earlier", "later"]);
    // Before they were one, the other's work was none of its.
    let before = store.worked(&Viewer::System, &id, Some(at(2))).await.unwrap().unwrap();
    assert_eq!((before.work.notes.iter().count(), before.parts.len()), (1, 1));
    // What is undone is gone from the state, and still there for the time before.
    let undone = UndoFact::Undone { entry: written[1].seq, reason: text("wrong incident") };
    store.append(at(4), vec![entry("incident/inc-2", &undone)]).await.unwrap();
    let after = store.worked(&Viewer::System, &id, None).await.unwrap().unwrap();
    assert_eq!(after.work.notes.iter().count(), 1);
    let then = store.worked(&Viewer::System, &id, Some(at(3))).await.unwrap().unwrap();
    assert_eq!(then.work, worked.work);
    let item = store.timeline(&worked.parts, &TimelineQuery::default(), &page).await.unwrap().items[0].item;
    let removed = TimelineFact::Removed { id: item, reason: text("it was not so") };
    store.append(at(5), vec![entry("timeline/inc-2", &removed)]).await.unwrap();
    assert_eq!(titles(&TimelineQuery::default()).await, ["later"]);
    assert_eq!(titles(&TimelineQuery { as_of: Some(at(4)), ..TimelineQuery::default() }).await, ["earlier", "later"]);
    assert_eq!(store.timeline_item(&worked.parts, ItemId(item.0)).await.unwrap(), None);
    let all = titles(&TimelineQuery::default()).await;
    store.rebuild().await.unwrap();
    assert_eq!(titles(&TimelineQuery::default()).await, all, "a rebuild changes nothing");
}

/// Fills one incident with alerts, work and a timeline.
async fn fill(bench: &Bench, id: &str, first: u64) {
    let groups: Vec<String> = (0..200).map(|number| format!("grp-{id}-{number}")).collect();
    let names: Vec<&str> = groups.iter().map(String::as_str).collect();
    bench.store.append(at(1), vec![opened(id, told("Large", &names))]).await.unwrap();
    let make = |number: u64| alert(first + number, &groups[(number % 200) as usize], "aws");
    bench.store.commit(at(2), &outputs(1 + first, (0..ALERTS).map(make).collect())).await.unwrap();
    for from in (0..ITEMS).step_by(5_000) {
        let items = (from..(from + 5_000).min(ITEMS))
            .map(|item| entry(&format!("timeline/{id}"), &added(item, &format!("something happened, number {item}"))));
        bench.store.append(at(3), items.collect()).await.unwrap();
    }
    let work = (0..WORK).map(|number| {
        let title = format!("look at it, number {number}").try_into().unwrap();
        let set = TaskFact::Set { title, activity: None, role: None, assignee: None, due_at: None };
        entry(&format!("incident/{id}"), &set)
    });
    bench.store.append(at(4), work.collect()).await.unwrap();
}

/// Everything that is read when an incident is opened.
async fn open(bench: &Bench, id: &IncidentId) -> usize {
    let store = &bench.store;
    let worked = store.worked(&Viewer::System, id, None).await.unwrap().unwrap();
    let page = PageQuery { limit: 200, ..PageQuery::default() };
    let timeline = store.timeline(&worked.parts, &TimelineQuery::default(), &page).await.unwrap();
    let filter = AlertFilter { incident: Some(id.clone()), ..AlertFilter::default() };
    let alerts = store.alerts(&Viewer::System, &filter, &page).await.unwrap();
    let counts = store.timeline_counts(&worked.parts, None).await.unwrap();
    let undecided = store.undecided_alerts(id).await.unwrap();
    let items: u64 = counts.iter().map(|(_, count)| count).sum();
    assert_eq!(undecided, store.count_alerts(&Viewer::System, &filter).await.unwrap().total);
    timeline.items.len() + alerts.items.len() + usize::try_from(items).unwrap()
}

async fn a_large_incident_opens_and_merges(bench: Bench) {
    let (one, other) = ("inc-00000000000a", "inc-00000000000b");
    fill(&bench, one, 0).await;
    fill(&bench, other, 1_000_000).await;
    if bench.kind == Kind::Postgres {
        bench.raw().await.run("VACUUM ANALYZE").await.unwrap();
    }
    let id = IncidentId::new(one);
    let mut times = Vec::new();
    for _ in 0..20 {
        let start = now();
        assert_eq!(open(&bench, &id).await, 400 + usize::try_from(ITEMS).unwrap());
        times.push(start.elapsed());
    }
    times.sort_unstable();
    println!(
        "{:?} an incident with {ALERTS} alerts, {ITEMS} items and {WORK} entries opens: median {:?}, worst {:?} (limit {OPENS:?})",
        bench.kind,
        times[times.len() / 2],
        times[times.len() - 1]
    );
    let start = now();
    let why = "same".to_owned();
    let merged = IncidentFact::Merged { into: id.clone(), why: why.clone() };
    let absorbed = IncidentFact::Absorbed { from: IncidentId::new(other), why, brought: None };
    let entries = vec![entry(&format!("incident/{other}"), &merged), entry(&format!("incident/{one}"), &absorbed)];
    bench.store.append(at(5), entries).await.unwrap();
    let merge = start.elapsed();
    let start = now();
    assert_eq!(open(&bench, &id).await, 400 + 2 * usize::try_from(ITEMS).unwrap());
    println!(
        "{:?} two of them merge: {merge:?} (limit {MERGES:?}); the whole opens: {:?}",
        bench.kind,
        start.elapsed()
    );
    assert!(!RELEASE || (times[times.len() - 1] < OPENS && merge < MERGES), "too slow");
}
