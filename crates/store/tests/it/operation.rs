//! Migrations, rebuilds, backups, sizes.

use std::collections::BTreeSet;

use quell_incident::timeline::TimelineFact;
use quell_incident::work::{EvidenceFact, MessageFact, Verdict};
use quell_incident::{AccountFact, AlertStatus, Fact, IncidentFact, SourceFact, Status};
use quell_model::ports::NewChunk;
use quell_model::{EntityKind, Expected, IncidentId, NewLedgerEntry, TeamId, UserId, Viewer};
use quell_store::{IncidentFilter, Location, Store, StoreError};

use serde_json::json;

use crate::harness::{
    Bench, Kind, Raw, accepted, alert, at, created, decided, folder, incident, judged, moved, new, opened, outputs,
    proposed, reported, signer, source, stakeholder, team, told, user,
};

on_both!(
    a_rebuild_changes_nothing,
    a_rebuild_repairs,
    migrations,
    a_newer_database,
    an_upgrade_fills_what_it_adds,
    another_migration,
    backups,
    sizes
);

/// Read models with their columns, in one order for both engines; `num` of incidents is no matter of the ledger.
const MODELS: [(&str, &str); 18] = [
    (
        "incident",
        "id, version, status, severity, opened_at, updated_at, restricted, team, assignee, merged_into, title, first_seen, \
        last_seen, alerts, techniques, hosts, principals, story, origin, exercise",
    ),
    ("incident_technique", "technique, incident_id"),
    ("incident_host", "host, incident_id"),
    ("incident_member", "incident_id, user_id"),
    ("incident_source", "incident_id, source"),
    ("alert_group", "group_id, incident_id, held"),
    ("alert", "id, num, version, status, reason, assignee, incident_id, title, matched, time, duplicate_of"),
    ("message", "seq, incident_id, channel, target, state"),
    ("timeline_item", "seq, item, incident_id, kind, at, title, text, parent, refs, actor, recorded_at"),
    ("evidence", "seq, sha256, redacted"),
    ("entity_word", "seq, incident_id, kind, name, word, at"),
    ("stakeholder", "id, version, name, body"),
    ("tuning", "id, version, alert_id, state, reason, proposed_at, body"),
    ("app_user", "id, login, login_folded, display_name, role, enabled, version"),
    ("user_team", "user_id, team_id"),
    ("user_identity", "issuer, subject, user_id"),
    ("source", "name, description, team, silent_after_seconds, silent, version"),
    ("team", "id, name, name_folded, version"),
];

async fn dump(raw: &Raw) -> Vec<String> {
    let mut all = Vec::new();
    for (table, columns) in MODELS {
        let texts: Vec<String> = columns.split(", ").map(|column| format!("CAST({} AS TEXT)", column.trim())).collect();
        let mut rows = raw.texts(&format!("SELECT {} FROM {table}", texts.join(", "))).await;
        rows.sort();
        assert!(!rows.is_empty(), "{table} is empty: the test says nothing about it");
        all.extend(rows.into_iter().map(|row| format!("{table} {row:?}")));
    }
    all
}

/// Totals of alerts are what is there, whatever happened to the alerts.
async fn totals_are_right(raw: &Raw) {
    let columns = "CAST(severity AS TEXT), CAST(number AS TEXT)";
    let kept =
        format!("SELECT incident_id, source, status, {columns} FROM alert_total WHERE number <> 0 ORDER BY 1, 2, 3, 4");
    let counted = format!(
        "SELECT incident, source, status, {columns} FROM (SELECT coalesce(incident_id, '') AS incident, source, status, \
         severity, count(*) AS number FROM alert GROUP BY 1, 2, 3, 4) AS counted ORDER BY 1, 2, 3, 4"
    );
    assert_eq!(raw.texts(&kept).await, raw.texts(&counted).await);
}

async fn found(store: &Store, text: &str) -> u64 {
    let filter = IncidentFilter { text: Some(text.to_owned()), ..IncidentFilter::default() };
    store.count_incidents(&Viewer::System, &filter).await.unwrap().total
}

fn read<F: Fact>(kind: &str, body: serde_json::Value) -> F {
    F::read(kind, &body).unwrap()
}

fn sealed() -> serde_json::Value {
    json!({ "sha256": "ab".repeat(32), "size_bytes": 3, "about": { "name": "a.log", "description": "a log",
        "volatility": "disk", "collected_at": "2026-09-21T10:00:00Z", "collected_by": "Lee" } })
}

fn message() -> serde_json::Value {
    json!({ "audience": "legal", "to": ["alarm"], "channel": "webhook", "subject": "a", "text": "b", "tlp": "red" })
}

