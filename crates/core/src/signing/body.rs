//! Sets fields in a request's body.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer as _;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::configuration::{BodyPlace, Text};
use crate::http::query;

/// The `Content-Type` for a body without one.
pub(super) const fn media_type(place: &BodyPlace) -> &'static str {
    match place {
        BodyPlace::Json(_) => "application/json",
        BodyPlace::Form(_) => "application/x-www-form-urlencoded",
    }
}

/// Whether a body with this `Content-Type` can have the field.
pub(super) fn is_of_type(place: &BodyPlace, content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let found = parts.next().unwrap_or_default().to_ascii_lowercase();
    let fits = match place {
        BodyPlace::Json(_) => found == "application/json" || found.ends_with("+json"),
        BodyPlace::Form(_) => found == media_type(place),
    };
    let mut charsets = parts
        .filter_map(|parameter| parameter.split_once('='))
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
        .map(|(_, value)| value.trim().trim_matches('"'));
    fits && charsets.all(|charset| charset.eq_ignore_ascii_case("utf-8"))
}

/// The body with this field set; `None` if the body does not match its media type, or a member on the path is not an
/// object. All other bytes stay unchanged.
pub(super) fn set_field(body: &[u8], place: &BodyPlace, value: &str) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(body).ok()?;
    let changed = match place {
        BodyPlace::Json(path) => {
            let text = if text.is_empty() { "{}" } else { text };
            let mut out = String::with_capacity(text.len() + 2 * value.len() + 64);
            set_member(text, path, value, &mut out)?;
            out
        }
        BodyPlace::Form(name) => {
            let kept = query::without(text, |field| query::is_same_name(&field.name(), name.as_bytes()))
                .unwrap_or_default();
            let mut out = String::with_capacity(kept.len() + 3 * (name.len() + value.len()) + 2);
            out.push_str(&kept);
            query::append(&mut out, name, value);
            out
        }
    };
    Some(changed.into_bytes())
}

/// The decoded name and value of a field.
type Field<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// The text of the value at this path of a JSON document.
#[must_use]
pub fn member<'t>(text: &'t str, path: &[Text]) -> Option<&'t str> {
    let Some((name, rest)) = path.split_first() else { return Some(text) };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let container = deserializer.deserialize_any(ContainerVisitor).ok()?;
    let raw = match container {
        Container::Object(members) => members.iter().rfind(|(known, _)| known == name)?.1,
        Container::Array(elements) => elements.get(name.parse::<usize>().ok()?).copied()?,
    };
    member(raw.get(), rest)
}

/// The fields of a form, sorted by name, each name and value decoded, without separators.
pub(super) fn sorted_form(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let mut fields: Vec<Field<'_>> = text
        .split('&')
        .filter(|raw| !raw.is_empty())
        .flat_map(query::parameters)
        .map(|field| (field.name(), field.value()))
        .collect();
    fields.sort();
    fields.into_iter().flat_map(|(name, value)| [name, value].concat()).collect()
}

/// Writes the document with the value at this path. Missing members on the path are created.
fn set_member(text: &str, path: &[Text], value: &str, out: &mut String) -> Option<()> {
    let Some((name, rest)) = path.split_first() else {
        out.push_str(&serde_json::to_string(value).ok()?);
        return Some(());
    };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let container = deserializer.deserialize_any(ContainerVisitor).ok()?;
    deserializer.end().ok()?;
    let replaced = |raw: Option<&str>, out: &mut String| {
        set_member(raw.filter(|raw| *raw != "null").unwrap_or("{}"), rest, value, out)
    };
    match container {
        Container::Object(members) => {
            // JSON parsers disagree on which of two members with one name counts, so only one is kept.
            let last = members.iter().rfind(|(known, _)| known == name).map(|(_, raw)| raw.get());
            let others = members.iter().filter(|(known, _)| known != name);
            out.push('{');
            for (known, raw) in others {
                out.push_str(&serde_json::to_string(known).ok()?);
                out.push(':');
                out.push_str(raw.get());
                out.push(',');
            }
            out.push_str(&serde_json::to_string(name).ok()?);
            out.push(':');
            replaced(last, out)?;
            out.push('}');
        }
        Container::Array(elements) => {
            let index: usize = name.parse().ok().filter(|index| *index < elements.len())?;
            out.push('[');
            for (at, raw) in elements.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                if at == index {
                    replaced(Some(raw.get()), out)?;
                } else {
                    out.push_str(raw.get());
                }
            }
            out.push(']');
        }
    }
    Some(())
}

