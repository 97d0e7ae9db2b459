//! A disk without room.
#![expect(clippy::disallowed_methods, reason = "it mounts a disk")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use super::Outcome;
use super::stage::{Play, Stage};
use crate::live::{rest, until};

/// Room for both files and their journals, several times.
const DISK: &str = "size=320m";
const FULL_FOR_MILLISECONDS: u64 = 10_000;

/// A disk of our own; gone when dropped.
struct Disk(PathBuf);

impl Disk {
    /// None if this user may not mount one.
    fn mount(folder: &Path) -> Result<Option<Disk>> {
        fs::create_dir_all(folder)?;
        let mut mount = Command::new("mount");
        let mounted = mount.args(["-t", "tmpfs", "-o", DISK, "tmpfs"]).arg(folder).output();
        Ok(mounted.is_ok_and(|mounted| mounted.status.success()).then(|| Disk(folder.to_owned())))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A busy one is left to the end of the machine's session.
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

/// Fills the disk, looks what is said, and makes room again.
pub(super) fn full(stage: &Stage) -> Result<Outcome> {
    let folder = stage.place.folder.join("disk");
    let Some(_disk) = Disk::mount(&folder)? else { return Ok(Outcome::Skipped("a disk cannot be mounted here")) };
    let play = Play::begin(stage.server(folder.join("data"), None)?)?;
    let ballast = folder.join("ballast");
    fill(&ballast)?;
    let record = br#"{"probe": 1}"#;
    let ask = || play.server.http.ask("POST", "/api/v1/intake/probe", &[("content-type", "text/plain")], record);
    let refused = until(Duration::from_secs(20), || {
        // What is freed by the server itself is filled up, too.
        fill(&ballast).ok()?;
        ask().ok().filter(|answer| answer.status == 503)
    });
    let Some(refused) = refused else { bail!("a full disk is not noticed") };
    rest(FULL_FOR_MILLISECONDS);
    let read = play.ask(20)?;
    fs::remove_file(&ballast)?;
    let again = play.until_it_goes_on(Duration::from_secs(30))?;
    let problem: serde_json::Value = serde_json::from_slice(&refused.body)?;
    let detail = problem["detail"].as_str().unwrap_or_default();
    let seen = format!(
        "full for {} s: deliveries are answered 503 ({detail}), pages are read (median {:.1} ms); {:.1} s after there is room \
         records are taken",
        FULL_FOR_MILLISECONDS / 1_000,
        read.median.as_secs_f64() * 1e3,
        again.as_secs_f64()
    );
    play.end(&seen)
}

/// Writes until there is no room.
fn fill(file: &Path) -> Result<()> {
    let mut ballast = fs::File::options().create(true).append(true).open(file)?;
    for size in [1 << 20, 4 << 10, 1] {
        let block = vec![1_u8; size];
        while ballast.write_all(&block).is_ok() {}
    }
    Ok(())
}
