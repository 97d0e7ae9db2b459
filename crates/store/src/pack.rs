//! Compression of what is large, beside the threads that answer requests.

use crate::StoreError;

/// zstd level for records: they come fast.
pub(crate) const RECORDS_LEVEL: i32 = 1;
/// zstd level for stories: they are few and kept for ever.
pub(crate) const STORY_LEVEL: i32 = 6;
/// Nothing stored expands to more.
const UNPACKED_BYTES_MAX: usize = 1 << 30;

/// Compressed bytes.
pub(crate) fn pack(bytes: &[u8], level: i32) -> Result<Vec<u8>, StoreError> {
    zstd::bulk::compress(bytes, level).map_err(|error| StoreError::Damaged(format!("it cannot be compressed: {error}")))
}

/// The bytes that were compressed.
pub(crate) fn unpack(packed: &[u8]) -> Result<Vec<u8>, StoreError> {
    let damaged = |what: String| StoreError::Damaged(format!("it cannot be expanded: {what}"));
    let size =
        zstd::bulk::Decompressor::upper_bound(packed).ok_or_else(|| damaged("its length is missing".to_owned()))?;
    if size > UNPACKED_BYTES_MAX {
        return Err(damaged(format!("it claims {size} bytes")));
    }
    zstd::bulk::decompress(packed, size).map_err(|error| damaged(error.to_string()))
}

/// Runs work that takes long on a thread for it.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(StoreError::Unavailable(format!("work was cut short; try again ({error})"))),
    }
}
