//! Bytes of every source to events and entities.
//!
//! [`RecordReader`] cuts a stream of bytes into records and recognises their form from the content alone.
//! [`Normalizer`] turns a record into an [`quell_model::Event`] by the mapping of its source; mappings are data in
//! `content/mappings/`.
//!
//! Total and bounded: whatever the bytes are, the answer is events plus rejections with offset and reason, in bounded
//! memory. Pure: bytes come in through `std::io::Read`, nothing here opens a file or asks a clock.

mod framing;
mod json;
mod lines;
mod mapping;
mod normalizer;
mod packing;
mod paths;
mod time;

pub use framing::{Formats, Item, RawRecord, RecordReader, Shape};
pub use lines::CsvTable;
pub use mapping::MappingError;
pub use normalizer::{Mappings, Normalizer};
pub use packing::{DamagedPack, pack, unpack};
