//! Secrets that work once: the set-up link, and links with which a user sets a password.

use std::sync::atomic::Ordering;

use quell_incident::AccountFact;
use quell_model::{Role, UserId};
use quell_store::{StoreError, UserRow};

use super::desk::{Desk, entries, user_stream};
use super::enter::Entered;
use super::throttle::Try;
use super::visit::Visit;
use super::{password, people, secret, session};
use crate::http::ApiError;

const SET_UP: &str = "setup";
const SET_UP_SECONDS: i64 = 3600;
const INVITATION: &str = "invitation";
const INVITATION_SECONDS: i64 = 72 * 3600;

/// Who sets Quell up.
pub(crate) struct FirstUser {
    /// What is typed to sign in.
    pub(crate) login: String,
    /// What others see.
    pub(crate) display_name: String,
    /// Their password.
    pub(crate) password: String,
}

impl Desk {
    /// Makes the secret with which the first user is made. It is valid for an hour and works while there is no user; the
    /// binary prints it once.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if there are users, or the store cannot be written.
    pub(crate) async fn make_setup_link(&self) -> Result<String, StoreError> {
        if !self.0.store.users().await?.is_empty() {
            return Err(StoreError::Taken("the place of the first user".to_owned()));
        }
        let text = secret::text(&*self.0.random);
        let until = session::later(self.now(), SET_UP_SECONDS);
        self.0.store.put_once(&secret::sha256(text.as_bytes()), SET_UP, "", until).await?;
        Ok(text)
    }

    /// Whether nobody has an account yet.
    pub(crate) async fn setup_needed(&self) -> Result<bool, ApiError> {
        if self.0.set_up.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let needed = self.0.store.users().await?.is_empty();
        self.0.set_up.store(!needed, Ordering::Relaxed);
        Ok(needed)
    }

    /// Makes the first user, an administrator, and signs them in.
    pub(crate) async fn set_up(&self, visit: &Visit, text: &str, first: FirstUser) -> Result<Entered, ApiError> {
        let FirstUser { login, display_name, password } = first;
        self.ask(visit)?;
        let login = people::login(&login)?;
        let display_name = people::display_name(&display_name)?;
        password::check(&password, &login)?;
        let _alone = self.0.people.lock().await;
        let refused = || ApiError::Refused("this set-up secret is not valid, or Quell is set up".to_owned());
        if !self.setup_needed().await? {
            return Err(refused());
        }
        let hash = secret::sha256(text.as_bytes());
        self.0.store.take_once(&hash, SET_UP, self.now()).await?.ok_or_else(refused)?;
        let phc = self.0.passwords.hash(password).await?;
        let id = UserId::new(self.id("usr"));
        let created = AccountFact::Created { login: login.clone(), display_name, role: Role::Admin };
        let facts = [created, AccountFact::PasswordChanged];
        // Before the entries, because the secret is used up: a password of nobody does no harm, a user without one would.
        self.0.store.set_password(&id, &phc).await?;
        self.0.store.append(self.now(), entries(&user_stream(&id), 0, id.as_str(), &facts)).await?;
        let user = self.enabled(&id).await?.ok_or_else(refused)?;
        self.enter(visit, user, "setup", Try::First).await
    }

    /// Makes the secret with which a user sets a password; those before it stop working.
    pub(super) async fn invite(&self, user: &UserRow) -> Result<String, ApiError> {
        let text = secret::text(&*self.0.random);
        let hash = secret::sha256(text.as_bytes());
        let until = session::later(self.now(), INVITATION_SECONDS);
        let subject = format!("{} {}", user.id, until.as_microsecond());
        self.0.store.put_once(&hash, INVITATION, &subject, until).await?;
        self.0.store.put_setting(&newest(&user.id), &quell_model::hex::encode(&hash)).await?;
        Ok(text)
    }

    /// Takes back the links of a user.
    pub(super) async fn uninvite(&self, user: &UserId) -> Result<(), ApiError> {
        Ok(self.0.store.put_setting(&newest(user), "").await?)
    }

    /// Sets a password with such a secret. Second factors stay; who has one still needs it.
    pub(crate) async fn accept(&self, visit: &Visit, text: &str, password: String) -> Result<(), ApiError> {
        self.ask(visit)?;
        password::check(&password, "")?;
        let refused = || ApiError::Refused("this link is not valid any more; ask for a new one".to_owned());
        let hash = secret::sha256(text.as_bytes());
        let subject = self.0.store.take_once(&hash, INVITATION, self.now()).await?.ok_or_else(refused)?;
        let (id, until) = subject.split_once(' ').ok_or_else(refused)?;
        let until = until.parse().ok().and_then(|micros| quell_model::Timestamp::from_microsecond(micros).ok());
        let id = UserId::new(id);
        if self.0.store.setting(&newest(&id)).await?.as_deref() != Some(quell_model::hex::encode(&hash).as_str()) {
            return Err(refused());
        }
        let user = self.enabled(&id).await?.ok_or_else(refused)?;
        let phc = match self.new_password(&user, password).await {
            Ok(phc) => phc,
            Err(error) => {
                // The link is not spent on a password that was refused.
                let until = until.ok_or_else(refused)?;
                self.0.store.put_once(&hash, INVITATION, &subject, until).await?;
                return Err(error);
            }
        };
        self.uninvite(&id).await?;
        self.note(&id, id.as_str(), &AccountFact::PasswordChanged).await?;
        self.0.store.set_password(&id, &phc).await?;
        self.0.store.end_sessions(&id).await?;
        Ok(())
    }

    async fn new_password(&self, user: &UserRow, password: String) -> Result<String, ApiError> {
        password::check(&password, &user.account.login)?;
        self.0.passwords.hash(password).await
    }
}

/// Under which the store keeps the hash of a user's newest link.
fn newest(user: &UserId) -> String {
    format!("invitation/{user}")
}
