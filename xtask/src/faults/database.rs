//! A database that goes away for a minute.

use std::time::Duration;

use anyhow::{Result, bail};

use super::Outcome;
use super::stage::{Play, Stage};
use crate::live::{Dice, Postgres, free_port, rest};

const GONE_FOR: Duration = Duration::from_secs(60);

/// Ends PostgreSQL at once and starts it a minute later.
pub(super) fn gone(stage: &Stage) -> Result<Outcome> {
    let port = free_port(&mut Dice::new(u64::from(std::process::id()) + 1))?;
    let Some(mut postgres) = Postgres::start(&stage.place.folder.join("postgres"), port)? else {
        return Ok(Outcome::Skipped("no PostgreSQL was found"));
    };
    let storage = postgres.database("quell")?;
    let play = Play::begin(stage.server(stage.place.folder.join("data"), Some(storage))?)?;
    rest(2_000);
    postgres.go_away()?;
    rest(1_000);
    let mut said = Vec::new();
    for (path, expected) in [("/healthz", 200), ("/readyz", 503), ("/api/v1/incidents", 503)] {
        let answer = play.server.http.get(path)?;
        if answer.status != expected {
            bail!("without its database {path} is answered {}: {}", answer.status, answer.text());
        }
        said.push(format!("{path} {expected}"));
    }
    rest(GONE_FOR.as_millis() as u64 - 1_000);
    postgres.come_back()?;
    let again = play.until_it_goes_on(Duration::from_secs(60))?;
    let seen = format!(
        "gone for {} s: {}; {:.1} s after it is back records are taken",
        GONE_FOR.as_secs(),
        said.join(", "),
        again.as_secs_f64()
    );
    play.end(&seen)
}
