//! The drawing of a story: whatever the story, nodes lie inside the drawing and never on each other.

use quell_model::{EntityKind, Investigation, Step};
use quell_report::html;

use crate::sample;

const NODE_WIDTH_HEIGHT_MIN: (i32, i32) = (100, 30);

#[derive(Debug, Clone, Copy)]
struct Rect {
    x: i32,
    y: i32,
    width: i32,
    height: i32,
}

#[test]
fn nodes_do_not_overlap() {
    for seed in 0..60 {
        let page = html(&with_chain(random_chain(seed)));
        let (width, height) = size(&page);
        let nodes = nodes(&page);
        for (index, node) in nodes.iter().enumerate() {
            assert!((node.width, node.height) >= NODE_WIDTH_HEIGHT_MIN);
            assert!(node.x >= 0 && node.y >= 0, "seed {seed}: {node:?}");
            assert!(node.x + node.width <= width && node.y + node.height <= height, "seed {seed}: {node:?}");
            for other in nodes.iter().skip(index + 1) {
                assert!(!overlap(node, other), "seed {seed}: {node:?} {other:?}");
            }
        }
    }
}

#[test]
fn an_effect_is_below_its_cause() {
    let page = html(&with_chain(sample::host().root_cause.chain));
    let nodes = nodes(&page);
    let y = |index: usize| nodes[index].y;
    assert_eq!(nodes.len(), 13);
    assert!(y(0) < y(1) && y(1) < y(2), "document, word, shell");
    assert!(nodes.last().unwrap().y > y(2));
}

#[test]
fn cycles_and_loops_are_drawn() {
    use EntityKind::Process;
    let step = |from, to| {
        sample::step("2024-05-01T00:00:00Z", (Process, from), "injected code into", (Process, to, Some("h")))
    };
    let page = html(&with_chain(vec![step("a", "b"), step("b", "c"), step("c", "a"), step("b", "b")]));
    assert_eq!(nodes(&page).len(), 3);
    assert_eq!(page.matches("<path class=\"edge\"").count(), 4);
    assert!(!page.contains("d=\"\""));
}

#[test]
fn a_huge_story_is_drawn_in_part_and_says_so() {
    let step = |n: usize| {
        let (from, to) = (format!("p{n}"), format!("p{}", n + 1));
        sample::step(
            "2024-05-01T00:00:00Z",
            (EntityKind::Process, &from),
            "launched",
            (EntityKind::Process, &to, Some("h")),
        )
    };
    let page = html(&with_chain((0..3_000).map(step).collect()));
    assert_eq!(nodes(&page).len(), 60);
    assert!(page.contains("2,941 steps of the story are not drawn"));
    assert!(page.contains("and 2,500 more"));
}

#[test]
fn inferred_is_dashed_and_alerts_have_a_dot() {
    let page = html(&with_chain(sample::host().root_cause.chain));
    assert_eq!(page.matches("<path class=\"edge inferred\"").count(), 2);
    assert_eq!(page.matches("<circle class=\"alert\"").count(), 4);
    assert_eq!(page.matches("class=\"lane\"").count(), 3, "two hosts, and what lives on none");
}

fn overlap(a: &Rect, b: &Rect) -> bool {
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

fn nodes(page: &str) -> Vec<Rect> {
    let rect = |text: &str| Rect {
        x: attribute(text, "x"),
        y: attribute(text, "y"),
        width: attribute(text, "width"),
        height: attribute(text, "height"),
    };
    page.split("<rect class=\"box\"").skip(1).map(rect).collect()
}

fn size(page: &str) -> (i32, i32) {
    let svg = page.split("<svg").nth(1).unwrap();
    (attribute(svg, "width"), attribute(svg, "height"))
}

fn attribute(text: &str, name: &str) -> i32 {
    let (_, after) = text.split_once(&format!(" {name}=\"")).unwrap();
    after.split_once('"').unwrap().0.parse().unwrap()
}

fn with_chain(chain: Vec<Step>) -> Investigation {
    let mut incident = sample::host();
    incident.root_cause.chain = chain;
    Investigation { incidents: vec![incident], ..sample::nothing() }
}

/// A story of pseudo-random steps; cycles, loops, hubs and long edges included.
fn random_chain(seed: u64) -> Vec<Step> {
    use EntityKind::{Credential, Endpoint, File, Process, Session};
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
    let mut below = |limit: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % limit
    };
    let kinds = [Process, File, Session, Credential, Endpoint];
    let hosts = [None, Some("ws1"), Some("ws2"), Some("dc")];
    let names: Vec<String> = (0..4 + below(40)).map(|n| format!("entity {n}")).collect();
    let steps = 1 + below(80);
    let mut step = |_| {
        let (from, to) = (below(names.len()), below(names.len()));
        let source = (kinds[from % kinds.len()], names[from].as_str());
        let target = (kinds[to % kinds.len()], names[to].as_str(), hosts[below(hosts.len())]);
        sample::step("2024-05-01T00:00:00Z", source, "did", target)
    };
    (0..steps).map(&mut step).collect()
}
