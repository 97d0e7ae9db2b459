//! Scores Quell on public intrusions that nobody here wrote. Every figure is printed by the code that measured it.

mod lsass;
mod multihost;
mod order;
mod scenarios;
pub(crate) use scenarios::rendered;
mod sigma;
mod stratus;
mod whole;

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::Value;

/// A line of the score: what was measured, what came out, whether that is enough.
pub(crate) struct Score {
    pub(crate) what: String,
    pub(crate) figure: String,
    /// None for what is only told.
    pub(crate) reached: Option<bool>,
}

impl Score {
    pub(crate) fn new(what: impl Into<String>, figure: impl Into<String>, reached: bool) -> Score {
        Score { what: what.into(), figure: figure.into(), reached: Some(reached) }
    }

    /// A figure without a target.
    pub(crate) fn note(what: impl Into<String>, figure: impl Into<String>) -> Score {
        Score { what: what.into(), figure: figure.into(), reached: None }
    }
}

type Part = (&'static str, fn(&Path) -> Result<Vec<Score>>);

const PARTS: [Part; 8] = [
    // First, because it measures the peak memory of the process.
    ("whole", whole::score),
    ("load", sigma::load),
    ("regression", sigma::regression),
    ("lsass", lsass::score),
    ("multihost", multihost::score),
    ("stratus", stratus::score),
    ("scenarios", scenarios::score),
    ("order", order::score),
];

/// Scores all parts, or the named one; true if every target is reached.
pub(crate) fn score(only: Option<&str>) -> Result<bool> {
    let data = std::env::var_os("QUELL_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for (name, part) in PARTS.iter().filter(|(name, _)| only.is_none_or(|only| only == *name)) {
        if !data.is_dir() && *name != "scenarios" {
            println!("skip  {name}: {} is not there; set QUELL_DATA", data.display());
            skipped += 1;
            continue;
        }
        for score in part(&data)? {
            let (mark, counter) = match score.reached {
                Some(true) => ("ok  ", Some(&mut passed)),
                Some(false) => ("MISS", Some(&mut failed)),
                None => ("note", None),
            };
            println!("{mark}  {}: {}", score.what, score.figure);
            if let Some(counter) = counter {
                *counter += 1;
            }
        }
    }
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    Ok(failed == 0)
}

/// The JSON lines of a truth file.
pub(crate) fn truth(data: &Path, name: &str) -> Result<Vec<Value>> {
    let text = std::fs::read_to_string(data.join("truth").join(name))?;
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// The text of a field of a truth line; empty if it is absent.
pub(crate) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}
