//! Layered drawing from top to bottom: a layer per step away from the start, a lane per host.
//!
//! The classic way (Sugiyama): cut cycles, put nodes in layers by longest path, let long edges pass through empty slots,
//! order slots by barycentre, then settle them. Between two layers arrows bend in a zone of their own and run straight
//! where labels stand, so no arrow crosses a label. Whole numbers and stable sorts only: same graph, same drawing.

mod layers;
mod order;

use super::graph::Graph;

pub(super) const NODE_WIDTH: i32 = 174;
pub(super) const NODE_HEIGHT: i32 = 46;

/// Height of the zone between two layers in which arrows bend.
const BEND: i32 = 34;

/// Room between a node and the labels of its arrows, for the arrow head.
pub(super) const HEAD: i32 = 14;

/// Room between nodes of a layer.
const NODE_GAP: i32 = 16;

/// Width of the slot through which a long edge passes.
const PASS_WIDTH: i32 = 16;

const MARGIN: i32 = 12;

/// Height of a lane's title.
const LANE_TITLE: i32 = 28;

const LANE_PADDING: i32 = 10;

/// A placed rectangle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    /// Height of the labels above it, which arrows pass straight.
    pub(super) above: i32,
    /// Height of the labels below it.
    pub(super) below: i32,
}

impl Place {
    pub(super) fn middle(self) -> i32 {
        self.x + self.width / 2
    }

    pub(super) fn bottom(self) -> i32 {
        self.y + NODE_HEIGHT
    }
}

/// Heights of the labels above and below a node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Labels {
    pub(super) above: i32,
    pub(super) below: i32,
}

/// A band for the nodes of one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lane<'a> {
    /// The host; `None` for what lives on no host.
    pub(super) host: Option<&'a str>,
    pub(super) x: i32,
    pub(super) width: i32,
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
    width: i32,
}

/// Where a layer begins, and the heights of labels above and below its nodes.
#[derive(Debug, Clone, Copy, Default)]
struct Layer {
    y: i32,
    labels: Labels,
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

    fn connect(&mut self, upper: usize, lower: usize) {
        if let (Some(after), Some(before)) = (self.after.get_mut(upper), self.before.get_mut(lower)) {
            after.push(lower);
            before.push(upper);
        }
    }

    fn slot(&self, index: usize) -> Slot {
        self.slots.get(index).copied().unwrap_or(Slot { layer: 0, lane: 0, width: 0 })
    }
}

/// The layer of each node.
pub(super) fn layers(graph: &Graph<'_>) -> Vec<usize> {
    let lanes = lane_hosts(graph);
    let of_nodes: Vec<usize> = graph.nodes.iter().map(|node| lane_of(&lanes, node.host)).collect();
    layers::of(graph, &of_nodes, lanes.len())
}

/// Places the graph; `labels` are by index of node.
pub(super) fn layout<'a>(graph: &Graph<'a>, layers: &[usize], labels: &[Labels]) -> Layout<'a> {
    let hosts = lane_hosts(graph);
    let (slots, routes) = slots(graph, layers, &hosts);
    let rows = order::rows(&slots, hosts.len());
    let lanes = side_by_side(&hosts, &lane_widths(&slots, &rows));
    let contents: Vec<(i32, i32)> =
        lanes.iter().map(|lane| (lane.x + LANE_PADDING, lane.width - 2 * LANE_PADDING)).collect();
    let xs = order::settle(&slots, &rows, &contents);
    let top = MARGIN + if hosts.len() > 1 { LANE_TITLE } else { 0 };
    let (stacked, height) = stack(layers, labels, top);
    let place = |index: usize| {
        let slot = slots.slot(index);
        let layer = stacked.get(slot.layer).copied().unwrap_or_default();
        let Labels { above, below } = layer.labels;
        Place { x: xs.get(index).copied().unwrap_or(0), y: layer.y, width: slot.width, above, below }
    };
    Layout {
        width: lanes.last().map_or(0, |lane| lane.x + lane.width) + MARGIN,
        height,
        nodes: (0..graph.nodes.len()).map(place).collect(),
        routes: routes.iter().map(|route| route.iter().map(|slot| place(*slot)).collect()).collect(),
        lanes: if lanes.len() > 1 { lanes } else { Vec::new() },
    }
}

/// The layers one below the other, and where the last one ends.
fn stack(layers: &[usize], labels: &[Labels], top: i32) -> (Vec<Layer>, i32) {
    let mut stacked = vec![Layer::default(); layers.iter().max().map_or(0, |last| last + 1)];
    for (layer, labels) in layers.iter().zip(labels) {
        if let Some(Layer { labels: most, .. }) = stacked.get_mut(*layer) {
            most.above = most.above.max(labels.above);
            most.below = most.below.max(labels.below);
        }
    }
    let mut y = top;
    for (index, layer) in stacked.iter_mut().enumerate() {
        y += layer.labels.above + if index > 0 { BEND } else { 0 };
        layer.y = y;
        y += NODE_HEIGHT + layer.labels.below;
    }
    (stacked, y + 2 * MARGIN)
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

fn lane_of(lanes: &[Option<&str>], host: Option<&str>) -> usize {
    lanes.iter().position(|lane| *lane == host).unwrap_or(0)
}

/// Slots for nodes and long edges, and each edge's slots from source to target.
fn slots(graph: &Graph<'_>, layers: &[usize], lanes: &[Option<&str>]) -> (Slots, Vec<Vec<usize>>) {
    let mut slots = Slots::default();
    for (node, layer) in graph.nodes.iter().zip(layers) {
        slots.add(Slot { layer: *layer, lane: lane_of(lanes, node.host), width: NODE_WIDTH });
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
    let (upper, lower) = if backward { (to, from) } else { (from, to) };
    let lane = slots.slot(upper).lane;
    let mut route = vec![upper];
    for layer in slots.slot(upper).layer + 1..slots.slot(lower).layer {
        let pass = slots.add(Slot { layer, lane, width: PASS_WIDTH });
        slots.connect(route.last().copied().unwrap_or(upper), pass);
        route.push(pass);
    }
    slots.connect(route.last().copied().unwrap_or(upper), lower);
    route.push(lower);
    if backward {
        route.reverse();
    }
    route
}

fn lane_widths(slots: &Slots, rows: &[Vec<Vec<usize>>]) -> Vec<i32> {
    let row_width = |row: &Vec<usize>| {
        let gaps = i32::try_from(row.len()).unwrap_or(0) - 1;
        row.iter().map(|index| slots.slot(*index).width).sum::<i32>() + gaps.max(0) * NODE_GAP
    };
    rows.iter().map(|lane| lane.iter().map(row_width).max().unwrap_or(0).max(NODE_WIDTH)).collect()
}

fn side_by_side<'a>(hosts: &[Option<&'a str>], widths: &[i32]) -> Vec<Lane<'a>> {
    let mut x = MARGIN;
    let mut lanes = Vec::new();
    for (host, width) in hosts.iter().zip(widths) {
        let width = width + 2 * LANE_PADDING;
        lanes.push(Lane { host: *host, x, width });
        x += width + 8;
    }
    lanes
}
