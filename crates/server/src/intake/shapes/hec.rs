//! The HTTP Event Collector of Splunk: `/services/collector`, `/services/collector/event` and `/services/collector/raw`.
//!
//! A body with one event that is wrong is refused as a whole: nothing of it is stored, and the answer names the event. Time,
//! host and index beside an event are not kept; the event has its own.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{ITEMS_MAX, Lines, object};

/// How a request ends, in the words of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Stored.
    Success,
    /// The token is unknown, or may not send.
    InvalidToken,
    /// The body is empty.
    NoData,
    /// An event is no JSON object, or the one after it is broken.
    InvalidFormat {
        /// Which, from 0.
        event: usize,
    },
    /// Send it again later.
    Busy,
    /// An event has no field `event`.
    EventRequired {
        /// Which, from 0.
        event: usize,
    },
    /// The field `event` of an event is blank.
    EventBlank {
        /// Which, from 0.
        event: usize,
    },
    /// Answer to a question after health.
    Healthy,
    /// The body has too many events, or too many bytes.
    TooLarge,
}

/// An answer.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Answer {
    text: &'static str,
    code: u8,
    #[serde(rename = "invalid-event-number", skip_serializing_if = "Option::is_none")]
    event: Option<usize>,
}

impl Outcome {
    /// The HTTP status.
    pub(crate) fn status(self) -> u16 {
        match self {
            Outcome::Success | Outcome::Healthy => 200,
            Outcome::InvalidToken => 403,
            Outcome::NoData
            | Outcome::InvalidFormat { .. }
            | Outcome::EventRequired { .. }
            | Outcome::EventBlank { .. } => 400,
            Outcome::TooLarge => 413,
            Outcome::Busy => 503,
        }
    }

    /// The body of the answer.
    pub(crate) fn answer(self) -> Answer {
        let (code, text, event) = match self {
            Outcome::Success => (0, "Success", None),
            Outcome::InvalidToken => (4, "Invalid token", None),
            Outcome::NoData => (5, "No data", None),
            Outcome::InvalidFormat { event } => (6, "Invalid data format", Some(event)),
            Outcome::Busy => (9, "Server is busy", None),
            Outcome::EventRequired { event } => (12, "Event field is required", Some(event)),
            Outcome::EventBlank { event } => (13, "Event field cannot be blank", Some(event)),
            Outcome::Healthy => (17, "HEC is healthy", None),
            Outcome::TooLarge => (27, "Request entity too large", None),
        };
        Answer { text, code, event }
    }
}

/// What stands around an event, as far as it matters.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    event: Option<&'a RawValue>,
}

/// The events of a body, one a line.
///
/// # Errors
/// The answer to a body that is not taken.
pub(crate) fn events(body: &[u8]) -> Result<Vec<u8>, Outcome> {
    let mut lines = Lines::default();
    for (number, envelope) in serde_json::Deserializer::from_slice(body).into_iter::<&RawValue>().enumerate() {
        if number >= ITEMS_MAX {
            return Err(Outcome::TooLarge);
        }
        let envelope = envelope.map_err(|_| Outcome::InvalidFormat { event: number })?;
        push_event(&mut lines, envelope, number)?;
    }
    if lines.len() == 0 { Err(Outcome::NoData) } else { Ok(lines.bytes) }
}

/// A body that is taken as it is.
///
/// # Errors
/// The answer to an empty one.
pub(crate) fn raw(body: Vec<u8>) -> Result<Vec<u8>, Outcome> {
    if body.trim_ascii().is_empty() { Err(Outcome::NoData) } else { Ok(body) }
}

fn push_event(lines: &mut Lines, envelope: &RawValue, number: usize) -> Result<(), Outcome> {
    let envelope: Envelope<'_> = object(envelope.get()).map_err(|_| Outcome::InvalidFormat { event: number })?;
    let event = envelope.event.ok_or(Outcome::EventRequired { event: number })?.get();
    if !event.starts_with('"') {
        lines.push(event.as_bytes());
        return Ok(());
    }
    let text: String = serde_json::from_str(event).map_err(|_| Outcome::InvalidFormat { event: number })?;
    if text.trim().is_empty() {
        return Err(Outcome::EventBlank { event: number });
    }
    lines.push(text.as_bytes());
    Ok(())
}
