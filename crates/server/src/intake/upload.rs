//! An upload to chunks: files and archives of any size, cut as they are read.

use std::sync::Arc;
use std::time::Duration;

use quell_model::Timestamp;
use quell_model::ports::{IntakeError, NewChunk, RejectedPart, Upload};
use quell_normalize::{RawRecord, pack};
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;

use super::Queue;
use super::frame::cut;
use crate::search::Words;

const WAIT: Duration = Duration::from_millis(200);

/// What became of an upload.
#[derive(Debug, Default)]
pub(crate) struct UploadOutcome {
    /// Files in it.
    pub(crate) files: u64,
    /// Records stored.
    pub(crate) accepted: u64,
    /// Parts that were no records.
    pub(crate) rejected_total: u64,
    /// The first of each file, with its name.
    pub(crate) rejected: Vec<(String, RejectedPart)>,
    /// Files that could not be read, with the reason.
    pub(crate) problems: Vec<(String, String)>,
    /// All of it had been stored before.
    pub(crate) known: bool,
}

/// Reads an upload and stores it, chunk by chunk. Blocks: for a thread that may. Uploaded again, whole or after a failure,
/// what is stored already counts once.
pub(crate) fn store_upload(
    queue: &Arc<Queue>,
    upload: Box<dyn Upload>,
    source: &str,
    received_at: Timestamp,
) -> std::io::Result<UploadOutcome> {
    let mut outcome = UploadOutcome { known: true, ..UploadOutcome::default() };
    let runtime = Handle::current();
    let problems = upload.finish(&mut |name, year, reader| {
        outcome.files += 1;
        let mut at = 0_u64;
        let (mut accepted, mut known) = (0, true);
        let mut store = |records: Vec<RawRecord>| -> std::io::Result<()> {
            at += 1;
            accepted += records.len() as u64;
            known &= store(queue, &runtime, chunk(source, &records, (name, at), received_at))?;
            Ok(())
        };
        let rejected = cut(reader, &queue.formats(year), 0, &mut store)?;
        if rejected.total > 0 {
            self::store(queue, &runtime, of_rejected(source, rejected.kept(), name, received_at))?;
        }
        outcome.accepted += accepted;
        outcome.known &= known;
        outcome.rejected_total += rejected.total;
        outcome.rejected.extend(rejected.kept().into_iter().map(|part| (name.to_owned(), part)));
        Ok(())
    })?;
    outcome.problems = problems;
    outcome.known &= outcome.accepted > 0;
    Ok(outcome)
}

/// Waits while more arrives than can be worked on: an upload takes as long as it takes.
fn store(queue: &Arc<Queue>, runtime: &Handle, chunk: NewChunk) -> std::io::Result<bool> {
    loop {
        if queue.is_behind() {
            runtime.block_on(tokio::time::sleep(WAIT));
            continue;
        }
        let bytes = chunk.payload.len();
        match runtime.block_on(queue.store(vec![chunk.clone()], bytes)) {
            Ok(known) => return Ok(known),
            Err(IntakeError::Busy { .. }) => runtime.block_on(tokio::time::sleep(WAIT)),
            Err(error) => return Err(std::io::Error::other(error)),
        }
    }
}

/// A chunk for parts that were no records. Other parts are another chunk, whatever stands beside them.
fn of_rejected(source: &str, rejected: Vec<RejectedPart>, name: &str, received_at: Timestamp) -> NewChunk {
    let mut hasher = Sha256::new();
    for part in [b"rejected", source.as_bytes(), name.as_bytes()] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    for RejectedPart { offset, reason, .. } in &rejected {
        hasher.update(offset.to_be_bytes());
        hasher.update((reason.len() as u64).to_be_bytes());
        hasher.update(reason);
    }
    let digest = Some(hasher.finalize().into());
    NewChunk { digest, rejected, ..chunk(source, &[], (name, 0), received_at) }
}

fn chunk(source: &str, records: &[RawRecord], (name, at): (&str, u64), received_at: Timestamp) -> NewChunk {
    let payload = pack(records);
    let mut hasher = Sha256::new();
    for part in [b"upload", source.as_bytes(), name.as_bytes(), &at.to_be_bytes(), payload.as_slice()] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    NewChunk {
        source: source.to_owned(),
        received_at,
        digest: Some(hasher.finalize().into()),
        records: records.len() as u32,
        payload,
        words: Words::filter_of(records.iter().map(|record| record.bytes.as_slice())),
        rejected: Vec::new(),
        checkpoint: None,
    }
}
