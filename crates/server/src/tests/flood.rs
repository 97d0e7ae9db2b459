//! An alert flood does not stop work on incidents (threat group 13).

use std::sync::Arc;
use std::time::Duration;

use quell_model::Role;
use reqwest::Method;
use serde_json::json;
use tokio::time::Instant;

use super::bench::{Bench, trail_stopped};

const SENDERS: u64 = 4;
const DELIVERIES_EACH: u64 = 10;
const RECORDS_EACH: u64 = 250;
/// No page takes longer, on a small machine and without optimisation.
const PAGE_WITHIN: Duration = Duration::from_secs(5);
/// Nor does a note: it waits while what was detected is written.
const NOTE_WITHIN: Duration = Duration::from_secs(15);
/// Nine of ten pages do not take longer than this.
const MOST_WITHIN: Duration = Duration::from_secs(1);

/// Delivers records that all raise alerts, as fast as they are taken.
async fn send(bench: Arc<Bench>, cookie: String, sender: u64) {
    for delivery in 0..DELIVERIES_EACH {
        let first = (sender * DELIVERIES_EACH + delivery) * RECORDS_EACH;
        let record = |number: u64| trail_stopped(&format!("user-{}", number % 50), number).to_string();
        let body: Vec<String> = (first..first + RECORDS_EACH).map(record).collect();
        let body = body.join("\n");
        loop {
            let request = bench.request(Method::POST, "/api/v1/intake/flood").header("cookie", &cookie);
            match request.body(body.clone()).send().await.unwrap().status().as_u16() {
                200 => break,
                429 | 503 => tokio::time::sleep(Duration::from_millis(100)).await,
                status => panic!("a delivery is answered with {status}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_alerts_does_not_stop_work() {
    let bench = Arc::new(Bench::start().await);
    let admin = bench.person("admin", Role::Admin, &[]).await;
    let responder = bench.person("responder", Role::Responder, &[]).await;
    bench.deliver(&admin, "first", trail_stopped("somebody", 999_999).to_string()).await;
    bench.caught_up().await;
    let id = loop {
        let listed = bench.get(&responder, "/api/v1/incidents").await.json();
        match listed["items"][0]["id"].as_str() {
            Some(id) => break id.to_owned(),
            None => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    };
    let senders: Vec<_> =
        (0..SENDERS).map(|sender| tokio::spawn(send(Arc::clone(&bench), admin.cookie.clone(), sender))).collect();
    let mut took = Vec::new();
    while senders.iter().any(|sender| !sender.is_finished()) || !bench.running.caught_up() {
        for path in ["/api/v1/incidents", "/api/v1/incidents/counts", "/api/v1/alerts?limit=50"] {
            let began = Instant::now();
            assert_eq!(bench.get(&responder, path).await.status, 200);
            took.push((began.elapsed(), path));
        }
        for part in ["", "/story", "/entries"] {
            let began = Instant::now();
            assert_eq!(bench.get(&responder, &format!("/api/v1/incidents/{id}{part}")).await.status, 200);
            took.push((began.elapsed(), part));
        }
        let began = Instant::now();
        let path = format!("/api/v1/incidents/{id}/notes");
        let noted = bench.send(&responder, Method::POST, &path, &json!({ "text": "still here" })).await;
        // Quell writes about the incident at the same time; then it is for the client to send again.
        assert!(matches!(noted.status, 200 | 409), "{noted:?}");
        took.push((began.elapsed(), "note"));
    }
    for sender in senders {
        sender.await.unwrap();
    }
    let total = bench.get(&responder, "/api/v1/alerts/counts").await.json()["total"].as_u64().unwrap();
    assert_eq!(total, SENDERS * DELIVERIES_EACH * RECORDS_EACH + 1);
    took.sort();
    let (writes, reads): (Vec<_>, Vec<_>) = took.into_iter().partition(|(_, what)| *what == "note");
    let at = |took: &[(Duration, &str)], tenths: usize| took[(took.len() * tenths / 10).min(took.len() - 1)].0;
    let (reads_most, reads_slowest) = (at(&reads, 9), at(&reads, 10));
    let (writes_most, writes_slowest) = (at(&writes, 9), at(&writes, 10));
    println!(
        "{total} alerts; meanwhile {} reads, 90 % within {reads_most:?}, all within {reads_slowest:?}; \
         {} notes, 90 % within {writes_most:?}, all within {writes_slowest:?}",
        reads.len(),
        writes.len()
    );
    assert!(reads_most < MOST_WITHIN && reads_slowest < PAGE_WITHIN && writes_slowest < NOTE_WITHIN);
    Arc::into_inner(bench).unwrap().stop().await;
}
