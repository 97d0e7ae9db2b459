//! Repository chores: `cargo run -p xtask -- <chore>`.
#![expect(clippy::print_stdout, reason = "a tool for developers; its output is its result")]

mod corpora;
mod fuzz;
mod load;
mod run;
mod schemas;
mod tidy;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let passed = match arguments.next().as_deref() {
        Some("corpora") => corpora::score(arguments.next().as_deref())?,
        Some("fuzz") => fuzz::fuzz(arguments.next().as_deref())?,
        Some("load") => load::run(&load(arguments)?)?,
        Some("schemas") => schemas::write()?,
        Some("tidy") => tidy::check()?,
        _ => bail!("usage: xtask corpora [PART] | fuzz [SECONDS] | load SERVER TOKEN RATE SECONDS | schemas | tidy"),
    };
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn load(mut arguments: impl Iterator<Item = String>) -> Result<load::Load> {
    let mut next = |name: &str| arguments.next().with_context(|| format!("load: {name} is missing"));
    let (server, token) = (next("SERVER")?, next("TOKEN")?);
    Ok(load::Load { server, token, rate: next("RATE")?.parse()?, seconds: next("SECONDS")?.parse()? })
}
