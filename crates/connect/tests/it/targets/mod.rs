//! Actions on real targets: act, look from outside, undo, look from outside. Firewalls in network namespaces and this machine are
//! made by the tests; servers are started by `tests/targets/run`, which names them in QUELL_TARGETS. Needs root. What is not
//! there is said to be skipped.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::panic,
    reason = "makes the targets, and says what was seen"
)]

mod acted;
mod cluster;
mod collected;
mod described;
mod hostile;
mod local;
mod servers;

use quell_connect::Program;
use serde_json::Value;

/// RE&CT has 26 actions that contain.
const CONTAINMENT: usize = 26;

/// Where the servers are; none if they were not started.
fn running() -> Option<Value> {
    let file = std::env::var("QUELL_TARGETS").ok()?;
    Some(serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap())
}

fn words(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[tokio::test]
async fn what_is_done_to_a_target_is_seen_from_outside_and_taken_back() {
    local::firewall().await;
    local::ports_and_accounts().await;
    local::host("here", Program::new(Vec::new())).await;
    collected::host("here", Program::new(Vec::new())).await;
    if let Some(running) = running() {
        servers::all(&running).await;
        hostile::all(&running).await;
    } else {
        println!("skipped: servers; run `make targets`");
    }
    let covered = acted::covered();
    println!(
        "RE&CT: {} of {CONTAINMENT} containment actions done and taken back: {}",
        covered.len(),
        covered.join(" ")
    );
    if running().is_some_and(|running| running.as_object().is_some_and(|all| all.len() == servers::ALL)) {
        assert!(covered.len() >= 20);
    }
}
