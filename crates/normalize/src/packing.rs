//! Records as bytes that can be kept: exact, without the context in which they were read (a header lines back, a list
//! around them).
//!
//! A version byte, then each record: number, offset, how it is written, its bytes. Numbers are unsigned LEB128, text and
//! bytes come after their length.

use std::sync::Arc;

use crate::{RawRecord, Shape};

const VERSION: u8 = 1;
const JSON: u8 = 0;
const PAIRS: u8 = 1;
/// Most records a pack can claim to hold; it is read into memory.
const RECORDS_MAX: usize = 1 << 20;

/// A pack that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("packed records are damaged at byte {0}")]
pub struct DamagedPack(pub usize);

/// Packs records.
#[must_use]
pub fn pack(records: &[RawRecord]) -> Vec<u8> {
    let bytes: usize = records.iter().map(|record| record.bytes.len() + 16).sum();
    let mut out = Vec::with_capacity(bytes + 1);
    out.push(VERSION);
    for record in records {
        number(&mut out, record.number);
        number(&mut out, record.offset);
        match &record.shape {
            Shape::Json => out.push(JSON),
            Shape::Pairs { source, pairs } => {
                out.push(PAIRS);
                text(&mut out, source.as_bytes());
                number(&mut out, pairs.len() as u64);
                for (name, value) in pairs {
                    text(&mut out, name.as_bytes());
                    text(&mut out, value.as_bytes());
                }
            }
        }
        text(&mut out, &record.bytes);
    }
    out
}

/// The records of a pack.
///
/// # Errors
/// It is none of [`pack`]'s.
pub fn unpack(bytes: &[u8]) -> Result<Vec<RawRecord>, DamagedPack> {
    let mut reader = Reader { bytes, at: 0 };
    if reader.byte()? != VERSION {
        return Err(DamagedPack(0));
    }
    let mut records = Vec::new();
    while reader.at < bytes.len() {
        if records.len() >= RECORDS_MAX {
            return Err(DamagedPack(reader.at));
        }
        records.push(reader.record()?);
    }
    Ok(records)
}

fn number(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn text(out: &mut Vec<u8>, bytes: &[u8]) {
    number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Result<u8, DamagedPack> {
        let byte = self.bytes.get(self.at).copied().ok_or(DamagedPack(self.at))?;
        self.at += 1;
        Ok(byte)
    }

    fn number(&mut self) -> Result<u64, DamagedPack> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(DamagedPack(self.at))
    }

    fn slice(&mut self) -> Result<&'a [u8], DamagedPack> {
        let length = usize::try_from(self.number()?).map_err(|_| DamagedPack(self.at))?;
        let end = self.at.checked_add(length).ok_or(DamagedPack(self.at))?;
        let slice = self.bytes.get(self.at..end).ok_or(DamagedPack(self.at))?;
        self.at = end;
        Ok(slice)
    }

    fn text(&mut self) -> Result<&'a str, DamagedPack> {
        std::str::from_utf8(self.slice()?).map_err(|_| DamagedPack(self.at))
    }

    fn record(&mut self) -> Result<RawRecord, DamagedPack> {
        let (number, offset) = (self.number()?, self.number()?);
        let shape = match self.byte()? {
            JSON => Shape::Json,
            PAIRS => self.pairs()?,
            _ => return Err(DamagedPack(self.at)),
        };
        Ok(RawRecord { number, offset, shape, bytes: self.slice()?.to_vec() })
    }

    fn pairs(&mut self) -> Result<Shape, DamagedPack> {
        let source: Arc<str> = self.text()?.into();
        let count = self.number()?;
        let mut pairs = Vec::new();
        for _ in 0..count {
            pairs.push((self.text()?.to_owned(), self.text()?.to_owned()));
        }
        Ok(Shape::Pairs { source, pairs })
    }
}
