//! What is collected as evidence: of hosts, and out of boxes.

use quell_connect::{HostSettings, MailboxSettings, Program, host_actions, mailbox_actions};
use quell_model::action::{Action, Actions, Collected, Collecting};
use quell_model::handbook::Volatility;
use serde_json::Value;

use super::acted::with;
use super::words;

fn collecting<'a>(actions: &'a Actions, id: &str) -> &'a dyn Collecting {
    match actions.get(id).unwrap() {
        Action::Collecting(action) => &**action,
        _ => panic!("{id} collects nothing"),
    }
}

fn text<'c>(collected: &'c Collected, name: &str) -> &'c str {
    let found = collected.artefacts.iter().find(|artefact| artefact.name == name);
    std::str::from_utf8(&found.unwrap_or_else(|| panic!("no {name}")).bytes).unwrap()
}

/// A process that runs, a file that is temporary and a socket that listens are found in what was taken of the host.
pub(super) async fn host(name: &str, program: Program) {
    let mut actions = Actions::default();
    host_actions(HostSettings { hosts: [(name.to_owned(), program)].into(), management: Vec::new() }, &mut actions);
    let mark = format!("quell-volatile-{}", std::process::id());
    let file = format!("/tmp/{mark}");
    std::fs::write(&file, "").unwrap();
    let mut child = std::process::Command::new("sleep").args(["77.7531"]).spawn().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let collect = collecting(&actions, "host.collect_volatile");
    let host = with(&[("host", name)]);
    println!("host.collect_volatile: {}", collect.check(&host).await.unwrap());
    let collected = collect.collect(&host).await.unwrap();
    println!("host.collect_volatile: {}", collected.said);
    assert!(text(&collected, &format!("{name}-processes.txt")).contains("sleep 77.7531"));
    assert!(text(&collected, &format!("{name}-temporary.txt")).contains(&mark));
    let port = format!(":{}", listener.local_addr().unwrap().port());
    assert!(text(&collected, &format!("{name}-connections.txt")).contains(&port));
    assert!(text(&collected, &format!("{name}-programs.txt")).contains(&format!("/proc/{}/exe /", child.id())));
    let classes: Vec<Volatility> = collected.artefacts.iter().map(|artefact| artefact.volatility).collect();
    assert!(classes.is_sorted(), "the most volatile first");
    child.kill().unwrap();
    child.wait().unwrap();
    std::fs::remove_file(file).unwrap();
    assert!(collect.collect(&with(&[("host", "nowhere")])).await.is_err());
}

/// A message that lies in two boxes is found by its id, its sender, its subject and a link in it.
pub(super) async fn mail(value: &Value) {
    let mut actions = Actions::default();
    mailbox_actions(MailboxSettings { program: Program::new(words(&value["program"])) }, &mut actions);
    let search = collecting(&actions, "mail.search");
    for (asked, count) in [
        ("<1@evil.example>", 2),
        ("x@evil.example", 3),
        ("Invoice 11", 1),
        ("http://evil.example/11", 1),
        ("<2@evil.example>", 0),
    ] {
        let collected = search.collect(&with(&[("query", asked)])).await.unwrap();
        assert_eq!(collected.said["count"], count, "{asked}");
        if count > 0 {
            assert!(text(&collected, "mail-search.json").contains("1@evil.example>"));
            let message = text(&collected, "message.eml");
            assert!(message.starts_with("Return-Path") || message.starts_with("From: x@evil.example"), "{message:?}");
            assert!(message.contains("Subject: Invoice") && message.trim_end().ends_with(|c: char| c.is_ascii_digit()));
        }
    }
    for hostile in ["x", "a\nb", "<no id"] {
        assert!(search.check(&with(&[("query", hostile)])).await.is_err(), "{hostile:?}");
    }
}
