//! Parses JSON with comments into the tree for TOML, so that the same code and messages serve both.

use jsonc_parser::ast::{ObjectPropName, Value};
use jsonc_parser::common::Range;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::diagnostic::Findings;
use super::file::Span;

/// The extensions of JSON that wrangler allows: comments and trailing commas.
pub const OPTIONS: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_trailing_commas: true,
    allow_loose_object_property_names: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Parses a file; `None` if it is not a JSON object. A key that occurs twice is reported and read once.
pub(crate) fn parse<'t>(file: &'t str, findings: &mut Findings<'_>) -> Option<Spanned<DeTable<'t>>> {
    let parsed = match parse_to_ast(file, &CollectOptions::default(), &OPTIONS) {
        Ok(parsed) => parsed,
        Err(error) => {
            let message = format!("this is not JSON: {}", error.kind());
            findings.error(span(error.range()), &message, "write valid JSON");
            return None;
        }
    };
    let Some(Value::Object(object)) = parsed.value else {
        findings.error(Span { start: 0, end: 0 }, "this is not a JSON object", "write `{ … }`");
        return None;
    };
    Some(Spanned::new(range(object.range), table(object, findings)))
}

fn table<'t>(object: jsonc_parser::ast::Object<'t>, findings: &mut Findings<'_>) -> DeTable<'t> {
    let mut table = DeTable::new();
    for property in object.properties {
        let (at, name) = match property.name {
            ObjectPropName::String(name) => (name.range, name.value),
            ObjectPropName::Word(name) => (name.range, name.value.into()),
        };
        let Some(value) = value(property.value, findings) else { continue };
        let key = Spanned::new(range(at), name);
        if table.contains_key(&key) {
            findings.error(span(at), "the key is written twice in one object", "keep one of the two");
        } else {
            table.insert(key, value);
        }
    }
    table
}

/// `None` for null, which wrangler treats as a missing key.
fn value<'t>(value: Value<'t>, findings: &mut Findings<'_>) -> Option<Spanned<DeValue<'t>>> {
    Some(match value {
        Value::StringLit(string) => Spanned::new(range(string.range), DeValue::String(string.value)),
        Value::BooleanLit(boolean) => Spanned::new(range(boolean.range), DeValue::Boolean(boolean.value)),
        Value::NumberLit(number) => {
            // JSON numbers are TOML numbers, except those with an exponent and no fraction.
            let parsed = DeValue::parse(number.value).map(Spanned::into_inner);
            let parsed = parsed.unwrap_or_else(|_| DeValue::String(number.value.into()));
            Spanned::new(range(number.range), parsed)
        }
        Value::Object(object) => {
            let at = range(object.range);
            Spanned::new(at, DeValue::Table(table(object, findings)))
        }
        Value::Array(array) => {
            let at = range(array.range);
            let mut elements = DeArray::new();
            for element in array.elements {
                if let Some(element) = self::value(element, findings) {
                    elements.push(element);
                }
            }
            Spanned::new(at, DeValue::Array(elements))
        }
        Value::NullKeyword(_) => return None,
    })
}

fn range(range: Range) -> std::ops::Range<usize> {
    range.start..range.end
}

fn span(range: Range) -> Span {
    Span { start: range.start, end: range.end }
}

#[cfg(test)]
mod tests {
    use super::super::example::{GATEWAY, replaced};
    use super::super::{Checked, File, read};

