//! Actions on real targets: act, look from outside, undo, look from outside. A firewall in network namespaces of the test's own; an
//! account and a process of this machine. Needs root; says so and does nothing elsewhere.

use std::process::{Command, Stdio};

use quell_connect::{FirewallSettings, HostSettings, Program, firewall_actions, host_actions};
use quell_model::action::{Action, ActionError, Actions};
use serde_json::Value;

use super::acted::{containing, covers, cycle, sh, with};

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
            format!("ip -n {edge} addr add 203.0.113.1/24 dev qe{number}"),
            format!("ip -n {peer} addr add 203.0.113.2/24 dev qp{number}"),
            format!("ip -n {edge} link set lo up && ip -n {peer} link set lo up"),
            format!("ip -n {edge} link set qe{number} up"),
            format!("ip -n {peer} link set qp{number} up"),
            format!("ip netns exec {edge} nft list tables"),
        ];
        lines.iter().all(|line| sh(line)).then_some(wire)
    }

    /// Whether the peer gets through, from an address of its own.
    fn reaches(&self, from: &str) -> bool {
        let edge = if from.starts_with("203") { "203.0.113.1" } else { "10.77.1.1" };
        sh(&format!("ip netns exec {} ping -c 1 -W 1 -I {from} {edge}", self.peer))
    }

    /// A site in one of the namespaces.
    #[expect(clippy::zombie_processes, reason = "who asks for it ends it")]
    fn site(&self, space: &str) -> std::process::Child {
        let line = ["netns", "exec", space, "python3", "-m", "http.server", "8080"];
        let quiet = || Stdio::null();
        let site = Command::new("ip").args(line).stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn().unwrap();
        let answers = || sh(&format!("ip netns exec {space} curl -sf -m 1 http://127.0.0.1:8080/"));
        for _ in 0..100 {
            if answers() {
                return site;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("the site does not answer");
    }

    fn actions(&self) -> Actions {
        let mut actions = Actions::default();
        let inside = |program: &str| Program::new(words(&format!("ip netns exec {} {program}", self.edge)));
        let settings = FirewallSettings {
            program: inside(""),
            management: vec!["10.77.1.9".parse().unwrap()],
            addresses: [("peer".to_owned(), "10.77.1.2".parse().unwrap())].into(),
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

/// A firewall blocks, isolates and lets through again.
pub(super) async fn firewall() {
    let Some(wire) = Wire::new() else { return println!("skipped: needs root, ip and nft") };
    let actions = wire.actions();
    let free = || wire.reaches("10.77.1.2");
    let block = containing(&actions, "net.block_address");
    cycle(block, &with(&[("address", "10.77.1.2")]), free).await;
    covers(block, "RA3102");
    cycle(block, &with(&[("address", "203.0.113.2")]), || wire.reaches("203.0.113.2")).await;
    covers(block, "RA3101");
    let network = containing(&actions, "net.block_network");
    cycle(network, &with(&[("network", "10.77.1.2/30")]), free).await;
    let isolate = containing(&actions, "net.isolate_host");
    let host = with(&[("address", "10.77.1.2")]);
    cycle(isolate, &host, free).await;
    cycle(isolate, &with(&[("address", "PEER.corp.example")]), free).await;
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
        ("net.block_port_external", "port", "icmp/7", "is no port"),
        ("net.block_port_internal", "port", "tcp/0", "is no port"),
        ("net.block_port_internal", "port", "445 } ; flush ruleset", "is no port"),
    ] {
        let refused = containing(&actions, id).check(&with(&[(name, value)])).await.unwrap_err();
        assert!(matches!(&refused, ActionError::Unfit(text) if text.contains(why)), "{value}: {refused}");
    }
}

/// A firewall shuts ports to one side and leaves the other; a host's own shuts accounts in.
pub(super) async fn ports_and_accounts() {
    let Some(wire) = Wire::new() else { return println!("skipped: needs root, ip and nft") };
    let user = format!("quell-n{}", std::process::id());
    assert!(sh(&format!("useradd -M {user}")));
    let (mut edge, mut peer) = (wire.site(&wire.edge), wire.site(&wire.peer));
    let mut actions = wire.actions();
    let inside = Program::new(words(&format!("ip netns exec {}", wire.edge)));
    let management = vec!["10.77.1.9".parse().unwrap()];
    host_actions(HostSettings { hosts: [("edge".to_owned(), inside)].into(), management }, &mut actions);
    let gets = |address: &str| sh(&format!("ip netns exec {} curl -sf -m 1 http://{address}:8080/", wire.peer));
    let (external, internal) = (|| gets("203.0.113.1"), || gets("10.77.1.1"));
    let port = with(&[("port", "8080/tcp")]);
    cycle(containing(&actions, "net.block_port_external"), &port, || {
        assert!(internal(), "the other side stays open");
        external()
    })
    .await;
    cycle(containing(&actions, "net.block_port_internal"), &port, || {
        assert!(external(), "the other side stays open");
        internal()
    })
    .await;
    let gets = |address: &str| {
        let user = format!("setpriv --reuid={user} --clear-groups");
        sh(&format!("ip netns exec {} {user} curl -sf -m 1 http://{address}:8080/", wire.edge))
    };
    let account = with(&[("host", "edge"), ("user", &user)]);
    cycle(containing(&actions, "host.block_user_external"), &account, || {
        assert!(gets("10.77.1.2"), "the other side stays open");
        gets("203.0.113.2")
    })
    .await;
    cycle(containing(&actions, "host.block_user_internal"), &account, || {
        assert!(gets("203.0.113.2") && gets("10.77.1.9"), "the other side and the management path stay open");
        gets("10.77.1.2")
    })
    .await;
    for child in [&mut edge, &mut peer] {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(sh(&format!("userdel {user}")));
}

/// Accounts, keys, processes and files of a host are held and let go, through each of the programs that lead to it.
pub(super) async fn host(name: &str, program: Program) {
    let user = format!("quell-t{}", std::process::id());
    if !sh(&format!("useradd -m {user} && printf '%s:a pass phrase 7' {user} | chpasswd")) {
        return println!("skipped: needs root and useradd");
    }
    let mut actions = Actions::default();
    host_actions(HostSettings { hosts: [(name.to_owned(), program)].into(), management: Vec::new() }, &mut actions);
    let locked = || sh(&format!("passwd -S {user} | grep -q ' L '"));
    let lock = containing(&actions, "host.lock_user");
    cycle(lock, &with(&[("host", &format!("{}.corp.example", name.to_uppercase())), ("user", &user)]), || !locked())
        .await;
    for (host, account) in [(name, "-L"), (name, "a;b"), (name, "root"), ("there", "ada")] {
        assert!(lock.check(&with(&[("host", host), ("user", account)])).await.is_err(), "{host} {account}");
    }
    keys(&actions, name, &user).await;
    assert!(sh(&format!("userdel -r {user}")));

    let mut child = Command::new("sleep").arg("600").spawn().unwrap();
    let pid = child.id().to_string();
    let process = with(&[("host", name), ("pid", &pid)]);
    let stopped = || sh(&format!("grep -q '^State:.*T' /proc/{pid}/status"));
    cycle(containing(&actions, "host.suspend_process"), &process, || !stopped()).await;
    let Action::Plain(kill) = actions.get("host.kill_process").unwrap() else { panic!("it can be undone") };
    kill.check(&process).await.unwrap();
    let captured = kill.capture(&process).await.unwrap();
    assert_eq!(kill.is_done(&process, &captured).await.unwrap(), None);
    // Another process of the same number is not the one that was meant: it counts as gone, and nothing is done to it.
    assert!(kill.is_done(&process, &serde_json::json!({ "began": "1" })).await.unwrap().is_some());
    kill.act(&process, &captured).await.unwrap();
    assert!(!child.wait().unwrap().success());
    assert!(kill.is_done(&process, &captured).await.unwrap().is_some());
    files(&actions, name).await;
}

async fn keys(actions: &Actions, host: &str, user: &str) {
    let (theirs, own) = (
        "AAAAC3NzaC1lZDI1NTE5AAAAIM41loryM41loryM41loryM41loryM41lory",
        "AAAAC3NzaC1lZDI1NTE5AAAAIAdaAdaAdaAdaAdaAdaAdaAda",
    );
    let file = format!("/home/{user}/.ssh/authorized_keys");
    let lines = format!("# keys\nssh-ed25519 {own} ada@laptop\nno-pty ssh-ed25519 {theirs} ada@laptop\n");
    assert!(sh(&format!("install -d -o {user} /home/{user}/.ssh && printf '{lines}' > {file} && chown {user} {file}")));
    let there = || sh(&format!("grep -q {theirs} {file}"));
    let remove = containing(actions, "host.remove_key");
    let key = format!("ssh-ed25519 {theirs}");
    cycle(remove, &with(&[("host", host), ("user", user), ("key", &key)]), || {
        assert!(sh(&format!("grep -q {own} {file} && test $(stat -c %U {file}) = {user}")), "the others stay");
        there()
    })
    .await;
    assert!(sh(&format!("printf '{lines}' | cmp - {file}")), "as it was, to the byte");
    for key in ["ada@laptop", "ssh-ed25519", "."] {
        assert!(remove.check(&with(&[("host", host), ("user", user), ("key", key)])).await.is_err(), "{key}");
    }
}

/// A name that is hard on shells, globs and lists.
const HOSTILE_NAME: &str = "-a $(touch quell-was-here)\n'b\" *;`id`.docm";

async fn files(actions: &Actions, host: &str) {
    let root = format!("/tmp/quell-files-{}", std::process::id());
    let file = format!("{root}/deep/{HOSTILE_NAME}");
    std::fs::create_dir_all(format!("{root}/deep")).unwrap();
    std::fs::write(&file, "#!/bin/sh\necho EVIL MARK 77\n").unwrap();
    std::fs::write(format!("{root}/deep/other"), "honest").unwrap();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o4755)).unwrap();
    let hash = Command::new("sha256sum").arg("-z").arg("--").arg(&file).output().unwrap().stdout;
    let hash = String::from_utf8(hash).unwrap()[..64].to_owned();
    let there = || std::path::Path::new(&file).exists();
    let starts = || Command::new(&file).stdout(Stdio::null()).status().is_ok_and(|status| status.success());
    for (by, name, value) in [
        ("file", "path", file.as_str()),
        ("hash", "sha256", &hash),
        ("format", "extension", "docm"),
        ("content", "content", "EVIL MARK 77"),
    ] {
        let mut given = vec![("host", host), (name, value)];
        if by != "file" {
            given.push(("under", &root));
        }
        let given = with(&given);
        cycle(containing(actions, &format!("host.quarantine_{by}")), &given, there).await;
        let block = if by == "file" { "host.block_program".to_owned() } else { format!("host.block_program_{by}") };
        cycle(containing(actions, &block), &given, starts).await;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o4755, "the mode is brought back");
    }
    let by_hash = containing(actions, "host.quarantine_hash");
    for under in ["/", "/etc", "/usr/", "relative", "/tmp/../etc"] {
        let refused = by_hash.check(&with(&[("host", host), ("under", under), ("sha256", &hash)])).await;
        assert!(matches!(refused, Err(ActionError::Unfit(_))), "{under}");
    }
    std::fs::remove_dir_all(&root).unwrap();
}
