//! A delivery to records.

use std::io::Read;

use quell_model::EventId;
use quell_model::Timestamp;
use quell_model::ports::{Delivery, NewChunk, RejectedPart};
use quell_normalize::{Formats, Item, RawRecord, RecordReader, Shape, pack};
use sha2::{Digest, Sha256};

/// Bytes of records in one chunk, if a delivery has more.
const CHUNK_BYTES: usize = 1 << 20;
/// Bytes kept of a part that is no record.
const REJECTED_BYTES_MAX: usize = 4 << 10;
/// Rejected parts kept of one delivery; a delivery of nothing but noise is one.
const REJECTED_MAX: usize = 100;

/// A delivery, ready to be stored.
pub(super) struct Framed {
    /// Its chunks; at least one, so that its checkpoint has a place.
    pub(super) chunks: Vec<NewChunk>,
    /// Records in them.
    pub(super) accepted: u64,
    /// What was no record; all of it, though the chunks keep only the first parts.
    pub(super) rejected: Vec<RejectedPart>,
}

/// Cuts a delivery into records and packs them.
pub(super) fn frame(delivery: Delivery, formats: &Formats, received_at: Timestamp) -> Framed {
    let base = delivery.preamble.len() as u64;
    let mut gathered = Gathered::default();
    let input = delivery.preamble.as_slice().chain(delivery.bytes.as_slice());
    read(input, formats, base, &mut gathered);
    let Gathered { mut batches, current, all_json, mut rejected, .. } = gathered;
    if !current.is_empty() || batches.is_empty() {
        batches.push(current);
    }
    for part in &mut rejected {
        part.bytes = excerpt(&delivery.bytes, part.offset);
    }
    let accepted = batches.iter().map(|batch| batch.len() as u64).sum();
    let identity = identity(&delivery, all_json && accepted > 0);
    let last = batches.len() - 1;
    let mut checkpoint = delivery.checkpoint;
    let chunks = batches.into_iter().enumerate().map(|(at, records)| NewChunk {
        source: delivery.source.clone(),
        received_at,
        digest: identity.map(|identity| part_of(identity, at)),
        records: records.len() as u32,
        payload: pack(&records),
        rejected: if at == 0 { rejected.iter().take(REJECTED_MAX).cloned().collect() } else { Vec::new() },
        checkpoint: if at == last { checkpoint.take() } else { None },
    });
    Framed { chunks: chunks.collect(), accepted, rejected }
}

struct Gathered {
    batches: Vec<Vec<RawRecord>>,
    current: Vec<RawRecord>,
    current_bytes: usize,
    all_json: bool,
    rejected: Vec<RejectedPart>,
}

impl Default for Gathered {
    fn default() -> Gathered {
        Gathered { batches: Vec::new(), current: Vec::new(), current_bytes: 0, all_json: true, rejected: Vec::new() }
    }
}

impl Gathered {
    fn take(&mut self, record: RawRecord) {
        self.all_json &= record.shape == Shape::Json;
        self.current_bytes += record.bytes.len();
        self.current.push(record);
        if self.current_bytes >= CHUNK_BYTES || self.current.len() >= EventId::CHUNK_RECORDS_MAX {
            self.batches.push(std::mem::take(&mut self.current));
            self.current_bytes = 0;
        }
    }

    fn reject(&mut self, offset: u64, reason: String) {
        self.rejected.push(RejectedPart { offset, reason, bytes: Vec::new() });
    }
}

/// Cuts a stream into chunks and hands each over as soon as it is full; returns what was no record.
pub(super) fn frame_stream(
    input: impl Read,
    formats: &Formats,
    full: &mut dyn FnMut(Vec<RawRecord>) -> std::io::Result<()>,
) -> std::io::Result<Vec<RejectedPart>> {
    let mut gathered = Gathered::default();
    let mut reader = RecordReader::new(input, formats)?;
    loop {
        match reader.next_item() {
            Ok(Some(Item::Record(record))) => gathered.take(record),
            Ok(Some(Item::Rejected(part))) => gathered.reject(part.offset, part.reason),
            Ok(None) => break,
            Err(error) => {
                gathered.reject(reader.offset(), error.to_string());
                break;
            }
        }
        if let Some(batch) = gathered.batches.pop() {
            full(batch)?;
        }
    }
    if !gathered.current.is_empty() {
        full(gathered.current)?;
    }
    Ok(gathered.rejected)
}

/// Records of a stream. Those before `base` belong to the preamble and are none of the delivery's.
fn read(input: impl Read, formats: &Formats, base: u64, gathered: &mut Gathered) {
    let mut reader = match RecordReader::new(input, formats) {
        Ok(reader) => reader,
        Err(error) => return gathered.reject(0, error.to_string()),
    };
    loop {
        match reader.next_item() {
            Ok(Some(Item::Record(record))) if record.offset >= base => {
                gathered.take(RawRecord { offset: record.offset - base, ..record });
            }
            Ok(Some(Item::Rejected(part))) if part.offset >= base => gathered.reject(part.offset - base, part.reason),
            Ok(Some(_)) => {}
            Ok(None) => return,
            Err(error) => return gathered.reject(reader.offset().saturating_sub(base), error.to_string()),
        }
    }
}

/// What makes a delivery the same as another one: the name its sender gave it; or its content, if it is all JSON, where an
/// equal record is the same one. Equal log lines can be two events.
fn identity(delivery: &Delivery, by_content: bool) -> Option<[u8; 32]> {
    let mut hasher = Sha256::new();
    hasher.update(delivery.source.len().to_le_bytes());
    hasher.update(delivery.source.as_bytes());
    match &delivery.key {
        Some(key) => {
            hasher.update(b"k");
            hasher.update(key.as_bytes());
        }
        None if by_content => {
            hasher.update(b"c");
            hasher.update(&delivery.bytes);
        }
        None => return None,
    }
    Some(hasher.finalize().into())
}

/// Identity of one chunk of a delivery.
fn part_of(identity: [u8; 32], at: usize) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(identity);
    hasher.update(at.to_le_bytes());
    hasher.finalize().into()
}

/// The beginning of what stands at an offset: its line, or as much of it as is kept.
fn excerpt(bytes: &[u8], offset: u64) -> Vec<u8> {
    let rest = bytes.get(offset as usize..).unwrap_or_default();
    let rest = &rest[..rest.len().min(REJECTED_BYTES_MAX)];
    let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
    line.to_vec()
}
