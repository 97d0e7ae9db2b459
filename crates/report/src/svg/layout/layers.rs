//! Which layer a node is in: the longest way to it, once the steps that go back are left out.

use super::Graph;

/// Layer of each node, from 0.
pub(super) fn of(graph: &Graph<'_>) -> Vec<usize> {
    let arcs = forward_arcs(graph);
    let mut layers = longest_paths(graph.nodes.len(), &arcs);
    pull_starts(&mut layers, &arcs);
    layers
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
