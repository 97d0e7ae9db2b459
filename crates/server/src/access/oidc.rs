//! Sign-in at an OpenID Connect provider: authorisation code with PKCE, state and nonce.
//!
//! What the provider says is used for one thing only: which subject at which issuer this is. An account is bound to that pair
//! and never to a name or an e-mail address, which providers let people choose. Nothing here is needed to sign in locally;
//! the provider is asked only when somebody wants to sign in there.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::{Request, StatusCode, header};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdTokenClaims, CoreJsonWebKeySet, CoreJwsSigningAlgorithm,
    CoreProviderMetadata, CoreTokenResponse,
};
use openidconnect::url::Url;
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    SignatureVerificationError, TokenResponse,
};
use quell_model::UserId;
use quell_model::ports::{Clock, Random};
use tokio::time::Instant;

use super::fetch::{Fetch, FetchError};
use super::secret;
use super::settings::OidcSettings;
use super::shelf::Shelf;

/// How long what the provider said about itself is used.
const KNOWN_FOR: Duration = Duration::from_secs(3600);
/// A key that is not known makes Quell look again, not more often than this.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(60);
/// How long somebody may take at the provider.
pub(crate) const FLOW_SECONDS: u32 = 600;

/// The client, with the endpoints that discovery gives.
type Ready =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// Why a sign-in at the provider did not work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OidcError {
    /// The provider cannot be reached or says nothing usable; local sign-in works.
    #[error("the provider does not answer as it should: {0}")]
    Provider(String),
    /// What came back is not the answer to a question of this browser.
    #[error("this sign-in was not begun here, or took too long")]
    NotBegun,
    /// The provider refused, or what it says about the person does not hold.
    #[error("the provider's answer is not accepted: {0}")]
    NotAccepted(String),
}

impl From<FetchError> for OidcError {
    fn from(error: FetchError) -> OidcError {
        OidcError::Provider(error.to_string())
    }
}

/// Who signed in at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Issuer URL.
    pub(crate) issuer: String,
    /// Subject at that issuer.
    pub(crate) subject: String,
    /// What to call them; for show only.
    pub(crate) name: Option<String>,
    /// The user who wants this identity for their account, if that is what was begun.
    pub(crate) link: Option<UserId>,
}

/// A sign-in that is under way at the provider.
struct Flow {
    state: String,
    nonce: String,
    verifier: String,
    link: Option<UserId>,
}

/// What the provider says about itself.
struct Known {
    metadata: CoreProviderMetadata,
    at: Instant,
}

/// A provider.
pub(crate) struct Oidc {
    settings: OidcSettings,
    redirect: RedirectUrl,
    issuer: Url,
    fetch: Fetch,
    known: Mutex<Option<Known>>,
    flows: Shelf<Flow>,
}

impl Oidc {
    /// A provider; nothing is asked yet.
    ///
    /// # Errors
    /// A setting is no address that may be asked.
    pub(crate) fn new(settings: OidcSettings, origin: &str) -> Result<Oidc, OidcError> {
        let bad = |error: &dyn std::fmt::Display| OidcError::Provider(error.to_string());
        let issuer = Url::parse(&settings.issuer).map_err(|error| bad(&error))?;
        let redirect = RedirectUrl::new(format!("{origin}/auth/oidc/callback")).map_err(|error| bad(&error))?;
        let fetch = Fetch::new()?;
        fetch.allow(&issuer)?;
        let flows = Shelf::new(Duration::from_secs(u64::from(FLOW_SECONDS)));
        Ok(Oidc { settings, redirect, issuer, fetch, known: Mutex::new(None), flows })
    }

    /// What the operator decided.
    pub(crate) fn settings(&self) -> &OidcSettings {
        &self.settings
    }

