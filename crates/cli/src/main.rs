//! The `ostiary` command: checks and explains a gateway's configuration, manages the Secrets Store that it reads,
//! and rotates keys without a failed request.
//!
//! [`arguments`] is the command line. Each subcommand has a module; the other modules are shared. [`failure`] defines
//! the exit codes.

mod arguments;

mod add;
mod check;
mod completions;
mod doctor;
mod explain;
mod init;
mod quota;
mod rotate;
mod schema;
mod secrets;
mod stores;
mod sync;
mod tail;
mod token;

mod api;
mod api_failure;
mod confirmation;
mod credentials;
mod deployed;
mod home;
mod http_client;
mod local_api;
mod no_key;
mod operator;
mod other_callers;
mod patience;
mod probed;

mod age;
mod batch;
mod bound;
mod configuration;
mod scaffold;
mod scopes;
mod source_folder;
mod value_check;
mod value_source;

mod failure;
mod output;
mod printable;
mod shell;
mod terminal;
mod token_check;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::Arguments;
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
