//! Actions on real targets: act, look from outside, undo, look from outside. A firewall in network namespaces of the test's own; an
//! account and a process of this machine. Needs root; says so and does nothing elsewhere.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::panic,
    reason = "makes the targets, and says what was seen"
)]

use std::process::{Command, Stdio};

use quell_connect::{FirewallSettings, HostSettings, Program, firewall_actions, host_actions};
use quell_model::action::{Action, ActionError, Actions, Containing, With};
use serde_json::Value;

fn sh(line: &str) -> bool {
    Command::new("sh")
        .arg("-c")
        .arg(line)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|it| it.success())
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

/// Two namespaces with a wire between them: `edge` has the firewall, `peer` is whom it keeps out.
struct Wire {
    edge: String,
    peer: String,
}

impl Wire {
    fn new() -> Option<Wire> {
        let number = std::process::id();
        let (edge, peer) = (format!("quell-edge-{number}"), format!("quell-peer-{number}"));
        let wire = Wire { edge: edge.clone(), peer: peer.clone() };
        let lines = [
            format!("ip netns add {edge}"),
            format!("ip netns add {peer}"),
            format!("ip link add qe{number} netns {edge} type veth peer name qp{number} netns {peer}"),
            format!("ip -n {edge} addr add 10.77.1.1/24 dev qe{number}"),
            format!("ip -n {peer} addr add 10.77.1.2/24 dev qp{number}"),
            format!("ip -n {peer} addr add 10.77.1.9/24 dev qp{number}"),
            format!("ip -n {edge} link set qe{number} up"),
            format!("ip -n {peer} link set qp{number} up"),
            format!("ip netns exec {edge} nft list tables"),
        ];
        lines.iter().all(|line| sh(line)).then_some(wire)
    }

    /// Whether the peer gets through, from an address of its own.
    fn reaches(&self, from: &str) -> bool {
        sh(&format!("ip netns exec {} ping -c 1 -W 1 -I {from} 10.77.1.1", self.peer))
    }

    fn actions(&self) -> Actions {
        let mut actions = Actions::default();
        let inside = |program: &str| Program::new(words(&format!("ip netns exec {} {program}", self.edge)));
        let settings = FirewallSettings {
            program: inside(""),
            management: vec!["10.77.1.9".parse().unwrap()],
            probe: Some((inside(""), words("ping -c 1 -W 1 {address}"))),
        };
        firewall_actions(settings, &mut actions);
        actions
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        sh(&format!("ip netns del {}; ip netns del {}", self.edge, self.peer));
    }
}

fn with(pairs: &[(&str, &str)]) -> With {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn containing<'a>(actions: &'a Actions, id: &str) -> &'a dyn Containing {
    match actions.get(id).unwrap() {
        Action::Containing(action) => &**action,
        Action::Plain(_) => panic!("{id} cannot be undone"),
    }
}

/// Captures, acts twice, looks, takes back twice, looks; `free` says whether it is as if nothing had been done.
async fn cycle(action: &dyn Containing, with: &With, free: impl Fn() -> bool) -> Value {
    assert!(free(), "{}: not as it should be before", action.spec().id);
    action.check(with).await.unwrap();
    let captured = action.capture(with).await.unwrap();
    assert!(free(), "a check changes nothing");
    for _ in 0..2 {
        action.apply(with, &captured).await.unwrap();
        assert_eq!(action.capture(with).await.unwrap(), action.wanted(with, &captured));
    }
    let seen = action.verify(with).await.unwrap();
    println!("{}: {seen}", action.spec().id);
    assert!(!free(), "{}: nothing is in force", action.spec().id);
    assert!(action.verify_undone(with, &captured).await.is_err());
    action.undo(with, &captured).await.unwrap();
    assert_eq!(action.capture(with).await.unwrap(), captured);
    println!("{}: {}", action.spec().id, action.verify_undone(with, &captured).await.unwrap());
    assert!(free(), "{}: still in force", action.spec().id);
    assert!(action.verify(with).await.is_err());
    captured
}

#[tokio::test]
async fn a_firewall_blocks_isolates_and_lets_through_again() {
    let Some(wire) = Wire::new() else { return println!("skipped: needs root, ip and nft") };
    let actions = wire.actions();
    let free = || wire.reaches("10.77.1.2");
    let block = containing(&actions, "net.block_address");
    cycle(block, &with(&[("address", "10.77.1.2")]), free).await;
    let network = containing(&actions, "net.block_network");
    cycle(network, &with(&[("network", "10.77.1.2/30")]), free).await;
    let isolate = containing(&actions, "net.isolate_host");
    let host = with(&[("address", "10.77.1.2")]);
    cycle(isolate, &host, free).await;
    // What was there before stays there after.
    block.apply(&host, &Value::Null).await.unwrap();
    let captured = block.capture(&host).await.unwrap();
    block.undo(&host, &captured).await.unwrap();
    assert!(!free() && wire.reaches("10.77.1.9"), "the management path stays open");
    for (id, name, value, why) in [
        ("net.block_address", "address", "10.77.1.9", "management path"),
        ("net.block_network", "network", "10.77.0.0/16", "management path"),
        ("net.block_network", "network", "0.0.0.0/0", "is no network"),
        ("net.block_address", "address", "10.77.1.2 } ; flush ruleset", "is no address"),
        ("net.isolate_host", "address", "-a", "is no address"),
        ("net.block_address", "other", "10.77.1.2", "address is missing"),
    ] {
        let refused = containing(&actions, id).check(&with(&[(name, value)])).await.unwrap_err();
        assert!(matches!(&refused, ActionError::Unfit(text) if text.contains(why)), "{value}: {refused}");
    }
}

#[tokio::test]
async fn accounts_and_processes_of_a_host_are_held_and_let_go() {
    let user = format!("quell-t{}", std::process::id());
    if !sh(&format!("useradd -M {user} && printf '%s:a pass phrase 7' {user} | chpasswd")) {
        return println!("skipped: needs root and useradd");
    }
    let mut actions = Actions::default();
    host_actions(HostSettings { hosts: [("here".to_owned(), Program::new(Vec::new()))].into() }, &mut actions);
    let locked = || sh(&format!("passwd -S {user} | grep -q ' L '"));
    let lock = containing(&actions, "host.lock_user");
    cycle(lock, &with(&[("host", "HERE.corp.example"), ("user", &user)]), || !locked()).await;
    assert!(sh(&format!("userdel {user}")));
    for (host, name) in [("here", "-L"), ("here", "a;b"), ("here", "root"), ("there", "ada")] {
        assert!(lock.check(&with(&[("host", host), ("user", name)])).await.is_err(), "{host} {name}");
    }

    let mut child = Command::new("sleep").arg("600").spawn().unwrap();
    let pid = child.id().to_string();
    let stopped = || sh(&format!("grep -q '^State:.*T' /proc/{pid}/status"));
    cycle(containing(&actions, "host.suspend_process"), &with(&[("host", "here"), ("pid", &pid)]), || !stopped()).await;
    child.kill().unwrap();
    child.wait().unwrap();
}
