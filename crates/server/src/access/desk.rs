//! The desk: where everybody shows who they are. This file has what all parts of access share, and the check of each request.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};
use quell_incident::{AccountFact, Fact};
use quell_model::ports::{Clock, Random};
use quell_model::{Expected, NewLedgerEntry, Right, SessionId, Timestamp, UserId};
use quell_store::{SessionRow, Store, UserRow};
use tokio::time::Instant;
use webauthn_rs::prelude::PasskeyRegistration;

use super::enter::Pending;
use super::factor::Passkeys;
use super::oidc::Oidc;
use super::password::Passwords;
use super::seal::{Keyring, SealError};
use super::secret;
use super::session::{self, Cookie, Cookies};
use super::settings::{AccessParts, AccessSettings};
use super::shelf::Shelf;
use super::throttle::{Throttle, Try};
use super::token::{self, Shown};
use super::visit::Visit;
use crate::http::{ApiError, Caller, Credential};

/// Seconds that a sign-in waits for its second half.
pub(crate) const PENDING_SECONDS: u32 = 300;

/// Where everybody shows who they are. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Desk(pub(super) Arc<Inner>);

/// What the desk is made of.
pub(super) struct Inner {
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Arc<dyn Random>,
    pub(super) settings: AccessSettings,
    pub(super) keyring: Keyring,
    pub(super) cookies: Cookies,
    pub(super) passwords: Passwords,
    pub(super) throttle: Throttle,
    pub(super) pending: Shelf<Pending>,
    /// Secrets of apps that are not confirmed yet, by session.
    pub(super) totp_offers: Shelf<Vec<u8>>,
    /// Passkeys that are being made, by session.
    pub(super) passkey_offers: Shelf<PasskeyRegistration>,
    pub(super) passkeys: Option<Passkeys>,
    pub(super) oidc: Option<Oidc>,
    /// Held while users change, so that two changes together cannot remove the last administrator.
    pub(super) people: tokio::sync::Mutex<()>,
    /// Whether somebody was seen to have an account; it never becomes untrue.
    pub(super) set_up: AtomicBool,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

impl Desk {
    /// A desk.
    ///
    /// A provider that cannot be used, or an origin at which browsers allow no passkeys, is logged and left out: signing in
    /// with a password must always work.
    ///
    /// # Errors
    /// The keyring is not usable.
    pub(crate) fn new(parts: AccessParts) -> Result<Desk, SealError> {
        let AccessParts { store, clock, random, settings, keyring } = parts;
        let origin = settings.origin();
        let passkeys = Passkeys::new(&origin, &keyring)?;
        if passkeys.is_none() {
            tracing::warn!(origin, "passkeys are off: browsers allow them only at a host name");
        }
        let oidc = settings.oidc.clone().and_then(|settings| match Oidc::new(settings, &origin) {
            Ok(oidc) => Some(oidc),
            Err(error) => {
                tracing::error!(%error, "sign-in at the OpenID Connect provider is off");
                None
            }
        });
        let wait = Duration::from_secs(u64::from(PENDING_SECONDS));
        let inner = Inner {
            cookies: Cookies::new(&settings),
            passwords: Passwords::new(Arc::clone(&random)),
            throttle: Throttle::default(),
            pending: Shelf::new(wait),
            totp_offers: Shelf::new(wait),
            passkey_offers: Shelf::new(wait),
            people: tokio::sync::Mutex::new(()),
            set_up: AtomicBool::new(false),
            store,
            clock,
            random,
            settings,
            keyring,
            passkeys,
            oidc,
        };
        Ok(Desk(Arc::new(inner)))
    }

    /// Who asks, by what they show; none if they show nothing that is valid as a session.
    ///
    /// # Errors
    /// A token that is not valid, or a store that cannot be read.
    pub(crate) async fn authenticate(&self, headers: &HeaderMap, address: IpAddr) -> Result<Option<Caller>, ApiError> {
        match token::shown(headers) {
            Shown::Token(text) => self.by_token(&text, address).await.map(Some),
            Shown::Unknown => Err(ApiError::Unauthenticated),
            Shown::Nothing => self.by_session(headers, address).await,
        }
    }