/// One level of an object or an array. Its members are not parsed.
enum Container<'de> {
    Object(Vec<(String, &'de RawValue)>),
    Array(Vec<&'de RawValue>),
}

struct ContainerVisitor;

impl<'de> Visitor<'de> for ContainerVisitor {
    type Value = Container<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Container::Object(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = sequence.next_element()? {
            elements.push(element);
        }
        Ok(Container::Array(elements))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(body: &str, path: &'static [&'static str]) -> Option<String> {
        let path = path.iter().map(|name| Text::Borrowed(*name)).collect();
        let changed = set_field(body.as_bytes(), &BodyPlace::Json(path), "v\"1")?;
        Some(String::from_utf8(changed).unwrap())
    }

    fn form(body: &str) -> Option<String> {
        let changed = set_field(body.as_bytes(), &BodyPlace::Form("api_key".into()), "a b&c")?;
        Some(String::from_utf8(changed).unwrap())
    }

    #[test]
    fn a_member_is_set_and_all_else_keeps_its_bytes() {
        for (body, path, expected) in [
            ("", &["k"][..], r#"{"k":"v\"1"}"#),
            ("{}", &["k"], r#"{"k":"v\"1"}"#),
            (
                r#"{ "n" : 12345678901234567890.10, "k": 1, "s":"\u0041\/" }"#,
                &["k"],
                r#"{"n":12345678901234567890.10,"s":"\u0041\/","k":"v\"1"}"#,
            ),
            (r#"{"k":1,"k":{"k":2},"K":3}"#, &["k"], r#"{"K":3,"k":"v\"1"}"#),
            (r#"{"\u006b":1}"#, &["k"], r#"{"k":"v\"1"}"#),
            (r#"{"a":{"b":1,"t":2},"c":[1, 2]}"#, &["a", "t"], r#"{"c":[1, 2],"a":{"b":1,"t":"v\"1"}}"#),
            (r#"{"c":1}"#, &["a", "b", "t"], r#"{"c":1,"a":{"b":{"t":"v\"1"}}}"#),
            (r#"{"a":null}"#, &["a", "t"], r#"{"a":{"t":"v\"1"}}"#),
            (r#"{"a":[{"x":1},{"t":2}]}"#, &["a", "1", "t"], r#"{"a":[{"x":1},{"t":"v\"1"}]}"#),
            (r#"{"a":1}"#, &["/~"], r#"{"a":1,"/~":"v\"1"}"#),
        ] {
            assert_eq!(json(body, path).as_deref(), Some(expected), "{body}");
        }
    }

    #[test]
    fn a_body_that_is_no_such_document_is_not_sent() {
        for (body, path) in [
            ("{", &["k"][..]),
            ("{} x", &["k"]),
            ("1", &["k"]),
            ("\"k\"", &["k"]),
            ("\u{feff}{}", &["k"]),
            (r#"{"a":1}"#, &["a", "t"]),
            (r#"{"a":"x"}"#, &["a", "t"]),
            (r#"{"a":[1]}"#, &["a", "1"]),
            (r#"{"a":[1]}"#, &["a", "-"]),
            (r#"{"a":[1]}"#, &["a", "t"]),
        ] {
            assert_eq!(json(body, path), None, "{body}");
        }
        assert_eq!(set_field(b"\xff", &BodyPlace::Form("a".into()), "v"), None);
    }

    #[test]
    fn a_field_of_a_form_is_set_in_the_place_of_the_caller_s() {
        for (body, expected) in [
            ("", "api_key=a%20b%26c"),
            ("x=1&y=%zz", "x=1&y=%zz&api_key=a%20b%26c"),
            ("api_key=mine&x=1", "x=1&api_key=a%20b%26c"),
            ("API_KEY=mine&x=1&api_key%5B%5D=mine", "x=1&api_key=a%20b%26c"),
            ("x=1&api%5Fkey=mine", "x=1&api_key=a%20b%26c"),
        ] {
            assert_eq!(form(body).as_deref(), Some(expected), "{body}");
        }
    }

    #[test]
    fn a_type_is_read_with_its_charset() {
        let json = BodyPlace::Json(vec![].into());
        let form = BodyPlace::Form("a".into());
        for (place, content_type, expected) in [
            (&json, "application/json", true),
            (&json, "Application/JSON; charset=\"UTF-8\"", true),
            (&json, "application/vnd.api+json", true),
            (&json, "application/json; charset=utf-16", false),
            (&json, "text/plain", false),
            (&json, "application/x-www-form-urlencoded", false),
            (&json, "", false),
            (&form, "application/x-www-form-urlencoded; charset=utf-8", true),
            (&form, "multipart/form-data; boundary=x", false),
            (&form, "application/json", false),
        ] {
            assert_eq!(is_of_type(place, content_type), expected, "{content_type}");
        }
    }

    #[test]
    fn the_fields_of_a_form_are_sorted_by_name() {
        assert_eq!(sorted_form(b"b=2&a=%2B1&&a=0&c"), b"a+1a0b2c");
        assert_eq!(sorted_form(b""), b"");
    }

    proptest::proptest! {
        #[test]
        fn a_json_reader_finds_the_value_and_all_else(
            members in proptest::collection::btree_map("[a-c]{1,2}", "[a-z\"\\\\é]{0,4}", 0..4),
            name in "[a-c]{1,2}",
            value in "[ -~é]{0,8}",
        ) {
            let body = serde_json::to_vec(&members).unwrap();
            let changed = set_field(&body, &BodyPlace::Json(vec![name.clone().into()].into()), &value).unwrap();
            let mut expected = members;
            expected.insert(name, value);
            let found: std::collections::BTreeMap<String, String> = serde_json::from_slice(&changed).unwrap();
            proptest::prop_assert_eq!(found, expected);
        }
    }
}
