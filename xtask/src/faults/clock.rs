//! A clock that somebody sets.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use super::Outcome;
use super::stage::{Play, Stage};
use crate::live::rest;

/// Where the clock stands, one after the other, against the true time.
const STEPS: [&str; 5] = ["+0", "-3h", "+20h", "-1h", "+0"];
const STEP_MILLISECONDS: u64 = 4_000;

/// Sets the server's clock back and forth.
pub(super) fn stepped(stage: &Stage) -> Result<Outcome> {
    let Some(library) = library() else { return Ok(Outcome::Skipped("libfaketime is not installed")) };
    let time = stage.place.folder.join("time");
    set(&time, STEPS[0])?;
    let mut server = stage.server(stage.place.folder.join("data"), None)?;
    server.environment = vec![
        ("LD_PRELOAD".to_owned(), library.display().to_string()),
        ("FAKETIME_TIMESTAMP_FILE".to_owned(), time.display().to_string()),
        ("FAKETIME_NO_CACHE".to_owned(), "1".to_owned()),
        ("FAKETIME_DONT_FAKE_MONOTONIC".to_owned(), "1".to_owned()),
    ];
    let play = Play::begin(server)?;
    for step in STEPS {
        set(&time, step)?;
        rest(STEP_MILLISECONDS);
        play.until_it_goes_on(Duration::from_secs(10))?;
        play.ask(5)?;
    }
    play.end(&format!("set to {}", STEPS.join(", ")))
}

fn set(file: &Path, offset: &str) -> Result<()> {
    // Renamed, so that it is never half of it.
    let new = file.with_extension("new");
    fs::write(&new, format!("{offset}\n"))?;
    Ok(fs::rename(new, file)?)
}

fn library() -> Option<PathBuf> {
    let places = fs::read_dir("/usr/lib").ok()?.flatten().map(|place| place.path());
    places.map(|place| place.join("faketime/libfaketime.so.1")).find(|place| place.exists())
}
