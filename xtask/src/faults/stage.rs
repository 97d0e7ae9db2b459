//! A server with a crowd, and how quickly it answers.
#![expect(clippy::disallowed_methods, reason = "it measures time")]

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};

use super::Outcome;
use crate::live::{Dice, Place, Server, binary, free_port, until};
use crate::witness::Crowd;

/// Records that are made at the beginning, and each time it is looked whether it goes on.
const RECORDS: u64 = 1_000;

/// Where one fault happens.
pub(super) struct Stage {
    pub(super) place: Place,
    binary: PathBuf,
}

/// A server that runs and a crowd that works on it.
pub(super) struct Play {
    pub(super) server: Server,
    pub(super) crowd: Crowd,
}

/// How long answers took.
pub(super) struct Delays {
    pub(super) median: Duration,
    pub(super) worst: Duration,
}

impl std::fmt::Display for Delays {
    fn fmt(&self, form: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
        write!(form, "median {:.1} ms, worst {:.1} ms", milliseconds(self.median), milliseconds(self.worst))
    }
}

impl Stage {
    pub(super) fn new(name: &str) -> Result<Stage> {
        let place = Place::new(name)?;
        let binary = binary(&place.folder)?;
        Ok(Stage { place, binary })
    }

    /// A server that was not started yet.
    pub(super) fn server(&self, data: PathBuf, storage: Option<String>) -> Result<Server> {
        let mut dice = Dice::new(u64::from(std::process::id()));
        Ok(Server::new(&self.binary, data, free_port(&mut dice)?, storage))
    }

    /// Starts everything on the embedded store.
    pub(super) fn play(&self) -> Result<Play> {
        Play::begin(self.server(self.place.folder.join("data"), None)?)
    }
}

impl Play {
    /// Starts a server, and the crowd begins to work.
    pub(super) fn begin(mut server: Server) -> Result<Play> {
        server.start()?;
        server.set_up()?;
        let crowd = Crowd::gather(&server, 7)?;
        let play = Play { server, crowd };
        play.until_it_goes_on(Duration::from_secs(20))?;
        Ok(play)
    }

    /// Waits until more records are acknowledged; how long that took.
    pub(super) fn until_it_goes_on(&self, limit: Duration) -> Result<Duration> {
        let (began, before) = (std::time::Instant::now(), self.crowd.acknowledged());
        self.crowd.allow_more(RECORDS);
        match until(limit, || (self.crowd.acknowledged() > before).then_some(())) {
            Some(()) => Ok(began.elapsed()),
            None => bail!("no record is acknowledged within {limit:?}:\n{}", self.server.log_end()),
        }
    }

    /// Asks some times for a page of incidents.
    pub(super) fn ask(&self, times: u32) -> Result<Delays> {
        let mut delays = Vec::new();
        for _ in 0..times {
            let began = std::time::Instant::now();
            let answer = self.server.http.get("/api/v1/incidents?limit=50")?;
            if answer.status != 200 {
                bail!("a page of incidents is answered {}: {}", answer.status, answer.text());
            }
            delays.push(began.elapsed());
        }
        delays.sort_unstable();
        Ok(Delays { median: delays[delays.len() / 2], worst: delays[delays.len() - 1] })
    }

    /// Ends, and looks whether all that was told is true.
    pub(super) fn end(mut self, seen: &str) -> Result<Outcome> {
        self.crowd.go_home()?;
        let found = self.crowd.judge(&mut self.server)?;
        found.print_faults();
        let line = format!("{seen}; {found}");
        Ok(if found.is_good() { Outcome::Good(line) } else { Outcome::Bad(line) })
    }
}
