//! Files that hold several values: dotenv, or JSON.

mod dotenv;
mod json;

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt;
use std::path::Path;

use ostiary_secrets_store::{
    InvalidSecretName, InvalidSecretValue, Scope, SecretName, SecretValue, UnknownScope,
};

use crate::failure::Failure;
use crate::printable::Printable;
use crate::value_source::{new_value, read_file};
use dotenv::{InvalidDotenv, Pair};
use json::{InvalidJson, Item};

/// One value of a file.
#[derive(Debug)]
pub struct Entry {
    /// The name of the secret.
    pub name: SecretName,
    /// The value.
    pub value: SecretValue,
    /// The scopes in the file.
    pub scopes: Option<Vec<Scope>>,
    /// The comment in the file.
    pub comment: Option<String>,
}

/// Reads a file: JSON where it begins with a bracket, dotenv otherwise.
///
/// # Errors
/// Returns an error if it cannot be read, a name is in it twice, or a name or a value is not valid.
pub fn read(path: &Path) -> Result<Vec<Entry>, Failure> {
    let text = read_file(path)?;
    // A byte order mark at the beginning is not part of a value.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    parse(text).map_err(|error| Failure::usage(format_args!("{}: {error}", path.display())))
}

fn parse(text: &str) -> Result<Vec<Entry>, InvalidFile> {
    let items = if text.trim_start().starts_with(['{', '[']) {
        json::parse(text).map_err(InvalidFile::Json)?
    } else {
        let pairs = dotenv::parse(text).map_err(InvalidFile::Dotenv)?;
        let item = |pair: Pair| Item { name: pair.name, value: pair.value, scopes: None, comment: None };
        pairs.into_iter().map(item).collect()
    };
    let entries = (1..).zip(items).map(|(number, item)| entry(number, item));
    let entries = entries.collect::<Result<Vec<_>, _>>()?;
    let mut seen = BTreeSet::new();
    match entries.iter().find(|entry| !seen.insert(&entry.name)) {
        Some(twice) => Err(InvalidFile::Twice(twice.name.clone())),
        None => Ok(entries),
    }
}

fn entry(number: usize, item: Item) -> Result<Entry, InvalidFile> {
    let Item { name, value, scopes, comment } = item;
    let wrong = |fault| InvalidFile::Entry { name: name.clone(), number, fault };
    // A key alone in Base64 looks like a name, `=`, and its padding as the value.
    if !value.is_empty() && value.bytes().all(|byte| byte == b'=') {
        return Err(wrong(EntryFault::Padding));
    }
    if scopes.as_ref().is_some_and(Vec::is_empty) {
        return Err(wrong(EntryFault::NoScope));
    }
    let scopes = scopes.map(|scopes| scopes.iter().map(|scope| scope.parse()).collect());
    Ok(Entry {
        name: SecretName::parse(&name).map_err(|error| wrong(EntryFault::Name(error)))?,
        value: new_value(&value).map_err(|error| wrong(EntryFault::Value(error)))?,
        scopes: scopes.transpose().map_err(|error| wrong(EntryFault::Scope(error)))?,
        comment,
    })
}

/// The reason why a file is refused. It contains no value.
#[derive(Debug)]
enum InvalidFile {
    Dotenv(InvalidDotenv),
    Json(InvalidJson),
    Entry { name: String, number: usize, fault: EntryFault },
    Twice(SecretName),
}

#[derive(Debug)]
enum EntryFault {
    Name(InvalidSecretName),
    Value(InvalidSecretValue),
    Scope(UnknownScope),
    NoScope,
    Padding,
}

impl EntryFault {
    /// Whether the name may be a value: a key that was given in place of a file.
    const fn may_be_a_value(&self) -> bool {
        matches!(self, Self::Name(_) | Self::Value(InvalidSecretValue::Empty) | Self::Padding)
    }
}

