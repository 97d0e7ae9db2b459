//! Accounts and the OpenID Connect provider: signing in there, and binding an account to an identity.

use axum::http::HeaderValue;
use quell_incident::AccountFact;
use quell_model::{Role, SYSTEM_ACTOR, UserId};
use quell_store::UserRow;

use super::desk::{Desk, entries, user_stream};
use super::enter::Entered;
use super::oidc::{FLOW_SECONDS, Identity, Oidc, OidcError};
use super::people;
use super::session::Cookie;
use super::throttle::Try;
use super::visit::Visit;
use crate::http::ApiError;

impl Desk {
    /// What the button says that leads to the provider, if there is one.
    pub(crate) fn provider_name(&self) -> Option<String> {
        self.0.oidc.as_ref().map(|oidc| oidc.settings().name.clone())
    }

    /// Whether passkeys can be used.
    pub(crate) fn has_passkeys(&self) -> bool {
        self.0.passkeys.is_some()
    }

    /// Where to send a browser that wants to sign in at the provider, or to bind an account to an identity there.
    pub(crate) async fn begin_at_provider(
        &self,
        visit: &Visit,
        link: Option<UserId>,
    ) -> Result<(String, HeaderValue), ApiError> {
        self.ask(visit)?;
        let oidc = self.oidc()?;
        let owner = visit.address.to_string();
        let (url, text) = oidc.begin(&*self.0.random, &owner, link).await.map_err(refusal)?;
        let cookie = self.cookie(Cookie::Oidc, &text, i64::from(FLOW_SECONDS))?;
        Ok((url.into(), cookie))
    }

    /// Takes a browser that comes back from the provider. An account that was bound answers no session.
    pub(crate) async fn finish_at_provider(
        &self,
        visit: &Visit,
        state: &str,
        code: String,
    ) -> Result<Option<Entered>, ApiError> {
        self.ask(visit)?;
        let cookie = visit.oidc.as_ref().ok_or_else(|| refusal(OidcError::NotBegun))?;
        let identity = self.oidc()?.finish(cookie, state, code, &self.0.clock).await.map_err(refusal)?;
        if let Some(user) = &identity.link {
            self.bind(user, &identity).await?;
            return Ok(None);
        }
        let user = match self.0.store.user_by_identity(&identity.issuer, &identity.subject).await? {
            Some(user) => user,
            None => self.newcomer(&identity).await?,
        };
        if !user.account.enabled {
            return Err(unknown());
        }
        self.enter(visit, user, "oidc", Try::First).await.map(Some)
    }

    /// The header that forgets a sign-in at the provider.
    pub(crate) fn forget_provider(&self) -> Option<HeaderValue> {
        self.0.cookies.clear(Cookie::Oidc)
    }

    fn oidc(&self) -> Result<&Oidc, ApiError> {
        self.0.oidc.as_ref().ok_or(ApiError::NotFound("OpenID Connect provider"))
    }

    async fn bind(&self, user: &UserId, identity: &Identity) -> Result<(), ApiError> {
        let _alone = self.0.people.lock().await;
        let user = self.enabled(user).await?.ok_or_else(unknown)?;
        if let Some(holder) = self.0.store.user_by_identity(&identity.issuer, &identity.subject).await? {
            let other = "this identity belongs to another account".to_owned();
            return if holder.id == user.id { Ok(()) } else { Err(ApiError::Conflict(other)) };
        }
        self.change(&user, user.id.as_str(), &[linked(identity)]).await
    }

    /// Makes an account for somebody whom nobody invited, if the operator wants that.
    async fn newcomer(&self, identity: &Identity) -> Result<UserRow, ApiError> {
        let role = self.oidc()?.settings().auto_create.filter(|role| *role != Role::Admin).ok_or_else(unknown)?;
        let _alone = self.0.people.lock().await;
        if let Some(user) = self.0.store.user_by_identity(&identity.issuer, &identity.subject).await? {
            return Ok(user);
        }
        let login = self.id("oidc");
        let name = identity.name.as_deref().map(people::display_name).and_then(Result::ok);
        let display_name = name.unwrap_or_else(|| login.clone());
        let id = UserId::new(self.id("usr"));
        let facts = [AccountFact::Created { login, display_name, role }, linked(identity)];
        self.0.store.append(self.now(), entries(&user_stream(&id), 0, SYSTEM_ACTOR, &facts)).await?;
        self.enabled(&id).await?.ok_or_else(unknown)
    }
}

fn linked(identity: &Identity) -> AccountFact {
    AccountFact::IdentityLinked { issuer: identity.issuer.clone(), subject: identity.subject.clone() }
}

fn unknown() -> ApiError {
    ApiError::Refused("this identity has no account here; ask an administrator".to_owned())
}

fn refusal(error: OidcError) -> ApiError {
    match error {
        OidcError::Provider(details) => {
            tracing::warn!(details, "OpenID Connect provider");
            ApiError::Unavailable("the provider does not answer; sign in with your password or passkey".to_owned())
        }
        OidcError::NotBegun => ApiError::Refused(error.to_string()),
        OidcError::NotAccepted(details) => {
            tracing::warn!(details, "answer of the OpenID Connect provider refused");
            ApiError::Refused("the provider's answer is not accepted; try again".to_owned())
        }
    }
}
