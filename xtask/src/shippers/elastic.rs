//! The Elasticsearch client for Python, with its helper for bulk deliveries.
#![expect(clippy::disallowed_methods, reason = "it starts the shippers")]

use std::fs;
use std::process::Command;

use anyhow::Result;

use super::{COUNT, World, text};

/// What the client's helper does with documents; prints how many were taken.
const PROGRAM: &str = r#"
import sys
from elasticsearch import Elasticsearch, __versionstr__, helpers

url, token, compress, lines = sys.argv[1:]
client = Elasticsearch(url, bearer_auth=token, http_compress=compress == "gzip", retry_on_status=(429, 503), max_retries=5)
assert client.info()["version"]["number"]
documents = (
    {"_index": "orders", "_source": {"@timestamp": "2026-11-02T09:00:00Z", "order": {"note": line.strip()}}}
    for line in open(lines)
)
taken, refused = helpers.bulk(client, documents, chunk_size=500, raise_on_error=False)
print(__versionstr__, taken, len(refused), refused[:1])
"#;

/// How bodies are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// As they are.
    Plain,
    /// Compressed.
    Gzip,
}

/// Sends documents and counts them; true if all arrived, or the client cannot be installed.
pub(super) fn run(world: &World, encoding: Encoding) -> Result<bool> {
    let name = if encoding == Encoding::Gzip { "elastic-gzip" } else { "elastic" };
    let environment = world.folder.join("python");
    let python = environment.join("bin/python");
    if !python.exists() {
        let made = Command::new("python3").args(["-m", "venv"]).arg(&environment).status();
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "elasticsearch>=8,<9"];
        let installed = made.is_ok_and(|made| made.success())
            && Command::new(&python).args(install).status().is_ok_and(|installed| installed.success());
        if !installed {
            println!("skipped: {name}, because the client cannot be installed");
            return Ok(true);
        }
    }
    let (lines, program) = (world.folder.join(format!("{name}.lines")), world.folder.join("bulk.py"));
    fs::write(&lines, (0..COUNT).map(|number| text(name, number) + "\n").collect::<String>())?;
    fs::write(&program, PROGRAM)?;
    let http = &world.server.http;
    let output = Command::new(&python)
        .arg(&program)
        .arg(format!("http://{}/elastic", http.address))
        .arg(http.token.as_deref().unwrap_or_default())
        .arg(if encoding == Encoding::Gzip { "gzip" } else { "plain" })
        .arg(&lines)
        .output()?;
    if !output.status.success() {
        println!("{name}: the client fails: {}", String::from_utf8_lossy(&output.stderr));
        return Ok(false);
    }
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let mut words = said.split_whitespace();
    let (version, taken) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if taken != COUNT.to_string() {
        println!("{name}: the client says: {said}");
    }
    let good = world.judge(("elastic", name), &format!("{name} (client {version}, {taken} confirmed)"), 0)?;
    Ok(good && taken == COUNT.to_string())
}
