//! `ostiary token`.

mod caller_token;

use clap::{Args, Subcommand};

use crate::failure::Failure;
use crate::output::Output;

pub use caller_token::{CallerToken, Shown as ShownToken};

/// Make tokens for callers of the gateway.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Token {
    #[command(subcommand)]
    action: Action,
}

const EXAMPLES: &str = "\
Examples:
  ostiary token new web
  ostiary token new web --json

The token is shown once and written nowhere. gateway.toml gets its digest; or a secret gets the token, and gateway.toml
`bearer = \"${secret}\"`. The token names its caller, so that the gateway reads one secret to check it.";

#[derive(Subcommand)]
enum Action {
    /// Print a new random token, its digest, and the line of gateway.toml that admits it.
    New {
        /// The caller that the token is for.
        caller: String,
    },
}

impl Token {
    /// # Errors
    /// Where the machine has no random numbers, or standard output cannot be written to.
    pub fn run(self, output: &mut Output) -> Result<(), Failure> {
        let Action::New { caller } = self.action;
        let token = CallerToken::new(&caller)?;
        if output.is_json() {
            return output.json(&token.shown(&caller));
        }
        token.print(&caller, output)?;
        output.line(format!("\nWrite this line below [callers.{caller}] in gateway.toml:"))?;
        output.line(token.line())?;
        output.line(format!(
            "\nOr, where a secret holds the token and it is to be rotated without a build:\nbearer = \"${{{caller}}}\"\nnamed = true"
        ))
    }
}
