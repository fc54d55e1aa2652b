//! `ostiary token`.

mod caller_token;
mod inspect;
mod issue;
mod key_pair;
mod revoke;

use clap::{Args, Subcommand};

use crate::failure::Failure;
use crate::output::Output;

pub use caller_token::{CallerToken, Shown as ShownToken};
pub use key_pair::KeyPair;

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
  ostiary token key --key-file agents.key
  ostiary token issue agents/crawler-7 --ttl 30d --key-file agents.key
  ostiary token inspect < token
  ostiary token revoke agents/crawler-7 --list agents-revoked.json --new      later ones without --new

The token is shown once and written nowhere. gateway.toml gets its digest; or a secret gets the token, and gateway.toml
`bearer = \"${secret}\"`. The token names its caller, so that the gateway reads one secret to check it.";

#[derive(Subcommand)]
enum Action {
    /// Print a new random token, its digest, and the line of gateway.toml that admits it.
    New {
        /// The caller that the token is for.
        caller: String,
    },
    Key(issue::Key),
    Issue(issue::Issue),
    Inspect(inspect::Inspect),
    Revoke(revoke::Revoke),
}

impl Token {
    /// # Errors
    /// The errors of the subcommand.
    pub fn run(self, output: &mut Output) -> Result<(), Failure> {
        match self.action {
            Action::New { caller } => new(&caller, output),
            Action::Key(key) => key.run(output),
            Action::Issue(issue) => issue.run(output),
            Action::Inspect(inspect) => inspect.run(output),
            Action::Revoke(revoke) => revoke.run(output),
        }
    }
}

fn new(caller: &str, output: &mut Output) -> Result<(), Failure> {
    {
        let token = CallerToken::new(caller)?;
        if output.is_json() {
            return output.json(&token.shown(caller));
        }
        token.print(caller, output)?;
        output.line(format!("\nWrite this line below [callers.{caller}] in gateway.toml:"))?;
        output.line(token.line())?;
        output.line(format!(
            "\nOr, if the token is the value of a secret, so that it can be rotated without a build:\nbearer = \"${{{caller}}}\"\nnamed = true"
        ))
    }
}
