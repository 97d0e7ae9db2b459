//! What Quell found and what people did about it, for people: terminal text, Markdown, one self-contained HTML page, PDF; and
//! for other programs: STIX, VERIS. Cases of other programs are read here too: TheHive, DFIR-IRIS.
//!
//! An [`Investigation`](quell_model::Investigation) or a [`Dossier`] goes in, a text comes out. This is the one place where text is
//! escaped: everything that came from a record is hostile in a terminal, in Markdown, in HTML and in SVG, and can be
//! written only through `escape::Safe`. Indicators are shown defanged, except in what programs read. No
//! I/O, no clock, no randomness: the same input gives the same bytes.

mod clean;
mod defang;
mod document;
mod dossier;
mod escape;
mod exchange;
mod html;
mod markdown;
mod message;
mod svg;
mod terminal;
mod words;

pub use clean::{clean, shorten};
pub use defang::{Indicators, defang};
pub use document::{
    Block, Claim, Document, Drawing, Line, Row, Section, Source, Table, document_html, document_markdown,
};
#[cfg(feature = "pdf")]
pub use document::{PdfError, document_pdf};
pub use dossier::{Audience, Dossier, Moment};
pub use exchange::{ExchangeError, from_iris, from_thehive, stix, veris};
pub use html::{html, incident_html};
pub use markdown::{incident_markdown, markdown};
pub use message::{DraftContext, MessageDraft, message_draft};
pub use terminal::{TerminalOptions, terminal};
