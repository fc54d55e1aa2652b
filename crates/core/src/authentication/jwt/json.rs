//! A JSON parser for unauthenticated input, with limits and without duplicate members.

use std::fmt;

use crate::sort::sorted;
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};

/// The deepest nesting of objects and lists. Tokens of Kubernetes have three levels.
const DEEPEST: u8 = 8;

/// The most members of one object. Tokens of GitHub have some thirty.
const MOST_MEMBERS: usize = 128;

/// A JSON value. No object has a member twice, at any depth.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A number.
    Number(f64),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Value>),
    /// An object.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// Parses the bytes; `None` if they are not JSON, or exceed the limits.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        Self::parse_with(bytes, MOST_MEMBERS)
    }

    /// The same for a value of the operator's own, whose length is its only limit.
    #[must_use]
    pub fn parse_of_any_length(bytes: &[u8]) -> Option<Self> {
        Self::parse_with(bytes, usize::MAX)
    }

    fn parse_with(bytes: &[u8], most_members: usize) -> Option<Self> {
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        let value = Limits { depth: DEEPEST, most_members }.deserialize(&mut deserializer).ok()?;
        deserializer.end().ok()?;
        Some(value)
    }

    /// The member of an object with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The text, if the value is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The elements of a list, or the value itself if it is not a list: `aud` can have both forms (RFC 7519 §4.1.3).
    #[must_use]
    pub fn elements(&self) -> &[Self] {
        match self {
            Self::List(elements) => elements,
            _ => std::slice::from_ref(self),
        }
    }
}

/// What a value may have.
#[derive(Clone, Copy)]
struct Limits {
    /// The number of levels that are left.
    depth: u8,
    most_members: usize,
}

impl Limits {
    fn below<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom("nested too deep"))?;
        Ok(Self { depth, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Limits {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Limits {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Boolean(value))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "no time and no identifier of a known issuer is that large"
    )]
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "no time and no identifier of a known issuer is that large"
    )]
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Number(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut elements = Vec::new();
        while let Some(element) = list.next_element_seed(below)? {
            elements.push(element);
        }
        Ok(Value::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut members: Vec<(String, Value)> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if members.len() == self.most_members {
                return Err(A::Error::custom("there are too many members"));
            }
            let value = map.next_value_seed(below)?;
            members.push((name, value));
        }
        // JSON parsers disagree on which one counts (RFC 8259 §4, RFC 7519 §4).
        let names = sorted(members.iter().map(|(name, _)| name.as_str()).collect(), Ord::cmp);
        if names.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
            return Err(A::Error::custom("a member occurs twice"));
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> String {
        format!("{}1{}", "{\"a\":[".repeat(depth / 2), "]}".repeat(depth / 2))
    }

    #[test]
    fn reads_what_json_can_say() {
        let value = Value::parse(br#"{"a":"b\u00e9","n":[1,-2.5,true,null],"o":{"a":"c"}}"#).unwrap();
        assert_eq!(value.get("a").unwrap().as_text(), Some("bé"));
        let list = [Value::Number(1.0), Value::Number(-2.5), Value::Boolean(true), Value::Null];
        assert_eq!(value.get("n").unwrap().elements(), list);
        assert_eq!(value.get("o").unwrap().get("a").unwrap().elements(), [Value::Text("c".to_owned())]);
        assert_eq!(value.get("x"), None);
        assert!(Value::parse(nested(8).as_bytes()).is_some());
    }

    #[test]
    fn refuses_what_readers_of_json_disagree_on_and_what_has_no_bound() {
        let many = (0..200).map(|n| format!("\"{n}\":1")).collect::<Vec<_>>().join(",");
        for text in [
            "",
            "{",
            "{}x",
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"o":{"a":1,"a":2}}"#,
            r#"[{"a":1,"a":2}]"#,
            r#"{"a":1e999}"#,
            r#"{"a":"\ud800"}"#,
            "{'a':1}",
            "{\"a\":1,}",
            &nested(10),
            &nested(100_000),
            &format!("{{{many}}}"),
        ] {
            assert_eq!(Value::parse(text.as_bytes()), None, "{}", text.get(..40).unwrap_or(text));
        }
        assert_eq!(Value::parse(b"\"\xff\""), None);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_are_too_odd(bytes: Vec<u8>) {
            let _ = Value::parse(&bytes);
        }
    }
}
