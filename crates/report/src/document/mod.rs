//! A document: what a report says, before it has a form. Markdown, HTML and PDF show the same document.
//!
//! By its types a sentence is either words of ours, a gap that a person has to fill, or a claim, and a claim has at least one
//! source: an entry of the ledger, an event, or the story that is told (invariant 2).

mod html;
mod markdown;
#[cfg(feature = "pdf")]
mod pdf;

use quell_incident::work::{Stamp, Tlp};

use crate::escape::{Html, Safe};

pub use html::document_html;
pub use markdown::document_markdown;
#[cfg(feature = "pdf")]
pub use pdf::{PdfError, document_pdf};

/// What a report says.
#[derive(Debug, Clone)]
pub struct Document {
    /// As it is called.
    pub title: String,
    /// For whom it is.
    pub audience: &'static str,
    /// Who may pass it on to whom; stands on every page.
    pub tlp: Tlp,
    /// Short facts at the beginning: what, and its value.
    pub facts: Vec<(&'static str, Line)>,
    /// In order.
    pub sections: Vec<Section>,
    /// Entries of the ledger that claims name, in order.
    pub entries: Vec<(Stamp, String)>,
}

/// A part with a heading.
#[derive(Debug, Clone)]
pub struct Section {
    /// As it is called.
    pub heading: &'static str,
    /// What it says; never empty.
    pub blocks: Vec<Block>,
}

/// A piece of a section.
#[derive(Debug, Clone)]
pub enum Block {
    /// A paragraph.
    Line(Line),
    /// Several, as a list.
    List(Vec<Line>),
    /// A table; never empty.
    Table(Table),
    /// A drawing, with the table that says the same near it.
    Drawing(Drawing),
}

/// A sentence.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    /// Words of ours, that claim nothing about the incident.
    Ours(&'static str),
    /// Something that nobody recorded, and a person has to say.
    Gap(&'static str),
    /// A claim.
    Claim(Claim),
}

/// What is said about an incident, and what shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    text: String,
    sources: Vec<Source>,
}

/// What shows a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// An entry of the ledger.
    Entry(u64),
    /// An event: file or source, and its place there.
    Event(String),
    /// The story that Quell tells, by the beginning of its hash.
    Story(String),
}

/// Rows and columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What it is about.
    pub caption: &'static str,
    /// Names of the columns.
    pub heads: &'static [&'static str],
    /// A claim in cells: as many as there are columns.
    pub rows: Vec<Row>,
}

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    cells: Vec<String>,
    sources: Vec<Source>,
}

/// A drawing.
#[derive(Debug, Clone)]
pub struct Drawing {
    caption: &'static str,
    svg: Safe<Html>,
}

impl Drawing {
    pub(crate) fn new(caption: &'static str, svg: Safe<Html>) -> Drawing {
        Drawing { caption, svg }
    }

    /// The drawing as a file of its own: with the styles that a page would give it.
    #[cfg(feature = "pdf")]
    fn alone(&self) -> String {
        let svg = self.svg.clone().into_string();
        let Some((head, rest)) = svg.split_once('>') else { return svg };
        format!("{head}><style>{}</style>{rest}", crate::svg::PAPER)
    }
}

impl Claim {
    /// A claim that this shows.
    #[must_use]
    pub fn new(text: impl Into<String>, source: Source) -> Claim {
        Claim { text: text.into(), sources: vec![source] }
    }

    /// Shown by this, too.
    #[must_use]
    pub fn and(mut self, sources: impl IntoIterator<Item = Source>) -> Claim {
        self.sources.extend(sources);
        self
    }

    /// What is said.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What shows it; never empty.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }
}

impl From<Claim> for Line {
    fn from(claim: Claim) -> Line {
        Line::Claim(claim)
    }
}

impl Row {
    /// A row that this shows.
    #[must_use]
    pub fn new(cells: Vec<String>, source: Source) -> Row {
        Row { cells, sources: vec![source] }
    }

    /// Shown by this, too.
    #[must_use]
    pub fn and(mut self, sources: impl IntoIterator<Item = Source>) -> Row {
        self.sources.extend(sources);
        self
    }

    /// Its cells.
    #[must_use]
    pub fn cells(&self) -> &[String] {
        &self.cells
    }

    /// What shows it; never empty.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }
}

impl Source {
    /// As a reader sees it behind a sentence.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Source::Entry(entry) => format!("#{entry}"),
            Source::Event(event) => event.clone(),
            Source::Story(hash) => format!("story {hash}"),
        }
    }
}

impl Document {
    /// Every claim and row, with what shows it.
    pub fn sources(&self) -> impl Iterator<Item = &[Source]> {
        let facts = self.facts.iter().map(|(_, line)| line);
        let blocks = self.sections.iter().flat_map(|section| &section.blocks);
        let lines = blocks.clone().flat_map(|block| match block {
            Block::Line(line) => std::slice::from_ref(line),
            Block::List(lines) => lines,
            Block::Table(_) | Block::Drawing(_) => &[],
        });
        let claims = facts.chain(lines).filter_map(|line| match line {
            Line::Claim(claim) => Some(claim.sources()),
            Line::Ours(_) | Line::Gap(_) => None,
        });
        let rows = blocks.flat_map(|block| match block {
            Block::Table(table) => &table.rows[..],
            _ => &[],
        });
        claims.chain(rows.map(Row::sources))
    }
}

/// Sources of one sentence in a few words.
fn named(sources: &[Source]) -> String {
    const SHOWN: usize = 4;
    let mut names: Vec<String> = sources.iter().take(SHOWN).map(Source::shown).collect();
    if sources.len() > SHOWN {
        names.push(format!("{} more", sources.len() - SHOWN));
    }
    names.join(", ")
}