    /// Where to send the browser, and the secret for its cookie.
    ///
    /// # Errors
    /// The provider does not say where.
    pub(crate) async fn begin(
        &self,
        random: &dyn Random,
        owner: &str,
        link: Option<UserId>,
    ) -> Result<(Url, String), OidcError> {
        let [state, nonce, verifier, cookie] = std::array::from_fn(|_| secret::text(random));
        let client = self.client(Duration::MAX).await?;
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(verifier.clone()));
        let (said_state, said_nonce) = (state.clone(), nonce.clone());
        let request = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                || CsrfToken::new(said_state),
                || Nonce::new(said_nonce),
            )
            .add_scope(Scope::new("profile".to_owned()))
            .set_pkce_challenge(challenge);
        let (url, _, _) = request.url();
        let flow = Flow { state, nonce, verifier, link };
        self.flows.put(secret::sha256(cookie.as_bytes()), owner, flow, Instant::now());
        Ok((url, cookie))
    }

    /// Who came back from the provider.
    ///
    /// # Errors
    /// The flow was not begun by this browser, or the provider's answer does not hold.
    pub(crate) async fn finish(
        &self,
        cookie: &str,
        state: &str,
        code: String,
        clock: &Arc<dyn Clock>,
    ) -> Result<Identity, OidcError> {
        let key = secret::sha256(cookie.as_bytes());
        let flow = self.flows.take(&key, Instant::now()).ok_or(OidcError::NotBegun)?;
        if !secret::same(flow.state.as_bytes(), state.as_bytes()) {
            return Err(OidcError::NotBegun);
        }
        let client = self.client(Duration::MAX).await?;
        let exchange = client.exchange_code(AuthorizationCode::new(code)).map_err(|error| provider(&error))?;
        let exchange = exchange.set_pkce_verifier(PkceCodeVerifier::new(flow.verifier.clone()));
        let answer =
            exchange.request_async(&self.fetch).await.map_err(|error| OidcError::Provider(error.to_string()))?;
        let nonce = Nonce::new(flow.nonce);
        match self.claims(&client, &answer, &nonce, clock) {
            // The provider may have new keys.
            Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
                let client = self.client(LOOK_AGAIN_AFTER).await?;
                self.claims(&client, &answer, &nonce, clock)
            }
            other => other,
        }
        .map(|claims| identity(&claims, flow.link))
        .map_err(|error| OidcError::NotAccepted(error.to_string()))
    }

    /// What the answer says about the person, if signature, issuer, audience, time and nonce hold.
    fn claims(
        &self,
        client: &Ready,
        answer: &CoreTokenResponse,
        nonce: &Nonce,
        clock: &Arc<dyn Clock>,
    ) -> Result<CoreIdTokenClaims, ClaimsVerificationError> {
        let other = |why: &str| ClaimsVerificationError::Other(why.to_owned());
        let token = answer.id_token().ok_or_else(|| other("there is no id token"))?;
        let clock = Arc::clone(clock);
        let now = move || chrono::DateTime::from_timestamp_micros(clock.now().as_microsecond()).unwrap_or_default();
        let verifier = client.id_token_verifier().set_allowed_algs(algorithms()).set_time_fn(now);
        let claims = token.claims(&verifier, nonce)?;
        if let Some(expected) = claims.access_token_hash() {
            let parts = token.signing_alg().ok().zip(token.signing_key(&verifier).ok());
            let found = parts
                .and_then(|(algorithm, key)| AccessTokenHash::from_token(answer.access_token(), algorithm, key).ok());
            if found.as_ref() != Some(expected) {
                return Err(other("the access token is not the one of this id token"));
            }
        }
        Ok(claims.clone())
    }

    /// The client, with what the provider said about itself not longer ago than `age`.
    async fn client(&self, age: Duration) -> Result<Ready, OidcError> {
        let known = self.known().filter(|(_, at)| at.elapsed() < age.min(KNOWN_FOR));
        let metadata = match known {
            Some((metadata, _)) => metadata,
            None => self.discover().await?,
        };
        let id = ClientId::new(self.settings.client_id.clone());
        let secret = self.settings.client_secret.clone().map(ClientSecret::new);
        Ok(CoreClient::from_provider_metadata(metadata, id, secret).set_redirect_uri(self.redirect.clone()))
    }

    fn known(&self) -> Option<(CoreProviderMetadata, Instant)> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().map(|known| (known.metadata.clone(), known.at))
    }

    /// Asks the provider where it answers and which keys it signs with.
    async fn discover(&self) -> Result<CoreProviderMetadata, OidcError> {
        let url = format!("{}/.well-known/openid-configuration", self.issuer.as_str().trim_end_matches('/'));
        let request = Request::get(url).header(header::ACCEPT, "application/json").body(Vec::new());
        let answer = self.fetch.ask(request.map_err(|error| provider(&error))?).await?;
        if answer.status() != StatusCode::OK {
            return Err(OidcError::Provider(format!("discovery answers {}", answer.status())));
        }
        let metadata: CoreProviderMetadata = serde_json::from_slice(answer.body()).map_err(|error| provider(&error))?;
        if metadata.issuer().as_str() != self.settings.issuer {
            let said = metadata.issuer().as_str();
            return Err(OidcError::Provider(format!(
                "it says that its issuer is {said:?}, not the one in the settings"
            )));
        }
        let token_endpoint = metadata.token_endpoint().ok_or_else(|| provider(&"it names no token endpoint"))?;
        self.fetch.allow(token_endpoint.url())?;
        self.fetch.allow(metadata.jwks_uri().url())?;
        let keys =
            CoreJsonWebKeySet::fetch_async(metadata.jwks_uri(), &self.fetch).await.map_err(|error| provider(&error))?;
        let metadata = metadata.set_jwks(keys);
        let known = Known { metadata: metadata.clone(), at: Instant::now() };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
        Ok(metadata)
    }
}

fn provider(error: &dyn std::fmt::Display) -> OidcError {
    OidcError::Provider(error.to_string())
}

/// Signatures that only the provider can make. Those with a shared secret are not among them.
fn algorithms() -> HashSet<CoreJwsSigningAlgorithm> {
    use CoreJwsSigningAlgorithm as Algorithm;
    HashSet::from([
        Algorithm::RsaSsaPkcs1V15Sha256,
        Algorithm::RsaSsaPkcs1V15Sha384,
        Algorithm::RsaSsaPkcs1V15Sha512,
        Algorithm::RsaSsaPssSha256,
        Algorithm::RsaSsaPssSha384,
        Algorithm::RsaSsaPssSha512,
        Algorithm::EcdsaP256Sha256,
        Algorithm::EcdsaP384Sha384,
        Algorithm::EdDsa,
    ])
}

fn identity(claims: &CoreIdTokenClaims, link: Option<UserId>) -> Identity {
    let full = claims.name().and_then(|name| name.get(None)).map(|name| name.as_str().to_owned());
    let short = claims.preferred_username().map(|name| name.as_str().to_owned());
    Identity {
        issuer: claims.issuer().as_str().to_owned(),
        subject: claims.subject().as_str().to_owned(),
        name: full.or(short),
        link,
    }
}
