//! The `quell` command. Every subcommand is a thin caller of the crates below it.

mod arguments;
mod commands;
mod knowledge;
mod progress;
mod reading;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Investigate(arguments) => commands::investigate(&arguments),
        Command::Detect(arguments) => commands::detect(&arguments),
        Command::Rules(arguments) => commands::rules(&arguments),
        Command::Scenario(arguments) => commands::scenario(&arguments.command),
    };
    outcome.unwrap_or_else(|error| {
        if commands::is_closed_pipe(&error) {
            return ExitCode::SUCCESS;
        }
        progress::complain(&format!("quell: {error:#}"));
        ExitCode::FAILURE
    })
}
