//! A client of the API of a running server, for commands that work on it.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use reqwest::{Body, Client, Method, Response};
use serde_json::Value;

/// Seconds that an answer may take; bundles of large evidence take as long as they take.
const CONNECT_SECONDS: u64 = 10;

#[derive(Debug, Args)]
pub(crate) struct Server {
    /// Where the server is
    #[arg(long, global = true, value_name = "URL", env = "QUELL_URL", default_value = "http://127.0.0.1:7400")]
    url: String,
    /// File with an API token; the variable QUELL_TOKEN, if not given
    #[arg(long, global = true, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// A server, and who asks it.
pub(super) struct Api {
    client: Client,
    url: String,
    token: String,
}

/// Names and values; what has no value is left out.
pub(super) type Query<'q> = [(&'q str, Option<&'q str>)];

impl Api {
    pub(super) fn of(server: &Server) -> Result<Api> {
        let token = match &server.token_file {
            Some(file) => fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?,
            None => token_of_environment()?,
        };
        // One provider for the whole process.
        let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().connect_timeout(std::time::Duration::from_secs(CONNECT_SECONDS)).build()?;
        Ok(Api { client, url: server.url.trim_end_matches('/').to_owned(), token: token.trim().to_owned() })
    }

    pub(super) async fn get(&self, path: &str, query: &Query<'_>) -> Result<Value> {
        let answer = self.ask(Method::GET, path, query, None).await?;
        Ok(serde_json::from_slice(&answer.bytes().await?)?)
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.send(path, &[], ("application/json", Body::from(body.to_string()))).await
    }

    pub(super) async fn send(&self, path: &str, query: &Query<'_>, body: (&str, Body)) -> Result<Value> {
        let answer = self.ask(Method::POST, path, query, Some(body)).await?;
        Ok(serde_json::from_slice(&answer.bytes().await?)?)
    }

    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        query: &Query<'_>,
        body: Option<(&str, Body)>,
    ) -> Result<Response> {
        let mut url = reqwest::Url::parse(&format!("{}/api/v1{path}", self.url)).context("--url is no URL")?;
        let given = query.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
        for (name, value) in given {
            url.query_pairs_mut().append_pair(name, value);
        }
        let mut request = self.client.request(method, url).bearer_auth(&self.token);
        if let Some((kind, body)) = body {
            request = request.header("content-type", kind).body(body);
        }
        let answer = request.send().await.with_context(|| format!("no answer from {}", self.url))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let problem: Value = serde_json::from_slice(&answer.bytes().await?).unwrap_or_default();
        bail!("{status}: {}", problem["detail"].as_str().unwrap_or("no reason was given"))
    }
}

#[expect(clippy::disallowed_methods, reason = "a token comes from the environment or a file, never from an argument")]
fn token_of_environment() -> Result<String> {
    std::env::var("QUELL_TOKEN").context("no token: set QUELL_TOKEN, or name a file with --token-file")
}

/// Writes an answer to a file that was not there, piece by piece.
pub(super) async fn save(mut answer: Response, out: &Path) -> Result<()> {
    let mut file = fs::File::create_new(out).with_context(|| format!("cannot create {}", out.display()))?;
    while let Some(piece) = answer.chunk().await.context("the answer was cut off; what was written is not whole")? {
        file.write_all(&piece)?;
    }
    Ok(file.sync_all()?)
}

pub(super) fn print(value: &Value) -> Result<()> {
    Ok(writeln!(io::stdout().lock(), "{}", serde_json::to_string_pretty(value)?)?)
}

/// A value for a terminal: what came from a log can hold anything.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => quell_report::clean(text),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
