//! Accounts, and the secrets that are never in the ledger. Secrets are hashed or sealed by the caller, and never printed.

use std::collections::BTreeSet;
use std::fmt;

use quell_incident::{Account, FactorKind};
use quell_model::{Right, SessionId, TeamId, Timestamp, TokenId, UserId};

/// A team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamRow {
    /// Which.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// Version of its stream.
    pub version: u64,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    /// Which.
    pub id: UserId,
    /// What its entries made it.
    pub account: Account,
    /// Version of its stream.
    pub version: u64,
}

/// A second factor.
#[derive(Clone, PartialEq, Eq)]
pub struct FactorRow {
    /// Which.
    pub id: String,
    /// Whose.
    pub user: UserId,
    /// Which kind.
    pub kind: FactorKind,
    /// What its owner calls it.
    pub label: String,
    /// Its secret, sealed.
    pub secret: Vec<u8>,
    /// Last time step or counter that was used.
    pub last_step: i64,
    /// When it was added.
    pub created_at: Timestamp,
}

impl fmt::Debug for FactorRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FactorRow { id, user, kind, label, secret: _, last_step, created_at } = self;
        let mut shown = f.debug_struct("FactorRow");
        shown.field("id", id).field("user", user).field("kind", kind).field("label", label);
        shown.field("last_step", last_step).field("created_at", created_at).finish_non_exhaustive()
    }
}

/// A sign-in that lasts.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Which.
    pub id: SessionId,
    /// SHA-256 of its secret.
    pub secret_hash: [u8; 32],
    /// Whose.
    pub user: UserId,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, roughly.
    pub used_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// How they signed in.
    pub method: String,
    /// From where.
    pub address: String,
    /// With what program.
    pub agent: String,
}

impl fmt::Debug for SessionRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("SessionRow");
        shown.field("id", &self.id).field("user", &self.user).field("method", &self.method);
        shown.field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// An API token.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// Which.
    pub id: TokenId,
    /// SHA-256 of its secret.
    pub secret_hash: [u8; 32],
    /// Whose.
    pub user: UserId,
    /// What its owner calls it.
    pub label: String,
    /// What it may do, as far as its owner may.
    pub rights: BTreeSet<Right>,
    /// For intake tokens: the only source it may deliver for.
    pub source: Option<String>,
    /// When it was issued.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was last used, roughly.
    pub used_at: Option<Timestamp>,
    /// Whether it was revoked.
    pub revoked: bool,
}

impl fmt::Debug for TokenRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("TokenRow");
        shown.field("id", &self.id).field("user", &self.user).field("label", &self.label).field("rights", &self.rights);
        shown.field("expires_at", &self.expires_at).field("revoked", &self.revoked).finish_non_exhaustive()
    }
}

/// Names one request of one user that may be sent twice.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AnswerKey {
    /// Whose request.
    pub user: UserId,
    /// Their name for it.
    pub key: String,
}

/// The answer that such a request got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RememberedAnswer {
    /// SHA-256 of the request, to tell it from another one under the same name.
    pub request_hash: [u8; 32],
    /// HTTP status.
    pub status: u16,
    /// Body.
    pub body: Vec<u8>,
}

/// Whose it is to carry out a request that has a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BegunAnswer {
    /// The caller's.
    Yours,
    /// Nobody's: it was carried out, with this answer.
    Answered(RememberedAnswer),
    /// Somebody else's, or it was cut off and nobody knows how far it came.
    UnderWay {
        /// Whether that is the same request.
        same: bool,
    },
}
