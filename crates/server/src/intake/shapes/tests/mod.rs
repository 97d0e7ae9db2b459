//! Bodies as senders write them, bodies nobody should write, and the answers to both.

mod elastic;
mod hec;
mod hostile;
mod otlp;

use quell_model::ports::{Receipt, RejectedPart};
use serde::Serialize;

/// A receipt with parts rejected at these offsets.
fn receipt(rejected: &[(u64, &str)]) -> Receipt {
    let rejected = rejected.iter();
    let rejected = rejected.map(|(offset, reason)| RejectedPart {
        offset: *offset,
        reason: (*reason).to_owned(),
        bytes: Vec::new(),
    });
    Receipt { accepted: 1, rejected_total: rejected.len() as u64, rejected: rejected.collect(), known: false }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}
