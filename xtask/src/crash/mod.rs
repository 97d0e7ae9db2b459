//! `kill -9` at random moments: while records arrive, while they are matched and told, while people write, while the server
//! starts and while it makes its tables. What was acknowledged must be there, once; what was not is sent again, and now and
//! then what was, as shippers do.

use anyhow::{Context, Result, bail};

use crate::live::{Dice, Place, Postgres, Server, binary, free_port, rest};
use crate::witness::Crowd;

/// Rounds between two looks at everything.
const LOOK_EVERY: u64 = 20;
/// New records of one round, about.
const RECORDS_EACH_ROUND: u64 = 400;
/// Latest moment at which a server is killed, after its start or after it answered.
const KILL_MILLISECONDS: u64 = 400;
/// The first start of a fresh store is over by then.
const FIRST_START_MILLISECONDS: u64 = 150;

/// What to do.
pub(crate) struct Crash {
    /// How often to kill.
    pub(crate) rounds: u64,
    /// On PostgreSQL; else on SQLite.
    pub(crate) postgres: bool,
    /// Without killing anything, to compare with.
    pub(crate) calm: bool,
    /// The same seed makes the same decisions, though never at the very same moments.
    pub(crate) seed: u64,
}

impl Crash {
    /// `--rounds N --storage sqlite|postgres --seed S --calm true`.
    pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Crash> {
        let mut crash = Crash { rounds: 200, postgres: false, calm: false, seed: 1 };
        while let Some(name) = arguments.next() {
            let value = arguments.next().with_context(|| format!("crash: {name} has no value"))?;
            match (name.as_str(), value.as_str()) {
                ("--rounds", rounds) => crash.rounds = rounds.parse()?,
                ("--calm", calm) => crash.calm = calm.parse()?,
                ("--seed", seed) => crash.seed = seed.parse()?,
                ("--storage", "sqlite") => crash.postgres = false,
                ("--storage", "postgres") => crash.postgres = true,
                _ => bail!("usage: xtask crash [--rounds N] [--storage sqlite|postgres] [--seed S] [--calm true]"),
            }
        }
        Ok(crash)
    }
}

/// Kills and judges; true if nothing was lost, doubled or damaged.
pub(crate) fn run(crash: &Crash) -> Result<bool> {
    let mut dice = Dice::new(crash.seed);
    let mut place = Place::new("crash")?;
    let binary = binary(&place.folder)?;
    let postgres = match crash.postgres {
        false => None,
        true => match Postgres::start(&place.folder.join("postgres"), free_port(&mut dice)?)? {
            Some(postgres) => Some(postgres),
            None => {
                println!("skipped: no PostgreSQL was found in PATH or /usr/lib/postgresql");
                return Ok(true);
            }
        },
    };
    let storage = postgres.as_ref().map(|postgres| postgres.database("quell")).transpose()?;
    let mut server = Server::new(&binary, place.folder.join("data"), free_port(&mut dice)?, storage);
    server.start()?;
    server.set_up()?;
    let crowd = Crowd::gather(&server, crash.seed)?;
    let mut world = World { crash, dice, binary: &binary, postgres, server, crowd, first_starts: 0 };
    let outcome = world.run();
    place.keep = !matches!(outcome, Ok(true));
    if place.keep {
        println!("what is left to look at: {}", place.folder.display());
    }
    outcome
}

struct World<'c> {
    crash: &'c Crash,
    dice: Dice,
    binary: &'c std::path::Path,
    postgres: Option<Postgres>,
    server: Server,
    crowd: Crowd,
    first_starts: u64,
}

impl World<'_> {
    fn run(&mut self) -> Result<bool> {
        let outcome = self.rounds();
        self.crowd.go_home()?;
        outcome?;
        self.judge_all()
    }

    fn rounds(&mut self) -> Result<()> {
        for round in 1..=self.crash.rounds {
            self.crowd.allow(round * RECORDS_EACH_ROUND);
            self.round(round).with_context(|| format!("round {round}"))?;
            if round % 10 == 3 {
                self.first_start().with_context(|| format!("first start, round {round}"))?;
            }
            if round.is_multiple_of(LOOK_EVERY) {
                self.look(round)?;
            }
        }
        Ok(())
    }

    /// The server dies once, or its database does.
    fn round(&mut self, round: u64) -> Result<()> {
        let moment = self.dice.below(KILL_MILLISECONDS);
        if self.crash.calm {
            rest(moment);
            return Ok(());
        }
        if let Some(postgres) = self.postgres.as_mut().filter(|_| round % 10 == 7) {
            rest(moment);
            postgres.crash()?;
            return self.server.wait_until_it_answers();
        }
        // Every eighth round what was read again after the start is behind us, so that new work is under way.
        if round.is_multiple_of(8) {
            self.server.wait_until_matched()?;
        }
        rest(moment);
        self.server.kill()?;
        self.server.launch()?;
        // Every fourth round it does not get far with its start.
        if round.is_multiple_of(4) {
            rest(self.dice.below(KILL_MILLISECONDS));
            self.server.kill()?;
            self.server.launch()?;
        }
        self.server.wait_until_it_answers()
    }

    /// A server on nothing is killed while it makes its store, then started, set up and asked.
    fn first_start(&mut self) -> Result<()> {
        self.first_starts += 1;
        let name = format!("fresh_{}", self.first_starts);
        let storage = self.postgres.as_ref().map(|postgres| postgres.database(&name)).transpose()?;
        let data = self.server.data.with_file_name(&name);
        let mut fresh = Server::new(self.binary, data, free_port(&mut self.dice)?, storage);
        for _ in 0..2 {
            fresh.launch()?;
            rest(self.dice.below(FIRST_START_MILLISECONDS));
            fresh.kill()?;
        }
        fresh.start()?;
        fresh.set_up()?;
        fresh.stop()?;
        let (status, text) = fresh.run(&["ledger", "verify"])?;
        if !status.success() {
            bail!("after a first start that was killed: {text}");
        }
        Ok(())
    }

    /// Everybody rests, all that waits is delivered, and everything is looked at.
    fn look(&mut self, round: u64) -> Result<()> {
        let found = self.crowd.look(&self.server)?;
        println!("  round {round}: {found}");
        found.print_faults();
        Ok(())
    }

    fn judge_all(&mut self) -> Result<bool> {
        let found = self.crowd.judge(&mut self.server)?;
        for (complaint, times) in self.server.complaints() {
            println!("  log, {times} times: {complaint}");
        }
        found.print_faults();
        let storage = if self.crash.postgres { "postgres" } else { "sqlite" };
        let (rounds, fresh) = (self.crash.rounds, self.first_starts);
        let calm = if self.crash.calm { " calm" } else { "" };
        println!("crash {storage}: {rounds}{calm} rounds, {fresh} first starts killed twice each, {found}");
        Ok(found.is_good())
    }
}
