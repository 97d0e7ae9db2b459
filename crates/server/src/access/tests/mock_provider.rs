//! An OpenID Connect provider on loopback that says whatever a test wants.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer, SigningKey};
use openidconnect::url::Url;
use serde_json::{Value, json};

use crate::access::OidcSettings;
use crate::access::secret::sha256;

/// Id of Quell at the provider.
pub(super) const CLIENT: &str = "quell";

/// The provider.
#[derive(Clone)]
pub(super) struct Provider {
    pub(super) issuer: String,
    pub(super) state: Arc<Mutex<Spoken>>,
}

/// What the provider says.
pub(super) struct Spoken {
    /// The next id token.
    pub(super) token: String,
    /// Issuer in the discovery document.
    pub(super) issuer: String,
    /// Forms that came to the token endpoint.
    pub(super) forms: Vec<String>,
    /// Number of the key in the key set.
    pub(super) key: u8,
    /// How often discovery was asked.
    pub(super) discoveries: u32,
}

impl Provider {
    pub(super) async fn start() -> Provider {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let spoken = Spoken { token: String::new(), issuer: issuer.clone(), forms: Vec::new(), key: 1, discoveries: 0 };
        let provider = Provider { issuer, state: Arc::new(Mutex::new(spoken)) };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    pub(super) fn settings(&self) -> OidcSettings {
        OidcSettings {
            name: "Example".to_owned(),
            issuer: self.issuer.clone(),
            client_id: CLIENT.to_owned(),
            client_secret: Some("shared with quell".to_owned()),
            auto_create: None,
        }
    }

    /// Claims that hold for the question in this address.
    pub(super) fn claims(&self, url: &Url, now: i64, subject: &str) -> Value {
        json!({
            "iss": self.issuer, "aud": CLIENT, "sub": subject, "iat": now, "exp": now + 300,
            "nonce": query(url, "nonce"), "name": "Somebody", "email": "admin@example.com", "preferred_username": "admin",
        })
    }

    /// Makes these claims, signed with a key, the next answer.
    pub(super) fn says(&self, key: u8, claims: &Value) {
        self.state.lock().unwrap().token = signed(key, claims);
    }
}

/// A parameter of an address.
pub(super) fn query(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// A JSON Web Token.
pub(super) fn signed(key: u8, claims: &Value) -> String {
    let head = json!({ "alg": "EdDSA", "typ": "JWT", "kid": format!("key{key}") });
    let body = format!("{}.{}", base64(&head), base64(claims));
    let signature = SigningKey::from_bytes(&[key; 32]).sign(body.as_bytes());
    format!("{body}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

/// A token with a head of the test's choice and no signature.
pub(super) fn unsigned(algorithm: &str, claims: &Value) -> String {
    let head = json!({ "alg": algorithm, "typ": "JWT" });
    let body = format!("{}.{}", base64(&head), base64(claims));
    format!(
        "{body}.{}",
        URL_SAFE_NO_PAD.encode(if algorithm == "none" { vec![] } else { sha256(body.as_bytes()).to_vec() })
    )
}

fn base64(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

async fn discovery(State(provider): State<Provider>) -> Json<Value> {
    let mut spoken = provider.state.lock().unwrap();
    spoken.discoveries += 1;
    let at = &provider.issuer;
    Json(json!({
        "issuer": spoken.issuer,
        "authorization_endpoint": format!("{at}/authorize"),
        "token_endpoint": format!("{at}/token"),
        "jwks_uri": format!("{at}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA", "HS256", "none"],
    }))
}

async fn keys(State(provider): State<Provider>) -> Json<Value> {
    let key = provider.state.lock().unwrap().key;
    let public = SigningKey::from_bytes(&[key; 32]).verifying_key();
    Json(json!({ "keys": [{
        "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": format!("key{key}"),
        "x": URL_SAFE_NO_PAD.encode(public.as_bytes()),
    }]}))
}

async fn token(State(provider): State<Provider>, form: String) -> Json<Value> {
    let mut spoken = provider.state.lock().unwrap();
    spoken.forms.push(form);
    Json(json!({ "access_token": "a", "token_type": "Bearer", "expires_in": 60, "id_token": spoken.token }))
}
