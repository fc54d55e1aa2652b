//! `ostiary completions`.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::Arguments;
use crate::failure::Failure;
use crate::output::Output;

/// Print a completion script for a shell.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Completions {
    /// The shell that is to complete.
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  ostiary completions bash > ~/.local/share/bash-completion/completions/ostiary
  ostiary completions zsh > \"${fpath[1]}/_ostiary\"";

impl Completions {
    /// # Errors
    /// Where standard output cannot be written to.
    pub fn run(self, output: &mut Output) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "ostiary", &mut script);
        output.raw(&script)
    }
}
