//! Appending: order, versions, times, stories, and what the entries make of incidents.

use std::collections::BTreeSet;

use quell_incident::{Fact, IncidentFact, Status};
use quell_model::{Expected, IncidentId, NewLedgerEntry, UserId, Viewer};
use quell_store::{LedgerQuery, StoreError};
use serde_json::json;

use crate::harness::{Bench, alert, at, incident, opened, outputs, told};

on_both!(
    entries_are_numbered_and_chained,
    a_conflict_writes_nothing,
    time_never_goes_back,
    a_state_of_the_past,
    stories,
    many_writers,
    filters,
    a_merge_moves_alerts,
    unknown_entries_are_left_out,
    text_that_postgres_cannot_store,
);

fn entry(stream: &str, expected: Expected) -> NewLedgerEntry {
    let (actor, kind) = ("quell".to_owned(), "test.done".to_owned());
    NewLedgerEntry { stream: stream.to_owned(), expected, actor, kind, body: json!({"b": 1, "a": [null, "ü"]}) }
}

async fn entries_are_numbered_and_chained(bench: Bench) {
    let new = vec![entry("a", Expected::Version(0)), entry("b", Expected::Any), entry("a", Expected::Version(1))];
    let written = bench.store.append(at(1), new).await.unwrap();
    let shown: Vec<_> = written.iter().map(|entry| (entry.seq, entry.stream.as_str(), entry.version)).collect();
    assert_eq!(shown, [(1, "a", 1), (2, "b", 1), (3, "a", 2)]);
    assert_eq!(bench.store.entries(&LedgerQuery { limit: 10, ..LedgerQuery::default() }).await.unwrap(), written);
    assert_eq!(bench.store.stream("a", None).await.unwrap(), [written[0].clone(), written[2].clone()]);
    let found = bench.store.verify().await.unwrap();
    assert_eq!(found.problems, []);
    assert_eq!((found.entries, found.checkpoints, found.head), (3, 1, Some(written[2].hash.clone())));
    bench.store.close().await;
    let store = bench.reopened().await;
    assert_eq!(store.append(at(2), vec![entry("a", Expected::Version(2))]).await.unwrap()[0].seq, 4);
    assert_eq!(store.verify().await.unwrap().problems, []);
}

async fn a_conflict_writes_nothing(bench: Bench) {
    bench.store.append(at(1), vec![entry("a", Expected::Version(0))]).await.unwrap();
    let new = vec![entry("b", Expected::Any), entry("a", Expected::Version(0))];
    let error = bench.store.append(at(2), new).await.unwrap_err();
    assert_eq!(error, StoreError::Conflict { stream: "a".to_owned(), expected: 0, found: 1 });
    assert_eq!(bench.store.stream("b", None).await.unwrap(), []);
    assert_eq!(bench.store.verify().await.unwrap().entries, 1);
}

async fn time_never_goes_back(bench: Bench) {
    bench.store.append(at(10), vec![entry("a", Expected::Any)]).await.unwrap();
    let later = bench.store.append(at(5), vec![entry("a", Expected::Any)]).await.unwrap();
    assert_eq!(later[0].at, at(10));
    assert_eq!(bench.store.verify().await.unwrap().problems, []);
}

async fn a_state_of_the_past(bench: Bench) {
    let id = IncidentId::new("inc-1");
    bench.store.append(at(1), vec![opened("inc-1", told("First", &[]))]).await.unwrap();
    let fact = IncidentFact::Assigned { to: Some(UserId::new("usr-1")) };
    bench.store.append(at(2), vec![incident("inc-1", &fact)]).await.unwrap();
    let fact = IncidentFact::StatusChanged { status: Status::Resolved, reason: "done".to_owned() };
    bench.store.append(at(3), vec![incident("inc-1", &fact)]).await.unwrap();
    let state = |seconds| bench.store.incident_state(&Viewer::System, &id, Some(at(seconds)));
    assert_eq!(state(0).await.unwrap(), None);
    assert_eq!(state(1).await.unwrap().unwrap().1.assignee, None);
    let (version, incident) = state(2).await.unwrap().unwrap();
    assert_eq!((version, incident.status, incident.assignee), (2, Status::New, Some(UserId::new("usr-1"))));
    let (version, now) = bench.store.incident_state(&Viewer::System, &id, None).await.unwrap().unwrap();
    assert_eq!((version, now.status), (3, Status::Resolved));
    let row = bench.store.incident(&Viewer::System, &id).await.unwrap().unwrap();
    assert_eq!((row.version, row.status, row.opened_at, row.updated_at), (3, Status::Resolved, at(1), at(3)));
    assert_eq!((row.hosts, row.principals), (vec!["WEB-01".to_owned()], vec!["alice@example.com".to_owned()]));
}

pub(crate) fn story(text: &str) -> (String, Vec<u8>) {
    use sha2::{Digest, Sha256};
    let hash = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    (hash, text.as_bytes().to_vec())
}

async fn stories(bench: Bench) {
    let id = IncidentId::new("inc-1");
    let (first, second) = (story("{\"one\":1}"), story("{\"two\":2}"));
    let mut tell = told("First", &[]);
    tell.story = first.0.clone();
    bench.store.append_told(at(1), vec![opened("inc-1", tell.clone())], vec![first.clone()]).await.unwrap();
    tell.story = second.0.clone();
    let grown = incident("inc-1", &IncidentFact::Grown { told: tell, why: Vec::new() });
    bench.store.append_told(at(2), vec![grown], vec![second.clone(), first.clone()]).await.unwrap();
    assert_eq!(bench.store.story(&Viewer::System, &id, None).await.unwrap(), Some(second.1.clone()));
    assert_eq!(bench.store.story(&Viewer::System, &id, Some(at(1))).await.unwrap(), Some(first.1));
    let wrong = bench.store.append_told(at(3), Vec::new(), vec![(second.0, b"other".to_vec())]).await;
    assert!(matches!(wrong, Err(StoreError::Damaged(_))));
    let found = bench.store.verify().await.unwrap();
    assert_eq!((found.stories, found.problems), (2, Vec::new()));
}

