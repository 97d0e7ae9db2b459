//! Ids as types: an id of one kind cannot stand where another is meant.

use serde::{Deserialize, Serialize};

macro_rules! text_ids {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The id with this text.
            pub fn new(text: impl Into<String>) -> $name {
                $name(text.into())
            }

            /// Its text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

text_ids! {
    /// An incident, `inc-` and 12 hex digits.
    IncidentId,
    /// An alert, `alr-` and 16 hex digits.
    AlertId,
    /// All alerts of one rule about one thing, `grp-` and 16 hex digits.
    AlertGroupId,
    /// A person or service with an account, `usr-` and 16 hex digits.
    UserId,
    /// A team, `tem-` and 16 hex digits.
    TeamId,
    /// An API token, `tok-` and 16 hex digits. Not the secret.
    TokenId,
    /// A sign-in of a user, `ses-` and 16 hex digits. Not the secret.
    SessionId,
}

/// A stored event: the chunk it arrived in and its place there. Written `chunk-index`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(u64);

impl EventId {
    /// Bits of the place within a chunk.
    const INDEX_BITS: u32 = 16;
    /// Most records of one chunk.
    pub const CHUNK_RECORDS_MAX: usize = 1 << EventId::INDEX_BITS;

    /// The `index`-th record, from 0, of a chunk.
    #[must_use]
    pub fn new(chunk: u64, index: u16) -> EventId {
        EventId(chunk << EventId::INDEX_BITS | u64::from(index))
    }

    /// The event with this number.
    #[must_use]
    pub fn from_number(number: u64) -> EventId {
        EventId(number)
    }

    /// One number for both; later events have larger ones.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }

    /// Sequence number of its chunk.
    #[must_use]
    pub fn chunk(self) -> u64 {
        self.0 >> EventId::INDEX_BITS
    }

    /// Place within the chunk, from 0.
    #[must_use]
    pub fn index(self) -> u16 {
        (self.0 & (EventId::CHUNK_RECORDS_MAX as u64 - 1)) as u16
    }

    /// Reads `chunk-index`.
    #[must_use]
    pub fn parse(text: &str) -> Option<EventId> {
        let (chunk, index) = text.split_once('-')?;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(chunk) || !digits(index) {
            return None;
        }
        let chunk: u64 = chunk.parse().ok().filter(|chunk| *chunk < 1 << 46)?;
        Some(EventId::new(chunk, index.parse().ok()?))
    }
}

impl std::fmt::Display for EventId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.chunk(), self.index())
    }
}
