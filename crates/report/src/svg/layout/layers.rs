//! Which layer a node is in: the longest way to it, once the steps that go back are left out.

use super::Graph;

/// Nodes side by side, all lanes together.
const NODES_OF_LAYER_MAX: usize = 6;

/// Layer of each node, from 0.
pub(super) fn of(graph: &Graph<'_>, lanes: &[usize], lane_count: usize) -> Vec<usize> {
    let arcs = forward_arcs(graph);
    let mut layers = longest_paths(graph.nodes.len(), &arcs);
    pull_starts(&mut layers, &arcs);
    push_ends(&mut layers, &arcs, (lanes, (NODES_OF_LAYER_MAX / lane_count.max(1)).max(2)));
    layers
}

/// Moves nodes that lead nowhere down where a lane has no room for more than `room` nodes side by side: a drawing may be
/// long, but must fit the page.
fn push_ends(layers: &mut [usize], arcs: &[(usize, usize)], (lanes, room): (&[usize], usize)) {
    let is_end = |node: usize| !arcs.iter().any(|(from, _)| *from == node);
    // Each round fills a layer for good; there are no more layers than nodes beyond those there were.
    for layer in 0..2 * layers.len() {
        for lane in 0..=lanes.iter().max().copied().unwrap_or(0) {
            let here: Vec<usize> = (0..layers.len())
                .filter(|node| layers.get(*node) == Some(&layer) && lanes.get(*node) == Some(&lane))
                .collect();
            let excess = here.len().saturating_sub(room);
            for node in here.into_iter().rev().filter(|node| is_end(*node)).take(excess) {
                if let Some(of_node) = layers.get_mut(node) {
                    *of_node += 1;
                }
            }
        }
    }
}

/// Edges without those that would close a cycle. The chain is ordered by time, so an edge that closes a cycle goes back.
fn forward_arcs(graph: &Graph<'_>) -> Vec<(usize, usize)> {
    let mut arcs: Vec<(usize, usize)> = Vec::new();
    for edge in &graph.edges {
        if !reaches(&arcs, edge.to, edge.from) {
            arcs.push((edge.from, edge.to));
        }
    }
    arcs
}

fn reaches(arcs: &[(usize, usize)], start: usize, goal: usize) -> bool {
    let mut seen = vec![start];
    let mut next = 0;
    while let Some(&node) = seen.get(next) {
        if node == goal {
            return true;
        }
        next += 1;
        for (_, to) in arcs.iter().filter(|(from, _)| *from == node) {
            if !seen.contains(to) {
                seen.push(*to);
            }
        }
    }
    false
}

/// There are at most as many rounds as nodes, because there is no cycle.
fn longest_paths(nodes: usize, arcs: &[(usize, usize)]) -> Vec<usize> {
    let mut layers = vec![0usize; nodes];
    for _ in 0..nodes {
        for (from, to) in arcs {
            let least = layers.get(*from).map_or(0, |layer| layer + 1);
            if let Some(layer) = layers.get_mut(*to) {
                *layer = least.max(*layer);
            }
        }
    }
    layers
}

/// Moves nodes without predecessor next to what they lead to, so that their arrows are short.
fn pull_starts(layers: &mut [usize], arcs: &[(usize, usize)]) {
    for node in 0..layers.len() {
        let is_start = !arcs.iter().any(|(_, to)| *to == node);
        let successors = arcs.iter().filter(|(from, _)| *from == node);
        let nearest = successors.filter_map(|(_, to)| layers.get(*to)).min().copied();
        if let (true, Some(nearest), Some(layer)) = (is_start, nearest, layers.get_mut(node)) {
            *layer = nearest.saturating_sub(1);
        }
    }
}
