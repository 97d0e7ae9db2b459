//! Cuts a stream of bytes into records, by content.
//!
//! Two forms exist: EVTX (64 KiB chunks with their own structure) and text. Text is JSON values in any arrangement (one a
//! line, pretty-printed one after the other, arrays, and the `{"Records": […]}` wrapper), or log lines; one file may mix
//! them. No reader ever holds more than one record or one chunk.

mod buffer;
mod evtx;
mod structure;
mod text;
mod utf8;

use std::io::Read;

use quell_model::Rejected;

use crate::lines::{CsvTable, LineDecoder};
use buffer::Buffer;
use evtx::EvtxReader;
use text::TextReader;

/// Longest record that is read; a longer one is skipped and reported.
pub(crate) const RECORD_BYTES_MAX: usize = 16 << 20;

/// How a record is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// One JSON object.
    Json,
    /// A log line, read into the fields of the named source.
    Pairs {
        /// Mapping that understands the fields.
        source: std::sync::Arc<str>,
        /// Field names and values, in the order of the line.
        pairs: Vec<(String, String)>,
    },
}

/// One record, untouched, with where it stands in its input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawRecord {
    /// Record id, line number or element number, from 1.
    pub number: u64,
    /// Byte offset in the decompressed input.
    pub offset: u64,
    /// The record as it was written (for EVTX: as JSON in the shape of evtx_dump).
    pub bytes: Vec<u8>,
    /// How it is written.
    pub shape: Shape,
}

/// What a reader finds next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A record.
    Record(RawRecord),
    /// Something that is no record.
    Rejected(Rejected),
}

/// What a reader has to know beside the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formats {
    /// CSV tables that mappings describe.
    pub tables: Vec<CsvTable>,
    /// Year for times without one (RFC 3164); callers take it from the age of the file.
    pub year: i16,
}

/// Reads records from a stream of any form.
pub struct RecordReader<R: Read>(Form<R>);

enum Form<R: Read> {
    Evtx(Box<EvtxReader<R>>),
    Text(Box<TextReader<R>>),
}

impl<R: Read> RecordReader<R> {
    /// Looks at the first bytes and chooses the form.
    ///
    /// # Errors
    /// An error of the underlying stream before its first byte.
    pub fn new(input: R, formats: &Formats) -> std::io::Result<RecordReader<R>> {
        let mut buffer = Buffer::new(input);
        let head = buffer.peek(8);
        if head == evtx::FILE_MAGIC || head == evtx::CHUNK_MAGIC {
            return Ok(RecordReader(Form::Evtx(Box::new(EvtxReader::new(buffer)))));
        }
        if head.is_empty()
            && let Some(error) = buffer.fault()
        {
            return Err(error);
        }
        let lines = LineDecoder::new(formats.tables.clone(), formats.year);
        Ok(RecordReader(Form::Text(Box::new(TextReader::new(buffer, lines)))))
    }

    /// The next record or rejection; none at the end.
    ///
    /// # Errors
    /// Any error of the underlying stream, such as a torn gzip member, once everything before it was read.
    pub fn next_item(&mut self) -> std::io::Result<Option<Item>> {
        let item = match &mut self.0 {
            Form::Evtx(reader) => reader.next_item(),
            Form::Text(reader) => reader.next_item(),
        };
        if item.is_some() {
            return Ok(item);
        }
        let fault = match &mut self.0 {
            Form::Evtx(reader) => reader.fault(),
            Form::Text(reader) => reader.fault(),
        };
        fault.map_or(Ok(None), Err)
    }

    /// Bytes of the decompressed input consumed so far.
    #[must_use]
    pub fn offset(&self) -> u64 {
        match &self.0 {
            Form::Evtx(reader) => reader.offset(),
            Form::Text(reader) => reader.offset(),
        }
    }
}
