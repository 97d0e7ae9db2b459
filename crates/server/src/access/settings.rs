//! What the operator decides about access.

use std::fmt;
use std::sync::Arc;

use quell_model::Role;
use quell_model::ports::{Clock, Random};
use quell_store::Store;

use super::seal::Keyring;

/// Settings of access.
#[derive(Debug, Clone)]
pub struct AccessSettings {
    /// Where browsers find Quell, `https://quell.example.com`; none for `http://localhost:PORT`.
    pub public_origin: Option<String>,
    /// Port of the local address.
    pub port: u16,
    /// Whether Quell itself speaks TLS.
    pub tls: bool,
    /// A session that is not used for so long ends.
    pub session_idle_seconds: u32,
    /// A session ends after so long.
    pub session_seconds: u32,
    /// Sign-in at an OpenID Connect provider.
    pub oidc: Option<OidcSettings>,
}

impl Default for AccessSettings {
    fn default() -> AccessSettings {
        AccessSettings {
            public_origin: None,
            port: 8080,
            tls: false,
            session_idle_seconds: 12 * 3600,
            session_seconds: 7 * 24 * 3600,
            oidc: None,
        }
    }
}

impl AccessSettings {
    /// Where browsers find Quell.
    pub(crate) fn origin(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        let local = || format!("{scheme}://localhost:{}", self.port);
        self.public_origin.as_ref().map_or_else(local, |origin| origin.trim_end_matches('/').to_owned())
    }
}

/// An OpenID Connect provider.
#[derive(Clone)]
pub struct OidcSettings {
    /// What the button says.
    pub name: String,
    /// Issuer URL, exactly as the provider writes it.
    pub issuer: String,
    /// Id of Quell at the provider.
    pub client_id: String,
    /// Secret of Quell at the provider; none for a public client.
    pub client_secret: Option<String>,
    /// The role of accounts that are made for subjects nobody invited; none to refuse them.
    pub auto_create: Option<Role>,
}

impl fmt::Debug for OidcSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("OidcSettings");
        shown.field("name", &self.name).field("issuer", &self.issuer).field("client_id", &self.client_id);
        shown.field("auto_create", &self.auto_create).finish_non_exhaustive()
    }
}

/// What a [`super::Desk`] is built from.
#[derive(Clone)]
pub(crate) struct AccessParts {
    /// Accounts and their secrets.
    pub(crate) store: Store,
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
    /// Bytes that nobody can guess.
    pub(crate) random: Arc<dyn Random>,
    /// What the operator decided.
    pub(crate) settings: AccessSettings,
    /// Keys that seal secrets of second factors.
    pub(crate) keyring: Keyring,
}

impl fmt::Debug for AccessParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessParts").field("settings", &self.settings).finish_non_exhaustive()
    }
}
