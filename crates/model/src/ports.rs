//! Ports: what Quell asks of the outside. Implementations live in the store and the connectors.

use std::future::Future;
use std::pin::Pin;

use crate::Timestamp;

/// A future that can be held behind a trait object.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Tells the time. The only source of it above the pure crates; tests hand in one that they move.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;
}

/// Makes bytes that nobody can guess.
pub trait Random: Send + Sync {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// Records that arrived together, as they are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewChunk {
    /// Name of the source that brought it.
    pub source: String,
    /// When it arrived.
    pub received_at: Timestamp,
    /// Identity of the delivery: a chunk with the same one is stored once, however often it is sent. None for deliveries
    /// that can be equal and yet two.
    pub digest: Option<[u8; 32]>,
    /// Number of records, at most [`crate::EventId::CHUNK_RECORDS_MAX`].
    pub records: u32,
    /// The records, packed.
    pub payload: Vec<u8>,
    /// A filter over the words of its records, for searches; an empty one says nothing. Who makes it knows its form.
    pub words: Vec<u8>,
    /// Parts of the delivery that were no records.
    pub rejected: Vec<RejectedPart>,
    /// Where the source stands after this delivery, for sources that read from somewhere: committed with it.
    pub checkpoint: Option<SourceCheckpoint>,
}

/// A part of a delivery that is no record: kept, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedPart {
    /// Byte offset in the delivery.
    pub offset: u64,
    /// What is wrong.
    pub reason: String,
    /// The part, or its beginning.
    pub bytes: Vec<u8>,
}

/// How far a followed source has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceCheckpoint {
    /// What is followed.
    pub key: String,
    /// How far; only the reader knows what it means.
    pub value: String,
}

/// A stored chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Position in the lake, ascending; gaps are possible.
    pub seq: u64,
    /// Name of the source that brought it.
    pub source: String,
    /// When it arrived.
    pub received_at: Timestamp,
    /// Number of records.
    pub records: u32,
    /// The records, packed.
    pub payload: Vec<u8>,
    /// Records, by their place, that were delivered before and are not shown; known once the chunk was processed.
    pub duplicates: Vec<u16>,
}

/// What processing a chunk found out about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkIndex {
    /// Which chunk.
    pub seq: u64,
    /// Earliest event time.
    pub earliest: Option<Timestamp>,
    /// Latest event time.
    pub latest: Option<Timestamp>,
    /// Records that were delivered before.
    pub duplicates: Vec<u16>,
}

/// Which chunks a search wants to look at, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChunkQuery {
    /// Only chunks before this one.
    pub before: Option<u64>,
    /// Only chunks with an event at or after this time.
    pub since: Option<Timestamp>,
    /// Only chunks with an event at or before this time.
    pub until: Option<Timestamp>,
    /// Only chunks of these sources; empty for all.
    pub sources: Vec<String>,
    /// Never chunks of these sources.
    pub without_sources: Vec<String>,
    /// At most so many.
    pub limit: u32,
}

/// A chunk that a search may have to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkHead {
    /// Which chunk.
    pub seq: u64,
    /// Name of its source.
    pub source: String,
    /// The filter over its words, as it was stored.
    pub words: Vec<u8>,
}

/// Outcome of appending one chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is stored, durably.
    Stored {
        /// Its position.
        seq: u64,
    },
    /// The same delivery was stored before.
    Known,
}

/// Why the lake could not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LakeError {
    /// The disk or the database is full, gone or busy; the same call can succeed later.
    #[error("the event store is not available: {0}")]
    Unavailable(String),
    /// What is stored cannot be read.
    #[error("the event store holds something that cannot be read: {0}")]
    Damaged(String),
}

/// Where records are kept: durable, in order of arrival.
pub trait EventLake: Send + Sync {
    /// Stores chunks in one transaction and answers when they are durable (invariant 3).
    fn append(&self, chunks: Vec<NewChunk>) -> Answer<'_, Result<Vec<Appended>, LakeError>>;
    /// Chunks after `seq`, in order, at most `limit`.
    fn read(&self, after: u64, limit: u32) -> Answer<'_, Result<Vec<Chunk>, LakeError>>;
    /// One chunk.
    fn chunk(&self, seq: u64) -> Answer<'_, Result<Option<Chunk>, LakeError>>;
    /// Notes what processing found out.
    fn index(&self, indexes: Vec<ChunkIndex>) -> Answer<'_, Result<(), LakeError>>;
    /// Chunks a search has to look at, newest first.
    fn candidates(&self, query: ChunkQuery) -> Answer<'_, Result<Vec<ChunkHead>, LakeError>>;
    /// How far a followed source has been read.
    fn checkpoint(&self, key: String) -> Answer<'_, Result<Option<String>, LakeError>>;
    /// Rejected parts of a source, newest first.
    fn rejected(&self, source: String, limit: u32) -> Answer<'_, Result<Vec<(Timestamp, RejectedPart)>, LakeError>>;
    /// Removes chunks that arrived before a time; returns how many.
    fn retain(&self, since: Timestamp) -> Answer<'_, Result<u64, LakeError>>;
    /// The last chunk stored, 0 if none.
    fn last(&self) -> Answer<'_, Result<u64, LakeError>>;
}

