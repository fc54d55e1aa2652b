//! Files in JSON: `{"NAME": "value"}`, or
//! `[{"name": "NAME", "value": "value", "scopes": ["workers"], "comment": "…"}]`.

use std::error::Error;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// One value of a file. Its fields have not been checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    pub name: String,
    pub value: Zeroizing<String>,
    pub scopes: Option<Vec<String>>,
    pub comment: Option<String>,
}

/// Reads the items in order, including repeats.
///
/// # Errors
/// Returns an error if the text is neither of the two forms.
pub fn parse(text: &str) -> Result<Vec<Item>, InvalidJson> {
    // The parser's message may quote a value, so only the position is reported.
    let told = |error: serde_json::Error| InvalidJson { line: error.line(), column: error.column() };
    if text.trim_start().starts_with('[') {
        return serde_json::from_str(text).map_err(told);
    }
    let Pairs(pairs) = serde_json::from_str(text).map_err(told)?;
    let item = |(name, value)| Item { name, value, scopes: None, comment: None };
    Ok(pairs.into_iter().map(item).collect())
}

/// The members of an object in order, including repeats.
struct Pairs(Vec<(String, Zeroizing<String>)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Pairs;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, String>()? {
                    pairs.push((name, Zeroizing::new(value)));
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// The text is in neither of the two forms. The error contains no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidJson {
    /// The line, from 1.
    line: usize,
    /// The column, from 1.
    column: usize,
}

impl fmt::Display for InvalidJson {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column } = self;
        write!(
            formatter,
            "line {line}, column {column}: expected {{\"NAME\": \"value\"}} or [{{\"name\": …, \"value\": …}}]"
        )
    }
}

impl Error for InvalidJson {}
