//! A CACAO document as JSON, kept as it is.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// Our extension of CACAO: undo, evidence, approval, impact. Other engines leave it out and show the manual command.
pub const EXTENSION: &str = "extension-definition--7d3c2a54-6c1e-4f0b-9b1e-2f6f0a5c9e10";
/// Quell, as the author of playbooks.
pub const IDENTITY: &str = "identity--5b0c1d3e-8f42-4d5a-9a0b-3c6d7e8f9a01";
/// Largest document.
const BYTES_MAX: usize = 8 << 20;

/// Why a text is no document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// It is too large.
    #[error("a playbook has at most {BYTES_MAX} bytes")]
    TooLarge,
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// It is no object.
    #[error("a playbook is an object")]
    NoObject,
}

/// A playbook as it was written. Whether it is a valid one is another question.
#[derive(Debug, Clone, PartialEq)]
pub struct Document(Map<String, Value>);

impl Document {
    /// Reads JSON.
    ///
    /// # Errors
    /// It is too large, no JSON, or no object.
    pub fn from_json(text: &str) -> Result<Document, DocumentError> {
        if text.len() > BYTES_MAX {
            return Err(DocumentError::TooLarge);
        }
        let value = serde_json::from_str(text).map_err(|error| DocumentError::Unreadable(error.to_string()))?;
        Document::of(value)
    }

    /// A document of a value.
    ///
    /// # Errors
    /// It is no object.
    pub fn of(value: Value) -> Result<Document, DocumentError> {
        match value {
            Value::Object(object) => Ok(Document(object)),
            _ => Err(DocumentError::NoObject),
        }
    }

    /// Its members.
    #[must_use]
    pub fn members(&self) -> &Map<String, Value> {
        &self.0
    }

    /// As a value.
    #[must_use]
    pub fn value(&self) -> Value {
        Value::Object(self.0.clone())
    }

    /// As JSON for people: members in the order in which they were written.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(&self.0).unwrap_or_default()
    }

    /// The canonical form (RFC 8785), over which documents are compared, hashed and signed.
    #[must_use]
    pub fn canonical(&self) -> String {
        // Members are plain JSON: there is nothing that could not be written.
        serde_jcs::to_string(&self.0).unwrap_or_default()
    }

    /// SHA-256 of the canonical form, in lower-case hex.
    #[must_use]
    pub fn digest(&self) -> String {
        quell_model::hex::encode(&Sha256::digest(self.canonical()))
    }

    /// A text member, such as `id`.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}
