//! What stands at the arrows of the causal graph: numbers of steps and what was done, in two lines at most.
//!
//! The label of a step stands above what it leads to, that of a step that goes back below it.

use quell_model::Step;

use super::graph::{Edge, Graph};
use super::layout::{HEAD, Labels, Layout, NODE_HEIGHT, Place};
use crate::clean::{columns, fitting_prefix, shorten};
use crate::escape::{Html, Safe};
use crate::words;

/// Characters of a line that are no wider than a node.
const LINE_COLUMNS: usize = 25;

const LINE_HEIGHT: i32 = 13;

/// Room between two labels.
const LABEL_GAP: i32 = 4;

/// Pixels of a character, somewhat more than most need.
const CHAR_WIDTH: i32 = 6;

/// Text at an arrow.
#[derive(Debug)]
pub(super) struct Label {
    lines: [String; 2],
    /// Titles of alerts on the steps.
    alerts: Vec<String>,
}

impl Label {
    pub(super) fn of(edge: &Edge, chain: &[Step]) -> Label {
        let steps = || edge.steps.iter().filter_map(|step| chain.get(*step));
        let numbers: Vec<String> = edge.steps.iter().map(|step| (step + 1).to_string()).collect();
        let action = steps().next().map_or("", |step| step.action.as_str());
        let text = format!("{} {action}", words::listed(&numbers, 2));
        Label { lines: two_lines(&text), alerts: steps().flat_map(|step| step.alerts.iter().cloned()).collect() }
    }

    fn height(&self) -> i32 {
        let lines = if self.lines[1].is_empty() { 1 } else { 2 };
        lines * LINE_HEIGHT + LABEL_GAP
    }
}

/// Heights of the labels above and below each node.
pub(super) fn heights(graph: &Graph<'_>, layers: &[usize], labels: &[Label]) -> Vec<Labels> {
    let mut heights = vec![Labels { above: HEAD, below: 0 }; graph.nodes.len()];
    for (edge, label) in graph.edges.iter().zip(labels) {
        let Some(node) = heights.get_mut(edge.to) else { continue };
        if is_below(edge, layers) {
            node.below = node.below.max(HEAD) + label.height();
        } else {
            node.above += label.height();
        }
    }
    heights
}

/// Draws all labels where [`heights`] made room.
pub(super) fn draw(
    out: &mut Safe<Html>,
    (graph, labels): (&Graph<'_>, &[Label]),
    layers: &[usize],
    layout: &Layout<'_>,
) {
    let mut used = vec![(HEAD, HEAD); graph.nodes.len()];
    for (edge, label) in graph.edges.iter().zip(labels) {
        let (Some(place), Some((above, below))) = (layout.nodes.get(edge.to), used.get_mut(edge.to)) else { continue };
        let height = label.height();
        let y = if is_below(edge, layers) {
            *below += height;
            place.y + NODE_HEIGHT + *below - height
        } else {
            *above += height;
            place.y - *above
        };
        draw_label(out, label, (*place, y));
    }
}

/// Steps that go back, and steps from an entity to itself.
fn is_below(edge: &Edge, layers: &[usize]) -> bool {
    layers.get(edge.from) >= layers.get(edge.to)
}

fn draw_label(out: &mut Safe<Html>, label: &Label, (place, y): (Place, i32)) {
    let x = place.middle();
    let wide = label.lines.iter().map(|line| columns(line)).max().unwrap_or(0);
    let half = (i32::try_from(wide).unwrap_or(0) * CHAR_WIDTH / 2 + 4).min(place.width / 2);
    out.lit("<rect class=\"plate\" x=\"").number(x - half).lit("\" y=\"").number(y).lit("\" width=\"").number(2 * half);
    out.lit("\" height=\"")
        .number(label.height() - 2)
        .lit("\" rx=\"3\"/><text class=\"label\" text-anchor=\"middle\">");
    for (line, below) in label.lines.iter().zip([10, 10 + LINE_HEIGHT]) {
        out.lit("<tspan x=\"").number(x).lit("\" y=\"").number(y + below).lit("\">").text(line).lit("</tspan>");
    }
    out.lit("</text>");
    if !label.alerts.is_empty() {
        out.lit("<circle class=\"alert\" r=\"4\" cx=\"").number(x - half - 2).lit("\" cy=\"").number(y + 6).lit("\">");
        out.lit("<title>").text(&words::listed(&label.alerts, 4)).lit("</title></circle>");
    }
}

/// The text in two lines, the second empty where one is enough. A break is at a blank where there is one.
fn two_lines(text: &str) -> [String; 2] {
    let text = shorten(text, 2 * LINE_COLUMNS);
    if columns(&text) <= LINE_COLUMNS {
        return [text, String::new()];
    }
    let fits = fitting_prefix(&text, LINE_COLUMNS + 1);
    let end = text.get(..fits).and_then(|head| head.rfind(' ')).filter(|end| *end * 3 > fits);
    let end = end.unwrap_or_else(|| fitting_prefix(&text, LINE_COLUMNS));
    let (head, tail) = text.split_at(end);
    [head.to_owned(), shorten(tail.trim_start(), LINE_COLUMNS)]
}
