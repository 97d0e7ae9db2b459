//! The causal graph as SVG.

use quell_model::{EntityKind, RootCause, Step};

use super::graph::{Edge, Graph, Node};
use super::label::{self, Label};
use super::layout::{self, Lane, Layout, NODE_HEIGHT, NODE_WIDTH, Place};
use super::{Id, open};
use crate::escape::{Html, Safe};
use crate::words;

/// Characters of a name that fit in a node.
const NAME_COLUMNS: usize = 22;

/// How far from the right side of a node a step goes back.
const BACK_INSET: i32 = 14;

/// Draws the chain of an incident; `number` is the incident's place in the page.
pub(crate) fn causal_graph(out: &mut Safe<Html>, cause: &RootCause, number: usize) {
    let graph = Graph::of(&cause.chain);
    let layers = layout::layers(&graph);
    let labels: Vec<Label> = graph.edges.iter().map(|edge| Label::of(edge, &cause.chain)).collect();
    let layout = layout::layout(&graph, &layers, &label::heights(&graph, &layers, &labels));
    let id = Id { name: "graph", number };
    open(out, &id, (layout.width, layout.height), ("Causal graph", &description(&graph, &cause.chain)));
    layout.lanes.iter().for_each(|lane| draw_lane(out, lane, layout.height));
    for (edge, route) in graph.edges.iter().zip(&layout.routes) {
        draw_edge(out, (edge, route), &layout, &cause.chain);
    }
    for (node, place) in graph.nodes.iter().zip(&layout.nodes) {
        draw_node(out, node, *place);
    }
    label::draw(out, (&graph, &labels), &layers, &layout);
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
        "{} entities from cause above to effect below; {}, {inferred} inferred (dashed), {alerted} with \
         alerts (red dot).{left_out} The table of steps says the same.",
        graph.nodes.len(),
        words::count(chain.len(), "step")
    )
}

fn draw_lane(out: &mut Safe<Html>, lane: &Lane<'_>, height: i32) {
    // Columns of a title in bold letters of 12 pixels.
    let columns = usize::try_from((lane.width - 20) / 7).unwrap_or(0);
    out.lit("<rect class=\"lane\" y=\"4\" x=\"").number(lane.x).lit("\" width=\"").number(lane.width);
    out.lit("\" height=\"").number(height - 8).lit("\" rx=\"8\"/>");
    out.lit("<text class=\"lane-name\" y=\"22\" x=\"").number(lane.x + 10).lit("\">");
    match lane.host {
        Some(host) => out.short_name(EntityKind::Host, host, columns),
        None => out.lit("Network and identities"),
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
    let (Some(first), Some(last)) = (route.first(), route.last()) else {
        draw_loop(out, layout.nodes.get(edge.from).copied());
        return;
    };
    let (tip, back) = if first.y <= last.y { (down(out, route, (first, last)), -8) } else { up(out, route, last) };
    out.lit("\"/><path class=\"arrow\" d=\"");
    point(out, "M", tip);
    point(out, "L", (tip.0 - 4, tip.1 + back));
    point(out, "L", (tip.0 + 4, tip.1 + back));
    out.lit("Z\"/>");
}

/// Writes the way from cause to effect, which bends between the zones of labels only; returns its tip.
fn down(out: &mut Safe<Html>, route: &[Place], (first, last): (&Place, &Place)) -> (i32, i32) {
    point(out, "M", (first.middle(), first.bottom()));
    for (from, to) in route.iter().zip(route.iter().skip(1)) {
        bend(out, (from.middle(), from.bottom() + from.below), (to.middle(), to.y - to.above));
        point(out, "L", (to.middle(), if to == last { to.y - 2 } else { to.bottom() }));
    }
    (last.middle(), last.y)
}

/// Writes the way of a step that goes back; returns its tip and which way the arrow head lies.
fn up(out: &mut Safe<Html>, route: &[Place], last: &Place) -> ((i32, i32), i32) {
    let x = |place: &Place| if place.width == NODE_WIDTH { place.x + NODE_WIDTH - BACK_INSET } else { place.middle() };
    if let Some(first) = route.first() {
        point(out, "M", (x(first), first.y));
    }
    for (from, to) in route.iter().zip(route.iter().skip(1)) {
        bend(out, (x(from), from.y - from.above), (x(to), to.bottom() + to.below));
        point(out, "L", (x(to), if to == last { to.bottom() + 2 } else { to.y }));
    }
    ((x(last), last.bottom()), 8)
}

/// A line to `from`, then a curve that leaves and arrives upright.
fn bend(out: &mut Safe<Html>, from: (i32, i32), to: (i32, i32)) {
    let half = from.1.midpoint(to.1);
    point(out, "L", from);
    point(out, "C", (from.0, half));
    point(out, " ", (to.0, half));
    point(out, " ", to);
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
