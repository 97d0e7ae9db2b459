//! A restart is no news: what was told stays told, nothing is told from a part of what is known, and what is no incident any
//! more with what arrived last is taken back.

use std::time::Duration;

use quell_incident::{IncidentFact, Told};
use quell_model::{AlertGroupId, IncidentId, Level, Role};
use sha2::{Digest, Sha256};

use super::bench::{Bench, Person, trail_stopped};

/// More deliveries than are read together.
const DELIVERIES: u64 = 60;

/// Waits until the ledger has rested for a while.
async fn rested(bench: &Bench) -> u64 {
    bench.caught_up().await;
    let mut entries = bench.entries().await;
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(700)).await;
        let now = bench.entries().await;
        if now == entries {
            return now;
        }
        entries = now;
    }
    panic!("the ledger does not rest");
}

async fn deliver_all(bench: &Bench, admin: &Person) {
    for number in 0..DELIVERIES {
        let record = trail_stopped("one", number).to_string();
        assert_eq!(bench.deliver(admin, "trails", record).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_tells_nothing_anew() {
    let bench = Bench::start().await;
    let admin = bench.person("admin", Role::Admin, &[]).await;
    deliver_all(&bench, &admin).await;
    // Counts that grow are written ten seconds later at most; a record that belongs to no incident brings nothing.
    tokio::time::sleep(Duration::from_secs(11)).await;
    let before = rested(&bench).await;
    assert!(before > 3, "an incident was opened");
    let bench = bench.restarted().await;
    assert_eq!(rested(&bench).await, before, "a restart writes nothing");
    bench.stop().await;
}

/// An incident as an earlier run told it, of which the records say nothing.
async fn tell_without_records(bench: &Bench, name: &str) {
    let story = b"{}".to_vec();
    let told = Told {
        title: "told before".to_owned(),
        severity: Level::High,
        first_seen: None,
        last_seen: None,
        techniques: Vec::new(),
        hosts: Vec::new(),
        principals: Vec::new(),
        groups: vec![AlertGroupId::new("grp-00000000000000aa")],
        alerts: 1,
        sources: Vec::new(),
        story: quell_model::hex::encode(&Sha256::digest(&story)),
    };
    let opened = IncidentFact::Opened { told, why: Vec::new() };
    bench.append(&format!("incident/{}", IncidentId::new(name)), &[opened]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_no_more_is_taken_back_after_a_restart_unless_records_were_forgotten() {
    for (forgotten, status) in [(false, "withdrawn"), (true, "new")] {
        let bench = Bench::start().await;
        let admin = bench.person("admin", Role::Admin, &[]).await;
        bench.deliver(&admin, "trails", trail_stopped("one", 1).to_string()).await;
        tell_without_records(&bench, "inc-0000000000aa").await;
        if forgotten {
            bench.store.put_setting("events_forgotten", "yes").await.unwrap();
        }
        rested(&bench).await;
        let bench = bench.restarted().await;
        rested(&bench).await;
        let incident = bench.get(&admin, "/api/v1/incidents/inc-0000000000aa").await.json();
        assert_eq!(incident["status"], status, "forgotten: {forgotten}");
        bench.stop().await;
    }
}
