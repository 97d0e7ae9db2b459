//! Passkeys and security keys, W3C Web Authentication, on `webauthn-rs`.
//!
//! Who asks for the passkeys of a login that does not exist, or has none, gets a question that looks like any other and is
//! the same each time. Challenges come from the library's own source of randomness, which is seeded by the system.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use quell_model::UserId;
use quell_model::ports::Random;
use serde_json::{Value, json};
use webauthn_rs::prelude::{
    Passkey, PasskeyAuthentication, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential, Url, Uuid,
    Webauthn, WebauthnBuilder,
};

use crate::access::seal::{Keyring, SealError};
use crate::access::secret;

/// Lengths of credential ids of common authenticators.
const ID_BYTES: [usize; 3] = [16, 20, 32];
const TIMEOUT_MS: u32 = 300_000;

/// What a browser is asked, and how its answer is judged; without a state there is no right answer.
pub(crate) struct Question {
    /// For `navigator.credentials.get`.
    pub(crate) options: Value,
    /// How the answer is judged.
    pub(crate) state: Option<PasskeyAuthentication>,
}

/// Registers and checks passkeys of one site.
pub(crate) struct Passkeys {
    webauthn: Webauthn,
    site: String,
    fake_key: [u8; 32],
}

impl Passkeys {
    /// Passkeys for a site; none if browsers allow none there, as at a bare IP address.
    ///
    /// # Errors
    /// The keyring is not usable.
    pub(crate) fn new(origin: &str, keyring: &Keyring) -> Result<Option<Passkeys>, SealError> {
        let fake_key = keyring.derive("quell passkeys of unknown logins")?;
        let Ok(url) = Url::parse(origin) else { return Ok(None) };
        let Some(site) = url.domain().map(str::to_owned) else { return Ok(None) };
        // What listens on other ports of this machine is no stranger.
        let local = site == "localhost";
        let builder = WebauthnBuilder::new(&site, &url);
        let builder = builder.map(|builder| builder.rp_name("Quell").allow_any_port(local));
        let webauthn = builder.and_then(WebauthnBuilder::build).ok();
        Ok(webauthn.map(|webauthn| Passkeys { webauthn, site, fake_key }))
    }

    /// What the browser needs to make a new passkey, and how its answer is judged.
    ///
    /// # Errors
    /// The library refuses.
    pub(crate) fn register(
        &self,
        user: &UserId,
        login: &str,
        display_name: &str,
        have: &[Passkey],
    ) -> Result<(Value, PasskeyRegistration), String> {
        let exclude = have.iter().map(|key| key.cred_id().clone()).collect();
        let begun = self.webauthn.start_passkey_registration(handle(user), login, display_name, Some(exclude));
        let (options, state) = begun.map_err(|error| error.to_string())?;
        let options = serde_json::to_value(options).map_err(|error| error.to_string())?;
        Ok((options, state))
    }

    /// The new passkey.
    ///
    /// # Errors
    /// The answer is not one to this question.
    pub(crate) fn registered(&self, answer: &Value, state: &PasskeyRegistration) -> Result<Passkey, String> {
        let answer: RegisterPublicKeyCredential = read(answer)?;
        self.webauthn.finish_passkey_registration(&answer, state).map_err(|error| error.to_string())
    }

    /// What a browser is asked to prove that it has one of these passkeys.
    ///
    /// # Errors
    /// The library refuses.
    pub(crate) fn ask(&self, have: &[Passkey]) -> Result<Question, String> {
        let (options, state) = self.webauthn.start_passkey_authentication(have).map_err(|error| error.to_string())?;
        let options = serde_json::to_value(options).map_err(|error| error.to_string())?;
        let challenge = options.pointer("/publicKey/challenge").and_then(Value::as_str).unwrap_or_default();
        let ids = have.iter().map(|key| URL_SAFE_NO_PAD.encode(key.cred_id()));
        Ok(Question { options: self.options(challenge, ids.collect()), state: Some(state) })
    }

    /// The question for a login that has no passkey, or is none.
    pub(crate) fn ask_nobody(&self, random: &dyn Random, login: &str) -> Question {
        let seed = secret::sha256_of(&[&quell_model::hex::encode(&self.fake_key), &login.to_lowercase()]);
        let length = ID_BYTES[usize::from(seed[0]) % ID_BYTES.len()];
        let id = secret::sha256(&seed);
        let id = URL_SAFE_NO_PAD.encode(id.get(..length).unwrap_or(&id));
        Question { options: self.options(&secret::text(random), vec![id]), state: None }
    }

    /// The passkey that answered, as it is now, and the count of its use.
    ///
    /// # Errors
    /// The answer is not right.
    pub(crate) fn answered<K>(
        &self,
        answer: &Value,
        state: &PasskeyAuthentication,
        have: Vec<(K, Passkey)>,
    ) -> Result<(K, Passkey, i64), String> {
        let answer: PublicKeyCredential = read(answer)?;
        let result = self.webauthn.finish_passkey_authentication(&answer, state).map_err(|error| error.to_string())?;
        let of = have.into_iter().find(|(_, key)| key.cred_id() == result.cred_id());
        let (id, mut key) = of.ok_or("the passkey was removed")?;
        let _ = key.update_credential(&result);
        Ok((id, key, i64::from(result.counter())))
    }

    /// One form for all questions, so that nothing in them tells real from unreal.
    fn options(&self, challenge: &str, ids: Vec<String>) -> Value {
        let allowed: Vec<Value> = ids.into_iter().map(|id| json!({ "type": "public-key", "id": id })).collect();
        json!({ "publicKey": {
            "challenge": challenge,
            "timeout": TIMEOUT_MS,
            "rpId": self.site,
            "allowCredentials": allowed,
            "userVerification": "required",
        }})
    }
}

/// The handle under which authenticators know a user.
fn handle(user: &UserId) -> Uuid {
    let hash = secret::sha256_of(&["passkey user", user.as_str()]);
    let [bytes @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = hash;
    Uuid::from_bytes(bytes)
}

fn read<T: serde::de::DeserializeOwned>(answer: &Value) -> Result<T, String> {
    serde_json::from_value(answer.clone()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::testing::{Counting, keyring};

    #[test]
    fn unknown_logins_look_like_others_and_stay_the_same() {
        let passkeys = Passkeys::new("https://quell.example.com", &keyring()).unwrap().unwrap();
        let ask = |login| passkeys.ask_nobody(&Counting::default(), login).options;
        let id = |options: &Value| options.pointer("/publicKey/allowCredentials/0/id").cloned();
        assert_eq!(id(&ask("alice")), id(&ask("Alice")));
        assert_ne!(id(&ask("alice")), id(&ask("bob")));
        assert_eq!(ask("alice").pointer("/publicKey/rpId"), Some(&json!("quell.example.com")));
    }

    #[test]
    fn there_are_none_at_bare_addresses() {
        assert!(Passkeys::new("http://192.0.2.1:8080", &keyring()).unwrap().is_none());
        assert!(Passkeys::new("http://localhost:8080", &keyring()).unwrap().is_some());
    }
}
