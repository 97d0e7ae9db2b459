//! Repository chores: `cargo run -p xtask -- <chore>`.
#![expect(clippy::print_stdout, reason = "a tool for developers; its output is its result")]

mod corpora;
mod crash;
mod faults;
mod fuzz;
mod live;
mod load;
mod run;
mod schemas;
mod shippers;
mod tidy;
mod witness;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "usage: xtask corpora [PART] | crash [--rounds N] [--storage sqlite|postgres] [--seed S] [--calm true] | faults [NAME] | \
    fuzz [SECONDS] | load SERVER TOKEN RATE SECONDS | schemas | shippers | tidy";

fn main() -> Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let passed = match arguments.next().as_deref() {
        Some("corpora") => corpora::score(arguments.next().as_deref())?,
        Some("crash") => crash::run(&crash::Crash::read(arguments)?)?,
        Some("faults") => faults::run(arguments.next().as_deref())?,
        Some("fuzz") => fuzz::fuzz(arguments.next().as_deref())?,
        Some("load") => load::run(&load(arguments)?)?,
        Some("schemas") => schemas::write()?,
        Some("shippers") => shippers::run()?,
        Some("tidy") => tidy::check()?,
        _ => bail!("{USAGE}"),
    };
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn load(mut arguments: impl Iterator<Item = String>) -> Result<load::Load> {
    let mut next = |name: &str| arguments.next().with_context(|| format!("load: {name} is missing"));
    let (server, token) = (next("SERVER")?, next("TOKEN")?);
    Ok(load::Load { server, token, rate: next("RATE")?.parse()?, seconds: next("SECONDS")?.parse()? })
}
