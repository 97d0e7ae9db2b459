//! Repository chores: `cargo run -p xtask -- <chore>`.
#![expect(clippy::print_stdout, reason = "a tool for developers; its output is its result")]

mod corpora;
mod fuzz;
mod run;
mod schemas;
mod tidy;

use std::process::ExitCode;

use anyhow::{Result, bail};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let passed = match arguments.next().as_deref() {
        Some("corpora") => corpora::score(arguments.next().as_deref())?,
        Some("fuzz") => fuzz::fuzz(arguments.next().as_deref())?,
        Some("schemas") => schemas::write()?,
        Some("tidy") => tidy::check()?,
        _ => bail!("usage: xtask corpora [PART] | fuzz [SECONDS] | schemas | tidy"),
    };
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
