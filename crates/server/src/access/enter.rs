//! Signing in: password, then a second factor if there is one; or a passkey alone.
//!
//! All that can be wrong is answered alike ([`denied`]). A failure is counted before it is known to be one.

use axum::http::HeaderValue;
use quell_incident::{AccountFact, FactorKind};
use quell_model::UserId;
use quell_store::{FactorRow, UserRow};
use serde_json::Value;
use tokio::time::Instant;
use webauthn_rs::prelude::{Passkey, PasskeyAuthentication};

use super::desk::{Desk, PENDING_SECONDS, factor_owner};
use super::factor::{Question, Totp, recovery_hash};
use super::secret;
use super::session::Cookie;
use super::throttle::Try;
use super::visit::Visit;
use crate::http::{ApiError, Caller, Credential};

/// Wrong codes after which a sign-in begins anew.
const TRIES_MAX: u8 = 10;

/// What came of a step of signing in.
pub(crate) enum Entered {
    /// Signed in.
    In {
        /// Who.
        user: Box<UserRow>,
        /// Headers to set.
        cookies: Vec<HeaderValue>,
    },
    /// The password was right, and there is a second factor.
    Second {
        /// What can be shown: `totp`, `webauthn`, `recovery`.
        kinds: Vec<&'static str>,
        /// Headers to set.
        cookies: Vec<HeaderValue>,
    },
}

/// A sign-in that waits for its second half. It grants nothing.
#[derive(Clone)]
pub(super) struct Pending {
    /// Who it would be; none if the login is unknown, which nobody may learn.
    user: Option<UserId>,
    login: String,
    /// Hash of the password's PHC string if the password was right: a new password ends the sign-in.
    password: Option<[u8; 32]>,
    tries: u8,
    question: Option<PasskeyAuthentication>,
}

/// A code that is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// From an app.
    Totp,
    /// From the list on paper.
    Recovery,
}

/// The one answer to everything that is wrong in a sign-in.
pub(super) fn denied() -> ApiError {
    ApiError::Refused("this sign-in is not right: check the login name and what you showed, and try again".to_owned())
}

impl Desk {
    /// Signs in with a password.
    pub(crate) async fn sign_in(&self, visit: &Visit, login: &str, password: String) -> Result<Entered, ApiError> {
        self.count(Try::First, login, visit.address)?;
        let user = self.0.store.user_by_login(login).await?.filter(|user| user.account.enabled);
        // Also for nobody, so that it takes the same steps.
        let id = user.as_ref().map_or_else(|| UserId::new(""), |user| user.id.clone());
        let phc = self.0.store.password(&id).await?;
        let right = self.0.passwords.matches(password, phc.clone()).await?;
        let (Some(user), Some(phc), true) = (user, phc, right) else { return Err(denied()) };
        let factors = self.0.store.factors(&user.id).await?;
        if factors.is_empty() {
            return self.enter(visit, user, "password", Try::First).await;
        }
        self.0.throttle.forgive(login, visit.address, Instant::now());
        let pending = Pending {
            user: Some(user.id.clone()),
            login: login.to_owned(),
            password: Some(secret::sha256(phc.as_bytes())),
            tries: 0,
            question: None,
        };
        let cookie = self.put_pending(user.id.as_str(), pending)?;
        Ok(Entered::Second { kinds: kinds(&factors), cookies: vec![cookie] })
    }

    /// Completes a sign-in with a code.
    pub(crate) async fn enter_code(&self, visit: &Visit, kind: Code, code: &str) -> Result<Entered, ApiError> {
        let (key, pending) = self.pending(visit).ok_or_else(denied)?;
        self.count(Try::Code, &pending.login, visit.address)?;
        let user = self.half_way(&pending).await?;
        let (right, method) = match kind {
            Code::Totp => (self.totp_is_right(&user, code).await?, "password+totp"),
            Code::Recovery => (self.recovery_is_right(&user.id, code).await?, "password+recovery"),
        };
        if !right {
            self.count_wrong_code(&key);
            return Err(denied());
        }
        self.0.pending.take(&key, Instant::now()).ok_or_else(denied)?;
        self.enter(visit, user, method, Try::Code).await
    }

