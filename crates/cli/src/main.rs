//! The `ostiary` command: checks and explains a gateway's configuration, manages the Secrets Store that it reads,
//! and rotates keys without a failed request.
//!
//! [`commands`] has one file for each subcommand; [`failure`] says what the exit codes mean.

mod commands;

mod creation;
mod examination;
mod explanation;
mod rehearsal;
mod rotation;
mod synchronisation;

mod api;
mod deployed;
mod http_client;
mod operator;

mod age;
mod batch;
mod configuration;
mod value_source;

mod failure;
mod output;

use std::process::ExitCode;

use clap::Parser as _;

use commands::Arguments;
use output::Output;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut output = Output::to_terminal(arguments.json);
    match arguments.command.run(&mut output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output.failure(&failure);
            failure.exit_code()
        }
    }
}
