//! Notes in Markdown. Every version of a note stays.

use quell_model::UserId;
use serde::{Deserialize, Serialize};

use super::{ItemId, Stamp, Text};
use crate::Refusal;

/// What can happen to a note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", content = "body", deny_unknown_fields)]
pub enum NoteFact {
    /// It was written.
    #[serde(rename = "incident.noted")]
    Written {
        /// Markdown.
        text: Text,
    },
    /// It has another text now.
    #[serde(rename = "note.changed")]
    Changed {
        /// Which.
        note: ItemId,
        /// Markdown.
        text: Text,
        /// Who wrote it together with the one who saved it. Quell says so; nobody can claim it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        with: Vec<UserId>,
    },
}

/// A note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Note {
    /// Its id.
    pub id: ItemId,
    /// What it said, the latest version last; never empty.
    pub versions: Vec<NoteVersion>,
}

/// A version of a note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NoteVersion {
    /// When and by whom.
    pub stamp: Stamp,
    /// Markdown.
    pub text: Text,
    /// Who wrote it together with the one who saved it.
    pub with: Vec<UserId>,
}

/// All notes, in the order in which they were written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Notes(Vec<Note>);

impl Notes {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Note> {
        self.0.iter()
    }

    pub(super) fn decide(&self, fact: NoteFact) -> Result<NoteFact, Refusal> {
        let NoteFact::Changed { note, text, .. } = &fact else { return Ok(fact) };
        let known = self.0.iter().find(|known| known.id == *note);
        let known = known.ok_or_else(|| Refusal::Unknown("note", note.to_string()))?;
        if known.versions.last().is_some_and(|version| version.text == *text) {
            return Err(Refusal::NoChange);
        }
        Ok(fact)
    }

    pub(super) fn apply(&mut self, stamp: Stamp, fact: NoteFact) {
        match fact {
            NoteFact::Written { text } => {
                self.0.push(Note { id: stamp.item(), versions: vec![NoteVersion { stamp, text, with: Vec::new() }] });
            }
            NoteFact::Changed { note, text, with } => {
                if let Some(known) = self.0.iter_mut().find(|known| known.id == note) {
                    known.versions.push(NoteVersion { stamp, text, with });
                }
            }
        }
    }
}
