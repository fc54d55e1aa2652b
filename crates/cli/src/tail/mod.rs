//! `ostiary tail`.

mod documents;
mod event;
mod filter;
mod row;

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use clap::Args;
use jiff::Timestamp;

use crate::credentials::OPERATOR_TOKEN;
use crate::failure::Failure;
use crate::output::Output;
use crate::source_folder;
use documents::Documents;
use event::found_in;
use filter::{Filter, Filtered};

/// Show the gateway's log live: a line for each request, and one for each notice.
///
/// The lines come from `wrangler tail`, or with `--from` from a file or a pipe: the output of `wrangler dev` or of
/// `wrangler tail --format json`, or a file of Logpush.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Tail {
    /// The Worker [default: the one of wrangler's configuration].
    worker: Option<String>,
    /// The environment of wrangler's configuration.
    #[arg(long, value_name = "NAME", conflicts_with = "from")]
    env: Option<String>,
    /// Read from this file instead; `-` is standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "worker")]
    from: Option<PathBuf>,
    #[command(flatten)]
    filter: Filter,
}

const EXAMPLES: &str = "\
Examples:
  ostiary tail
  ostiary tail --env staging --route stripe --caller checkout
  ostiary tail --code rate_limited --json | jq .caller
  ostiary/scripts/wrangler dev | ostiary tail --from -
  zcat *.log.gz | ostiary tail --from - --level warn";

impl Tail {
    /// # Errors
    /// Returns an error if the lines cannot be read, or `wrangler tail` fails.
    pub fn run(self, output: &mut Output) -> Result<(), Failure> {
        let Self { worker, env, from, filter } = self;
        let filtered = Filtered::from(filter);
        match from.as_deref() {
            Some(path) if path == Path::new("-") => follow(io::stdin().lock(), filtered, output),
            Some(path) => {
                let opened = File::open(path);
                let file =
                    opened.map_err(|error| Failure::failed(format_args!("{}: {error}", path.display())))?;
                follow(BufReader::new(file), filtered, output)
            }
            None => {
                let mut wrangler = spawn(worker.as_deref(), env.as_deref())?;
                let lines = wrangler.stdout.take().map(BufReader::new);
                let followed = lines.map_or(Ok(()), |lines| follow(lines, filtered, output));
                if followed.is_err() {
                    // It would continue without a reader. An error means that it has ended already.
                    let _ = wrangler.kill();
                }
                let status = wrangler.wait().map_err(Failure::failed)?;
                followed?;
                if status.success() { Ok(()) } else { Err(Failure::failed("`wrangler tail` has failed")) }
            }
        }
    }
}

/// Starts the clone's wrangler. wrangler's own remarks and questions stay on the terminal. Without a clone, no other
/// wrangler is looked for: `npx` would run one of any parent folder, with the API token in its environment.
fn spawn(worker: Option<&str>, env: Option<&str>) -> Result<Child, Failure> {
    let folder = std::env::current_dir().map_err(Failure::failed)?;
    let clone = source_folder::find(&folder).ok_or_else(|| {
        Failure::usage(format_args!(
            "no clone of Ostiary is found, whose wrangler would read the log: set {} to it, or pipe the output of your \
             own `wrangler tail --format json` into `ostiary tail --from -`",
            source_folder::VARIABLE
        ))
    })?;
    let program = source_folder::wrangler(&clone);
    let mut command = Command::new(&program);
    command.args(["tail", "--format", "json"]).stdout(Stdio::piped());
    command.env_remove(OPERATOR_TOKEN);
    command.args(env.map(|name| format!("--env={name}")));
    if let Some(worker) = worker {
        command.args(["--", worker]);
    }
    command.spawn().map_err(|error| {
        Failure::failed(format_args!(
            "cannot run {}: {error}; {} names the clone of Ostiary, which has wrangler, and --from reads a file or a pipe",
            program.display(),
            source_folder::VARIABLE
        ))
    })
}

fn follow(mut lines: impl BufRead, mut filtered: Filtered, output: &mut Output) -> Result<(), Failure> {
    let mut documents = Documents::default();
    let mut has_header = output.is_json();
    let mut line = Vec::new();
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line).map_err(Failure::failed)? == 0 {
            return Ok(());
        }
        for document in documents.push(&String::from_utf8_lossy(&line)) {
            for (time, event) in found_in(&document) {
                if !filtered.admits(&event) {
                    continue;
                }
                if output.is_json() {
                    output.json_line(&event)?;
                    continue;
                }
                if !std::mem::replace(&mut has_header, true) {
                    output.line(row::header())?;
                }
                output.line(row::row(time.unwrap_or_else(Timestamp::now), &event))?;
            }
        }
    }
}
