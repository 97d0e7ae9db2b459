//! Who asks.

use std::collections::BTreeSet;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use quell_model::{Right, SessionId, TeamId, TokenId, UserId, Viewer};

use super::ApiError;

/// Address at the other end of the connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// What a caller showed to prove who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Credential {
    /// A signed-in browser.
    Session(SessionId),
    /// An API token, with the only source it may deliver for, if it has one.
    Token(TokenId, Option<String>),
}

/// A caller that was authenticated.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// Who.
    pub(crate) user: UserId,
    /// Login name, for logs.
    pub(crate) login: String,
    /// Their teams.
    pub(crate) teams: Vec<TeamId>,
    /// What they may do with this credential.
    pub(crate) rights: BTreeSet<Right>,
    /// What they showed.
    pub(crate) credential: Credential,
    /// From where.
    pub(crate) address: IpAddr,
}

impl Caller {
    /// In whose eyes things are read.
    pub(crate) fn viewer(&self) -> Viewer {
        Viewer::User { user: self.user.clone(), teams: self.teams.clone() }
    }

    /// Whether they have a right.
    pub(crate) fn may(&self, right: Right) -> bool {
        self.rights.contains(&right)
    }

    /// Fails without a right.
    ///
    /// # Errors
    /// They do not have it.
    pub(crate) fn need(&self, right: Right) -> Result<(), ApiError> {
        if self.may(right) { Ok(()) } else { Err(ApiError::Forbidden(right.as_str())) }
    }

    /// As the ledger names them.
    pub(crate) fn actor(&self) -> String {
        self.user.to_string()
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Caller, ApiError> {
        parts.extensions.get::<Caller>().cloned().ok_or(ApiError::Unauthenticated)
    }
}

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Peer, ApiError> {
        let missing = || ApiError::Internal("connection without an address".to_owned());
        parts.extensions.get::<Peer>().copied().ok_or_else(missing)
    }
}
