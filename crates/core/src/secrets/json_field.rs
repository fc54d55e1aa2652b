//! A field of a secret whose value is a JSON object.

use std::fmt;

use serde::Deserializer as _;
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};

use crate::secret_value::SecretValue;

/// The text of the field with this name. `None` if the value is not a JSON object, or the field is missing, occurs
/// twice, is not a string, or is only white space.
#[must_use]
pub fn string_field(value: &SecretValue, name: &str) -> Option<SecretValue> {
    let mut deserializer = serde_json::Deserializer::from_str(value.expose());
    let found = deserializer.deserialize_map(Field(name)).ok()?;
    deserializer.end().ok()?;
    found.filter(|text| !text.expose().trim().is_empty())
}

/// Extracts one field, and keeps no copy of the others.
struct Field<'n>(&'n str);

impl<'de> Visitor<'de> for Field<'_> {
    type Value = Option<SecretValue>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<String>()? {
            if key != self.0 {
                map.next_value::<IgnoredAny>()?;
            } else if found.is_some() {
                // JSON parsers disagree on which one counts (RFC 8259 §4).
                return Err(A::Error::custom("the field occurs twice"));
            } else {
                found = Some(SecretValue::new(map.next_value::<String>()?));
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(text: &str) -> Option<String> {
        string_field(&SecretValue::new(text.to_owned()), "key").map(|value| value.expose().to_owned())
    }

    #[test]
    fn reads_a_string_field() {
        assert_eq!(field(r#"{"id":"a","key":"b\n\"c\"","more":{"key":[1]}}"#).as_deref(), Some("b\n\"c\""));
        assert_eq!(field(" { \"key\" : \"v\" } \n").as_deref(), Some("v"));
    }

    #[test]
    fn anything_else_is_no_value() {
        for text in [
            "",
            "v",
            "\"v\"",
            "[\"v\"]",
            "{}",
            r#"{"Key":"v"}"#,
            r#"{"key":1}"#,
            r#"{"key":null}"#,
            r#"{"key":" "}"#,
            r#"{"key":"v","key":"w"}"#,
            r#"{"key":"v"} x"#,
            r#"{"key":"v""#,
        ] {
            assert_eq!(field(text), None, "{text}");
        }
    }
}
