//! Why something cannot be done to an incident.

use quell_model::IncidentId;

use crate::incident::TEXT_CHARS_MAX;
use crate::work::{ItemId, SeverityError};

/// Why a command cannot be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Its work goes on in another incident.
    #[error("the incident was merged into {0}; work on that one")]
    Merged(IncidentId),
    /// Nothing would change.
    #[error("it is so already")]
    NoChange,
    /// A reason is missing.
    #[error("a reason is needed")]
    ReasonMissing,
    /// The text is too long.
    #[error("the text is longer than {TEXT_CHARS_MAX} characters")]
    TooLong,
    /// Only Quell merges and withdraws.
    #[error("only Quell itself merges or withdraws an incident")]
    NotByHand,
    /// A restriction to nobody.
    #[error("a restricted incident needs at least one member")]
    NoMember,
    /// The incident is not restricted.
    #[error("the incident is not restricted")]
    NotRestricted,
    /// The user is a member anyway.
    #[error("this user is a member of the incident")]
    IsMember,
    /// Something that it rests on is missing.
    #[error("it needs {0}")]
    Missing(&'static str),
    /// There is no such thing: what, and which.
    #[error("there is no such {0}: {1}")]
    Unknown(&'static str, String),
    /// It cannot be done as things stand.
    #[error("{0}")]
    State(&'static str),
    /// A severity cannot be worked out.
    #[error(transparent)]
    Severity(#[from] SeverityError),
    /// Sealed evidence is not what it was.
    #[error("evidence {0} is not what was sealed; nothing is signed off on it")]
    Damaged(ItemId),
    /// Later entries build on it.
    #[error("entry {0} came later and builds on it; undo that one first")]
    BuiltUpon(u64),
}
