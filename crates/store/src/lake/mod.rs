//! The event lake: chunks of records as they arrived, in a database of their own so that intake never waits for readers of
//! incidents.
//!
//! Readers follow the lake by sequence number, so a chunk must never become visible behind one that was read already: on
//! SQLite there is one writer; on PostgreSQL a lock is held from the number to the commit.

mod read;
mod write;

use quell_model::Timestamp;
use quell_model::ports::{
    Answer, Appended, Chunk, ChunkHead, ChunkIndex, ChunkQuery, EventLake, LakeError, NewChunk, RejectedPart,
};

use crate::sql::Database;

/// The lake of a store.
#[derive(Debug)]
pub(crate) struct Lake {
    database: Database,
}

impl Lake {
    pub(crate) fn new(database: Database) -> Lake {
        Lake { database }
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }
}

impl EventLake for Lake {
    fn append(&self, chunks: Vec<NewChunk>) -> Answer<'_, Result<Vec<Appended>, LakeError>> {
        Box::pin(async move { Ok(write::append(&self.database, chunks).await?) })
    }

    fn read(&self, after: u64, limit: u32) -> Answer<'_, Result<Vec<Chunk>, LakeError>> {
        Box::pin(async move { Ok(read::after(&self.database, after, limit).await?) })
    }

    fn chunk(&self, seq: u64) -> Answer<'_, Result<Option<Chunk>, LakeError>> {
        Box::pin(async move { Ok(read::chunk(&self.database, seq).await?) })
    }

    fn index(&self, indexes: Vec<ChunkIndex>) -> Answer<'_, Result<(), LakeError>> {
        Box::pin(async move { Ok(write::index(&self.database, indexes).await?) })
    }

    fn candidates(&self, query: ChunkQuery) -> Answer<'_, Result<Vec<ChunkHead>, LakeError>> {
        Box::pin(async move { Ok(read::candidates(&self.database, &query).await?) })
    }

    fn checkpoint(&self, key: String) -> Answer<'_, Result<Option<String>, LakeError>> {
        Box::pin(async move { Ok(read::checkpoint(&self.database, &key).await?) })
    }

    fn rejected(&self, source: String, limit: u32) -> Answer<'_, Result<Vec<(Timestamp, RejectedPart)>, LakeError>> {
        Box::pin(async move { Ok(read::rejected(&self.database, &source, limit).await?) })
    }

    fn retain(&self, since: Timestamp) -> Answer<'_, Result<u64, LakeError>> {
        Box::pin(async move { Ok(write::retain(&self.database, since).await?) })
    }

    fn last(&self) -> Answer<'_, Result<u64, LakeError>> {
        Box::pin(async move { Ok(read::last(&self.database).await?) })
    }
}
