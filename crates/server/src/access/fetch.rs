//! Requests to the OpenID Connect provider, and to nobody else: only to hosts that were named before, only by https (or on
//! loopback), never to link-local addresses, without redirects, bounded in time and size.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::{Request, Response};
use openidconnect::url::{Host, Url};
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use quell_model::ports::Answer;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;

const WAIT: Duration = Duration::from_secs(10);
const BODY_BYTES_MAX: usize = 1 << 20;

/// Why an answer did not come.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// The address is not one that may be asked.
    #[error("{0} is not asked: {1}")]
    NotAllowed(String, &'static str),
    /// The client could not be made, or the host did not answer.
    #[error("no answer: {0}")]
    NoAnswer(String),
    /// The answer is too long.
    #[error("the answer is longer than {BODY_BYTES_MAX} bytes")]
    TooLong,
}

/// A client with a list of hosts.
pub(crate) struct Fetch {
    client: reqwest::Client,
    allowed: Mutex<BTreeSet<String>>,
}

impl Fetch {
    pub(crate) fn new() -> Result<Fetch, FetchError> {
        // Fails if another part of the process chose a provider before; that one is used then.
        let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .timeout(WAIT)
            .dns_resolver(std::sync::Arc::new(Resolver))
            .user_agent("quell")
            .build()
            .map_err(|error| FetchError::NoAnswer(chain(&error)))?;
        Ok(Fetch { client, allowed: Mutex::default() })
    }

    /// Lets requests go to the host of an address.
    ///
    /// # Errors
    /// The address is not https and not on loopback, or is link-local.
    pub(crate) fn allow(&self, url: &Url) -> Result<(), FetchError> {
        let not = |why| FetchError::NotAllowed(shown(url), why);
        let local = is_loopback(url);
        if url.scheme() != "https" && !(local && url.scheme() == "http") {
            return Err(not("it must begin with https"));
        }
        if address(url).is_some_and(is_forbidden) {
            return Err(not("link-local addresses are never asked"));
        }
        self.allowed().insert(origin(url));
        Ok(())
    }

    /// Asks, and reads the whole answer.
    pub(crate) async fn ask(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, FetchError> {
        let no_answer = |error: reqwest::Error| FetchError::NoAnswer(chain(&error));
        let (parts, body) = request.into_parts();
        let url = Url::parse(&parts.uri.to_string()).map_err(|error| FetchError::NoAnswer(error.to_string()))?;
        if !self.allowed().contains(&origin(&url)) {
            return Err(FetchError::NotAllowed(shown(&url), "the provider did not name this host"));
        }
        let request = self.client.request(parts.method, url).headers(parts.headers).body(body);
        let mut answer = request.send().await.map_err(no_answer)?;
        let mut response = Response::new(Vec::new());
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        while let Some(chunk) = answer.chunk().await.map_err(no_answer)? {
            if response.body().len() + chunk.len() > BODY_BYTES_MAX {
                return Err(FetchError::TooLong);
            }
            response.body_mut().extend_from_slice(&chunk);
        }
        Ok(response)
    }

    fn allowed(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.allowed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> AsyncHttpClient<'a> for Fetch {
    type Error = FetchError;
    type Future = Answer<'a, Result<HttpResponse, FetchError>>;

    fn call(&'a self, request: HttpRequest) -> Self::Future {
        Box::pin(self.ask(request))
    }
}

/// Resolves names, without addresses at which clouds answer with the credentials of the machine.
struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().to_owned();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let good: Vec<SocketAddr> = found.into_iter().filter(|address| !is_forbidden(address.ip())).collect();
            Ok(Box::new(good.into_iter()) as Addrs)
        })
    }
}

fn is_forbidden(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_link_local() || address.is_multicast() || address.is_unspecified(),
        IpAddr::V6(address) => {
            // fd00:ec2::254 is the metadata service of AWS.
            let metadata = address.segments() == [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254];
            // Behind the well-known prefix, a gateway turns the rest into an IPv4 address (RFC 6052).
            let [0x64, 0xff9b, 0, 0, 0, 0, high, low] = address.segments() else {
                return address.is_unicast_link_local()
                    || address.is_multicast()
                    || address.is_unspecified()
                    || metadata;
            };
            is_forbidden(IpAddr::V4((u32::from(high) << 16 | u32::from(low)).into()))
        }
    }
}

fn address(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(IpAddr::V4(address)),
        Host::Ipv6(address) => Some(IpAddr::V6(address)),
        Host::Domain(_) => None,
    }
}

fn is_loopback(url: &Url) -> bool {
    address(url).map_or(url.host_str() == Some("localhost"), |address| address.is_loopback())
}

/// Scheme, host and port.
fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// An address without what can be secret in it.
fn shown(url: &Url) -> String {
    format!("{}{}", origin(url), url.path())
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_whom_it_may_ask() {
        let fetch = Fetch::new().unwrap();
        let allowed = |url: &str| fetch.allow(&Url::parse(url).unwrap()).is_ok();
        for url in ["https://id.example.com/x", "http://127.0.0.1:8080/", "http://localhost:1/", "https://10.0.0.1/"] {
            assert!(allowed(url), "{url}");
        }
        for url in
            ["http://id.example.com/", "https://169.254.169.254/", "http://169.254.169.254/", "file:///etc/passwd"]
        {
            assert!(!allowed(url), "{url}");
        }
        for url in [
            "https://[fe80::1]/",
            "https://[fd00:ec2::254]/",
            "https://[::ffff:169.254.169.254]/",
            "https://0.0.0.0/",
            "https://[64:ff9b::a9fe:a9fe]/",
        ] {
            assert!(!allowed(url), "{url}");
        }
    }

    #[tokio::test]
    async fn asks_nobody_who_was_not_named() {
        let fetch = Fetch::new().unwrap();
        fetch.allow(&Url::parse("https://id.example.com").unwrap()).unwrap();
        for url in ["https://other.example.com/", "http://id.example.com/", "https://id.example.com:444/"] {
            let request = Request::builder().uri(url).body(Vec::new()).unwrap();
            assert!(matches!(fetch.ask(request).await, Err(FetchError::NotAllowed(..))), "{url}");
        }
    }
}
