//! The committed contracts: JSON Schemas of what the commands print and of the configuration, and the description of the API.

use std::path::{Path, PathBuf};

use anyhow::Result;
use quell_model::{Alert, Investigation};
use schemars::schema_for;

/// Writes the schemas; always succeeds.
pub(crate) fn write() -> Result<bool> {
    std::fs::create_dir_all(folder())?;
    for (name, text) in texts()? {
        std::fs::write(folder().join(name), text)?;
        println!("schemas/{name}");
    }
    Ok(true)
}

/// Names of schema files that are not as the types say.
pub(crate) fn stale() -> Result<Vec<&'static str>> {
    let current = |name: &str| std::fs::read_to_string(folder().join(name)).unwrap_or_default();
    Ok(texts()?.into_iter().filter(|(name, text)| current(name) != *text).map(|(name, _)| name).collect())
}

fn texts() -> Result<Vec<(&'static str, String)>> {
    let pretty = |schema: &schemars::Schema| serde_json::to_string_pretty(schema).map(|text| text + "\n");
    Ok(vec![
        ("detect-alert.schema.json", pretty(&schema_for!(Alert))?),
        ("investigation.schema.json", pretty(&schema_for!(Investigation))?),
        ("config.schema.json", printed(&["config", "schema"])?),
        ("openapi.json", printed(&["openapi"])?),
    ])
}

/// What the binary prints. It is run, because linking the server here would build it twice.
#[expect(clippy::disallowed_methods, reason = "asks the binary for its own contracts")]
fn printed(arguments: &[&str]) -> Result<String> {
    let cargo = ["run", "--quiet", "--offline", "--package", "quell", "--"];
    let output = std::process::Command::new(env!("CARGO")).args(cargo).args(arguments).output()?;
    if !output.status.success() {
        anyhow::bail!("quell {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas")
}
