//! Where a secret's value is read from: a file, standard input, or a hidden prompt. Never an argument.

use std::fs;
use std::io::{self, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use clap::Args;
use ostiary_secrets_store::SecretValue;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// Where the value is.
#[derive(Args)]
pub struct ValueSource {
    /// Read the value from this file; without it, from standard input, or a hidden prompt on a terminal.
    #[arg(long, value_name = "PATH")]
    value_file: Option<PathBuf>,
}

impl ValueSource {
    /// Whether a file is named.
    pub fn is_file(&self) -> bool {
        self.value_file.is_some()
    }

    /// Reads it. Line ends at its end are dropped, since `echo` and editors put them there.
    ///
    /// # Errors
    /// Where it cannot be read, or is no value.
    pub fn read(&self, name: &str) -> Result<SecretValue, Failure> {
        let text = match &self.value_file {
            Some(path) => read_file(path)?,
            None if io::stdin().is_terminal() => rpassword::prompt_password(format!("New value of {name}: "))
                .map(Zeroizing::new)
                .map_err(|error| Failure::failed(format_args!("cannot ask for a value: {error}")))?,
            None => read_standard_input()?,
        };
        let value = text.trim_end_matches(['\r', '\n']).to_owned();
        SecretValue::parse(value).map_err(|error| Failure::usage(format_args!("{name}: {error}")))
    }
}

/// A file that holds values; `-` is standard input.
///
/// # Errors
/// Where it cannot be read, or is not UTF-8.
pub fn read_file(path: &Path) -> Result<Zeroizing<String>, Failure> {
    if path.as_os_str() == "-" {
        return read_standard_input();
    }
    let cannot = |error| Failure::usage(format_args!("cannot read {}: {error}", path.display()));
    fs::read_to_string(path).map(Zeroizing::new).map_err(cannot)
}

fn read_standard_input() -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::new());
    let read = io::stdin().read_to_string(&mut text);
    read.map(|_| text).map_err(|error| Failure::usage(format_args!("cannot read standard input: {error}")))
}
