//! Reads a secret's value from a file, standard input, or a hidden prompt, and never from an argument.

use std::error::Error;
use std::fmt;
use std::fs;
use std::io::{self, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use clap::Args;
use ostiary_core::value_syntax::without_line_ends;
use ostiary_secrets_store::{InvalidSecretValue, SecretValue};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::terminal::discard_input;

/// The options for the source of a value.
#[derive(Args)]
pub struct ValueSource {
    /// Read the value from this file; without it, from standard input, or a hidden prompt on a terminal.
    #[arg(long, value_name = "PATH")]
    value_file: Option<PathBuf>,
}

impl ValueSource {
    /// Whether a file is given.
    pub fn is_file(&self) -> bool {
        self.value_file.is_some()
    }

    /// Reads the value. Line ends at its end are removed, as in the gateway.
    ///
    /// # Errors
    /// The value cannot be read, or is not valid.
    pub fn read(&self, name: &str) -> Result<SecretValue, Failure> {
        let text = match &self.value_file {
            Some(path) => read_file(path)?,
            None if io::stdin().is_terminal() => hidden(&format!("New value of {name}: "))?,
            None => read_standard_input()?,
        };
        new_value(&text).map_err(|error| Failure::usage(format_args!("{name}: {error}")))
    }
}

/// A value without line ends at its end, as the gateway uses it.
///
/// # Errors
/// The value is empty, or longer than the store accepts.
pub fn new_value(text: &str) -> Result<SecretValue, InvalidSecretValue> {
    SecretValue::parse(without_line_ends(text).to_owned())
}

/// Reads a secret text from a file, from standard input, or from a hidden prompt on a terminal.
///
/// # Errors
/// Returns an error if it cannot be read, or is not UTF-8.
pub fn read_secret_text(path: Option<&Path>, prompt: &str) -> Result<Zeroizing<String>, Failure> {
    match path {
        Some(path) => read_file(path),
        None if io::stdin().is_terminal() => hidden(prompt),
        None => read_standard_input(),
    }
}

/// Asks at the terminal, without showing what is typed.
fn hidden(prompt: &str) -> Result<Zeroizing<String>, Failure> {
    discard_input();
    rpassword::prompt_password(prompt)
        .map(Zeroizing::new)
        .map_err(|error| Failure::failed(format_args!("cannot ask for it: {error}")))
}

/// Reads a file of values; `-` is standard input.
///
/// # Errors
/// Returns an error if it cannot be read, or is not UTF-8.
pub fn read_file(path: &Path) -> Result<Zeroizing<String>, Failure> {
    if path.as_os_str() == "-" {
        return read_standard_input();
    }
    let bytes = fs::read(path).map(Zeroizing::new);
    let bytes =
        bytes.map_err(|error| Failure::usage(format_args!("cannot read {}: {error}", path.display())))?;
    text(bytes).map_err(|error| Failure::usage(format_args!("{} {error}", path.display())))
}

fn read_standard_input() -> Result<Zeroizing<String>, Failure> {
    let mut bytes = Zeroizing::new(Vec::new());
    let read = io::stdin().read_to_end(&mut bytes);
    read.map_err(|error| Failure::usage(format_args!("cannot read standard input: {error}")))?;
    text(bytes).map_err(|error| Failure::usage(format_args!("standard input {error}")))
}

fn text(mut bytes: Zeroizing<Vec<u8>>) -> Result<Zeroizing<String>, NotText> {
    // Windows PowerShell writes UTF-16 with `>` and `Out-File`.
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || bytes.contains(&0) {
        return Err(NotText::Utf16);
    }
    String::from_utf8(std::mem::take(&mut bytes)).map(Zeroizing::new).map_err(|error| {
        drop(Zeroizing::new(error.into_bytes()));
        NotText::NotUtf8
    })
}

/// The reason why bytes are not text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NotText {
    Utf16,
    NotUtf8,
}

impl fmt::Display for NotText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Utf16 => "is UTF-16, or has a zero byte; write it as UTF-8",
            Self::NotUtf8 => "is not UTF-8",
        })
    }
}

impl Error for NotText {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_utf_8() {
        for (bytes, expected) in [
            (b"key\n".to_vec(), Ok("key\n")),
            (b"\xef\xbb\xbfkey".to_vec(), Ok("\u{feff}key")),
            (b"\xff\xfek\0e\0y\0".to_vec(), Err(NotText::Utf16)),
            (b"\xfe\xff\0k\0e\0y".to_vec(), Err(NotText::Utf16)),
            (b"k\0e\0y\0".to_vec(), Err(NotText::Utf16)),
            (b"k\xe9y".to_vec(), Err(NotText::NotUtf8)),
        ] {
            assert_eq!(
                text(Zeroizing::new(bytes)).as_ref().map(|text| text.as_str()),
                expected.as_ref().copied()
            );
        }
    }
}
