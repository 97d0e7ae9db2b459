//! What Quell found, for people: terminal text, Markdown and one self-contained HTML page.
//!
//! An [`Investigation`](quell_model::Investigation) goes in, text comes out. This is the one place where text is
//! escaped: everything that came from a record is hostile in a terminal, in Markdown, in HTML and in SVG, and can be
//! written only through `escape::Safe`. Indicators are shown defanged. No I/O, no clock, no randomness, no JSON: the
//! same investigation gives the same bytes.

mod clean;
mod defang;
mod escape;
mod html;
mod markdown;
mod svg;
mod terminal;
mod words;

pub use clean::{clean, shorten};
pub use defang::{Indicators, defang};
pub use html::{html, incident_html};
pub use markdown::{incident_markdown, markdown};
pub use terminal::{TerminalOptions, terminal};
