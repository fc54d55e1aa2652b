//! `ostiary completions`.

use clap::{Args, Command};
use clap_complete::Shell;

use crate::failure::Failure;
use crate::output::Output;

/// Print a completion script for a shell.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Completions {
    /// The shell.
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  ostiary completions bash > ~/.local/share/bash-completion/completions/ostiary
  ostiary completions zsh > \"${fpath[1]}/_ostiary\"";

impl Completions {
    /// `command` is the whole command line.
    ///
    /// # Errors
    /// Returns an error if standard output cannot be written to.
    pub fn run(self, mut command: Command, output: &mut Output) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "ostiary", &mut script);
        output.raw(&script)
    }
}
