//! The command line: its global options and the list of subcommands.

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::failure::Failure;
use crate::output::Output;
use crate::{
    add, check, completions, doctor, explain, init, quota, rotate, schema, secrets, stores, sync, tail, token,
};

/// Keeps the API keys of a gateway: its configuration, its Secrets Store, its rotations.
#[derive(Parser)]
#[command(name = "ostiary", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Arguments {
    /// Write JSON instead of tables and sentences.
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 it is done, or all is well; 1 something was found, or failed; 2 the command line is wrong.

A secret's value is read from standard input, a file or a hidden prompt. No argument takes one.";

#[derive(Subcommand)]
pub enum Command {
    Init(init::Init),
    Add(add::Add),
    Token(token::Token),
    Check(check::Check),
    Explain(explain::Explain),
    Stores(stores::Stores),
    Secrets(secrets::Secrets),
    Quota(quota::Quota),
    Doctor(doctor::Doctor),
    Sync(sync::Sync),
    Rotate(rotate::Rotate),
    Tail(tail::Tail),
    Schema(schema::Schema),
    Completions(completions::Completions),
}

impl Command {
    /// # Errors
    /// Every failure with an exit code other than 0.
    pub fn run(self, output: &mut Output) -> Result<(), Failure> {
        match self {
            Self::Init(command) => command.run(output),
            Self::Add(command) => command.run(output),
            Self::Token(command) => command.run(output),
            Self::Check(command) => command.run(output),
            Self::Explain(command) => command.run(output),
            Self::Stores(command) => command.run(output),
            Self::Secrets(command) => command.run(output),
            Self::Quota(command) => command.run(output),
            Self::Doctor(command) => command.run(output),
            Self::Sync(command) => command.run(output),
            Self::Rotate(command) => command.run(output),
            Self::Tail(command) => command.run(output),
            Self::Schema(schema::Schema {}) => schema::Schema::run(output),
            Self::Completions(command) => command.run(Arguments::command(), output),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_hold_together() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_subcommand_shows_an_example_in_its_help() {
        let command = Arguments::command();
        for subcommand in command.get_subcommands() {
            let help = subcommand.get_after_help().map(ToString::to_string).unwrap_or_default();
            let name = subcommand.get_name();
            assert!(help.contains(&format!("ostiary {name}")), "`{name} --help` shows no example");
        }
    }
}
