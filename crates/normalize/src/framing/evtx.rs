//! Windows event log files, chunk by chunk.
//!
//! An EVTX file is a 4 KiB header and 64 KiB chunks that stand for themselves, so a file can be read as a stream, and a
//! damaged chunk or a cut-off file costs only what is damaged. Layout: Microsoft Open Specifications, [MS-EVEN6].

use std::collections::VecDeque;
use std::io::{Error, Read};
use std::sync::Arc;

use evtx::{EvtxChunkData, ParserSettings};
use quell_model::Rejected;

use super::buffer::Buffer;
use super::{Item, RawRecord, Shape};

pub(super) const FILE_MAGIC: &[u8] = b"ElfFile\0";
pub(super) const CHUNK_MAGIC: &[u8] = b"ElfChnk\0";
const FILE_HEADER_BYTES: usize = 4096;
const CHUNK_BYTES: usize = 65_536;

/// Reads records from an EVTX stream.
pub(super) struct EvtxReader<R> {
    buffer: Buffer<R>,
    settings: Arc<ParserSettings>,
    ready: VecDeque<Item>,
}

impl<R: Read> EvtxReader<R> {
    pub(super) fn new(buffer: Buffer<R>) -> EvtxReader<R> {
        let settings = ParserSettings::new().num_threads(1).indent(false);
        EvtxReader { buffer, settings: Arc::new(settings), ready: VecDeque::new() }
    }

    pub(super) fn offset(&self) -> u64 {
        self.buffer.offset()
    }

    pub(super) fn fault(&mut self) -> Option<Error> {
        self.buffer.fault()
    }

    pub(super) fn next_item(&mut self) -> Option<Item> {
        while self.ready.is_empty() && self.read_chunk() {}
        self.ready.pop_front()
    }

    /// Reads the file header or the next 64 KiB; false at the end.
    fn read_chunk(&mut self) -> bool {
        let offset = self.buffer.offset();
        if offset == 0 && self.buffer.peek(8) == FILE_MAGIC {
            let header_bytes = self.buffer.peek(FILE_HEADER_BYTES).len();
            self.buffer.consume(header_bytes);
            if header_bytes < FILE_HEADER_BYTES {
                self.reject(header_bytes as u64, "EVTX file is cut off inside its header".to_owned());
            }
            return true;
        }
        let available = self.buffer.peek(CHUNK_BYTES);
        if available.is_empty() {
            return false;
        }
        if !available.starts_with(CHUNK_MAGIC) {
            // Files are allocated in larger steps than they are filled: chunks of zeros are unused, not broken.
            if available.iter().any(|byte| *byte != 0) {
                self.reject(offset, "not an EVTX chunk; skipped to the next 64 KiB".to_owned());
            }
            self.buffer.consume(CHUNK_BYTES);
            return true;
        }
        let mut chunk = self.buffer.take(CHUNK_BYTES);
        if chunk.len() < CHUNK_BYTES {
            self.reject(offset + chunk.len() as u64, "EVTX file is cut off inside a chunk".to_owned());
            chunk.resize(CHUNK_BYTES, 0);
        }
        self.parse_chunk(offset, chunk);
        true
    }

    fn parse_chunk(&mut self, offset: u64, chunk: Vec<u8>) {
        let parsed = EvtxChunkData::new(chunk, false);
        let mut data = match parsed {
            Ok(data) => data,
            Err(error) => return self.reject(offset, format!("EVTX chunk: {error}")),
        };
        let mut chunk = match data.parse(Arc::clone(&self.settings)) {
            Ok(chunk) => chunk,
            Err(error) => return self.reject(offset, format!("EVTX chunk: {error}")),
        };
        for record in chunk.iter() {
            let json = record.and_then(|record| record.into_json());
            self.ready.push_back(match json {
                Ok(record) => Item::Record(RawRecord {
                    number: record.event_record_id,
                    offset,
                    bytes: record.data.into_bytes(),
                    shape: Shape::Json,
                }),
                Err(error) => Item::Rejected(Rejected { offset, reason: format!("EVTX record: {error}") }),
            });
        }
    }

    fn reject(&mut self, offset: u64, reason: String) {
        self.ready.push_back(Item::Rejected(Rejected { offset, reason }));
    }
}
