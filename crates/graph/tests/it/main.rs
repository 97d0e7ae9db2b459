//! Hand-made graphs: who is who, who controls whom, and from when on.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod repeats;

use std::collections::BTreeSet;
use std::sync::Arc;

use quell_graph::{ActivityGraph, Attacker, Builder, NodeId, Observation, Policy, entry_candidates, trace_back};
use quell_model::{Attr, Entity, EntityKind, RecordRef, Timestamp, Verb};

fn policy() -> Policy {
    let text = r#"{"launchers": ["explorer.exe", "svchost.exe"], "browsers": ["edge.exe"], "remote_hosts": [],
        "plumbing": [], "infrastructure_ports": [135], "web_ports": [80], "hub_degree": 40}"#;
    serde_json::from_str(text).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

/// A process with a GUID.
fn process(name: &str) -> Entity {
    let attrs = vec![(Attr::Host, "ws1".to_owned())];
    Entity { kind: EntityKind::Process, keys: vec![format!("proc:ws1:{name}")], name: format!(r"C:\{name}.exe"), attrs }
}

/// A process that is known by its number alone.
fn numbered(pid: u32, name: &str) -> Entity {
    Entity { keys: vec![format!("pid:ws1:{pid}")], ..process(name) }
}

fn of_kind(kind: EntityKind, name: &str) -> Entity {
    Entity { kind, keys: vec![format!("{}:{name}", kind.as_str())], name: name.to_owned(), attrs: Vec::new() }
}

/// The graph of these edges, each with its second; observed in the given order, which must not matter.
fn graph(edges: &[(i64, Entity, Verb, Entity)]) -> ActivityGraph {
    let mut builder = Builder::default();
    for (number, (second, from, verb, to)) in (1u64..).zip(edges) {
        let edge = Some((builder.entity(from), *verb, builder.entity(to)));
        let record = RecordRef { input: 0, position: number, source: 0, number };
        let action: Arc<str> = builder.action("");
        let time = Some(at(*second));
        builder.observe(Observation { time, record, action, edge, subjects: Vec::new(), count: 1 }, false);
    }
    builder.build(&[], &[0], &policy()).0
}

fn node(graph: &ActivityGraph, name: &str) -> NodeId {
    graph.nodes().find(|(_, node)| node.name.contains(name)).unwrap().0
}

fn held(graph: &ActivityGraph, root: &str) -> BTreeSet<String> {
    let root = node(graph, root);
    let suspects: BTreeSet<NodeId> = graph.nodes().map(|(id, _)| id).collect();
    let roots = [(root, graph.node(root).first_seen)];
    let attacker = Attacker::from_roots(graph, &policy(), &roots, &suspects);
    attacker.held.keys().map(|id| graph.node(*id).name.trim_start_matches(r"C:\").replace(".exe", "")).collect()
}

fn names(list: &[&str]) -> BTreeSet<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn control_is_held_from_its_earliest_time() {
    // The root reaches E late by itself, but early through A.
    let graph = graph(&[
        (100, process("root"), Verb::Inject, process("e")),
        (10, process("root"), Verb::Launch, process("a")),
        (50, process("a"), Verb::Inject, process("e")),
        (60, process("e"), Verb::Launch, process("x")),
        (40, process("e"), Verb::Launch, process("before")),
    ]);
    assert_eq!(held(&graph, "root"), names(&["root", "a", "e", "x"]));
}

#[test]
fn what_happens_again_counts_again() {
    // The file was written before the injection and again after it, and only then run.
    let dll = || of_kind(EntityKind::File, "x.dll");
    let graph = graph(&[
        (1, process("tool"), Verb::Write, dll()),
        (20, process("root"), Verb::Inject, process("tool")),
        (30, process("tool"), Verb::Write, dll()),
        (40, dll(), Verb::Execute, process("victim")),
    ]);
    assert_eq!(held(&graph, "root"), names(&["root", "tool", "x.dll", "victim"]));
}

#[test]
fn a_reused_process_id_is_another_process() {
    let remote = || of_kind(EntityKind::Endpoint, "198.51.100.7");
    let graph = graph(&[
        (1, numbered(7, "chrome"), Verb::Connect, of_kind(EntityKind::Endpoint, "192.0.2.1")),
        (50, process("explorer"), Verb::Launch, numbered(7, "payload")),
        (51, numbered(7, "payload"), Verb::Connect, remote()),
        (90, numbered(7, "notepad"), Verb::Connect, of_kind(EntityKind::Endpoint, "192.0.2.2")),
    ]);
    let connects = |name: &str| graph.out(node(&graph, name)).filter(|(_, edge)| edge.verb == Verb::Connect).count();
    assert_eq!((connects("chrome"), connects("payload"), connects("notepad")), (1, 1, 1));
}

#[test]
fn two_channels_that_report_one_start_name_one_process() {
    let both = Entity { keys: vec!["proc:ws1:guid".to_owned(), "pid:ws1:7".to_owned()], ..process("payload") };
    let graph = graph(&[
        (50, process("explorer"), Verb::Launch, numbered(7, "payload")),
        (51, process("explorer"), Verb::Launch, both.clone()),
        (52, numbered(7, "payload"), Verb::Connect, of_kind(EntityKind::Endpoint, "198.51.100.7")),
    ]);
    assert_eq!(graph.nodes().filter(|(_, node)| node.name.contains("payload")).count(), 1);
}

#[test]
fn the_download_is_the_entry_and_the_desktop_is_not() {
    let file = || of_kind(EntityKind::File, "bill.pdf.exe");
    let graph = graph(&[
        (1, of_kind(EntityKind::Url, "http://198.51.100.7/bill.pdf.exe"), Verb::Download, file()),
        (1, process("edge"), Verb::Write, file()),
        (5, file(), Verb::Execute, process("bill")),
        (5, process("explorer"), Verb::Launch, process("bill")),
        (9, process("bill"), Verb::Launch, process("whoami")),
        (2, process("explorer"), Verb::Launch, process("word")),
    ]);
    let back = trace_back(&graph, &policy(), node(&graph, "whoami"), Some(at(9)));
    let ranked = entry_candidates(&graph, &policy(), &[&back]);
    assert_eq!(graph.node(ranked[0].0).kind, EntityKind::Url);
    assert!(ranked.iter().all(|(id, _)| !graph.node(*id).name.contains("explorer")));
    assert!(!held(&graph, "http").contains("word"), "the desktop's other children are nobody's");
}

#[test]
fn system_programs_do_not_join_strangers() {
    // Both run a program that was always there; neither wrote it.
    let shell = || of_kind(EntityKind::File, "cmd.exe");
    let graph = graph(&[(1, shell(), Verb::Execute, process("one")), (2, shell(), Verb::Execute, process("two"))]);
    let back = trace_back(&graph, &policy(), node(&graph, "one"), None);
    assert_eq!(back.best.len(), 1, "nothing explains it");
}