/// Bytes that a source brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Name of the source.
    pub source: String,
    /// Lines that stand before the bytes in the source and say how to read them (headers). They are no records.
    pub preamble: Vec<u8>,
    /// The bytes: log lines, JSON values, EVTX.
    pub bytes: Vec<u8>,
    /// Year for times without one.
    pub year: i16,
    /// The sender's name for this delivery; sent again under the same name, it is the same one.
    pub key: Option<String>,
    /// Where the source stands after it, for sources that read from somewhere.
    pub checkpoint: Option<SourceCheckpoint>,
}

/// What became of a delivery, once it is durable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Records stored.
    pub accepted: u64,
    /// The first parts that were no records.
    pub rejected: Vec<RejectedPart>,
    /// How many parts were no records.
    pub rejected_total: u64,
    /// The same delivery was stored before.
    pub known: bool,
}

/// Why a delivery was not taken. Nothing of it is stored; sending it again is right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IntakeError {
    /// More comes than can be worked on.
    #[error("more arrives than can be stored and matched; send it again in {retry_after_seconds} s")]
    Busy {
        /// When to try again.
        retry_after_seconds: u64,
    },
    /// The store cannot take it now.
    #[error("the delivery could not be stored: {0}")]
    Unavailable(String),
    /// Quell is stopping.
    #[error("Quell is stopping")]
    Stopping,
}

/// Takes what sources bring.
pub trait Intake: Send + Sync {
    /// Stores a delivery and answers when it is durable (invariant 3). Waits while others are ahead.
    fn deliver(&self, delivery: Delivery) -> Answer<'_, Result<Receipt, IntakeError>>;
    /// How far a followed source has been read.
    fn checkpoint(&self, key: String) -> Answer<'_, Result<Option<String>, IntakeError>>;
}

/// A message on its way to people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its name, the same however often it is sent: receivers can tell that they have it.
    pub id: String,
    /// Addresses, or names of webhooks.
    pub to: Vec<String>,
    /// What about.
    pub subject: String,
    /// What.
    pub text: String,
    /// Its marking, as it is written.
    pub tlp: String,
}

/// The way of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To addresses.
    Mail,
    /// To webhooks of these names.
    Webhook,
}

/// Why a message was not delivered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotifyError {
    /// The other side cannot take it now; the same message can be taken later.
    #[error("{0}")]
    Unavailable(String),
    /// It will never be taken.
    #[error("{0}")]
    Refused(String),
}

/// Brings messages to people.
pub trait Notifier: Send + Sync {
    /// Sends a message; answers what the other side said.
    fn send(&self, way: Way, notice: Notice) -> Answer<'_, Result<String, NotifyError>>;
}

/// Bytes that the vault keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedBytes {
    /// SHA-256 in hex: their name.
    pub sha256: String,
    /// How many there are.
    pub size_bytes: u64,
}

/// Keeps bytes under their SHA-256. What they are, and who may read them, is not its matter. Blocks: for threads that may.
pub trait Vault: Send + Sync {
    /// Begins to take bytes in.
    ///
    /// # Errors
    /// There is no room for them.
    fn begin(&self) -> std::io::Result<Box<dyn Sealing>>;

    /// The bytes of this name, as they are; whoever relies on them hashes them.
    ///
    /// # Errors
    /// They are not there, or cannot be read.
    fn read(&self, sha256: &str) -> std::io::Result<Box<dyn Content>>;

    /// Removes the bytes of this name for good; if they are not there, nothing happens.
    ///
    /// # Errors
    /// They cannot be removed.
    fn remove(&self, sha256: &str) -> std::io::Result<()>;
}

/// Bytes that can be read from any place.
pub trait Content: std::io::Read + std::io::Seek + Send {}

impl<T: std::io::Read + std::io::Seek + Send> Content for T {}

/// Bytes on their way into the vault. Dropped, they leave nothing behind.
pub trait Sealing: Send {
    /// Adds bytes.
    ///
    /// # Errors
    /// There is no room for them.
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()>;

    /// Keeps them; answers when they are durable.
    ///
    /// # Errors
    /// They could not be kept.
    fn finish(self: Box<Self>) -> std::io::Result<SealedBytes>;

    /// The bytes so far, to be read and then forgotten: they do not become evidence.
    ///
    /// # Errors
    /// They cannot be read.
    fn reread(self: Box<Self>) -> std::io::Result<Box<dyn Content>>;
}

/// Reads one file of an upload: its name, the year of times without one, its bytes.
pub type ReadUploaded<'r> = dyn FnMut(&str, i16, &mut dyn std::io::Read) -> std::io::Result<()> + 'r;

/// Takes uploads: somewhere for the bytes until they are complete, and what is inside them.
pub trait Uploads: Send + Sync {
    /// Begins an upload.
    ///
    /// # Errors
    /// There is no room for it.
    fn begin(&self) -> std::io::Result<Box<dyn Upload>>;
}

/// An upload under way. Dropped, it leaves nothing behind.
pub trait Upload: Send {
    /// Adds bytes.
    ///
    /// # Errors
    /// There is no room for them.
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()>;

    /// Reads every file in it; what cannot be read is answered with its name and reason.
    ///
    /// # Errors
    /// What `read` itself returns ends it.
    fn finish(self: Box<Self>, read: &mut ReadUploaded<'_>) -> std::io::Result<Vec<(String, String)>>;
}
