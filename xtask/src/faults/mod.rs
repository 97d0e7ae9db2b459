//! What a server has to live through without losing anything and without a hand: a disk that is full, a database that is gone, a
//! clock that is set, subscribers that never read, connections that say nothing or hardly anything.
//!
//! While it happens a crowd delivers and works; afterwards everything it was told must be true.

mod clock;
mod connections;
mod database;
mod disk;
mod stage;
mod subscriber;

use anyhow::{Result, bail};

use stage::Stage;

/// What came of a fault.
enum Outcome {
    /// It was lived through; what was seen.
    Good(String),
    /// It was not.
    Bad(String),
    /// It cannot be made on this machine.
    Skipped(&'static str),
}

type Fault = fn(&Stage) -> Result<Outcome>;

const FAULTS: [(&str, Fault); 7] = [
    ("disk-full", disk::full),
    ("database-gone", database::gone),
    ("clock-stepped", clock::stepped),
    ("silent-subscriber", subscriber::silent),
    ("idle-connections", connections::idle),
    ("slow-heads", connections::slow_heads),
    ("slow-bodies", connections::slow_bodies),
];

/// Makes all faults, or one; true if none was too much.
pub(crate) fn run(only: Option<&str>) -> Result<bool> {
    let chosen: Vec<_> = FAULTS.iter().filter(|(name, _)| only.is_none_or(|only| only == *name)).collect();
    if chosen.is_empty() {
        bail!("there is no fault {}; there are {:?}", only.unwrap_or_default(), FAULTS.map(|(name, _)| name));
    }
    let mut all_good = true;
    for (name, fault) in chosen {
        let mut stage = Stage::new(name)?;
        let outcome = fault(&stage).unwrap_or_else(|error| Outcome::Bad(format!("{error:#}")));
        let (word, line) = match &outcome {
            Outcome::Good(line) => ("lived through", line.as_str()),
            Outcome::Bad(line) => ("FAILED", line.as_str()),
            Outcome::Skipped(why) => ("skipped", *why),
        };
        println!("{name}: {word}: {line}");
        all_good &= !matches!(outcome, Outcome::Bad(_));
        stage.place.keep = matches!(outcome, Outcome::Bad(_));
        if stage.place.keep {
            println!("what is left to look at: {}", stage.place.folder.display());
        }
    }
    Ok(all_good)
}
