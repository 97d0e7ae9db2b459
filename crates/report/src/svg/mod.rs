//! Drawings of an incident as SVG inside the page: the causal graph and the timeline.
//!
//! Laid out here in whole numbers, so that the same story is the same drawing everywhere. A drawing never says more
//! than the table of steps beside it; colour is never the only sign.

mod draw;
mod graph;
mod label;
mod layout;
mod timeline;

pub(crate) use draw::causal_graph;
pub(crate) use timeline::timeline;

use crate::escape::{Html, Safe};

/// Widest drawing that is shrunk to the page, at most to three quarters.
const SHRUNK_WIDTH_MAX: i32 = 1_500;

/// Opens an SVG of that size with its accessible name and description; `id` makes the ids of the page unique.
fn open(out: &mut Safe<Html>, id: &Id, (width, height): (i32, i32), (title, description): (&'static str, &str)) {
    // Shrunk further, text would be too small to read; such a drawing scrolls.
    let class = if width <= SHRUNK_WIDTH_MAX { " class=\"fits\"" } else { "" };
    out.lit("<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\"").lit(class).lit(" width=\"").number(width);
    out.lit("\" height=\"").number(height).lit("\" viewBox=\"0 0 ").number(width).lit(" ").number(height);
    out.lit("\" aria-labelledby=\"").safe(&id.of("t")).lit(" ").safe(&id.of("d"));
    out.lit("\"><title id=\"").safe(&id.of("t")).lit("\">").lit(title);
    out.lit("</title><desc id=\"").safe(&id.of("d")).lit("\">").text(description).lit("</desc>");
}

/// Prefix of the ids of one drawing.
struct Id {
    name: &'static str,
    number: usize,
}

impl Id {
    fn of(&self, part: &'static str) -> Safe<Html> {
        let mut id = Safe::new();
        id.lit(self.name).lit("-").text(&self.number.to_string()).lit("-").lit(part);
        id
    }
}
