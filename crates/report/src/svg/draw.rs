//! The causal graph as SVG.

use quell_model::{EntityKind, RootCause, Step};

use super::graph::{Edge, Graph, Node};
use super::layout::{LAYER_GAP, Lane, Layout, NODE_HEIGHT, NODE_WIDTH, Place, layout};
use super::{Id, open};
use crate::clean::shorten;
use crate::escape::{Html, Safe};
use crate::words;

/// Characters of a name that fit in a node.
const NAME_COLUMNS: usize = 22;

/// Characters of a label that fit between two layers.
const LABEL_COLUMNS: usize = 19;

const LABEL_HEIGHT: i32 = 15;

/// Draws the chain of an incident; `number` is the incident's place in the page.
pub(crate) fn causal_graph(out: &mut Safe<Html>, cause: &RootCause, number: usize) {
    let graph = Graph::of(&cause.chain);
    let layout = layout(&graph);
    let id = Id { name: "graph", number };
    open(out, &id, (layout.width, layout.height), ("Causal graph", &description(&graph, &cause.chain)));
    layout.lanes.iter().for_each(|lane| draw_lane(out, lane, layout.width));
    let mut labels = Labels::default();
    for (edge, route) in graph.edges.iter().zip(&layout.routes) {
        draw_edge(out, (edge, route), &layout, &cause.chain);
        labels.add(edge, route, &layout);
    }
    for (node, place) in graph.nodes.iter().zip(&layout.nodes) {
        draw_node(out, node, *place);
    }
    for (edge, (x, y)) in labels.placed {
        draw_label(out, edge, (x, y), &cause.chain);
    }
    out.lit("</svg>");
}

fn description(graph: &Graph<'_>, chain: &[Step]) -> String {
    let left_out = match graph.steps_left_out {
        0 => String::new(),
        steps => format!(" {} of the story are not drawn.", words::count(steps, "step")),
    };
    let inferred = chain.iter().filter(|step| step.inferred).count();
    let alerted = chain.iter().filter(|step| !step.alerts.is_empty()).count();
    format!(
        "{} entities from cause on the left to effect on the right; {}, {inferred} inferred (dashed), {alerted} with \
         alerts (red dot).{left_out} The table of steps says the same.",
        graph.nodes.len(),
        words::count(chain.len(), "step")
    )
}

fn draw_lane(out: &mut Safe<Html>, lane: &Lane<'_>, width: i32) {
    out.lit("<rect class=\"lane\" x=\"4\" y=\"").number(lane.y).lit("\" width=\"").number(width - 8);
    out.lit("\" height=\"").number(lane.height).lit("\" rx=\"8\"/>");
    out.lit("<text class=\"lane-name\" x=\"16\" y=\"").number(lane.y + 17).lit("\">");
    match lane.host {
        Some(host) => out.lit("Host ").short_name(EntityKind::Host, host, 48),
        None => out.lit("Network, identities and services"),
    };
    out.lit("</text>");
}

fn draw_node(out: &mut Safe<Html>, node: &Node<'_>, place: Place) {
    out.lit("<g class=\"node ").lit(group(node.kind)).lit("\"><title>").lit(words::kind(node.kind)).lit(" ");
    out.name(node.kind, node.name);
    if let Some(host) = node.host {
        out.lit(" on ").name(EntityKind::Host, host);
    }
    out.lit("</title><rect class=\"box\" x=\"").number(place.x).lit("\" y=\"").number(place.y).lit("\" width=\"");
    out.number(NODE_WIDTH).lit("\" height=\"").number(NODE_HEIGHT).lit("\" rx=\"6\"/>");
    out.lit("<rect class=\"stripe\" x=\"").number(place.x).lit("\" y=\"").number(place.y + 6);
    out.lit("\" width=\"4\" height=\"").number(NODE_HEIGHT - 12).lit("\"/>");
    out.lit("<text class=\"kind\" x=\"").number(place.x + 12).lit("\" y=\"").number(place.y + 17).lit("\">");
    out.lit(words::kind(node.kind)).lit("</text>");
    out.lit("<text class=\"name\" x=\"").number(place.x + 12).lit("\" y=\"").number(place.y + 35).lit("\">");
    out.short_name(node.kind, words::base_name(node.kind, node.name), NAME_COLUMNS).lit("</text></g>");
}

/// Class that colours a node by what it belongs to.
fn group(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::Principal | EntityKind::Session | EntityKind::Credential | EntityKind::Account => "identity",
        EntityKind::Endpoint | EntityKind::Url | EntityKind::Domain => "network",
        EntityKind::Bucket | EntityKind::Secret | EntityKind::Resource => "data",
        EntityKind::Host
        | EntityKind::Process
        | EntityKind::File
        | EntityKind::Container
        | EntityKind::Service
        | EntityKind::Setting => "machine",
    }
}

