//! Layered drawing from left to right: a layer per step away from the start, a lane per host.
//!
//! The classic way (Sugiyama): cut cycles, put nodes in layers by longest path, let long edges pass through empty slots,
//! order slots by barycentre, then settle heights. Whole numbers and stable sorts only: same graph, same drawing.

mod layers;
mod order;

use super::graph::Graph;

pub(super) const NODE_WIDTH: i32 = 174;
pub(super) const NODE_HEIGHT: i32 = 46;

/// Room between layers, for arrows and their labels.
pub(super) const LAYER_GAP: i32 = 116;

/// Room between nodes of a layer.
const NODE_GAP: i32 = 22;

/// Height of the slot through which a long edge passes.
const PASS_HEIGHT: i32 = 16;

const MARGIN: i32 = 16;

/// Height of a lane's title.
const LANE_TITLE: i32 = 24;

const LANE_PADDING: i32 = 12;

/// A placed rectangle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) height: i32,
}

impl Place {
    pub(super) fn middle(self) -> i32 {
        self.y + self.height / 2
    }
}

/// A band for the nodes of one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lane<'a> {
    /// The host; `None` for what lives on no host.
    pub(super) host: Option<&'a str>,
    pub(super) y: i32,
    pub(super) height: i32,
}

/// Where everything is.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    pub(super) width: i32,
    pub(super) height: i32,
    /// By index of node.
    pub(super) nodes: Vec<Place>,
    /// By index of edge: the slots it touches, from source to target. Empty for a loop.
    pub(super) routes: Vec<Vec<Place>>,
    /// Bands; empty when there are not several hosts.
    pub(super) lanes: Vec<Lane<'a>>,
}

/// A node, or a place where a long edge passes a layer.
#[derive(Debug, Clone, Copy)]
struct Slot {
    layer: usize,
    lane: usize,
    height: i32,
}

/// Slots with the edges between neighbouring layers; the first slots are the nodes.
#[derive(Debug, Default)]
struct Slots {
    slots: Vec<Slot>,
    before: Vec<Vec<usize>>,
    after: Vec<Vec<usize>>,
}

impl Slots {
    fn add(&mut self, slot: Slot) -> usize {
        self.slots.push(slot);
        self.before.push(Vec::new());
        self.after.push(Vec::new());
        self.slots.len() - 1
    }

    fn connect(&mut self, left: usize, right: usize) {
        if let (Some(after), Some(before)) = (self.after.get_mut(left), self.before.get_mut(right)) {
            after.push(right);
            before.push(left);
        }
    }

    fn slot(&self, index: usize) -> Slot {
        self.slots.get(index).copied().unwrap_or(Slot { layer: 0, lane: 0, height: 0 })
    }
}

/// Places the graph.
pub(super) fn layout<'a>(graph: &Graph<'a>) -> Layout<'a> {
    let lanes = lane_hosts(graph);
    let layers = layers::of(graph);
    let (slots, routes) = slots(graph, &layers, &lanes);
    let columns = order::columns(&slots, lanes.len());
    let heights = lane_heights(&slots, &columns);
    let lanes = stacked(&lanes, &heights);
    let ys = order::settle(
        &slots,
        &columns,
        &lanes.iter().map(|lane| (content_top(lane), content_height(lane))).collect::<Vec<_>>(),
    );
    let place = |index: usize| {
        let slot = slots.slot(index);
        let x = MARGIN + i32::try_from(slot.layer).unwrap_or(0) * (NODE_WIDTH + LAYER_GAP);
        Place { x, y: ys.get(index).copied().unwrap_or(0), height: slot.height }
    };
    let last_layer = i32::try_from(layers.iter().max().copied().unwrap_or(0)).unwrap_or(0);
    Layout {
        width: 2 * MARGIN + NODE_WIDTH + last_layer * (NODE_WIDTH + LAYER_GAP),
        height: lanes.last().map_or(0, |lane| lane.y + lane.height) + MARGIN,
        nodes: (0..graph.nodes.len()).map(place).collect(),
        routes: routes.iter().map(|route| route.iter().map(|slot| place(*slot)).collect()).collect(),
        lanes: if lanes.len() > 1 { lanes } else { Vec::new() },
    }
}

/// What each lane is for; one lane for all when there are not several hosts.
fn lane_hosts<'a>(graph: &Graph<'a>) -> Vec<Option<&'a str>> {
    if graph.hosts().len() < 2 {
        return vec![None];
    }
    let mut lanes = Vec::new();
    for node in &graph.nodes {
        if !lanes.contains(&node.host) {
            lanes.push(node.host);
        }
    }
    lanes
}

/// Slots for nodes and long edges, and each edge's slots from source to target.
fn slots(graph: &Graph<'_>, layers: &[usize], lanes: &[Option<&str>]) -> (Slots, Vec<Vec<usize>>) {
    let mut slots = Slots::default();
    for (node, layer) in graph.nodes.iter().zip(layers) {
        let lane = lanes.iter().position(|host| *host == node.host).unwrap_or(0);
        slots.add(Slot { layer: *layer, lane, height: NODE_HEIGHT });
    }
    let mut routes = Vec::new();
    for edge in &graph.edges {
        routes.push(route(&mut slots, edge.from, edge.to));
    }
    (slots, routes)
}

fn route(slots: &mut Slots, from: usize, to: usize) -> Vec<usize> {
    if from == to {
        return Vec::new();
    }
    let backward = slots.slot(from).layer > slots.slot(to).layer;
    let (left, right) = if backward { (to, from) } else { (from, to) };
    let lane = slots.slot(left).lane;
    let mut route = vec![left];
    for layer in slots.slot(left).layer + 1..slots.slot(right).layer {
        let pass = slots.add(Slot { layer, lane, height: PASS_HEIGHT });
        slots.connect(route.last().copied().unwrap_or(left), pass);
        route.push(pass);
    }
    slots.connect(route.last().copied().unwrap_or(left), right);
    route.push(right);
    if backward {
        route.reverse();
    }
    route
}

fn lane_heights(slots: &Slots, columns: &[Vec<Vec<usize>>]) -> Vec<i32> {
    let stack = |column: &Vec<usize>| {
        let gaps = i32::try_from(column.len()).unwrap_or(0) - 1;
        column.iter().map(|index| slots.slot(*index).height).sum::<i32>() + gaps.max(0) * NODE_GAP
    };
    columns.iter().map(|lane| lane.iter().map(stack).max().unwrap_or(0).max(NODE_HEIGHT)).collect()
}

fn stacked<'a>(hosts: &[Option<&'a str>], heights: &[i32]) -> Vec<Lane<'a>> {
    let title = if hosts.len() > 1 { LANE_TITLE } else { 0 };
    let mut y = MARGIN;
    let mut lanes = Vec::new();
    for (host, height) in hosts.iter().zip(heights) {
        let height = title + height + 2 * LANE_PADDING;
        lanes.push(Lane { host: *host, y, height });
        y += height + 8;
    }
    lanes
}

fn content_top(lane: &Lane<'_>) -> i32 {
    lane.y + lane.height - LANE_PADDING - content_height(lane)
}

fn content_height(lane: &Lane<'_>) -> i32 {
    // A lane without siblings has no title; its content may use that room.
    (lane.height - 2 * LANE_PADDING - if lane.host.is_some() || lane.y > MARGIN { LANE_TITLE } else { 0 })
        .max(NODE_HEIGHT)
}
