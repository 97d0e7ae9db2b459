//! One's own account: password, sessions, second factors, tokens.

use std::collections::BTreeSet;

use axum::http::HeaderValue;
use quell_incident::{AccountFact, FactorKind};
use quell_model::{Right, SessionId, Timestamp, TokenId, UserId};
use quell_store::{FactorRow, SessionRow, TokenRow, UserRow};
use serde_json::Value;
use tokio::time::Instant;

use super::desk::{Desk, factor_owner};
use super::enter::{RECOVERY, denied, generation_name, no_passkeys};
use super::factor::{CODES, SECRET_BYTES, Totp, codes, recovery_hash};
use super::throttle::Try;
use super::visit::Visit;
use super::{password, people, secret, session, token};
use crate::http::{ApiError, Caller, Credential};

const FACTORS_MAX: usize = 10;
const TOKENS_MAX: usize = 100;
const TOKEN_DAYS_MAX: i64 = 366;

/// An app that can be added.
pub(crate) struct TotpOffer {
    /// What people type.
    pub(crate) secret: String,
    /// What apps scan.
    pub(crate) uri: String,
}

/// A token that somebody wants.
pub(crate) struct NewToken {
    /// What they call it.
    pub(crate) label: String,
    /// What it may do.
    pub(crate) rights: BTreeSet<Right>,
    /// The only source it may deliver for.
    pub(crate) source: Option<String>,
    /// When it ends.
    pub(crate) expires_at: Timestamp,
}

impl Desk {
    /// The account of a caller.
    pub(crate) async fn account(&self, caller: &Caller) -> Result<UserRow, ApiError> {
        self.enabled(&caller.user).await?.ok_or(ApiError::Unauthenticated)
    }

    /// Sets another password. All sessions end, and the caller gets a new one.
    pub(crate) async fn change_password(
        &self,
        caller: &Caller,
        visit: &Visit,
        current: String,
        new: String,
    ) -> Result<HeaderValue, ApiError> {
        let row = self.session(caller).await?;
        self.prove(caller, visit, current).await?;
        password::check(&new, &caller.login)?;
        let phc = self.0.passwords.hash(new).await?;
        let user = self.account(caller).await?;
        self.change(&user, &caller.actor(), &[AccountFact::PasswordChanged]).await?;
        self.0.store.set_password(&caller.user, &phc).await?;
        self.uninvite(&caller.user).await?;
        self.0.store.end_sessions(&caller.user).await?;
        self.begin_session(&caller.user, &row.method, visit, Some(row.expires_at)).await
    }

    /// Makes the session fresh by showing the password again. It is another session with the same end.
    pub(crate) async fn confirm(
        &self,
        caller: &Caller,
        visit: &Visit,
        password: String,
    ) -> Result<HeaderValue, ApiError> {
        let row = self.session(caller).await?;
        self.prove(caller, visit, password).await?;
        self.0.store.end_session(&caller.user, &row.id).await?;
        self.begin_session(&caller.user, &row.method, visit, Some(row.expires_at)).await
    }

    /// Sessions of the caller that hold.
    pub(crate) async fn sessions(&self, caller: &Caller) -> Result<Vec<SessionRow>, ApiError> {
        let idle = i64::from(self.0.settings.session_idle_seconds);
        let now = self.now();
        let all = self.0.store.sessions(&caller.user).await?;
        Ok(all.into_iter().filter(|row| session::holds(row, now, idle)).collect())
    }

    /// Ends a session of the caller.
    pub(crate) async fn end_session(&self, caller: &Caller, id: &SessionId) -> Result<(), ApiError> {
        if !self.0.store.end_session(&caller.user, id).await? {
            return Err(ApiError::NotFound("session"));
        }
        let fact = AccountFact::SessionEnded { why: "ended by its owner".to_owned() };
        self.note(&caller.user, &caller.actor(), &fact).await
    }

    /// Second factors of the caller.
    pub(crate) async fn factors(&self, caller: &Caller) -> Result<Vec<FactorRow>, ApiError> {
        Ok(self.0.store.factors(&caller.user).await?)
    }

    /// Offers a secret for an app.
    pub(crate) async fn offer_totp(&self, caller: &Caller) -> Result<TotpOffer, ApiError> {
        let row = self.fresh_session(caller).await?;
        self.room_for_factor(&caller.user).await?;
        let plain: [u8; SECRET_BYTES] = secret::bytes(&*self.0.random);
        let totp = Totp::new(&plain, &caller.login).map_err(ApiError::Internal)?;
        let uri = totp.uri().map_err(ApiError::Internal)?;
        self.0.totp_offers.put(offer_key(&row.id), caller.user.as_str(), plain.to_vec(), Instant::now());
        Ok(TotpOffer { secret: totp.base32(), uri })
    }