impl fmt::Display for InvalidFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dotenv(error) => error.fmt(formatter),
            Self::Json(error) => error.fmt(formatter),
            Self::Entry { name, number, fault } => {
                if fault.may_be_a_value() {
                    write!(formatter, "entry {number}: ")?;
                } else {
                    write!(formatter, "`{}`: ", Printable(name))?;
                }
                match fault {
                    EntryFault::Name(error) => error.fmt(formatter),
                    EntryFault::Value(error) => error.fmt(formatter),
                    EntryFault::Scope(error) => error.fmt(formatter),
                    EntryFault::NoScope => formatter
                        .write_str("`scopes` is empty: no service could use the secret; leave it out"),
                    EntryFault::Padding => formatter.write_str(
                        "the value is only `=`, so the line may be a key without a name; write `NAME=value`",
                    ),
                }
            }
            Self::Twice(name) => write!(formatter, "`{name}` is written twice"),
        }
    }
}

impl Error for InvalidFile {}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
        let entries = parse(text).map_err(|error| error.to_string())?;
        Ok(entries.iter().map(|entry| (entry.name.to_string(), entry.value.expose().to_owned())).collect())
    }

    #[test]
    fn reads_both_forms_of_json_and_dotenv() {
        let expected = Ok(vec![("ONE".to_owned(), "a b".to_owned()), ("two-2".to_owned(), "$1".to_owned())]);
        assert_eq!(pairs(r#"{"ONE": "a b", "two-2": "$1"}"#), expected);
        assert_eq!(
            pairs(r#" [{"name": "ONE", "value": "a b"}, {"name": "two-2", "value": "$1"}]"#),
            expected
        );
        assert_eq!(pairs("# of x\nONE=\"a b\"\n\nexport two-2='$1' # why\n"), expected);
        assert_eq!(pairs(""), Ok(vec![]));
        // The gateway drops line ends at the end, too.
        assert_eq!(pairs("{\"ONE\": \"a b\\r\\n\", \"two-2\": \"$1\\n\\n\"}"), expected);
        assert_eq!(pairs("ONE=\"a b\\n\"\ntwo-2='$1\n'"), expected);
    }

    #[test]
    fn no_error_quotes_a_value() {
        for (text, expected) in [
            ("A=canary$HOME", "line 1 has a `$`"),
            ("A=1\nB=\"canary", "line 2 has a quote"),
            ("canary canary", "line 1 is not"),
            ("{\"A\": [\"canary\"]}", "line 1, column"),
            ("[\"canary\"]", "line 1, column"),
            (
                "[{\"name\": \"A\", \"value\": \"canary\", \"scopes\": [\"workerz\"]}]",
                "`A`: a scope is one of",
            ),
            ("[{\"name\": \"A\", \"value\": \"canary\", \"scopes\": []}]", "`A`: `scopes` is empty"),
            ("{\"A\": \"canary\", \"A\": \"canary\"}", "`A` is written twice"),
            ("A=canary\nA=canary", "`A` is written twice"),
            ("A=", "entry 1: the value is empty"),
            ("B=1\nA=\"\\n\"", "entry 2: the value is empty"),
            ("{\"A\": \"\\r\\n\"}", "entry 1: the value is empty"),
            ("{\"a b\": \"canary\"}", "entry 1: a secret's name"),
            ("a.b=canary", "entry 1: a secret's name"),
            // A key in place of a file.
            ("canary=", "entry 1: the value is empty"),
            ("canary==", "entry 1: the value is only `=`"),
            ("canary===", "entry 1: the value is only `=`"),
            ("canary.canary.canary=", "entry 1: "),
            ("{\"canary\": \"\"}", "entry 1: the value is empty"),
            ("[{\"name\": \"canary \", \"value\": \"x\"}]", "entry 1: a secret's name"),
        ] {
            let error = pairs(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
            assert!(!error.contains("canary"), "{text}: {error}");
        }
    }
}
