//! The forms in which senders bring records over HTTP. Pure: a body comes in, already decompressed and of bounded size; the
//! bytes of a delivery come out, and what is needed to answer in the sender's own protocol.
//!
//! Records are taken out of what the protocol wraps around them, one a line, and not looked into. Must never: panic, whatever
//! the body, or drop a part of it without saying so in the answer.

pub(crate) mod elastic;
pub(crate) mod hec;
pub(crate) mod otlp;

#[cfg(test)]
mod tests;

use quell_model::ports::Receipt;
use serde::Deserialize;

/// Most records in one request.
pub(crate) const ITEMS_MAX: usize = 50_000;

/// Records, one a line.
#[derive(Debug, Default, PartialEq, Eq)]
struct Lines {
    bytes: Vec<u8>,
    /// Where each begins.
    starts: Vec<u64>,
}

impl Lines {
    /// Adds a record. What stands on several lines comes to stand on one: in JSON a newline is nothing but space.
    fn push(&mut self, record: &[u8]) {
        self.starts.push(self.bytes.len() as u64);
        self.bytes.extend(record.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
        self.bytes.push(b'\n');
    }

    fn len(&self) -> usize {
        self.starts.len()
    }
}

/// Which lines were no records, and why; `starts` says where each line begins.
fn rejections<'r>(starts: &[u64], receipt: &'r Receipt) -> Vec<Option<&'r str>> {
    let mut reasons = vec![None; starts.len()];
    for part in &receipt.rejected {
        let line = starts.partition_point(|start| *start <= part.offset);
        if let Some(reason) = line.checked_sub(1).and_then(|line| reasons.get_mut(line)) {
            reason.get_or_insert(part.reason.as_str());
        }
    }
    reasons
}

/// Reads a JSON object; serde would take a list for a struct too.
fn object<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, String> {
    if !text.trim_start().starts_with('{') {
        return Err("it is no JSON object".to_owned());
    }
    serde_json::from_str(text).map_err(|error| error.to_string())
}