    /// Adds the app that shows the right code; answers recovery codes if it is the first factor.
    pub(crate) async fn add_totp(&self, caller: &Caller, label: &str, code: &str) -> Result<Vec<String>, ApiError> {
        let row = self.fresh_session(caller).await?;
        let label = people::label(label)?;
        self.room_for_factor(&caller.user).await?;
        self.count(Try::First, &caller.login, caller.address)?;
        let now = Instant::now();
        let offered = self.0.totp_offers.with(&offer_key(&row.id), now, |plain| plain.clone());
        let plain = offered.ok_or_else(|| ApiError::Unprocessable("begin again: the secret is too old".to_owned()))?;
        let totp = Totp::new(&plain, &caller.login).map_err(ApiError::Internal)?;
        let wrong = || ApiError::Unprocessable("the code is not right; does the clock of the app agree?".to_owned());
        let step = totp.step(code.trim(), self.now()).ok_or_else(wrong)?;
        self.0.throttle.forgive(&caller.login, caller.address, now);
        self.0.totp_offers.take(&offer_key(&row.id), now);
        let id = self.id("fac");
        let sealed = self.0.keyring.seal(&*self.0.random, &factor_owner(&caller.user, &id), &plain)?;
        let (user, created_at) = (caller.user.clone(), self.now());
        let kind = FactorKind::Totp;
        self.add_factor(FactorRow { id, user, kind, label, secret: sealed, last_step: step, created_at }).await
    }

    /// What a browser needs to make a passkey.
    pub(crate) async fn offer_passkey(&self, caller: &Caller) -> Result<Value, ApiError> {
        let row = self.fresh_session(caller).await?;
        self.room_for_factor(&caller.user).await?;
        let passkeys = self.0.passkeys.as_ref().ok_or_else(no_passkeys)?;
        let have: Vec<_> = self.passkeys_of(&caller.user).await?.into_iter().map(|(_, passkey)| passkey).collect();
        let user = self.account(caller).await?.account;
        let made = passkeys.register(&caller.user, &user.login, &user.display_name, &have);
        let (options, state) = made.map_err(ApiError::Internal)?;
        self.0.passkey_offers.put(offer_key(&row.id), caller.user.as_str(), state, Instant::now());
        Ok(options)
    }

    /// Adds the passkey that the browser made.
    pub(crate) async fn add_passkey(
        &self,
        caller: &Caller,
        label: &str,
        answer: &Value,
    ) -> Result<Vec<String>, ApiError> {
        let row = self.fresh_session(caller).await?;
        let label = people::label(label)?;
        self.room_for_factor(&caller.user).await?;
        let passkeys = self.0.passkeys.as_ref().ok_or_else(no_passkeys)?;
        let refused = |error: String| {
            tracing::info!(user = %caller.user, error, "new passkey refused");
            ApiError::Unprocessable("the passkey was not accepted; begin again".to_owned())
        };
        let state = self.0.passkey_offers.take(&offer_key(&row.id), Instant::now());
        let state = state.ok_or_else(|| refused("not begun, or too long ago".to_owned()))?;
        let passkey = passkeys.registered(answer, &state).map_err(refused)?;
        let id = self.id("fac");
        let sealed = self.seal_passkey(&caller.user, &id, &passkey)?;
        let (user, created_at) = (caller.user.clone(), self.now());
        let kind = FactorKind::Webauthn;
        self.add_factor(FactorRow { id, user, kind, label, secret: sealed, last_step: 0, created_at }).await
    }

    /// Removes a second factor. With the last one, recovery codes end too.
    pub(crate) async fn remove_factor(&self, caller: &Caller, id: &str) -> Result<(), ApiError> {
        self.fresh_session(caller).await?;
        let factors = self.0.store.factors(&caller.user).await?;
        if !factors.iter().any(|factor| factor.id == id) {
            return Err(ApiError::NotFound("second factor"));
        }
        let fact = AccountFact::FactorRemoved { id: id.to_owned() };
        self.note(&caller.user, &caller.actor(), &fact).await?;
        self.0.store.remove_factor(&caller.user, id).await?;
        if factors.len() == 1 {
            self.0.store.put_setting(&generation_name(&caller.user), "").await?;
        }
        Ok(())
    }

    /// New recovery codes; those before stop working.
    pub(crate) async fn renew_codes(&self, caller: &Caller) -> Result<Vec<String>, ApiError> {
        self.fresh_session(caller).await?;
        if self.0.store.factors(&caller.user).await?.is_empty() {
            return Err(ApiError::Unprocessable("add a second factor first".to_owned()));
        }
        self.new_codes(&caller.user).await
    }

    /// Tokens of the caller, also those that ended.
    pub(crate) async fn tokens(&self, caller: &Caller) -> Result<Vec<TokenRow>, ApiError> {
        Ok(self.0.store.tokens(&caller.user).await?)
    }

