//! Reading the lake.

use quell_model::Timestamp;
use quell_model::ports::{Chunk, ChunkHead, ChunkQuery, RejectedPart};

use crate::sql::{Database, Row, Statement};
use crate::{StoreError, pack};

const COLUMNS: &str = "seq, source, received_at, records, duplicates, payload";
const LIST_MAX: u32 = 10_000;

/// Chunks after a number, in order.
pub(super) async fn after(database: &Database, after: u64, limit: u32) -> Result<Vec<Chunk>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM event_chunk WHERE seq > $1 ORDER BY seq LIMIT $2");
    let rows = database.query(&sql, &[after.into(), limit.min(LIST_MAX).into()]).await?;
    pack::aside(move || rows.iter().map(chunk_of).collect()).await
}

/// One chunk.
pub(super) async fn chunk(database: &Database, seq: u64) -> Result<Option<Chunk>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM event_chunk WHERE seq = $1");
    match database.one(&sql, &[seq.into()]).await? {
        Some(row) => pack::aside(move || chunk_of(&row)).await.map(Some),
        None => Ok(None),
    }
}

fn chunk_of(row: &Row) -> Result<Chunk, StoreError> {
    let seq = row.count(0)?;
    let payload = pack::unpack(row.bytes(5)?).map_err(|error| StoreError::Damaged(format!("chunk {seq}: {error}")))?;
    Ok(Chunk {
        seq,
        source: row.text(1)?.to_owned(),
        received_at: row.time(2)?,
        records: u32::try_from(row.int(3)?).map_err(|_| StoreError::Damaged(format!("records of chunk {seq}")))?,
        payload,
        duplicates: row.bytes(4)?.as_chunks().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect(),
    })
}

/// Chunks that a search has to open, newest first. One that waits to be processed may hold anything.
pub(super) async fn candidates(database: &Database, query: &ChunkQuery) -> Result<Vec<ChunkHead>, StoreError> {
    let mut statement = Statement::new("SELECT seq, source, words FROM event_chunk WHERE 1 = 1");
    statement.with_some(" AND seq < ", query.before);
    if let Some(since) = query.since {
        statement.with(" AND (processed = 0 OR latest IS NULL OR latest >= ", since).push(")");
    }
    if let Some(until) = query.until {
        statement.with(" AND (processed = 0 OR earliest IS NULL OR earliest <= ", until).push(")");
    }
    if !query.sources.is_empty() {
        statement.push(" AND source IN ").list(query.sources.iter().map(String::as_str));
    }
    if !query.without_sources.is_empty() {
        statement.push(" AND source NOT IN ").list(query.without_sources.iter().map(String::as_str));
    }
    statement.with(" ORDER BY seq DESC LIMIT ", query.limit.min(LIST_MAX));
    let rows = database.query(&statement.sql, &statement.values).await?;
    let head = |row: &Row| {
        Ok(ChunkHead { seq: row.count(0)?, source: row.text(1)?.to_owned(), words: row.bytes(2)?.to_vec() })
    };
    rows.iter().map(head).collect()
}

/// How far a followed source has been read.
pub(super) async fn checkpoint(database: &Database, key: &str) -> Result<Option<String>, StoreError> {
    let row = database.one("SELECT value FROM source_checkpoint WHERE name = $1", &[key.into()]).await?;
    row.map(|row| Ok(row.text(0)?.to_owned())).transpose()
}

/// Rejected parts of a source, newest first.
pub(super) async fn rejected(
    database: &Database,
    source: &str,
    limit: u32,
) -> Result<Vec<(Timestamp, RejectedPart)>, StoreError> {
    let sql =
        "SELECT received_at, part_offset, reason, bytes FROM rejected_part WHERE source = $1 ORDER BY id DESC LIMIT $2";
    let rows = database.query(sql, &[source.into(), limit.min(LIST_MAX).into()]).await?;
    let part = |row: &Row| {
        let (offset, reason, bytes) = (row.count(1)?, row.text(2)?.to_owned(), row.bytes(3)?.to_vec());
        Ok((row.time(0)?, RejectedPart { offset, reason, bytes }))
    };
    rows.iter().map(part).collect()
}

/// The last chunk, 0 if none.
pub(super) async fn last(database: &Database) -> Result<u64, StoreError> {
    let row = database.one("SELECT seq FROM event_chunk ORDER BY seq DESC LIMIT 1", &[]).await?;
    row.map_or(Ok(0), |row| row.count(0))
}
