//! The keys of gateway.toml as a JSON Schema (draft-07, which TOML editors support).

use ostiary_grammar::keys::{Key, KeyTable, Presence, ROOT, Shape};
use serde_json::{Map, Value, json};

/// The schema of a whole gateway.toml.
pub fn document() -> Value {
    let mut schema = table(&ROOT);
    schema.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
    schema.insert("title".to_owned(), json!("gateway.toml of Ostiary"));
    Value::Object(schema)
}

fn table(table: &KeyTable) -> Map<String, Value> {
    let properties: Map<String, Value> =
        table.keys.iter().map(|key| (key.name.to_owned(), Value::Object(property(key)))).collect();
    let required: Vec<_> =
        table.keys.iter().filter(|key| key.presence == Presence::Required).map(|key| key.name).collect();
    let mut schema =
        object(json!({ "type": "object", "properties": properties, "additionalProperties": false }));
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    if !table.forms.is_empty() {
        let forms: Vec<_> = table.forms.iter().map(|form| exactly(form, table)).collect();
        schema.insert("oneOf".to_owned(), json!(forms));
    }
    schema
}

/// Requires the keys of one form, and excludes those of other forms.
fn exactly(form: &[&str], table: &KeyTable) -> Value {
    let others = table.forms.iter().flat_map(|other| other.iter()).filter(|key| !form.contains(key));
    let others: Vec<_> = others.map(|key| json!({ "required": [key] })).collect();
    json!({ "required": form, "not": { "anyOf": others } })
}

fn property(key: &Key) -> Map<String, Value> {
    let mut schema = object(shape(&key.shape));
    let description = match key.presence {
        Presence::Required => format!("{}\n\nExample: {}", key.summary, key.example),
        Presence::Optional(default) => {
            format!("{}\n\nDefault: {default}\n\nExample: {}", key.summary, key.example)
        }
    };
    schema.insert("description".to_owned(), json!(description));
    schema
}

fn shape(of: &Shape) -> Value {
    match of {
        Shape::Anything => json!({}),
        Shape::Alike(other) => shape(other),
        Shape::Boolean => json!({ "type": "boolean" }),
        Shape::Integer(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Shape::Text | Shape::Template => json!({ "type": "string" }),
        Shape::Pattern(pattern) => json!({ "type": "string", "pattern": pattern }),
        Shape::Word(words) => json!({ "type": "string", "enum": words }),
        Shape::Array(fewest, element) => {
            json!({ "type": "array", "items": shape(element), "minItems": fewest })
        }
        Shape::AnyOf(shapes) => {
            let shapes: Vec<_> = shapes.iter().map(shape).collect();
            json!({ "anyOf": shapes })
        }
        Shape::Table(keys) => Value::Object(table(keys)),
        Shape::Named(element) => json!({ "type": "object", "additionalProperties": shape(element) }),
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