async fn many_writers(bench: Bench) {
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let store = bench.store.clone();
            tokio::spawn(async move {
                for _ in 0..150 {
                    store.append(at(1), vec![entry("a", Expected::Any)]).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let found = bench.store.verify().await.unwrap();
    assert_eq!((found.entries, found.checkpoints, found.problems), (1_200, 2, Vec::new()));
}

async fn filters(bench: Bench) {
    let mut new = vec![entry("incident/inc-1", Expected::Any), entry("incident/inc-2", Expected::Any)];
    new.push(NewLedgerEntry {
        actor: "usr-9".to_owned(),
        kind: "test.other".to_owned(),
        ..entry("system", Expected::Any)
    });
    bench.store.append(at(1), new).await.unwrap();
    bench.store.append(at(9), vec![entry("system", Expected::Any)]).await.unwrap();
    let query = LedgerQuery { limit: 100, ..LedgerQuery::default() };
    let check = async |query: LedgerQuery, expected: &[u64]| {
        let found = bench.store.entries(&query).await.unwrap();
        assert_eq!(found.iter().map(|entry| entry.seq).collect::<Vec<_>>(), expected, "{query:?}");
    };
    check(LedgerQuery { after: 2, ..query.clone() }, &[3, 4]).await;
    check(LedgerQuery { limit: 1, ..query.clone() }, &[1]).await;
    check(LedgerQuery { stream_prefix: Some("incident/".to_owned()), ..query.clone() }, &[1, 2]).await;
    check(LedgerQuery { actor: Some("usr-9".to_owned()), ..query.clone() }, &[3]).await;
    check(LedgerQuery { kind: Some("test.other".to_owned()), ..query.clone() }, &[3]).await;
    check(LedgerQuery { since: Some(at(2)), ..query.clone() }, &[4]).await;
    check(LedgerQuery { until: Some(at(2)), ..query }, &[1, 2, 3]).await;
}

async fn a_merge_moves_alerts(bench: Bench) {
    bench.store.commit(at(1), &outputs(1, vec![alert(1, "grp-1", "aws"), alert(2, "grp-2", "aws")])).await.unwrap();
    bench
        .store
        .append(at(1), vec![opened("inc-1", told("One", &["grp-1"])), opened("inc-2", told("Two", &["grp-2"]))])
        .await
        .unwrap();
    let merged = IncidentFact::Merged { into: IncidentId::new("inc-2"), why: "same".to_owned() };
    let absorbed = IncidentFact::Absorbed { from: IncidentId::new("inc-1"), why: "same".to_owned(), brought: None };
    bench.store.append(at(2), vec![incident("inc-1", &merged), incident("inc-2", &absorbed)]).await.unwrap();
    bench.store.commit(at(3), &outputs(2, vec![alert(3, "grp-1", "aws")])).await.unwrap();
    for number in [1, 2, 3] {
        let id = alert(number, "", "").id;
        let row = bench.store.alert(&Viewer::System, &id).await.unwrap().unwrap();
        assert_eq!(row.incident, Some(IncidentId::new("inc-2")), "{number}");
    }
    let groups = [alert(1, "grp-1", "").group, alert(1, "grp-2", "").group, alert(1, "grp-3", "").group];
    let found = bench.store.open_incidents_by_groups(&groups).await.unwrap();
    assert_eq!(found.iter().map(|(_, incident)| incident.as_str()).collect::<Vec<_>>(), ["inc-2", "inc-2"]);
    let row = bench.store.incident(&Viewer::System, &IncidentId::new("inc-1")).await.unwrap().unwrap();
    assert_eq!((row.status, row.merged_into), (Status::Merged, Some(IncidentId::new("inc-2"))));
}

async fn unknown_entries_are_left_out(bench: Bench) {
    bench
        .store
        .append(at(1), vec![opened("inc-1", told("One", &[])), entry("incident/inc-1", Expected::Any)])
        .await
        .unwrap();
    let restricted = IncidentFact::Restricted { members: BTreeSet::from([UserId::new("usr-1")]) };
    let (kind, body) = restricted.parts();
    let new = NewLedgerEntry { kind, body, ..entry("incident/inc-1", Expected::Version(2)) };
    bench.store.append(at(2), vec![new]).await.unwrap();
    let row = bench.store.incident(&Viewer::System, &IncidentId::new("inc-1")).await.unwrap().unwrap();
    assert!(row.restricted);
    assert_eq!(row.version, 3);
}

async fn text_that_postgres_cannot_store(bench: Bench) {
    let mut new = opened("inc-1", told("One\0two", &[]));
    new.actor = "a\0b".to_owned();
    bench.store.append(at(1), vec![new]).await.unwrap();
    let found = bench.store.entries(&LedgerQuery { limit: 1, ..LedgerQuery::default() }).await.unwrap();
    assert_eq!(found[0].actor, "a\u{fffd}b");
    assert_eq!(found[0].body["told"]["title"], "One\0two");
    assert_eq!(bench.store.verify().await.unwrap().problems, []);
}
