//! Writing to the lake. What an answer says is stored is on the disk.

use quell_model::Timestamp;
use quell_model::ports::{Appended, ChunkIndex, NewChunk};

use crate::sql::{Database, Engine, Transaction, Value};
use crate::{StoreError, pack};

/// Any number that no other program on the same database takes for its lock.
const LOCK: i64 = 0x5175_656c_6c02;
const REJECTED_BYTES_MAX: usize = 4 << 10;
const REJECTED_PARTS_MAX: u32 = 1_000;
/// Chunks removed at once, so that intake never waits long.
const RETAIN_ROWS: u32 = 500;

/// Stores chunks, all or none.
pub(super) async fn append(database: &Database, chunks: Vec<NewChunk>) -> Result<Vec<Appended>, StoreError> {
    if chunks.is_empty() {
        return Ok(Vec::new());
    }
    let chunks = pack::aside(move || chunks.into_iter().map(packed).collect::<Result<Vec<_>, _>>()).await?;
    let mut transaction = database.begin().await?;
    if transaction.engine() == Engine::Postgres {
        transaction.execute("SELECT pg_advisory_xact_lock($1)", &[LOCK.into()]).await?;
    }
    let mut outcomes = Vec::with_capacity(chunks.len());
    for chunk in chunks {
        outcomes.push(append_one(&mut transaction, chunk).await?);
    }
    transaction.commit().await?;
    Ok(outcomes)
}

fn packed(mut chunk: NewChunk) -> Result<NewChunk, StoreError> {
    chunk.payload = pack::pack(&chunk.payload, pack::RECORDS_LEVEL)?;
    Ok(chunk)
}

async fn append_one(transaction: &mut Transaction, chunk: NewChunk) -> Result<Appended, StoreError> {
    let sql = "INSERT INTO event_chunk (source, received_at, records, processed, digest, duplicates, words, payload) \
        VALUES ($1, $2, $3, 0, $4, $5, $6, $7) ON CONFLICT (digest) DO NOTHING RETURNING seq";
    let values = [
        chunk.source.as_str().into(),
        chunk.received_at.into(),
        chunk.records.into(),
        chunk.digest.map(|digest| digest.to_vec()).into(),
        Vec::new().into(),
        chunk.words.into(),
        chunk.payload.into(),
    ];
    let stored = transaction.one(sql, &values).await?;
    if let Some(checkpoint) = &chunk.checkpoint {
        let sql = "INSERT INTO source_checkpoint (name, value) VALUES ($1, $2) \
            ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        transaction.execute(sql, &[checkpoint.key.as_str().into(), checkpoint.value.as_str().into()]).await?;
    }
    let Some(stored) = stored else { return Ok(Appended::Known) };
    let seq = stored.count(0)?;
    // Of parts beyond the number that is kept, only the last are worth writing.
    let skipped = chunk.rejected.len().saturating_sub(REJECTED_PARTS_MAX as usize);
    for part in chunk.rejected.iter().skip(skipped) {
        let sql =
            "INSERT INTO rejected_part (source, received_at, part_offset, reason, bytes) VALUES ($1, $2, $3, $4, $5)";
        let bytes = &part.bytes[..part.bytes.len().min(REJECTED_BYTES_MAX)];
        let (source, at) = (Value::from(chunk.source.as_str()), Value::from(chunk.received_at));
        let values = [source, at, part.offset.into(), part.reason.as_str().into(), bytes.into()];
        transaction.execute(sql, &values).await?;
    }
    if !chunk.rejected.is_empty() {
        let sql = "DELETE FROM rejected_part WHERE source = $1 AND id <= \
            (SELECT id FROM rejected_part WHERE source = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)";
        transaction.execute(sql, &[chunk.source.as_str().into(), REJECTED_PARTS_MAX.into()]).await?;
    }
    Ok(Appended::Stored { seq })
}

/// Notes what processing found out.
pub(super) async fn index(database: &Database, indexes: Vec<ChunkIndex>) -> Result<(), StoreError> {
    let mut transaction = database.begin().await?;
    for index in indexes {
        let sql = "UPDATE event_chunk SET processed = 1, earliest = $1, latest = $2, duplicates = $3 WHERE seq = $4";
        let duplicates: Vec<u8> = index.duplicates.iter().flat_map(|place| place.to_le_bytes()).collect();
        let (earliest, latest) = (index.earliest.into(), index.latest.into());
        transaction.execute(sql, &[earliest, latest, duplicates.into(), index.seq.into()]).await?;
    }
    transaction.commit().await
}

/// Removes chunks and rejected parts that arrived before a time; answers how many chunks.
pub(super) async fn retain(database: &Database, since: Timestamp) -> Result<u64, StoreError> {
    let mut removed = 0;
    loop {
        let sql = "DELETE FROM event_chunk WHERE seq IN \
            (SELECT seq FROM event_chunk WHERE received_at < $1 ORDER BY received_at LIMIT $2)";
        let rows = database.execute(sql, &[since.into(), RETAIN_ROWS.into()]).await?;
        removed += rows;
        if rows == 0 {
            break;
        }
    }
    database.execute("DELETE FROM rejected_part WHERE received_at < $1", &[since.into()]).await?;
    if removed > 0 && database.engine() == Engine::Sqlite {
        // Gives the room back to the disk; the file would keep it otherwise.
        database.execute("PRAGMA incremental_vacuum", &[]).await?;
    }
    Ok(removed)
}
