//! What the user is told while a command runs. Goes to standard error and never into results.

use std::io::{self, IsTerminal, Write};

/// Records between two updates.
const EVERY: u64 = 20_000;

/// A line that is rewritten as reading goes on.
pub(crate) struct Progress {
    shown: bool,
    on: bool,
    next: u64,
}

impl Progress {
    /// Shown on a terminal, unless the user asked for quiet.
    pub(crate) fn new(quiet: bool) -> Progress {
        Progress { shown: false, on: !quiet && io::stderr().is_terminal(), next: EVERY }
    }

    /// Called for each record; updates the line now and then.
    pub(crate) fn update(&mut self, records: u64, alerts: u64, input: &str) {
        if !self.on || records < self.next {
            return;
        }
        self.next = records + EVERY;
        self.shown = true;
        let input: String = quell_report::clean(input).chars().take(60).collect();
        // Progress that cannot be written is no reason to stop.
        drop(write!(io::stderr(), "\r\x1b[K{records} records, {alerts} alerts, reading {input}"));
    }

    /// Takes the line away.
    pub(crate) fn clear(&self) {
        if self.shown {
            drop(write!(io::stderr(), "\r\x1b[K"));
        }
    }
}

/// A message on standard error, made safe to show.
pub(crate) fn complain(text: &str) {
    for line in text.lines() {
        drop(writeln!(io::stderr(), "{}", quell_report::clean(line)));
    }
}
