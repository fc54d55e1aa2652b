//! `ostiary add`.

mod caller;
mod next;
mod report;
mod route;
mod source;

use clap::{Args, Subcommand};

use crate::failure::Failure;
use crate::output::Output;

use caller::AddCaller;
pub use next::next_steps;
use route::AddRoute;
pub use route::add as add_route;
use source::AddSource;

/// Add an API, a caller or a second source to gateway.toml, and the bindings to every environment of wrangler's
/// configuration.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_precedence_over_arg = true, after_help = EXAMPLES)]
pub struct Add {
    #[command(subcommand)]
    kind: Option<Kind>,
    #[command(flatten)]
    route: AddRoute,
}

const EXAMPLES: &str = "\
Examples:
  ostiary add stripe --caller web
  ostiary add --name items --upstream http://127.0.0.1:9001 --header x-api-key
  ostiary add openai --caller web --rule 'POST /v1/chat/completions' --dry-run
  ostiary add caller web
  ostiary add source stripe                  a second source, so that `ostiary rotate` can replace the key

Comments and order of both files are kept. What is there already stays as it is.";

#[derive(Subcommand)]
enum Kind {
    Caller(AddCaller),
    Source(AddSource),
}

impl Add {
    /// # Errors
    /// Returns an error if a file cannot be read or written, or the build would refuse the result.
    pub fn run(self, output: &mut Output) -> Result<(), Failure> {
        match self.kind {
            Some(Kind::Caller(command)) => command.run(output),
            Some(Kind::Source(command)) => command.run(output),
            None => self.route.run(output),
        }
    }
}
