//! HTTP as far as a chore needs it: one question a connection. An answer counts only if all of it came.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(60);

/// Asks one server.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    /// Where it is.
    pub(crate) address: SocketAddr,
    /// Sent as a bearer token.
    pub(crate) token: Option<String>,
}

/// An answer, whole.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// Status.
    pub(crate) status: u16,
    head: String,
    /// Body.
    pub(crate) body: Vec<u8>,
}

impl Http {
    /// Asks this address, without a token.
    pub(crate) fn new(address: SocketAddr) -> Http {
        Http { address, token: None }
    }

    /// GET.
    pub(crate) fn get(&self, path: &str) -> io::Result<Answer> {
        self.ask("GET", path, &[], b"")
    }

    /// POST of JSON.
    pub(crate) fn post(&self, path: &str, body: &Value) -> io::Result<Answer> {
        self.ask("POST", path, &[("content-type", "application/json")], body.to_string().as_bytes())
    }

    /// Asks.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> io::Result<Answer> {
        let mut stream = TcpStream::connect_timeout(&self.address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        let mut question = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.address);
        let own = headers.iter().any(|(name, _)| *name == "cookie");
        if let Some(token) = self.token.as_ref().filter(|_| !own) {
            question.push_str(&format!("authorization: Bearer {token}\r\n"));
        }
        for (name, value) in headers {
            question.push_str(&format!("{name}: {value}\r\n"));
        }
        question.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
        let mut question = question.into_bytes();
        question.extend_from_slice(body);
        stream.write_all(&question)?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        whole(&bytes).ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))
    }
}

/// The answer, if these bytes are all of one.
fn whole(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let body = bytes[end + 4..].to_vec();
    let status = head.split_whitespace().nth(1)?.parse().ok()?;
    let answer = Answer { status, head, body };
    let length = answer.header("content-length").map_or(Some(0), |length| length.parse().ok())?;
    (answer.body.len() == length).then_some(answer)
}

impl Answer {
    /// A header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(':'));
        headers.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON, if the answer is a good one.
    pub(crate) fn json(&self) -> Result<Value> {
        if !(200..300).contains(&self.status) {
            anyhow::bail!("{}: {}", self.status, self.text());
        }
        serde_json::from_slice(&self.body).with_context(|| self.text())
    }
}
