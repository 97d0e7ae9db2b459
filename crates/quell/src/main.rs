//! The `quell` command. Every subcommand is a thin caller of the crates below it.

mod arguments;
mod commands;
mod config;
mod knowledge;
mod live;
mod progress;
mod reading;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command, KeysCommand};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Investigate(arguments) => commands::investigate(&arguments),
        Command::Detect(arguments) => commands::detect(&arguments),
        Command::Rules(arguments) => commands::rules(&arguments),
        Command::Scenario(arguments) => commands::scenario(&arguments.command),
        Command::Framework(command) => commands::framework(&command),
        Command::Incident(arguments) => commands::incident(&arguments),
        Command::Playbook(command) => commands::playbook(&command),
        Command::Run(arguments) => commands::run(&arguments),
        Command::Metrics(arguments) => commands::metrics(&arguments),
        Command::Tuning(arguments) => commands::tuning(&arguments),
        Command::Stakeholders(arguments) => commands::stakeholders(&arguments),
        Command::Clocks(command) => commands::clocks(&command),
        Command::Serve(arguments) => live::serve(&arguments),
        Command::Doctor(data) => commands::doctor(&data),
        Command::Config(command) => commands::configuration(&command),
        Command::Backup { data, to } => commands::back_up(&data, &to),
        Command::Restore { data, from } => commands::restore(&data, &from),
        Command::Migrate { data, dry_run } => commands::migrate(&data, dry_run),
        Command::Ledger(command) => commands::ledger(&command),
        Command::Keys(KeysCommand::Public(data)) => commands::print_key(&data),
        Command::Keys(KeysCommand::Rotate(data)) => commands::rotate_keys(&data),
        Command::Secret(command) => commands::secret(&command),
        Command::Openapi => commands::openapi(),
    };
    outcome.unwrap_or_else(|error| {
        if commands::is_closed_pipe(&error) {
            return ExitCode::SUCCESS;
        }
        progress::complain(&format!("quell: {error:#}"));
        ExitCode::FAILURE
    })
}