    /// How cookies are written here.
    pub(crate) fn cookies(&self) -> Cookies {
        self.0.cookies
    }

    async fn by_token(&self, text: &str, address: IpAddr) -> Result<Caller, ApiError> {
        let hash = token::hash(text).ok_or(ApiError::Unauthenticated)?;
        let row = self.0.store.token_by_hash(&hash).await?.ok_or(ApiError::Unauthenticated)?;
        let now = self.now();
        if row.revoked || now >= row.expires_at || !secret::same(&row.secret_hash, &hash) {
            return Err(ApiError::Unauthenticated);
        }
        let user = self.enabled(&row.user).await?.ok_or(ApiError::Unauthenticated)?;
        if session::touch_due(row.used_at, now)
            && let Err(error) = self.0.store.touch_token(&row.id, now).await
        {
            tracing::warn!(%error, "use of a token could not be noted");
        }
        let rights = row.rights.into_iter().filter(|right| user.account.role.allows(*right)).collect();
        Ok(caller(user, rights, Credential::Token(row.id, row.source), address))
    }

    async fn by_session(&self, headers: &HeaderMap, address: IpAddr) -> Result<Option<Caller>, ApiError> {
        let Some(text) = self.0.cookies.read(Cookie::Session, headers) else { return Ok(None) };
        let Some(row) = self.session_of(text).await? else { return Ok(None) };
        let Some(user) = self.enabled(&row.user).await? else { return Ok(None) };
        let now = self.now();
        if session::touch_due(Some(row.used_at), now)
            && let Err(error) = self.0.store.touch_session(&row.id, now).await
        {
            tracing::warn!(%error, "use of a session could not be noted");
        }
        let rights = Right::ALL.into_iter().filter(|right| user.account.role.allows(*right)).collect();
        Ok(Some(caller(user, rights, Credential::Session(row.id), address)))
    }

    /// The session of a secret, if it holds.
    async fn session_of(&self, text: &str) -> Result<Option<SessionRow>, ApiError> {
        let hash = secret::sha256(text.as_bytes());
        let row = self.0.store.session_by_hash(&hash).await?;
        let idle = i64::from(self.0.settings.session_idle_seconds);
        let now = self.now();
        Ok(row.filter(|row| secret::same(&row.secret_hash, &hash) && session::holds(row, now, idle)))
    }

    /// An account that may sign in.
    pub(super) async fn enabled(&self, user: &UserId) -> Result<Option<UserRow>, ApiError> {
        Ok(self.0.store.user(user).await?.filter(|user| user.account.enabled))
    }

    pub(super) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// A new id with this prefix.
    pub(super) fn id(&self, prefix: &str) -> String {
        format!("{prefix}-{}", quell_model::hex::encode(&secret::bytes::<8>(&*self.0.random)))
    }

    /// Counts a try, and tells the ledger when somebody tries too often.
    pub(super) fn count(&self, what: Try, login: &str, address: IpAddr) -> Result<(), ApiError> {
        self.0.throttle.begin(what, login, address, Instant::now()).map_err(|denied| {
            if denied.tell {
                // Elsewhere, so that the time of the answer does not tell whether there is an account.
                let (desk, login) = (self.clone(), login.to_owned());
                tokio::spawn(async move { desk.tell_throttled(&login, address).await });
            }
            ApiError::TooMany(denied.wait_seconds)
        })
    }

    async fn tell_throttled(&self, login: &str, address: IpAddr) {
        let told = async {
            let Some(user) = self.0.store.user_by_login(login).await? else { return Ok(()) };
            let fact = AccountFact::Throttled { address: address.to_string() };
            self.note(&user.id, quell_model::SYSTEM_ACTOR, &fact).await
        };
        if let Err(error) = told.await {
            tracing::warn!(%error, "the ledger could not be told of failed tries");
        }
    }