    /// Asks for a passkey: of the user whose password was right, or of a login. Answers what the browser needs and the header
    /// to set, if there is one.
    pub(crate) async fn ask_passkey(
        &self,
        visit: &Visit,
        login: Option<&str>,
    ) -> Result<(Value, Option<HeaderValue>), ApiError> {
        self.ask(visit)?;
        let Some(login) = login else {
            let (key, pending) = self.pending(visit).ok_or_else(denied)?;
            let user = self.half_way(&pending).await?;
            let question = self.question(Some(&user), &pending.login).await?;
            self.0.pending.with(&key, Instant::now(), |pending| pending.question = question.state);
            return Ok((question.options, None));
        };
        let user = self.0.store.user_by_login(login).await?.filter(|user| user.account.enabled);
        let question = self.question(user.as_ref(), login).await?;
        let pending = Pending {
            user: user.map(|user| user.id),
            login: login.to_owned(),
            password: None,
            tries: 0,
            question: question.state,
        };
        let cookie = self.put_pending(&visit.address.to_string(), pending)?;
        Ok((question.options, Some(cookie)))
    }

    /// Completes a sign-in with a passkey.
    pub(crate) async fn enter_passkey(&self, visit: &Visit, answer: &Value) -> Result<Entered, ApiError> {
        let (key, pending) = self.pending(visit).ok_or_else(denied)?;
        self.count(Try::First, &pending.login, visit.address)?;
        // A question is answered once.
        let question = self.0.pending.with(&key, Instant::now(), |pending| pending.question.take()).flatten();
        let user = match (&pending.password, &pending.user) {
            (Some(_), _) => self.half_way(&pending).await?,
            (None, Some(user)) => self.enabled(user).await?.ok_or_else(denied)?,
            (None, None) => return Err(denied()),
        };
        let question = question.ok_or_else(denied)?;
        let have = self.passkeys_of(&user.id).await?;
        let passkeys = self.0.passkeys.as_ref().ok_or_else(denied)?;
        let (id, passkey, count) = passkeys.answered(answer, &question, have).map_err(|error| {
            tracing::info!(user = %user.id, error, "passkey refused");
            denied()
        })?;
        let sealed = self.seal_passkey(&user.id, &id, &passkey)?;
        self.0.store.update_factor(&id, &sealed, count).await?;
        self.0.pending.take(&key, Instant::now()).ok_or_else(denied)?;
        let method = if pending.password.is_some() { "password+webauthn" } else { "webauthn" };
        self.enter(visit, user, method, Try::First).await
    }

    /// Signs out.
    pub(crate) async fn sign_out(&self, caller: &Caller) -> Result<Vec<HeaderValue>, ApiError> {
        if let Credential::Session(id) = &caller.credential
            && self.0.store.end_session(&caller.user, id).await?
        {
            let fact = AccountFact::SessionEnded { why: "signed out".to_owned() };
            self.note(&caller.user, caller.user.as_str(), &fact).await?;
        }
        Ok(self.0.cookies.clear(Cookie::Session).into_iter().collect())
    }

    /// Lets somebody in who has shown all that is needed: a new session, never one that was there before.
    pub(super) async fn enter(
        &self,
        visit: &Visit,
        user: UserRow,
        method: &str,
        what: Try,
    ) -> Result<Entered, ApiError> {
        let fact = AccountFact::SignedIn { method: method.to_owned(), address: visit.address.to_string() };
        self.note(&user.id, user.id.as_str(), &fact).await?;
        self.end_old_session(visit).await?;
        let mut cookies = vec![self.begin_session(&user.id, method, visit, None).await?];
        cookies.extend(self.0.cookies.clear(Cookie::Pending));
        self.0.throttle.succeed(what, &user.account.login, visit.address, Instant::now());
        Ok(Entered::In { user: Box::new(user), cookies })
    }

    /// Counts something that anybody can ask for.
    pub(super) fn ask(&self, visit: &Visit) -> Result<(), ApiError> {
        let asked = self.0.throttle.ask(visit.address, Instant::now());
        asked.map_err(|denied| ApiError::TooMany(denied.wait_seconds))
    }

    fn put_pending(&self, owner: &str, pending: Pending) -> Result<HeaderValue, ApiError> {
        let text = secret::text(&*self.0.random);
        self.0.pending.put(secret::sha256(text.as_bytes()), owner, pending, Instant::now());
        self.cookie(Cookie::Pending, &text, i64::from(PENDING_SECONDS))
    }

    fn pending(&self, visit: &Visit) -> Option<([u8; 32], Pending)> {
        let key = secret::sha256(visit.pending.as_ref()?.as_bytes());
        self.0.pending.with(&key, Instant::now(), |pending| pending.clone()).map(|pending| (key, pending))
    }

