//! Evidence and its custody: who collected what, where, when and how; who had it, and whether it is still what it was.
//! The bytes are in the vault, under their hash. Fields after RFC 3227 section 4.1 and ISO/IEC 27037.

use quell_model::Timestamp;
use quell_model::handbook::Volatility;
use serde::{Deserialize, Serialize};

use super::{EntityName, ItemId, Line, Stamp, Text};
use crate::Refusal;

/// What can happen to evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", content = "body", deny_unknown_fields)]
pub enum EvidenceFact {
    /// It was sealed: from now on it is known by its hash.
    #[serde(rename = "evidence.sealed")]
    Sealed {
        /// SHA-256 of its bytes, in hex.
        sha256: Sha256Hex,
        /// How large it is.
        size_bytes: u64,
        /// What is known about it.
        about: AboutEvidence,
    },
    /// It was given to somebody.
    #[serde(rename = "evidence.transferred")]
    Transferred {
        /// Which.
        evidence: ItemId,
        /// To whom.
        to: Line,
        /// How.
        how: Line,
        /// What for.
        purpose: Text,
    },
    /// Somebody looked at it or took a copy.
    #[serde(rename = "evidence.accessed")]
    Accessed {
        /// Which.
        evidence: ItemId,
        /// What for.
        purpose: Text,
    },
    /// Its bytes were read and compared with its hash.
    #[serde(rename = "evidence.verified")]
    Verified {
        /// Which.
        evidence: ItemId,
        /// Whether they are what was sealed.
        intact: bool,
        /// What was found.
        found: Line,
    },
    /// It must be kept, whatever else ends.
    #[serde(rename = "evidence.held")]
    Held {
        /// Which.
        evidence: ItemId,
        /// Who asks for it, and why.
        reason: Text,
    },
    /// It need not be kept for that any more.
    #[serde(rename = "evidence.hold_lifted")]
    HoldLifted {
        /// Which.
        evidence: ItemId,
        /// Who allowed it.
        reason: Text,
    },
    /// Its bytes were removed; hash and custody stay.
    #[serde(rename = "evidence.redacted")]
    Redacted {
        /// Which.
        evidence: ItemId,
        /// Why.
        reason: Text,
    },
    /// It was given back, or left Quell for good.
    #[serde(rename = "evidence.released")]
    Released {
        /// Which.
        evidence: ItemId,
        /// To whom, and why.
        reason: Text,
    },
}

/// A SHA-256 in lower-case hex: 64 digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256Hex(String);

impl Sha256Hex {
    /// Its digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Sha256Hex {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Sha256Hex, &'static str> {
        let hex = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if text.len() == 64 && hex { Ok(Sha256Hex(text)) } else { Err("a SHA-256 has 64 lower-case hex digits") }
    }
}

impl From<Sha256Hex> for String {
    fn from(hash: Sha256Hex) -> String {
        hash.0
    }
}

/// What is known about a piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AboutEvidence {
    /// Its name, usually that of a file.
    pub name: Line,
    /// What it is.
    pub description: Text,
    /// How quickly its origin would have lost it.
    pub volatility: Volatility,
    /// The entity that it was taken from.
    #[serde(default)]
    pub entity: Option<EntityName>,
    /// When it was collected.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub collected_at: Timestamp,
    /// Who collected it.
    pub collected_by: Line,
    /// Where.
    #[serde(default)]
    pub place: Option<Line>,
    /// With which tool, and its version.
    #[serde(default)]
    pub tool: Option<Line>,
    /// How far the clock of its origin was ahead of UTC.
    #[serde(default)]
    pub clock_drift_seconds: Option<i64>,
    /// By what right.
    #[serde(default)]
    pub authority: Option<Line>,
    /// What collecting it changed, and why that could not be avoided.
    #[serde(default)]
    pub changes: Option<Text>,
}

/// A piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Evidence {
    /// Its id.
    pub id: ItemId,
    /// When and by whom it was sealed.
    pub stamp: Stamp,
    /// SHA-256 of its bytes.
    pub sha256: Sha256Hex,
    /// How large it is.
    pub size_bytes: u64,
    /// What is known about it.
    pub about: AboutEvidence,
    /// Everything that happened to it since, in order.
    pub custody: Vec<Custody>,
    /// Whether it was what was sealed when somebody last looked; none if nobody did.
    pub intact: Option<bool>,
    /// Whether it must be kept.
    pub held: bool,
    /// Whether its bytes were removed.
    pub redacted: bool,
    /// Whether it left Quell.
    pub released: bool,
}

impl Evidence {
    /// Whether its bytes are here, and can be given out.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        !self.redacted && !self.released
    }
}

/// A link of a custody chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Custody {
    /// When and by whom.
    pub stamp: Stamp,
    /// What happened, as the ledger names it.
    pub what: String,
    /// For a reader.
    pub text: String,
}