    const WRANGLER: &str = r#"{
  // An example of wrangler's documentation.
  "name": "gateway",
  "vars": { "ACCOUNT": "acct_1", "LIMIT": 3, "RATIO": 0.5, "OBJECT": { "a": [null] } },
  "secrets": { "required": ["LEGACY_KEY"] },
  "secrets_store_secrets": [
    { "binding": "STRIPE_KEY", "store_id": "1", "secret_name": "stripe" },
    { "binding": "STRIPE_KEY_2", "store_id": "1", "secret_name": "stripe-2" },
    { "binding": "CHECKOUT_TOKEN", "store_id": "1", "secret_name": "checkout" }, /* and a comma */
  ],
}
"#;

    fn outcome(gateway: &str, wrangler: &str) -> Result<Checked, Vec<String>> {
        let file = |path, text| File { path, text };
        read(file("gateway.toml", gateway), file("deploy/wrangler.jsonc", wrangler))
            .map_err(|errors| errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn reads_what_wrangler_reads() {
        assert_eq!(outcome(GATEWAY, WRANGLER).unwrap().warnings, []);
        let gateway = replaced(GATEWAY, "api.stripe.com", "api.stripe.com/${var.ACCOUNT}");
        assert!(outcome(&gateway, WRANGLER).is_ok());
    }

    #[test]
    fn tells_what_is_missing_in_the_notation_of_the_file() {
        let legacy = replaced(GATEWAY, "\"CHECKOUT_TOKEN\"", "{ worker_secret = \"OLD\" }");
        let account = replaced(GATEWAY, "api.stripe.com", "api.stripe.com/${var.LIMIT}");
        let limited =
            replaced(GATEWAY, "mount =", "rate_limit = [{ binding = \"RATE\", by = \"caller\" }]\nmount =");
        let staging = replaced(WRANGLER, "\"name\"", "\"env\": { \"a b\": {} },\n  \"name\"");
        for (gateway, wrangler, expected) in [
            (
                GATEWAY,
                replaced(WRANGLER, "\"CHECKOUT_TOKEN\"", "\"OTHER\""),
                "gateway.toml:5:13: error: wrangler.jsonc has no binding `CHECKOUT_TOKEN` at its top level; found \
                 `\"CHECKOUT_TOKEN\"`; add `{ \"binding\": \"CHECKOUT_TOKEN\", \"store_id\": \"…\", \"secret_name\": \
                 \"…\" }` to `secrets_store_secrets` there",
            ),
            (
                &legacy,
                WRANGLER.to_owned(),
                "gateway.toml:5:31: error: wrangler.jsonc requires no Worker secret `OLD` at its top level; found \
                 `\"OLD\"`; add `\"OLD\"` to `required` in `secrets` there",
            ),
            (
                &account,
                WRANGLER.to_owned(),
                "gateway.toml:15:36: error: the variable `LIMIT` of wrangler.jsonc is not a string at its top level; \
                 found `${var.LIMIT}`; write `\"LIMIT\": \"…\"` in `vars` there",
            ),
            (
                &limited,
                WRANGLER.to_owned(),
                "gateway.toml:14:27: error: wrangler.jsonc has no rate limit `RATE` at its top level; found \
                 `\"RATE\"`; add `{ \"name\": \"RATE\", \"namespace_id\": \"…\", \"simple\": { \"limit\": 100, \
                 \"period\": 60 } }` to `ratelimits` there",
            ),
            (
                GATEWAY,
                staging,
                "gateway.toml:4:11: error: wrangler.jsonc has no binding `STRIPE_KEY` in `env.a b`; found \
                 `\"STRIPE_KEY\"`; add `{ \"binding\": \"STRIPE_KEY\", \"store_id\": \"…\", \"secret_name\": \"…\" }` to \
                 `env.a b.secrets_store_secrets` there",
            ),
        ] {
            assert_eq!(outcome(gateway, &wrangler).unwrap_err().first().map(String::as_str), Some(expected));
        }
    }

    #[test]
    fn tells_where_the_file_is_wrong() {
        for (piece, by, expected) in [
            ("\"name\": \"gateway\",", "\"name\": gateway,", ":3:11: error: this is not JSON: "),
            (
                "\"name\": \"gateway\",",
                "\"name\": \"gateway\"",
                ":3:20: error: this is not JSON: Expected comma; found nothing",
            ),
            ("\"name\": \"gateway\",", "'name': \"gateway\",", ":3:3: error: this is not JSON: "),
            (
                "\"name\"",
                "\"vars\"",
                ":4:3: error: the key is written twice in one object; found `\"vars\"`; keep one of the two",
            ),
            (
                "\"secrets\": {",
                "\"secrets\": 1, \"x\": {",
                ":5:14: error: `secrets` takes an object, not a number; found `1`; write `secrets`",
            ),
            (
                "[\"LEGACY_KEY\"]",
                "{}",
                ":5:28: error: `required` takes an array, not an object; found `{}`; write `\"required\": [\"NAME\"]`",
            ),
            (
                "\"store_id\": \"1\", \"secret_name\": \"stripe\"",
                "\"secret_name\": \"stripe\"",
                ":7:5: error: a Secrets Store binding has no `store_id`; found `{ \"binding\": \"STRIPE_KEY\", \"secret_name\": \"stripe\" }`; add `\"store_id\": \"…\"`",
            ),
        ] {
            let told = outcome(GATEWAY, &replaced(WRANGLER, piece, by)).unwrap_err();
            let expected = format!("deploy/wrangler.jsonc{expected}");
            assert!(told.iter().any(|told| told.starts_with(&expected)), "{told:#?}");
        }
        for text in ["", "[]", "// nothing\n", "null"] {
            let told = outcome(GATEWAY, text).unwrap_err();
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(told[0].contains(":1:1: error: this is not a JSON object"), "{told:?}");
        }
    }

    #[test]
    fn a_remote_of_a_secrets_binding_gets_a_warning() {
        let remote = replaced(
            WRANGLER,
            "\"secret_name\": \"checkout\"",
            "\"secret_name\": \"checkout\", \"remote\": true",
        );
        let warnings = outcome(GATEWAY, &remote).unwrap().warnings;
        let [warning] = warnings.as_slice() else { panic!("{warnings:?}") };
        assert_eq!((warning.line, warning.column), (9, 80));
        assert!(warning.message.starts_with("`remote` does nothing on a Secrets Store binding"));
    }
}
