//! A delivery to records.

use std::io::Read;

use quell_model::EventId;
use quell_model::Timestamp;
use quell_model::ports::{Delivery, NewChunk, RejectedPart};
use quell_normalize::{Formats, Item, RawRecord, RecordReader, Shape, pack};
use sha2::{Digest, Sha256};

use super::shapes::ITEMS_MAX;
use crate::search::Words;

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
    /// What was no record; the chunks keep only the first parts of it.
    pub(super) rejected: Rejections,
}

/// Parts of a stream that were no records.
#[derive(Debug, Default)]
pub(super) struct Rejections {
    /// The first of them, without their bytes.
    pub(super) parts: Vec<RejectedPart>,
    /// How many there are.
    pub(super) total: u64,
}

impl Rejections {
    fn add(&mut self, offset: u64, reason: String) {
        self.total += 1;
        if self.parts.len() < ITEMS_MAX {
            self.parts.push(RejectedPart { offset, reason, bytes: Vec::new() });
        }
    }

    /// Those that are kept.
    pub(super) fn kept(&self) -> Vec<RejectedPart> {
        self.parts.iter().take(REJECTED_MAX).cloned().collect()
    }
}

/// Cuts a delivery into records and packs them.
pub(super) fn frame(delivery: Delivery, formats: &Formats, received_at: Timestamp) -> Framed {
    let base = delivery.preamble.len() as u64;
    let mut batches = Vec::new();
    let mut full = |batch| {
        batches.push(batch);
        Ok(())
    };
    let input = delivery.preamble.as_slice().chain(delivery.bytes.as_slice());
    let mut rejected = cut(input, formats, base, &mut full).unwrap_or_else(|error| {
        let mut rejected = Rejections::default();
        rejected.add(0, error.to_string());
        rejected
    });
    if batches.is_empty() {
        batches.push(Vec::new());
    }
    for part in rejected.parts.iter_mut().take(REJECTED_MAX) {
        part.bytes = excerpt(&delivery.bytes, part.offset);
    }
    let accepted = batches.iter().map(|batch| batch.len() as u64).sum();
    let all_json = batches.iter().flatten().all(|record| record.shape == Shape::Json);
    let identity = identity(&delivery, all_json && accepted > 0);
    let last = batches.len() - 1;
    let mut checkpoint = delivery.checkpoint;
    let chunks = batches.into_iter().enumerate().map(|(at, records)| NewChunk {
        source: delivery.source.clone(),
        received_at,
        digest: identity.map(|identity| part_of(identity, at)),
        records: records.len() as u32,
        payload: pack(&records),
        words: Words::filter_of(records.iter().map(|record| record.bytes.as_slice())),
        rejected: if at == 0 { rejected.kept() } else { Vec::new() },
        checkpoint: if at == last { checkpoint.take() } else { None },
    });
    Framed { chunks: chunks.collect(), accepted, rejected }
}

/// Cuts a stream into records and hands them over, a chunk full at a time; returns what was no record. What stands before
/// `base` is read, but none of the delivery's.
///
/// # Errors
/// The stream cannot be read at all, or what is handed over is not taken.
pub(super) fn cut(
    input: impl Read,
    formats: &Formats,
    base: u64,
    full: &mut dyn FnMut(Vec<RawRecord>) -> std::io::Result<()>,
) -> std::io::Result<Rejections> {
    let mut reader = RecordReader::new(input, formats)?;
    let mut rejected = Rejections::default();
    let (mut batch, mut bytes) = (Vec::new(), 0);
    loop {
        match reader.next_item() {
            Ok(Some(Item::Record(record))) if record.offset >= base => {
                bytes += record.bytes.len();
                batch.push(RawRecord { offset: record.offset - base, ..record });
            }
            Ok(Some(Item::Rejected(part))) if part.offset >= base => rejected.add(part.offset - base, part.reason),
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(error) => {
                rejected.add(reader.offset().saturating_sub(base), error.to_string());
                break;
            }
        }
        if bytes >= CHUNK_BYTES || batch.len() >= EventId::CHUNK_RECORDS_MAX {
            full(std::mem::take(&mut batch))?;
            bytes = 0;
        }
    }
    if !batch.is_empty() {
        full(batch)?;
    }
    Ok(rejected)
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

#[cfg(test)]
mod tests;