/// All evidence, in the order in which it was sealed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct EvidenceList(Vec<Evidence>);

impl EvidenceList {
    /// All of it.
    pub fn iter(&self) -> impl Iterator<Item = &Evidence> {
        self.0.iter()
    }

    /// One piece.
    #[must_use]
    pub fn get(&self, id: ItemId) -> Option<&Evidence> {
        self.0.iter().find(|evidence| evidence.id == id)
    }

    /// A piece that is kept and not what was sealed.
    #[must_use]
    pub fn damaged(&self) -> Option<&Evidence> {
        self.0.iter().filter(|evidence| evidence.is_kept()).find(|evidence| evidence.intact == Some(false))
    }

    pub(super) fn decide(&self, fact: EvidenceFact) -> Result<EvidenceFact, Refusal> {
        let Some(id) = fact.evidence() else { return Ok(fact) };
        let evidence = self.get(id).ok_or_else(|| Refusal::Unknown("evidence", id.to_string()))?;
        match &fact {
            EvidenceFact::HoldLifted { .. } if !evidence.held => Err(Refusal::NoChange),
            EvidenceFact::HoldLifted { .. } => Ok(fact),
            EvidenceFact::Redacted { .. } | EvidenceFact::Released { .. } if evidence.held => {
                Err(Refusal::State("the evidence is under legal hold"))
            }
            EvidenceFact::Redacted { .. } if evidence.redacted => Err(Refusal::NoChange),
            EvidenceFact::Redacted { .. } => Ok(fact),
            _ if evidence.released => Err(Refusal::State("the evidence was released")),
            EvidenceFact::Held { .. } if evidence.held => Err(Refusal::NoChange),
            _ => Ok(fact),
        }
    }

    pub(super) fn apply(&mut self, stamp: Stamp, fact: EvidenceFact) {
        let (what, text) = (fact.what(), fact.text());
        if let EvidenceFact::Sealed { sha256, size_bytes, about } = fact {
            let (id, custody) = (stamp.item(), vec![Custody { stamp: stamp.clone(), what: what.to_owned(), text }]);
            let (intact, held, redacted, released) = (None, false, false, false);
            self.0.push(Evidence { id, stamp, sha256, size_bytes, about, custody, intact, held, redacted, released });
            return;
        }
        let Some(evidence) = self.0.iter_mut().find(|evidence| Some(evidence.id) == fact.evidence()) else { return };
        evidence.custody.push(Custody { stamp, what: what.to_owned(), text });
        match fact {
            EvidenceFact::Verified { intact, .. } => evidence.intact = Some(intact),
            EvidenceFact::Held { .. } => evidence.held = true,
            EvidenceFact::HoldLifted { .. } => evidence.held = false,
            EvidenceFact::Redacted { .. } => evidence.redacted = true,
            EvidenceFact::Released { .. } => evidence.released = true,
            EvidenceFact::Sealed { .. } | EvidenceFact::Transferred { .. } | EvidenceFact::Accessed { .. } => {}
        }
    }
}

impl EvidenceFact {
    /// Which piece it is about; none if it seals one.
    #[must_use]
    pub fn evidence(&self) -> Option<ItemId> {
        match self {
            EvidenceFact::Sealed { .. } => None,
            EvidenceFact::Transferred { evidence, .. }
            | EvidenceFact::Accessed { evidence, .. }
            | EvidenceFact::Verified { evidence, .. }
            | EvidenceFact::Held { evidence, .. }
            | EvidenceFact::HoldLifted { evidence, .. }
            | EvidenceFact::Redacted { evidence, .. }
            | EvidenceFact::Released { evidence, .. } => Some(*evidence),
        }
    }

    fn what(&self) -> &'static str {
        match self {
            EvidenceFact::Sealed { .. } => "sealed",
            EvidenceFact::Transferred { .. } => "transferred",
            EvidenceFact::Accessed { .. } => "accessed",
            EvidenceFact::Verified { .. } => "verified",
            EvidenceFact::Held { .. } => "held",
            EvidenceFact::HoldLifted { .. } => "hold lifted",
            EvidenceFact::Redacted { .. } => "redacted",
            EvidenceFact::Released { .. } => "released",
        }
    }

    fn text(&self) -> String {
        match self {
            EvidenceFact::Sealed { about, .. } => format!("collected by {}", about.collected_by),
            EvidenceFact::Transferred { to, how, purpose, .. } => format!("to {to}, {how}: {}", purpose.as_str()),
            EvidenceFact::Verified { found, .. } => found.to_string(),
            EvidenceFact::Accessed { purpose: text, .. }
            | EvidenceFact::Held { reason: text, .. }
            | EvidenceFact::HoldLifted { reason: text, .. }
            | EvidenceFact::Redacted { reason: text, .. }
            | EvidenceFact::Released { reason: text, .. } => text.as_str().to_owned(),
        }
    }
}
