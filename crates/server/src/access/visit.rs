//! Where a request comes from and what it brings that is not yet proof of anything.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use super::session::{Cookie, Cookies};
use crate::App;
use crate::http::{ApiError, Peer};

const AGENT_CHARACTERS_MAX: usize = 200;

/// A request to sign in, or a part of one. Does not show secrets in `Debug`; it has none.
pub(crate) struct Visit {
    /// From where.
    pub(crate) address: IpAddr,
    /// With what program; what it says about itself.
    pub(crate) agent: String,
    /// Secret of the session that the browser has, valid or not.
    pub(crate) session: Option<String>,
    /// Secret of a sign-in that waits.
    pub(crate) pending: Option<String>,
    /// Secret of a sign-in at the provider.
    pub(crate) oidc: Option<String>,
}

impl Visit {
    /// Reads the headers of a request.
    pub(crate) fn new(headers: &HeaderMap, address: IpAddr, cookies: Cookies) -> Visit {
        let read = |cookie| cookies.read(cookie, headers).map(str::to_owned);
        let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Visit {
            address: address.to_canonical(),
            agent: agent.chars().filter(|letter| !letter.is_control()).take(AGENT_CHARACTERS_MAX).collect(),
            session: read(Cookie::Session),
            pending: read(Cookie::Pending),
            oidc: read(Cookie::Oidc),
        }
    }
}

impl FromRequestParts<App> for Visit {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Visit, ApiError> {
        let Peer(address) = Peer::from_request_parts(parts, app).await?;
        Ok(Visit::new(&parts.headers, address, app.access.cookies()))
    }
}
