//! Facts to entries and back.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// An entry whose kind or body this version does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("entry of kind {kind} cannot be read: {reason}")]
pub struct UnknownFact {
    /// Kind of the entry.
    pub kind: String,
    /// What is wrong.
    pub reason: String,
}

/// A fact of one kind of stream: an enum that serde tags with `kind` and `body`.
pub trait Fact: Serialize + DeserializeOwned {
    /// Kind and body, as the ledger keeps them.
    fn parts(&self) -> (String, Value) {
        // An enum of plain structs always serialises to an object with a kind.
        let mut object = match serde_json::to_value(self) {
            Ok(Value::Object(object)) => object,
            _ => Map::new(),
        };
        let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        (kind, object.remove("body").unwrap_or(Value::Null))
    }

    /// Reads an entry.
    ///
    /// # Errors
    /// The kind is unknown or the body has another shape.
    fn read(kind: &str, body: &Value) -> Result<Self, UnknownFact> {
        let mut object = Map::new();
        object.insert("kind".to_owned(), Value::String(kind.to_owned()));
        if !body.is_null() {
            object.insert("body".to_owned(), body.clone());
        }
        serde_json::from_value(Value::Object(object))
            .map_err(|error| UnknownFact { kind: kind.to_owned(), reason: error.to_string() })
    }
}