    /// Appends a fact about an account that cannot conflict with others.
    pub(super) async fn note(&self, user: &UserId, actor: &str, fact: &AccountFact) -> Result<(), ApiError> {
        let entry = entry(&user_stream(user), Expected::Any, actor, fact);
        self.0.store.append(self.now(), vec![entry]).await?;
        Ok(())
    }

    /// Appends changes of an account, on the version they were decided on.
    pub(super) async fn change(&self, user: &UserRow, actor: &str, facts: &[AccountFact]) -> Result<(), ApiError> {
        let entries = entries(&user_stream(&user.id), user.version, actor, facts);
        if !entries.is_empty() {
            self.0.store.append(self.now(), entries).await?;
        }
        Ok(())
    }

    /// Begins a session; answers the header with its cookie.
    pub(super) async fn begin_session(
        &self,
        user: &UserId,
        method: &str,
        visit: &Visit,
        expires_at: Option<Timestamp>,
    ) -> Result<HeaderValue, ApiError> {
        let text = secret::text(&*self.0.random);
        let now = self.now();
        let seconds = i64::from(self.0.settings.session_seconds);
        let row = SessionRow {
            id: SessionId::new(self.id("ses")),
            secret_hash: secret::sha256(text.as_bytes()),
            user: user.clone(),
            created_at: now,
            used_at: now,
            expires_at: expires_at.unwrap_or_else(|| session::later(now, seconds)),
            method: method.to_owned(),
            address: visit.address.to_string(),
            agent: visit.agent.clone(),
        };
        self.0.store.put_session(&row).await?;
        self.cookie(Cookie::Session, &text, seconds)
    }

    /// Ends the session that a browser brings, whoever's it is: nobody goes on with a session from before.
    pub(super) async fn end_old_session(&self, visit: &Visit) -> Result<(), ApiError> {
        let Some(text) = &visit.session else { return Ok(()) };
        if let Some(old) = self.0.store.session_by_hash(&secret::sha256(text.as_bytes())).await? {
            self.0.store.end_session(&old.user, &old.id).await?;
        }
        Ok(())
    }

    pub(super) fn cookie(&self, cookie: Cookie, text: &str, seconds: i64) -> Result<HeaderValue, ApiError> {
        let made = self.0.cookies.set(cookie, text, seconds);
        made.ok_or_else(|| ApiError::Internal("a cookie could not be written".to_owned()))
    }
}

/// A caller, with rights that were cut to their role.
fn caller(user: UserRow, rights: BTreeSet<Right>, credential: Credential, address: IpAddr) -> Caller {
    Caller {
        user: user.id,
        login: user.account.login,
        teams: user.account.teams.into_iter().collect(),
        rights,
        credential,
        address,
    }
}

/// Whom a sealed secret belongs to.
pub(super) fn factor_owner(user: &UserId, factor: &str) -> String {
    format!("{user}/{factor}")
}

pub(super) fn user_stream(user: &UserId) -> String {
    format!("user/{user}")
}

/// A fact as an entry.
pub(super) fn entry(stream: &str, expected: Expected, actor: &str, fact: &impl Fact) -> NewLedgerEntry {
    let (kind, body) = fact.parts();
    NewLedgerEntry { stream: stream.to_owned(), expected, actor: actor.to_owned(), kind, body }
}

/// Facts as entries that follow each other.
pub(super) fn entries(stream: &str, version: u64, actor: &str, facts: &[impl Fact]) -> Vec<NewLedgerEntry> {
    let versions = (version..).map(Expected::Version);
    facts.iter().zip(versions).map(|(fact, expected)| entry(stream, expected, actor, fact)).collect()
}

impl From<SealError> for ApiError {
    fn from(error: SealError) -> ApiError {
        ApiError::Internal(format!("a sealed secret: {error}"))
    }
}
