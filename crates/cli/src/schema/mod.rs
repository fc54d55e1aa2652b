//! `ostiary schema`.

mod json_schema;

use clap::Args;

use crate::failure::Failure;
use crate::output::Output;

/// Print the JSON Schema of gateway.toml, with which editors complete and explain its keys.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Schema {}

const EXAMPLES: &str = "\
Examples:
  ostiary schema > gateway.schema.json

An editor reads the schema that the first line of gateway.toml names:
  #:schema ./gateway.schema.json";

impl Schema {
    /// # Errors
    /// Returns an error if standard output cannot be written to.
    pub fn run(output: &mut Output) -> Result<(), Failure> {
        output.json(&json_schema::document())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMITTED: &str = include_str!("../../../../docs/gateway.schema.json");

    fn parsed(text: &str) -> serde_json::Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn the_committed_schema_is_the_generated_one() {
        assert!(
            parsed(COMMITTED) == json_schema::document(),
            "update it: `ostiary schema > docs/gateway.schema.json`"
        );
    }

    /// The document as JSON, for validation with the schema.
    fn json(document: &str) -> serde_json::Value {
        let table: toml_edit::DocumentMut = document.parse().unwrap();
        value(table.as_item())
    }

    fn value(item: &toml_edit::Item) -> serde_json::Value {
        if let Some(table) = item.as_table_like() {
            return table.iter().map(|(key, item)| (key.to_owned(), value(item))).collect();
        }
        if let Some(array) = item.as_array() {
            return array.iter().map(|element| value(&toml_edit::Item::Value(element.clone()))).collect();
        }
        let scalar = item.as_value().unwrap();
        if let Some(text) = scalar.as_str() {
            return text.into();
        }
        scalar.as_integer().map_or_else(|| scalar.as_bool().unwrap().into(), Into::into)
    }

    fn accepts(document: &str) -> bool {
        jsonschema::is_valid(&json_schema::document(), &json(document))
    }

    #[test]
    fn the_schema_accepts_the_sample() {
        assert!(accepts(include_str!("../../../../gateway.toml")));
    }

    #[test]
    fn the_schema_accepts_every_key_and_refuses_what_the_parser_refuses() {
        let with =
            |line: &str| format!("[routes.a]\nmount = \"/a\"\nupstream = \"https://a.example\"\n{line}\n");
        let auth = "auth = { bearer = \"${a}\" }\n";
        let allow = "allow = { anyone = [\"GET /**\"] }\n";
        assert!(accepts(&with(&format!("{auth}{allow}"))));
        for line in [
            "auth = []",
            "auth = { json = \"/token\", value = \"${a}\" }",
            "auth = { sigv4 = { access_key_id = \"${a.id}\", secret_access_key = \"${a.key}\", region = \"x\", service = \"s3\" } }",
            "auth = { hmac = { key = \"${a}\", message = \"${request.body}\", put = { query = \"s\", value = \"${request.signature}\" } } }",
            "auth = [{ header = \"x-key\", value = \"${a}\" }, { query = \"key\", value = \"${b}\" }]",
            "auth = { basic = { username = \"\", password = \"${a}\" } }",
        ] {
            assert!(accepts(&with(&format!("{line}\n{allow}"))), "{line}");
        }
        for line in [
            "auth = { header = \"x-key\" }",
            "auth = { bearer = \"${a}\", value = \"${a}\" }",
            "auth = { bearer = \"${a}\", query = \"key\", value = \"${a}\" }",
            "auth = {}",
            "auth = \"${a}\"",
        ] {
            assert!(!accepts(&with(&format!("{line}\n{allow}"))), "{line}");
        }
        for line in [
            "failover = false",
            "failover = { when = [401, { status = 400, body = \"INVALID\" }] }",
            "redact = { except = [\"a\"] }",
            "failover = { status = [401, 403], replay_limit = \"1MiB\" }",
            "timeout = \"500ms\"",
            "rate_limit = [{ binding = \"A\", by = \"address\" }]",
            "cors = { origins = [\"*\"], expose = [\"x-*\"], max_age = \"1h\" }",
        ] {
            assert!(accepts(&with(&format!("{auth}{allow}{line}"))), "{line}");
        }
        for line in [
            "mout = \"/b\"",
            "timeout = 5",
            "timeout = \"5 s\"",
            "max_body = \"10MB\"",
            "retry = { attempts = 6 }",
            "failover = { status = [200] }",
            "rate_limit = [{ binding = \"A\", by = \"day\" }]",
            "rate_limit = []",
            "cors = { max_age = \"1h\" }",
            "redact = \"no\"",
        ] {
            assert!(!accepts(&with(&format!("{auth}{allow}{line}"))), "{line}");
        }
        assert!(!accepts(""), "a gateway has routes");
        assert!(!accepts(&format!("version = 2\n{}", with(&format!("{auth}{allow}")))));
        assert!(!accepts(&format!("callers.a = {{}}\n{}", with(&format!("{auth}{allow}")))));
    }
}
