//! Secrets out of a vault with the API of HashiCorp Vault and OpenBao, engine KV version 2: read once, when Quell starts.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::actuators::bounded;

/// A vault.
#[derive(Clone)]
pub struct KvVault {
    /// Where it is: `https://vault.example:8200`.
    pub url: String,
    /// A token that may read what is asked for.
    pub token: String,
    /// Its namespace, if it has some.
    pub namespace: Option<String>,
}

impl KvVault {
    /// A field of a secret, such as `token` of `secret/data/quell`. It waits for the answer on a thread of its own, so it may be
    /// called from anywhere.
    ///
    /// # Errors
    /// The vault does not answer, refuses, or has no such field.
    pub fn read(self, http: reqwest::Client, path: &str, field: &str) -> Result<String, String> {
        let (path, field) = (path.to_owned(), field.to_owned());
        let asked = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map_err(|error| error.to_string())?.block_on(self.ask(&http, &path, &field))
        });
        asked.join().map_err(|_| "reading it failed".to_owned())?
    }

    async fn ask(&self, http: &reqwest::Client, path: &str, field: &str) -> Result<String, String> {
        const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.');
        let url = format!("{}/v1/{}", self.url.trim_end_matches('/'), utf8_percent_encode(path, ENCODED));
        let mut request = http.get(url).header("x-vault-token", &self.token);
        if let Some(namespace) = &self.namespace {
            request = request.header("x-vault-namespace", namespace);
        }
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let status = answer.status();
        let text = bounded(answer).await?;
        if !status.is_success() {
            return Err(format!("it answers {status}"));
        }
        let answer: Value = serde_json::from_str(&text).map_err(|_| "the answer is no JSON".to_owned())?;
        let found = answer["data"]["data"][field].as_str().map(str::to_owned);
        found.ok_or_else(|| format!("the secret has no text {field}; a path of KV version 2 has `data` in it"))
    }
}
