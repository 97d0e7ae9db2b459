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

/// Styles of a drawing that stands alone on paper: those of the page, in its light colours.
#[cfg(feature = "pdf")]
pub(crate) const PAPER: &str = "\
text{fill:#1a2129;font-family:'DejaVu Sans Mono';font-size:11px}\
.lane{fill:#eef2f6}.lane-name{font-weight:700;fill:#53606d;font-size:12px}\
.kind,.clock,.pause{fill:#53606d;font-size:10px}\
.box{fill:#fff;stroke:#d5dce3}.machine .stripe{fill:#2f6fb3}.identity .stripe{fill:#7a4fbf}\
.network .stripe{fill:#0f7d72}.data .stripe{fill:#a26a00}\
.edge{fill:none;stroke:#53606d;stroke-width:1.4}.inferred{stroke-dasharray:5 4}.arrow{fill:#53606d}\
.plate{fill:#fff}.alert{fill:#a8071a}.row{stroke:#d5dce3}\
.dot circle{fill:#2f6fb3}.dot text,.diamond text{fill:#fff;font-size:10.5px;font-weight:600}\
.alerted circle{fill:#a8071a}.diamond path{fill:#53606d}.critical path{fill:#a8071a}.high path{fill:#b4410a}\
.medium path{fill:#7d5a00}.low path{fill:#2c6e3f}";

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
