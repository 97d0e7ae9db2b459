//! Answers over HTTP that are read to a bound.

use std::time::Duration;

use reqwest::Response;
use reqwest::redirect::Policy;

/// Longest answer that is read.
const ANSWER_BYTES_MAX: usize = 4 << 20;

/// How long a target has to answer.
const WITHIN: Duration = Duration::from_secs(20);

/// A client for targets. It follows nothing: a target that sends Quell elsewhere is not the target.
///
/// # Errors
/// The certificates of the machine cannot be read.
pub fn http_client() -> Result<reqwest::Client, String> {
    http_client_trusting(&[])
}

/// A client that trusts these certificates, each in DER; none are those of the machine.
///
/// # Errors
/// A certificate is none.
pub fn http_client_trusting(authorities: &[Vec<u8>]) -> Result<reqwest::Client, String> {
    // Fails if another part of the process chose a provider before; that one is used then.
    drop(tokio_rustls::rustls::crypto::ring::default_provider().install_default());
    let mut client = reqwest::Client::builder().timeout(WITHIN).redirect(Policy::none()).user_agent("quell");
    if !authorities.is_empty() {
        let all: Result<Vec<_>, _> = authorities.iter().map(|der| reqwest::Certificate::from_der(der)).collect();
        client = client.tls_certs_only(all.map_err(|error| error.to_string())?);
    }
    client.build().map_err(|error| error.to_string())
}

/// The text of an answer; an error if it is longer than anybody needs.
pub(crate) async fn bounded(mut answer: Response) -> Result<String, String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| error.to_string())? {
        if bytes.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(format!("the answer is longer than {ANSWER_BYTES_MAX} bytes"));
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| "the answer is no text".to_owned())
}