fn draw_edge(out: &mut Safe<Html>, (edge, route): (&Edge, &[Place]), layout: &Layout<'_>, chain: &[Step]) {
    let inferred = edge.steps.iter().filter_map(|step| chain.get(*step)).all(|step| step.inferred);
    out.lit(if inferred { "<path class=\"edge inferred\" d=\"" } else { "<path class=\"edge\" d=\"" });
    let Some((tip, forward)) = curve(out, route) else {
        draw_loop(out, layout.nodes.get(edge.from).copied());
        return;
    };
    let back = if forward { -8 } else { 8 };
    out.lit("\"/><path class=\"arrow\" d=\"");
    point(out, "M", tip);
    point(out, "L", (tip.0 + back, tip.1 - 4));
    point(out, "L", (tip.0 + back, tip.1 + 4));
    out.lit("Z\"/>");
}

/// Writes the curve through a route; returns its tip and whether it goes to the right.
fn curve(out: &mut Safe<Html>, route: &[Place]) -> Option<((i32, i32), bool)> {
    let (first, last) = (route.first()?, route.last()?);
    let forward = first.x <= last.x;
    let (out_side, in_side) = if forward { (NODE_WIDTH, 0) } else { (0, NODE_WIDTH) };
    let bend = if forward { LAYER_GAP / 2 } else { -LAYER_GAP / 2 };
    point(out, "M", (first.x + out_side, first.middle()));
    for (from, to) in route.iter().zip(route.iter().skip(1)) {
        let (start, end) = ((from.x + out_side, from.middle()), (to.x + in_side, to.middle()));
        point(out, "C", (start.0 + bend, start.1));
        point(out, " ", (end.0 - bend, end.1));
        point(out, " ", end);
        if to != last {
            point(out, "L", (to.x + out_side, to.middle()));
        }
    }
    Some(((last.x + in_side, last.middle()), forward))
}

/// A step from an entity to itself: an arc over its upper right corner.
fn draw_loop(out: &mut Safe<Html>, place: Option<Place>) {
    if let Some(place) = place {
        let x = place.x + NODE_WIDTH;
        point(out, "M", (x - 30, place.y));
        point(out, "C", (x - 30, place.y - 16));
        point(out, " ", (x + 16, place.y - 4));
        point(out, " ", (x, place.y + 12));
    }
    out.lit("\"/>");
}

fn point(out: &mut Safe<Html>, command: &'static str, (x, y): (i32, i32)) {
    out.lit(command).number(x).lit(",").number(y);
}

/// Places of edge labels, kept apart.
#[derive(Default)]
struct Labels<'a> {
    placed: Vec<(&'a Edge, (i32, i32))>,
}

impl<'a> Labels<'a> {
    fn add(&mut self, edge: &'a Edge, route: &[Place], layout: &Layout<'_>) {
        let Some((x, mut y)) = label_place(edge, route, layout) else { return };
        let taken = |y: i32| self.placed.iter().any(|(_, (px, py))| *px == x && (py - y).abs() < LABEL_HEIGHT);
        // Downwards until it is free; there are finitely many labels.
        while taken(y) {
            y += LABEL_HEIGHT;
        }
        self.placed.push((edge, (x, y.min(layout.height - 6))));
    }
}

/// In the first gap that an edge crosses, nearer to its second slot: edges fan out from one entity more often than they
/// meet in one.
fn label_place(edge: &Edge, route: &[Place], layout: &Layout<'_>) -> Option<(i32, i32)> {
    let Some((first, second)) = route.first().zip(route.get(1)) else {
        let place = layout.nodes.get(edge.from)?;
        return Some((place.x + NODE_WIDTH - 24, place.y - 8));
    };
    let left = first.x.min(second.x);
    Some((left + NODE_WIDTH + LAYER_GAP / 2, (first.middle() + 4 * second.middle()) / 5 - 4))
}

fn draw_label(out: &mut Safe<Html>, edge: &Edge, (x, y): (i32, i32), chain: &[Step]) {
    let steps: Vec<&Step> = edge.steps.iter().filter_map(|step| chain.get(*step)).collect();
    let Some(first) = steps.first() else { return };
    let numbers: Vec<String> = edge.steps.iter().map(|step| (step + 1).to_string()).collect();
    let label = format!("{} {}", words::listed(&numbers, 2), first.action);
    let label = shorten(&crate::defang::defang(&label), LABEL_COLUMNS);
    let half = i32::try_from(crate::clean::columns(&label)).unwrap_or(0) * 3;
    out.lit("<text class=\"label\" text-anchor=\"middle\" x=\"").number(x).lit("\" y=\"").number(y).lit("\">");
    out.text(&label).lit("</text>");
    if steps.iter().any(|step| !step.alerts.is_empty()) {
        out.lit("<circle class=\"alert\" r=\"4\" cx=\"").number(x - half - 7).lit("\" cy=\"").number(y - 4).lit("\">");
        out.lit("<title>");
        let titles: Vec<String> = steps.iter().flat_map(|step| step.alerts.iter().cloned()).collect();
        out.text(&words::listed(&titles, 4)).lit("</title></circle>");
    }
}
