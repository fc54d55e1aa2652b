//! Runs the Secrets Store API for the store that `wrangler dev` reads, while a command runs.

use std::io::{BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::credentials;
use crate::failure::Failure;
use crate::source_folder;

/// A running server. It ends when this is dropped.
pub struct LocalApi {
    server: Child,
    /// The server ends when its standard input is closed, also if this process is killed.
    input: Option<ChildStdin>,
    /// Kept open, because the server writes to it.
    _output: BufReader<ChildStdout>,
    base_url: String,
}

impl LocalApi {
    /// Starts the server for the gateway in `folder`.
    ///
    /// # Errors
    /// There is no clone of Ostiary, or its server does not start.
    pub fn start(folder: &Path) -> Result<Self, Failure> {
        let folder = folder.canonicalize().map_err(|error| {
            Failure::usage(format_args!("the folder of gateway.toml, {}: {error}", folder.display()))
        })?;
        let source = source_folder::find(&folder).ok_or_else(|| {
            Failure::usage(format_args!(
                "`--local` runs a server of Ostiary's repository, but no clone was found that only you can change; set {} \
                 to one",
                source_folder::VARIABLE
            ))
        })?;
        let program = source.join("api/run.mjs");
        let mut command = Command::new(node(&source));
        // The local store needs no credential.
        for variable in credentials::ALL {
            command.env_remove(variable);
        }
        let mut server = command
            .arg(&program)
            .current_dir(&folder)
            .env("OSTIARY_FOLDER", &folder)
            .env("API_PORT", "0")
            .env("API_ENDS_WITH_INPUT", "1")
            .envs([("WRANGLER_SEND_METRICS", "false"), ("WRANGLER_LOG", "error")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| {
                Failure::failed(format_args!(
                    "cannot run {} with Node: {error}; `make tools` in {} installs it",
                    program.display(),
                    source.display()
                ))
            })?;
        let input = server.stdin.take();
        let mut output = server.stdout.take().map(BufReader::new);
        match (output.as_mut().and_then(base_url), output) {
            (Some(base_url), Some(output)) => Ok(Self { server, input, _output: output, base_url }),
            _ => Err(not_started(server, &source)),
        }
    }

    /// Its URL, including `/client/v4`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }
}

impl Drop for LocalApi {
    fn drop(&mut self) {
        self.input = None;
        // Its exit code does not matter, because every request has got its response.
        let _ = self.server.wait();
    }
}

/// The Node that the clone pins, or the machine's.
fn node(source: &Path) -> PathBuf {
    let pinned = source.join(source_folder::NODE);
    if pinned.exists() { pinned } else { PathBuf::from("node") }
}

/// The URL that the server prints when it listens.
fn base_url(output: &mut impl BufRead) -> Option<String> {
    output.by_ref().lines().map_while(Result::ok).find_map(|line| {
        let at = line.find("http://127.0.0.1:")?;
        line.get(at..)?.split_whitespace().next().map(|url| url.trim_end_matches('.').to_owned())
    })
}

fn not_started(mut server: Child, source: &Path) -> Failure {
    let mut said = String::new();
    if let Some(mut errors) = server.stderr.take() {
        // The output is only shown to the user, so an error is ignored.
        let _ = errors.read_to_string(&mut said);
    }
    let _ = server.kill();
    let _ = server.wait();
    let reason = said.lines().find(|line| line.contains("Error") || line.contains("there is no"));
    Failure::failed(format_args!(
        "the local Secrets Store API of {} did not start: {}; `make tools` there installs what it needs",
        source.display(),
        reason.or(said.lines().next()).unwrap_or("it said nothing").trim()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_is_read_from_what_the_server_prints() {
        let printed = "==> x\nThe Secrets Store API listens on http://127.0.0.1:41/client/v4. In another terminal:\n\n  more";
        assert_eq!(base_url(&mut printed.as_bytes()).as_deref(), Some("http://127.0.0.1:41/client/v4"));
        assert_eq!(base_url(&mut "an error\n".as_bytes()), None);
    }
}