/// What people said.
fn people() -> Vec<NewLedgerEntry> {
    vec![
        reported("inc-4", told("Reported", &[])),
        incident("inc-4", &IncidentFact::AlertsAdded { moved: moved(&["grp-3"]), reason: "it is this".to_owned() }),
        judged("inc-4", (EntityKind::Endpoint, "203.0.113.45"), Verdict::Affected),
        new("incident/inc-4".to_owned(), &read::<EvidenceFact>("evidence.sealed", sealed())),
        new("incident/inc-4".to_owned(), &read::<MessageFact>("message.recorded", message())),
        new(
            "timeline/inc-4".to_owned(),
            &read::<TimelineFact>(
                "timeline.added",
                json!({ "item": {
            "kind": "event", "at": "2026-09-21T10:00:00Z", "title": "It began" } }),
            ),
        ),
        stakeholder("stk-1", "Ada"),
        proposed("tun-1", "alr-0000000000000001"),
        accepted("tun-1"),
    ]
}

async fn fill(bench: &Bench) {
    let store = &bench.store;
    store
        .commit(at(1), &outputs(1, (0..9).map(|n| alert(n, &format!("grp-{}", n % 5), "aws")).collect()))
        .await
        .unwrap();
    let linked = AccountFact::IdentityLinked { issuer: "i".to_owned(), subject: "s".to_owned() };
    let teams = AccountFact::TeamsChanged { teams: BTreeSet::from([TeamId::new("tem-1")]) };
    let mut entries =
        vec![team("tem-1", "Red"), created("usr-1", "ada"), user("usr-1", &linked), user("usr-1", &teams)];
    entries.extend([source("aws", Some("tem-1")), opened("inc-1", told("First", &["grp-0", "grp-1"]))]);
    entries.extend([opened("inc-2", told("Second", &["grp-2"])), opened("inc-3", told("Third", &["grp-3"]))]);
    let grown = IncidentFact::Grown { told: told("Grown first", &["grp-0", "grp-3"]), why: Vec::new() };
    entries.extend([incident("inc-1", &grown), decided("alr-0000000000000001", AlertStatus::Benign)]);
    let merged = IncidentFact::Merged { into: IncidentId::new("inc-1"), why: "same".to_owned() };
    entries.push(incident("inc-2", &merged));
    let restricted = IncidentFact::Restricted { members: BTreeSet::from([UserId::new("usr-1")]) };
    let status = IncidentFact::StatusChanged { status: Status::Resolved, reason: "done".to_owned() };
    entries.extend([incident("inc-1", &restricted), incident("inc-3", &status)]);
    entries.extend(people());
    let (kind, body) = quell_incident::Fact::parts(&SourceFact::WentSilent { silent_seconds: 9 });
    let (stream, expected, actor) = ("source/aws".to_owned(), Expected::Any, "quell".to_owned());
    entries.push(NewLedgerEntry { stream, expected, actor, kind, body });
    store.append(at(2), entries).await.unwrap();
    // Alerts of groups that were merged or taken over, after the fact.
    store
        .commit(at(3), &outputs(2, (10..19).map(|n| alert(n, &format!("grp-{}", n % 5), "aws")).collect()))
        .await
        .unwrap();
    store.set_password(&UserId::new("usr-1"), "$phc").await.unwrap();
}

async fn a_rebuild_changes_nothing(bench: Bench) {
    fill(&bench).await;
    let raw = bench.raw().await;
    let before = dump(&raw).await;
    totals_are_right(&raw).await;
    let (first, health) = (found(&bench.store, "grown").await, bench.store.sources(&Viewer::System).await.unwrap());
    for _ in 0..2 {
        assert_eq!(bench.store.rebuild().await.unwrap(), 14 + people().len() as u64);
        assert_eq!(dump(&raw).await, before);
        totals_are_right(&raw).await;
    }
    assert_eq!((found(&bench.store, "grown").await, first), (1, 1));
    assert_eq!(bench.store.sources(&Viewer::System).await.unwrap(), health);
    assert_eq!(bench.store.password(&UserId::new("usr-1")).await.unwrap().as_deref(), Some("$phc"));
    assert_eq!(bench.store.verify().await.unwrap().problems, []);
}

async fn a_rebuild_repairs(bench: Bench) {
    fill(&bench).await;
    let raw = bench.raw().await;
    let before = dump(&raw).await;
    raw.run("UPDATE incident SET title = 'other', restricted = 0; DELETE FROM alert_group").await.unwrap();
    raw.run("UPDATE alert SET incident_id = NULL; DELETE FROM app_user; DELETE FROM incident WHERE id = 'inc-2'")
        .await
        .unwrap();
    assert_ne!(before.len(), raw.texts("SELECT id FROM app_user").await.len());
    totals_are_right(&raw).await;
    bench.store.rebuild().await.unwrap();
    assert_eq!(dump(&raw).await, before);
    totals_are_right(&raw).await;
}

