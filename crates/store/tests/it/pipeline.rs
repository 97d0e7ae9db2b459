//! Outputs of detection: stored with their checkpoint, and only once.

use quell_incident::AlertStatus;
use quell_model::{AlertId, IncidentId, UserId, Viewer};
use quell_store::{AlertFilter, Outputs, Progress, SourceDelta};

use crate::harness::{Bench, alert, at, decided, opened, outputs, source, told};

on_both!(twice_is_once, alerts_find_their_incident, what_people_decided, a_large_incident);

fn health(records: u64) -> SourceDelta {
    SourceDelta {
        source: "aws".to_owned(),
        records,
        rejected: 1,
        duplicates: 2,
        last_received_at: Some(at(records.cast_signed())),
        last_event_at: None,
    }
}

async fn twice_is_once(bench: Bench) {
    assert_eq!(bench.store.progress().await.unwrap(), Progress::default());
    let first =
        Outputs { health: vec![health(10)], ..outputs(5, vec![alert(1, "grp-1", "aws"), alert(2, "grp-1", "aws")]) };
    assert_eq!(bench.store.commit(at(1), &first).await.unwrap(), 2);
    assert_eq!(bench.store.commit(at(2), &first).await.unwrap(), 0);
    let second =
        Outputs { health: vec![health(7)], ..outputs(6, vec![alert(2, "grp-1", "aws"), alert(3, "grp-1", "aws")]) };
    assert_eq!(bench.store.commit(at(3), &second).await.unwrap(), 1);
    // An older one does not move the checkpoint back.
    assert_eq!(bench.store.commit(at(4), &first).await.unwrap(), 0);
    assert_eq!(bench.store.progress().await.unwrap(), Progress { processed: 6, window: 5 });
    let rows = bench.store.sources(&Viewer::System).await.unwrap();
    let row = &rows[0];
    assert_eq!((row.records, row.rejected, row.duplicates, row.alerts, row.version), (17, 2, 4, 3, 0));
    assert_eq!((row.last_received_at, row.last_event_at), (Some(at(10)), None));
    bench.store.append(at(5), vec![source("aws", None)]).await.unwrap();
    assert_eq!(bench.store.sources(&Viewer::System).await.unwrap()[0].records, 17);
    let row = bench.store.alert(&Viewer::System, &AlertId::new("alr-0000000000000001")).await.unwrap().unwrap();
    let given = alert(1, "grp-1", "aws");
    assert_eq!(
        (row.group, row.event, row.level, row.tags, row.time),
        (given.group, given.event, given.level, given.tags, given.time)
    );
    assert_eq!(
        (row.title, row.subject, row.matched, row.mapping),
        (given.title, given.subject, given.matched, given.mapping)
    );
    assert_eq!((row.raised_at, row.status, row.version, row.incident), (at(1), AlertStatus::New, 0, None));
    assert_eq!(bench.store.commit(at(6), &outputs(7, Vec::new())).await.unwrap(), 0);
}

async fn alerts_find_their_incident(bench: Bench) {
    bench.store.commit(at(1), &outputs(1, vec![alert(1, "grp-1", "aws")])).await.unwrap();
    bench.store.append(at(2), vec![opened("inc-1", told("One", &["grp-1", "grp-1", "grp-2"]))]).await.unwrap();
    bench.store.commit(at(3), &outputs(2, vec![alert(2, "grp-2", "aws"), alert(3, "grp-3", "aws")])).await.unwrap();
    let filter = AlertFilter { incident: Some(IncidentId::new("inc-1")), ..AlertFilter::default() };
    assert_eq!(bench.store.count_alerts(&Viewer::System, &filter).await.unwrap().total, 2);
}

async fn what_people_decided(bench: Bench) {
    bench.store.commit(at(1), &outputs(1, vec![alert(1, "grp-1", "aws"), alert(2, "grp-1", "aws")])).await.unwrap();
    let id = AlertId::new("alr-0000000000000001");
    bench.store.append(at(2), vec![decided(id.as_str(), AlertStatus::Claimed)]).await.unwrap();
    bench.store.append(at(3), vec![decided(id.as_str(), AlertStatus::Confirmed)]).await.unwrap();
    // An alert that is not there changes nothing.
    bench.store.append(at(3), vec![decided("alr-9", AlertStatus::Confirmed)]).await.unwrap();
    let row = bench.store.alert(&Viewer::System, &id).await.unwrap().unwrap();
    assert_eq!((row.status, row.reason.as_str(), row.version), (AlertStatus::Confirmed, "because", 2));
    assert_eq!(row.assignee, Some(UserId::new("usr-1")));
    let ids = [id.clone(), AlertId::new("alr-0000000000000002"), AlertId::new("alr-9")];
    let mut found = bench.store.alert_versions(&Viewer::System, &ids).await.unwrap();
    found.sort();
    assert_eq!(found, [(id, 2), (ids[1].clone(), 0)]);
}

async fn a_large_incident(bench: Bench) {
    let alerts = (0..15_500).map(|number| alert(number, &format!("grp-{}", number % 2_000), "aws")).collect();
    assert_eq!(bench.store.commit(at(1), &outputs(1, alerts)).await.unwrap(), 15_500);
    let groups: Vec<String> = (0..2_000).map(|number| format!("grp-{number}")).collect();
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    bench.store.append(at(2), vec![opened("inc-1", told("Large", &groups))]).await.unwrap();
    let filter = AlertFilter { incident: Some(IncidentId::new("inc-1")), ..AlertFilter::default() };
    assert_eq!(bench.store.count_alerts(&Viewer::System, &filter).await.unwrap().total, 15_500);
}