    /// Issues a token; its text is shown this once.
    pub(crate) async fn issue_token(&self, caller: &Caller, wish: NewToken) -> Result<(TokenRow, String), ApiError> {
        let label = people::label(&wish.label)?;
        let now = self.now();
        check_token(caller, &wish, now)?;
        let active = |row: &&TokenRow| !row.revoked && row.expires_at > now;
        if self.0.store.tokens(&caller.user).await?.iter().filter(active).count() >= TOKENS_MAX {
            return Err(ApiError::Unprocessable(format!("revoke a token first; {TOKENS_MAX} are the most")));
        }
        let (id, text) = token::make(&*self.0.random);
        let secret_hash = token::hash(&text).ok_or_else(|| ApiError::Internal("a token that is none".to_owned()))?;
        let row = TokenRow {
            id,
            secret_hash,
            user: caller.user.clone(),
            label,
            rights: wish.rights,
            source: wish.source,
            created_at: now,
            expires_at: wish.expires_at,
            used_at: None,
            revoked: false,
        };
        let fact = AccountFact::TokenIssued {
            id: row.id.clone(),
            label: row.label.clone(),
            rights: row.rights.clone(),
            source: row.source.clone(),
            expires_at: row.expires_at,
        };
        self.note(&caller.user, &caller.actor(), &fact).await?;
        self.0.store.put_token(&row).await?;
        Ok((row, text))
    }

    /// Revokes a token of the caller.
    pub(crate) async fn revoke_token(&self, caller: &Caller, id: &TokenId) -> Result<(), ApiError> {
        if !self.0.store.revoke_token(&caller.user, id).await? {
            return Err(ApiError::NotFound("token that is in force"));
        }
        self.note(&caller.user, &caller.actor(), &AccountFact::TokenRevoked { id: id.clone() }).await
    }

    /// The session of a caller.
    async fn session(&self, caller: &Caller) -> Result<SessionRow, ApiError> {
        let Credential::Session(id) = &caller.credential else { return Err(ApiError::Unauthenticated) };
        let rows = self.0.store.sessions(&caller.user).await?;
        rows.into_iter().find(|row| row.id == *id).ok_or(ApiError::Unauthenticated)
    }

    /// The session of a caller who showed who they are a moment ago.
    pub(crate) async fn fresh_session(&self, caller: &Caller) -> Result<SessionRow, ApiError> {
        let row = self.session(caller).await?;
        if session::is_fresh(&row, self.now()) {
            return Ok(row);
        }
        Err(ApiError::Refused("show your password again first: POST /api/v1/account/confirm".to_owned()))
    }

    /// Whether the caller knows their password.
    async fn prove(&self, caller: &Caller, visit: &Visit, password: String) -> Result<(), ApiError> {
        self.count(Try::First, &caller.login, visit.address)?;
        let phc = self.0.store.password(&caller.user).await?;
        if !self.0.passwords.matches(password, phc).await? {
            return Err(denied());
        }
        self.0.throttle.forgive(&caller.login, visit.address, Instant::now());
        Ok(())
    }

    async fn room_for_factor(&self, user: &UserId) -> Result<(), ApiError> {
        if self.0.store.factors(user).await?.len() < FACTORS_MAX {
            return Ok(());
        }
        Err(ApiError::Unprocessable(format!("remove a second factor first; {FACTORS_MAX} are the most")))
    }

    /// Keeps a factor; answers recovery codes if it is the first.
    async fn add_factor(&self, row: FactorRow) -> Result<Vec<String>, ApiError> {
        let first = self.0.store.factors(&row.user).await?.is_empty();
        let fact = AccountFact::FactorAdded { id: row.id.clone(), factor: row.kind, label: row.label.clone() };
        self.note(&row.user, row.user.as_str(), &fact).await?;
        self.0.store.put_factor(&row).await?;
        if first { self.new_codes(&row.user).await } else { Ok(Vec::new()) }
    }

    async fn new_codes(&self, user: &UserId) -> Result<Vec<String>, ApiError> {
        let generation = quell_model::hex::encode(&secret::bytes::<8>(&*self.0.random));
        let made = codes(&*self.0.random);
        for code in made.iter().take(CODES) {
            let hash = recovery_hash(user, &generation, code);
            self.0.store.put_once(&hash, RECOVERY, user.as_str(), never()).await?;
        }
        self.0.store.put_setting(&generation_name(user), &generation).await?;
        Ok(made)
    }
}

/// A time that does not come.
fn never() -> Timestamp {
    session::later(Timestamp::UNIX_EPOCH, 200 * 365 * 24 * 3600)
}

fn offer_key(id: &SessionId) -> [u8; 32] {
    secret::sha256_of(&["offer", id.as_str()])
}

/// Whether somebody may have such a token.
fn check_token(caller: &Caller, wish: &NewToken, now: Timestamp) -> Result<(), ApiError> {
    let no = |why: String| Err(ApiError::Unprocessable(why));
    if wish.rights.is_empty() {
        return no("a token needs at least one right".to_owned());
    }
    if let Some(right) = wish.rights.iter().find(|right| !caller.may(**right)) {
        return no(format!("you do not have the right {} yourself", right.as_str()));
    }
    if wish.expires_at <= now || wish.expires_at > session::later(now, TOKEN_DAYS_MAX * 24 * 3600) {
        return no(format!("a token ends within {TOKEN_DAYS_MAX} days from now"));
    }
    match &wish.source {
        Some(_) if wish.rights.iter().any(|right| *right != Right::IntakeWrite) => {
            no("a token that is bound to a source can have the right intake:write and no other".to_owned())
        }
        Some(source) => people::label(source).map(drop),
        None => Ok(()),
    }
}
