//! A document as PDF, typeset in this process by Typst: no browser, no network, no file.
//!
//! The form is a template of ours; what the document says goes in as data, so that text from a log is never markup.

use std::sync::LazyLock;

use serde_json::{Value, json};
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{FileId, RootedPath, Source as TypstSource, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;
use typst_pdf::PdfOptions;

use super::{Block, Document, Line, Row, named};
use crate::clean::clean;
use crate::defang::{Indicators, defang};
use crate::words;

const TEMPLATE: &str = include_str!("report.typ");
const MAIN: &str = "report.typ";
const DATA: &str = "data.json";

/// Why a document could not be typeset. A fault of ours: whatever it says, it can be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the report could not be typeset: {0}")]
pub struct PdfError(String);

/// The document as PDF.
///
/// # Errors
/// A fault of ours.
pub fn document_pdf(document: &Document) -> Result<Vec<u8>, PdfError> {
    let data = serde_json::to_vec(&data(document)).map_err(|error| PdfError(error.to_string()))?;
    let press = Press { main: file(MAIN)?, data_file: file(DATA)?, data: Bytes::new(data) };
    let fault = |errors: &[typst::diag::SourceDiagnostic]| {
        PdfError(errors.first().map(|error| error.message.to_string()).unwrap_or_default())
    };
    let paged = typst::compile::<PagedDocument>(&press).output.map_err(|errors| fault(&errors))?;
    let options = PdfOptions { creator: Smart::Custom(Some("Quell".to_owned())), ..PdfOptions::default() };
    let pdf = typst_pdf::pdf(&paged, &options).map_err(|errors| fault(&errors))?;
    // What was typeset for one report is of no use for the next one.
    typst::comemo::evict(0);
    Ok(pdf)
}

fn file(name: &str) -> Result<FileId, PdfError> {
    let path = VirtualPath::new(name).map_err(|error| PdfError(error.to_string()))?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

/// Everything that Typst may ask for.
struct Press {
    main: FileId,
    data_file: FileId,
    data: Bytes,
}

static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(Library::default()));
static FONTS: LazyLock<Vec<Font>> =
    LazyLock::new(|| typst_assets::fonts().flat_map(|data| Font::iter(Bytes::new(data))).collect());
static BOOK: LazyLock<LazyHash<FontBook>> = LazyLock::new(|| LazyHash::new(FontBook::from_fonts(FONTS.iter())));

impl World for Press {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &BOOK
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<TypstSource> {
        if id == self.main { Ok(TypstSource::new(id, TEMPLATE.to_owned())) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.data_file { Ok(self.data.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        // A report has no clock of its own.
        None
    }
}

fn data(document: &Document) -> Value {
    let fact = |(name, of): &(&str, Line)| json!({ "name": name, "line": line(of) });
    let section = |section: &super::Section| json!({ "heading": section.heading, "blocks": section.blocks.iter().map(block).collect::<Vec<_>>() });
    let entries = document
        .entries
        .iter()
        .map(|(stamp, what)| [format!("#{}", stamp.entry), words::moment(stamp.at), safe(&stamp.actor), safe(what)]);
    json!({
        "title": safe(&document.title),
        "audience": document.audience,
        "tlp": document.tlp.label(),
        "facts": document.facts.iter().map(fact).collect::<Vec<_>>(),
        "sections": document.sections.iter().map(section).collect::<Vec<_>>(),
        "entries": entries.collect::<Vec<_>>(),
    })
}

fn block(block: &Block) -> Value {
    match block {
        Block::Line(of) => json!({ "kind": "line", "line": line(of) }),
        Block::List(lines) => json!({ "kind": "list", "lines": lines.iter().map(line).collect::<Vec<_>>() }),
        Block::Drawing(drawing) => json!({ "kind": "drawing", "caption": drawing.caption, "svg": drawing.alone() }),
        Block::Table(table) => {
            let row = |row: &Row| {
                let cells: Vec<String> = row.cells().iter().map(|cell| safe(cell)).collect();
                json!({ "cells": cells, "sources": safe(&named(row.sources())) })
            };
            let rows: Vec<Value> = table.rows.iter().map(row).collect();
            json!({ "kind": "table", "heads": table.heads, "widths": widths(&table.rows, table.heads.len()), "rows": rows })
        }
    }
}

/// Shares of the page by how much there is to read in a column; the last one is for sources.
fn widths(rows: &[Row], columns: usize) -> Vec<f64> {
    let longest = |column: usize| rows.iter().filter_map(|row| row.cells().get(column)).map(|cell| cell.len()).max();
    let share = |length: usize| (length.clamp(8, 90) as f64).sqrt();
    (0..columns).map(|column| share(longest(column).unwrap_or(0))).chain([share(14)]).collect()
}

fn line(line: &Line) -> Value {
    match line {
        Line::Ours(text) => json!({ "kind": "ours", "text": text }),
        Line::Gap(what) => json!({ "kind": "gap", "text": what }),
        Line::Claim(claim) => {
            json!({ "kind": "claim", "text": safe(claim.text()), "sources": safe(&named(claim.sources())) })
        }
    }
}

/// Text as it is shown: without control characters, web addresses defanged, bounded.
fn safe(text: &str) -> String {
    const CHARS_MAX: usize = 2_000;
    let text = clean(&defang(text, &Indicators::default()));
    if text.chars().count() <= CHARS_MAX { text } else { text.chars().take(CHARS_MAX).chain(['…']).collect() }
}