    /// The user whose password was right and is still the same.
    async fn half_way(&self, pending: &Pending) -> Result<UserRow, ApiError> {
        let (Some(user), Some(hash)) = (&pending.user, &pending.password) else { return Err(denied()) };
        let phc = self.0.store.password(user).await?.ok_or_else(denied)?;
        if !secret::same(&secret::sha256(phc.as_bytes()), hash) {
            return Err(denied());
        }
        self.enabled(user).await?.ok_or_else(denied)
    }

    fn count_wrong_code(&self, key: &[u8; 32]) {
        let now = Instant::now();
        let tries = self.0.pending.with(key, now, |pending| {
            pending.tries = pending.tries.saturating_add(1);
            pending.tries
        });
        if tries.is_some_and(|tries| tries >= TRIES_MAX) {
            self.0.pending.take(key, now);
        }
    }

    async fn totp_is_right(&self, user: &UserRow, code: &str) -> Result<bool, ApiError> {
        let now = self.now();
        for factor in self.0.store.factors(&user.id).await? {
            if factor.kind != FactorKind::Totp {
                continue;
            }
            let plain = self.0.keyring.open(&factor_owner(&user.id, &factor.id), &factor.secret)?;
            let totp = Totp::new(&plain, &user.account.login).map_err(ApiError::Internal)?;
            // The store takes each step once, so that no code works twice.
            if let Some(step) = totp.step(code.trim(), now)
                && self.0.store.use_totp_step(&factor.id, step).await?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn recovery_is_right(&self, user: &UserId, code: &str) -> Result<bool, ApiError> {
        let generation = self.0.store.setting(&generation_name(user)).await?.filter(|text| !text.is_empty());
        let Some(generation) = generation else { return Ok(false) };
        let hash = recovery_hash(user, &generation, code);
        let taken = self.0.store.take_once(&hash, RECOVERY, self.now()).await?;
        Ok(taken.as_deref() == Some(user.as_str()))
    }

    async fn question(&self, user: Option<&UserRow>, login: &str) -> Result<Question, ApiError> {
        let Some(passkeys) = &self.0.passkeys else { return Err(no_passkeys()) };
        let id = user.map_or_else(|| UserId::new(""), |user| user.id.clone());
        let have: Vec<Passkey> = self.passkeys_of(&id).await?.into_iter().map(|(_, passkey)| passkey).collect();
        if have.is_empty() {
            return Ok(passkeys.ask_nobody(&*self.0.random, login));
        }
        passkeys.ask(&have).map_err(ApiError::Internal)
    }

    /// The passkeys of a user, with the ids of their factors.
    pub(super) async fn passkeys_of(&self, user: &UserId) -> Result<Vec<(String, Passkey)>, ApiError> {
        let mut passkeys = Vec::new();
        for factor in self.0.store.factors(user).await? {
            if factor.kind == FactorKind::Webauthn {
                let plain = self.0.keyring.open(&factor_owner(user, &factor.id), &factor.secret)?;
                let passkey = serde_json::from_slice(&plain).map_err(|error| ApiError::Internal(error.to_string()))?;
                passkeys.push((factor.id, passkey));
            }
        }
        Ok(passkeys)
    }

    pub(super) fn seal_passkey(&self, user: &UserId, factor: &str, passkey: &Passkey) -> Result<Vec<u8>, ApiError> {
        let plain = serde_json::to_vec(passkey).map_err(|error| ApiError::Internal(error.to_string()))?;
        Ok(self.0.keyring.seal(&*self.0.random, &factor_owner(user, factor), &plain)?)
    }
}

/// Purpose of recovery codes in the store.
pub(super) const RECOVERY: &str = "recovery";

/// Under which the store keeps the generation of a user's recovery codes.
pub(super) fn generation_name(user: &UserId) -> String {
    format!("recovery/{user}")
}

pub(super) fn no_passkeys() -> ApiError {
    ApiError::Unprocessable("passkeys work only where Quell has a host name; set its public origin".to_owned())
}

fn kinds(factors: &[FactorRow]) -> Vec<&'static str> {
    let has = |kind| factors.iter().any(|factor| factor.kind == kind);
    let all = [(has(FactorKind::Totp), "totp"), (has(FactorKind::Webauthn), "webauthn"), (true, "recovery")];
    all.into_iter().filter(|(there, _)| *there).map(|(_, kind)| kind).collect()
}
