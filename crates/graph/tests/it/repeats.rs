//! What a builder leaves out of repeats changes nothing of the graph, and what it forgets is the oldest.

use quell_graph::{ActivityGraph, Builder, Observation, RecordSet};
use quell_model::{Entity, EntityKind, RecordRef, Timestamp, Verb};

use super::policy;

/// Pseudo-random numbers: the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

fn entity(kind: EntityKind, number: u64) -> Entity {
    let name = format!("{}-{number}", kind.as_str());
    Entity { kind, keys: vec![format!("k:{name}")], name, attrs: Vec::new() }
}

/// Reads and writes of few sessions on few buckets, thousands of times, now and then out of order.
fn build(seed: u64, keep_all: bool) -> (Builder, usize) {
    let mut dice = Dice(seed);
    let mut builder = Builder::default();
    let mut fed = 0;
    for position in 1..4_000 {
        let from = builder.entity(&entity(EntityKind::Session, dice.below(3)));
        let to = builder.entity(&entity(EntityKind::Bucket, dice.below(4)));
        let verb = if dice.below(2) == 0 { Verb::Read } else { Verb::Change };
        let action = builder.action(if dice.below(40) == 0 { "RareCall" } else { "Call" });
        let late = if dice.below(50) == 0 { dice.below(300) } else { 0 };
        let time = Timestamp::from_second(1_000 + position as i64 - late as i64).ok();
        let record = RecordRef { input: 0, position, source: 0, number: position };
        let edge = Some((from, verb, to));
        builder.observe(Observation { time, record, action, edge, subjects: Vec::new(), count: 1 }, keep_all);
        fed += 1;
    }
    (builder, fed)
}

/// Everything that stories read of a graph.
fn told(graph: &ActivityGraph) -> Vec<String> {
    let edges = graph.nodes().flat_map(|(id, _)| graph.out(id));
    edges
        .map(|(_, edge)| {
            let evidence = edge.evidence(None, None);
            let seen: Vec<u64> = edge.within(None, None).map(|seen| seen.record.position).collect();
            format!("{:?} {:?} {:?} {} {seen:?} {evidence:?}", edge.verb, edge.first, edge.last, edge.count)
        })
        .collect()
}

#[test]
fn repeats_that_are_not_kept_change_nothing() {
    for seed in 0..20 {
        let (folded, fed) = build(seed, false);
        let (whole, _) = build(seed, true);
        assert_eq!(whole.len(), fed);
        assert!(folded.len() < fed, "seed {seed}: nothing was folded");
        let graph = |builder: &Builder| told(&builder.build(&[], &[0], &policy()).0);
        assert_eq!(graph(&folded), graph(&whole), "seed {seed}");
    }
}

#[test]
fn the_oldest_are_forgotten_except_evidence() {
    let (mut builder, fed) = build(7, true);
    let pinned: RecordSet = [RecordRef { input: 0, position: 3, source: 0, number: 3 }].into_iter().collect();
    builder.forget(100, &pinned, &mut std::iter::empty());
    assert_eq!(builder.len(), 100);
    assert_eq!(builder.oldest_besides(&pinned), fed as u64 - 98);
    let graph = builder.build(&[], &[0], &policy()).0;
    let seen: Vec<u64> = graph
        .nodes()
        .flat_map(|(id, _)| graph.out(id))
        .flat_map(|(_, edge)| edge.within(None, None).map(|seen| seen.record.position).collect::<Vec<_>>())
        .collect();
    assert!(seen.contains(&3));
}
