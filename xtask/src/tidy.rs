//! Rules of the house that no compiler knows: which crate may use which, what pure crates may not name, how long files
//! may be, that every file says what it is for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::Value;

use crate::{run, schemas};

/// Crates with their floor and the crates of this workspace they may use.
const HOUSE: [(&str, &[&str]); 13] = [
    ("model", &[]),
    ("normalize", &["model"]),
    ("detect", &["model"]),
    ("graph", &["model"]),
    ("content", &["model"]),
    ("engine", &["model", "normalize", "detect", "graph", "content", "incident"]),
    ("report", &["model", "normalize", "detect", "graph", "content", "incident"]),
    ("connect", &["model"]),
    ("incident", &["model"]),
    ("playbook", &["model"]),
    ("store", &["model", "normalize", "detect", "graph", "content", "incident", "playbook"]),
    (
        "server",
        &["model", "normalize", "detect", "graph", "content", "incident", "playbook", "engine", "report", "store"],
    ),
    (
        "quell",
        &[
            "model",
            "normalize",
            "detect",
            "graph",
            "content",
            "incident",
            "playbook",
            "engine",
            "report",
            "connect",
            "store",
            "server",
        ],
    ),
];

/// Crates without effects, and what they must not name (invariant 1).
const PURE: [&str; 9] =
    ["incident", "playbook", "model", "normalize", "detect", "graph", "content", "engine", "report"];
const EFFECTS: [&str; 12] = [
    "std::fs",
    "std::net::Tcp",
    "std::net::Udp",
    "std::process",
    "SystemTime",
    "Instant::",
    "std::thread",
    "tokio",
    "sqlx",
    "reqwest",
    "rand::",
    "std::env::",
];
const LINES_MAX: usize = 600;

/// Prints what is untidy; true if nothing is.
pub(crate) fn check() -> Result<bool> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut problems = Vec::new();
    edges(&root, &mut problems)?;
    let mut sources = 0;
    let mut described = BTreeMap::new();
    for file in run::files(&root.join("crates"), "rs")?.into_iter().chain(run::files(&root.join("xtask"), "rs")?) {
        sources += 1;
        source(&root, &file, &mut problems)?;
        described_once(&root, &file, (&mut described, &mut problems))?;
    }
    content(&root, &mut problems)?;
    for name in schemas::stale()? {
        problems.push(format!("schemas/{name} is not as the types say; run `make schemas`"));
    }
    for problem in &problems {
        println!("untidy: {problem}");
    }
    println!("tidy: {sources} source files");
    println!("{} passed, {} failed", usize::from(problems.is_empty()), problems.len());
    Ok(problems.is_empty())
}

/// Arrows between crates point down only, as cargo itself sees them. What tests use does not count.
#[expect(clippy::disallowed_methods, reason = "cargo knows the edges; nothing else does")]
fn edges(root: &Path, problems: &mut Vec<String>) -> Result<()> {
    let house: BTreeMap<&str, &[&str]> = HOUSE.into_iter().collect();
    let arguments = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let output = std::process::Command::new(env!("CARGO")).args(arguments).current_dir(root).output()?;
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let crate_name = |value: &Value| value["name"].as_str().unwrap_or_default().trim_start_matches("quell-").to_owned();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = crate_name(package);
        if name == "xtask" {
            continue;
        }
        let Some(allowed) = house.get(name.as_str()) else {
            problems.push(format!("crate {name} has no floor in xtask/src/tidy.rs"));
            continue;
        };
        let ours = package["dependencies"].as_array().into_iter().flatten();
        let ours = ours.filter(|used| used["path"].is_string() && used["kind"] != "dev").map(crate_name);
        for other in ours.filter(|other| !allowed.contains(&other.as_str())) {
            problems.push(format!("crate {name} must not use {other}"));
        }
    }
    Ok(())
}

fn source(root: &Path, file: &PathBuf, problems: &mut Vec<String>) -> Result<()> {
    let text = std::fs::read_to_string(file)?;
    let shown = file.strip_prefix(root).unwrap_or(file).display().to_string();
    let test = shown.contains("/tests/") || shown.contains("/benches/");
    if !text.starts_with("//!") && !text.starts_with("#!") {
        problems.push(format!("{shown}: the first line must say what the file is for (`//! …`)"));
    }
    let lines = text.lines().count();
    if lines > LINES_MAX && !test {
        problems.push(format!("{shown}: {lines} lines; more than {LINES_MAX} are several files"));
    }
    let pure = PURE.iter().any(|name| shown.starts_with(&format!("crates/{name}/src")));
    for effect in EFFECTS.iter().filter(|effect| pure && text.contains(*effect)) {
        problems.push(format!("{shown}: names `{effect}`, but this crate has no effects"));
    }
    Ok(())
}

/// A name in the description of the API is one type's: of two with the same name, one would describe the bodies of both.
fn described_once(
    root: &Path,
    file: &Path,
    (known, problems): (&mut BTreeMap<String, String>, &mut Vec<String>),
) -> Result<()> {
    let shown = file.strip_prefix(root).unwrap_or(file).display().to_string();
    let text = std::fs::read_to_string(file)?;
    let (mut is_described, mut named) = (false, None);
    for line in text.lines() {
        let line = line.trim();
        if line.starts_with("#[") {
            is_described |= line.contains("ToSchema");
            named = line.split_once("schema(as = ").and_then(|(_, name)| name.split([')', ',']).next()).or(named);
            continue;
        }
        let words: Vec<&str> = line.split([' ', '<', '(', '{', ';']).filter(|word| !word.is_empty()).collect();
        let declared =
            words.iter().position(|word| matches!(*word, "struct" | "enum")).and_then(|at| words.get(at + 1));
        if let Some(declared) = declared.filter(|_| is_described && line.starts_with("pub")) {
            let name = named.unwrap_or(declared).to_owned();
            if let Some(other) = known.insert(name.clone(), shown.clone()) {
                problems
                    .push(format!("{shown}: the API calls a type of {other} {name}, too; give one `schema(as = …)`"));
            }
        }
        if !line.starts_with("///") {
            (is_described, named) = (false, None);
        }
    }
    Ok(())
}

/// Each rule has fixtures beside it.
fn content(root: &Path, problems: &mut Vec<String>) -> Result<()> {
    for rule in run::files(&root.join("content/rules"), "yml")? {
        if !rule.with_extension("test.jsonl").exists() {
            problems.push(format!("{}: no fixtures beside it", rule.strip_prefix(root).unwrap_or(&rule).display()));
        }
    }
    Ok(())
}
