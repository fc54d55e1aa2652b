//! Files that hold several values: dotenv, or JSON.

use std::collections::BTreeSet;
use std::path::Path;

use ostiary_secrets_store::{Scope, SecretName, SecretValue};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::value_source::read_file;

/// One value of a file.
#[derive(Debug)]
pub struct Entry {
    /// Whose it is.
    pub name: SecretName,
    /// What it is.
    pub value: SecretValue,
    /// What the file says of who may use it.
    pub scopes: Option<Vec<Scope>>,
    /// What the file says of it.
    pub comment: Option<String>,
}

/// Reads a file: JSON where it begins with a bracket, dotenv otherwise.
///
/// JSON is `{"NAME": "value"}`, or `[{"name": "NAME", "value": "value", "scopes": ["workers"], "comment": "…"}]`.
///
/// # Errors
/// Where it cannot be read, a name stands twice, or something in it is no name or no value.
pub fn read(path: &Path) -> Result<Vec<Entry>, Failure> {
    let text = read_file(path)?;
    parse(&text).map_err(|reason| Failure::usage(format_args!("{}: {reason}", path.display())))
}

fn parse(text: &str) -> Result<Vec<Entry>, String> {
    let text = text.trim_start_matches('\u{feff}');
    let entries = match text.trim_start().chars().next() {
        Some('{' | '[') => json(text)?,
        _ => dotenv(text)?,
    };
    let mut seen = BTreeSet::new();
    for entry in &entries {
        if !seen.insert(&entry.name) {
            return Err(format!("`{}` stands twice", entry.name));
        }
    }
    Ok(entries)
}

/// The parser expands variables in values, which would quietly change a key that holds a `$`.
fn dotenv(text: &str) -> Result<Vec<Entry>, String> {
    for (number, line) in (1..).zip(text.lines()) {
        let value = line.split_once('=').map_or(line, |(_, value)| value).trim();
        if value.contains('$') && !value.starts_with('\'') && !line.trim_start().starts_with('#') {
            return Err(format!(
                "line {number} has a `$`, which dotenv would expand; put the value in single quotes"
            ));
        }
    }
    let mut entries = Vec::new();
    for (number, pair) in (1..).zip(dotenvy::from_read_iter(text.as_bytes())) {
        // The error quotes the line, and the line holds a value.
        let (name, value) = pair.map_err(|_| format!("value {number} is not in the form NAME=value"))?;
        entries.push(entry(&name, Zeroizing::new(value), None, None)?);
    }
    Ok(entries)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonEntry {
    name: String,
    value: Zeroizing<String>,
    scopes: Option<Vec<String>>,
    comment: Option<String>,
}

fn json(text: &str) -> Result<Vec<Entry>, String> {
    // The parser's own message may quote a value, so only the place is told.
    let told = |error: serde_json::Error| {
        format!(
            "line {}, column {}: expected {{\"NAME\": \"value\"}} or [{{\"name\": …, \"value\": …}}]",
            error.line(),
            error.column()
        )
    };
    if text.trim_start().starts_with('[') {
        let read: Vec<JsonEntry> = serde_json::from_str(text).map_err(told)?;
        return read
            .into_iter()
            .map(|read| entry(&read.name, read.value, read.scopes, read.comment))
            .collect();
    }
    let Pairs(pairs) = serde_json::from_str(text).map_err(told)?;
    pairs.into_iter().map(|(name, value)| entry(&name, value, None, None)).collect()
}

/// The members of an object in their order, repeats included.
struct Pairs(Vec<(String, Zeroizing<String>)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Pairs;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, String>()? {
                    pairs.push((name, Zeroizing::new(value)));
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

fn entry(
    name: &str,
    mut value: Zeroizing<String>,
    scopes: Option<Vec<String>>,
    comment: Option<String>,
) -> Result<Entry, String> {
    let scopes = scopes.map(|scopes| scopes.iter().map(|scope| scope.parse()).collect::<Result<Vec<_>, _>>());
    Ok(Entry {
        name: SecretName::parse(name).map_err(|error| format!("`{name}`: {error}"))?,
        value: SecretValue::parse(std::mem::take(&mut value))
            .map_err(|error| format!("`{name}`: {error}"))?,
        scopes: scopes.transpose().map_err(|error| format!("`{name}`: {error}"))?,
        comment,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
        let entries = parse(text)?;
        Ok(entries.iter().map(|entry| (entry.name.to_string(), entry.value.expose().to_owned())).collect())
    }

    #[test]
    fn reads_both_forms_of_json_and_dotenv() {
        let expected = Ok(vec![("ONE".to_owned(), "a b".to_owned()), ("two".to_owned(), "$1".to_owned())]);
        assert_eq!(pairs(r#"{"ONE": "a b", "two": "$1"}"#), expected);
        assert_eq!(pairs(r#" [{"name": "ONE", "value": "a b"}, {"name": "two", "value": "$1"}]"#), expected);
        assert_eq!(pairs("# of x\nONE=\"a b\"\n\nexport two='$1' # why\n"), expected);
        assert_eq!(pairs(""), Ok(vec![]));
    }

    #[test]
    fn no_error_quotes_a_value() {
        for (text, expected) in [
            ("A=canary$HOME", "line 1 has a `$`"),
            ("A=\"canary", "value 1 is not"),
            ("canary canary", "value 1 is not"),
            ("{\"A\": [\"canary\"]}", "line 1, column"),
            ("[\"canary\"]", "line 1, column"),
            (
                "[{\"name\": \"A\", \"value\": \"canary\", \"scopes\": [\"workerz\"]}]",
                "`A`: a scope is one of",
            ),
            ("{\"A\": \"canary\", \"A\": \"canary\"}", "`A` stands twice"),
            ("A=canary\nA=canary", "`A` stands twice"),
            ("A=", "`A`: the value is empty"),
            ("{\"a b\": \"canary\"}", "`a b`: a secret's name"),
        ] {
            let error = pairs(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
            assert!(!error.contains("canary"), "{text}: {error}");
        }
    }
}