async fn migrations(bench: Bench) {
    bench.store.append(at(1), vec![created("usr-1", "ada")]).await.unwrap();
    bench.store.close().await;
    let all = Store::migrations(&bench.location).await.unwrap();
    let steps = if bench.kind == Kind::Sqlite { 11 } else { 10 };
    assert!(all.len() == steps && all.iter().all(|(_, _, applied)| *applied), "{all:?}");
    let store = bench.reopened().await;
    assert_eq!(store.users().await.unwrap().len(), 1, "a second start keeps everything");
    store.ping().await.unwrap();
    if bench.kind == Kind::Sqlite {
        let empty = folder();
        let all = Store::migrations(&Location::Folder(empty.clone())).await.unwrap();
        assert!(all.len() == steps && all.iter().all(|(_, _, applied)| !*applied), "{all:?}");
        assert!(!empty.exists(), "looking makes nothing");
    }
}

/// A store of the version before: what older entries say is in the read models that an upgrade adds.
async fn an_upgrade_fills_what_it_adds(bench: Bench) {
    fill(&bench).await;
    let raw = bench.raw().await;
    let before = dump(&raw).await;
    bench.store.close().await;
    for undo in [
        "DELETE FROM schema_version WHERE version >= 7",
        "DROP TABLE preference",
        "DROP TABLE saved_view",
        "DROP TABLE run",
        "DROP INDEX alert_group_held",
        "ALTER TABLE alert_group DROP COLUMN held",
        "ALTER TABLE alert DROP COLUMN duplicate_of",
        "ALTER TABLE incident DROP COLUMN origin",
        "ALTER TABLE incident DROP COLUMN exercise",
        "DROP TABLE entity_word",
        "DROP TABLE stakeholder",
        "DROP TABLE tuning",
    ] {
        raw.run(undo).await.unwrap();
    }
    drop(bench.reopened().await);
    assert_eq!(dump(&bench.raw().await).await, before);
}

async fn a_newer_database(bench: Bench) {
    bench.store.close().await;
    let raw = bench.raw().await;
    raw.run("INSERT INTO schema_version (version, applied_at, checksum) VALUES (99, 0, 'x')").await.unwrap();
    let error = Store::open(&bench.location, signer(), at(1)).await.unwrap_err();
    assert_eq!(error, StoreError::TooNew { found: 99, known: 10 });
}

async fn another_migration(bench: Bench) {
    bench.store.close().await;
    let raw = bench.raw().await;
    raw.run("UPDATE schema_version SET checksum = 'x' WHERE version = 1").await.unwrap();
    let error = Store::open(&bench.location, signer(), at(1)).await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged(_)), "{error:?}");
}

async fn backups(bench: Bench) {
    fill(&bench).await;
    let chunk = NewChunk {
        source: "aws".to_owned(),
        received_at: at(1),
        digest: None,
        records: 1,
        payload: b"x".to_vec(),
        words: vec![1, 2, 3],
        rejected: Vec::new(),
        checkpoint: None,
    };
    bench.store.lake().append(vec![chunk]).await.unwrap();
    let copy = folder();
    let done = bench.store.back_up(&copy).await;
    if bench.kind == Kind::Postgres {
        assert!(matches!(done, Err(StoreError::Unavailable(what)) if what.contains("pg_dump")));
        return;
    }
    done.unwrap();
    assert!(matches!(bench.store.back_up(&copy).await, Err(StoreError::Unavailable(_))), "never over another one");
    let store = Store::open(&Location::Folder(copy.clone()), signer(), at(9)).await.unwrap();
    let (ours, theirs) = (bench.store.verify().await.unwrap(), store.verify().await.unwrap());
    assert_eq!(ours, theirs);
    assert_eq!(found(&store, "grown").await, 1);
    assert_eq!(store.lake().read(0, 9).await.unwrap().len(), 1);
    std::fs::remove_dir_all(copy).unwrap();
}

async fn sizes(bench: Bench) {
    fill(&bench).await;
    let sizes = bench.store.sizes().await.unwrap();
    assert_eq!((sizes.entries, sizes.alerts, sizes.incidents, sizes.chunks), (14 + people().len() as u64, 18, 4, 0));
    assert!(sizes.bytes.unwrap() > 10_000);
    bench.store.close().await;
    assert!(matches!(bench.store.ping().await, Err(StoreError::Unavailable(_))));
}
