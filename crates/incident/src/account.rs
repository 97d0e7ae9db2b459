//! An account: a person or a service that can sign in or hold tokens. Secrets are never in the ledger.

use std::collections::BTreeSet;

use quell_model::{Right, Role, TeamId, Timestamp, TokenId};
use serde::{Deserialize, Serialize};

use crate::Fact;

/// A second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FactorKind {
    /// Time-based one-time password, RFC 6238.
    Totp,
    /// Passkey or security key, W3C Web Authentication.
    Webauthn,
}

/// What can happen to an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body")]
pub enum AccountFact {
    /// It was made.
    #[serde(rename = "user.created")]
    Created {
        /// What is typed to sign in; unique without regard to case.
        login: String,
        /// What others see.
        display_name: String,
        /// What they may do.
        role: Role,
    },
    /// Another name to show.
    #[serde(rename = "user.renamed")]
    Renamed {
        /// What others see.
        display_name: String,
    },
    /// Another role.
    #[serde(rename = "user.role_changed")]
    RoleChanged {
        /// Which.
        role: Role,
    },
    /// They cannot sign in any more; sessions and tokens ended.
    #[serde(rename = "user.disabled")]
    Disabled {
        /// Why.
        reason: String,
    },
    /// They can sign in again.
    #[serde(rename = "user.enabled")]
    Enabled,
    /// They belong to these teams now.
    #[serde(rename = "user.teams_changed")]
    TeamsChanged {
        /// All of them.
        teams: BTreeSet<TeamId>,
    },
    /// A new password was set.
    #[serde(rename = "user.password_changed")]
    PasswordChanged,
    /// A second factor was added.
    #[serde(rename = "user.factor_added")]
    FactorAdded {
        /// Id of the factor.
        id: String,
        /// Which kind.
        factor: FactorKind,
        /// What its owner calls it.
        label: String,
    },
    /// A second factor was removed.
    #[serde(rename = "user.factor_removed")]
    FactorRemoved {
        /// Id of the factor.
        id: String,
    },
    /// An identity of an OpenID Connect provider signs in as this account.
    #[serde(rename = "user.identity_linked")]
    IdentityLinked {
        /// Issuer URL.
        issuer: String,
        /// Subject at that issuer; never an e-mail address.
        subject: String,
    },
    /// A token was issued.
    #[serde(rename = "user.token_issued")]
    TokenIssued {
        /// Its id.
        id: TokenId,
        /// What its owner calls it.
        label: String,
        /// What it may do, as far as its owner may.
        rights: BTreeSet<Right>,
        /// For intake tokens: the only source it may deliver for.
        source: Option<String>,
        /// When it ends.
        expires_at: Timestamp,
    },
    /// A token was revoked.
    #[serde(rename = "user.token_revoked")]
    TokenRevoked {
        /// Its id.
        id: TokenId,
    },
    /// They signed in.
    #[serde(rename = "user.signed_in")]
    SignedIn {
        /// `password`, `password+totp`, `webauthn`, `oidc`, `setup`.
        method: String,
        /// From where.
        address: String,
    },
    /// They signed out, or a session was revoked.
    #[serde(rename = "user.session_ended")]
    SessionEnded {
        /// Why.
        why: String,
    },
    /// So many tries failed that further ones wait.
    #[serde(rename = "user.throttled")]
    Throttled {
        /// From where.
        address: String,
    },
}

impl Fact for AccountFact {}

/// An account as its entries make it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// What is typed to sign in.
    pub login: String,
    /// What others see.
    pub display_name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they can sign in.
    pub enabled: bool,
    /// Their teams.
    pub teams: BTreeSet<TeamId>,
}

impl Account {
    /// The account after its first fact; none if that is not its creation.
    #[must_use]
    pub fn begin(fact: AccountFact) -> Option<Account> {
        let AccountFact::Created { login, display_name, role } = fact else { return None };
        Some(Account { login, display_name, role, enabled: true, teams: BTreeSet::new() })
    }

    /// Takes the next fact.
    pub fn apply(&mut self, fact: AccountFact) {
        match fact {
            AccountFact::Renamed { display_name } => self.display_name = display_name,
            AccountFact::RoleChanged { role } => self.role = role,
            AccountFact::Disabled { .. } => self.enabled = false,
            AccountFact::Enabled => self.enabled = true,
            AccountFact::TeamsChanged { teams } => self.teams = teams,
            _ => {}
        }
    }
}
