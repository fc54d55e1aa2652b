//! JSON documents among other lines.

use serde_json::Value;

/// In bytes. A longer document is not an event of the gateway.
const LONGEST: usize = 4 * 1024 * 1024;

/// Collects lines until they form a document. `wrangler tail` writes a document on many lines; `wrangler dev` prints
/// the gateway's lines unchanged, with other lines between them.
#[derive(Default)]
pub(super) struct Documents {
    begun: String,
}

impl Documents {
    /// Takes the next line, and returns the documents that it completes.
    pub(super) fn push(&mut self, line: &str) -> Vec<Value> {
        if !self.begun.is_empty() {
            self.begun.push_str(line);
            match parse(&self.begun) {
                Parsed::Document(document) => {
                    self.begun.clear();
                    return vec![document];
                }
                Parsed::Begun if self.begun.len() < LONGEST => return Vec::new(),
                // The text that had begun was not JSON, but another text with a brace.
                Parsed::Begun | Parsed::Other => self.begun.clear(),
            }
        }
        let Some(text) = line.find('{').and_then(|at| line.get(at..)) else { return Vec::new() };
        match parse(text) {
            Parsed::Document(document) => vec![document],
            Parsed::Begun => {
                text.clone_into(&mut self.begun);
                Vec::new()
            }
            Parsed::Other => Vec::new(),
        }
    }
}

enum Parsed {
    Document(Value),
    Begun,
    Other,
}

/// A document may be followed by other text.
fn parse(text: &str) -> Parsed {
    match serde_json::Deserializer::from_str(text).into_iter().next() {
        Some(Ok(document)) => Parsed::Document(document),
        Some(Err(error)) if error.is_eof() => Parsed::Begun,
        Some(Err(_)) | None => Parsed::Other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn all(text: &str) -> Vec<Value> {
        let mut documents = Documents::default();
        text.split_inclusive('\n').flat_map(|line| documents.push(line)).collect()
    }

    #[test]
    fn documents_are_found_on_one_line_or_on_many_and_between_other_lines() {
        let text = "Ready on http://localhost\n{\"a\":1}\n[wrangler:info] GET / 200\n{\n  \"b\": {\n    \"c\": \"}\"\n  }\n}\n{\"d\":2}\n";
        assert_eq!(all(text), [json!({"a":1}), json!({"b":{"c":"}"}}), json!({"d":2})]);
        assert_eq!(all("2026-11-25 info: {\"a\":1} more\n"), [json!({"a":1})]);
    }

    #[test]
    fn a_brace_in_another_text_hides_no_document() {
        assert_eq!(all("function() {\n{\"a\":1}\n"), [json!({"a":1})]);
        assert_eq!(all("{\nx\n{\"a\":1}\n"), [json!({"a":1})]);
        assert_eq!(all("{oops}\n{\"a\":1}\n"), [json!({"a":1})]);
    }
}
