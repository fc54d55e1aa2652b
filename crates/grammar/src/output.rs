//! The places of values in a request: `put` of a form that computes them, and the fields of a body.

use super::auth::{Alphabet, Reader};
use super::diagnostic::Findings;
use super::document::{Entry, Located, Table, Value};
use super::file::Span;
use super::header::{self, Purpose};
use super::keys;
use super::request_value::Scope;
use ostiary_core::configuration::{BodyPlace, Output, OutputPlace, Text};

pub(crate) const PUT: &str = "put = { header = \"x-signature\", value = \"${request.signature}\" }";
const PLACES: [&str; 4] = ["header", "query", "json", "form"];
const JSON: &str = "json = \"/auth/token\", value = \"${secret}\"";
const FORM: &str = "form = \"api_key\", value = \"${secret}\"";

impl Reader<'_, '_, '_> {
    /// One output or several, each with its position.
    pub(crate) fn outputs(&mut self, value: Value<'_>) -> Option<Vec<(Output, Span)>> {
        self.outputs_within(value, Scope::Output)
    }

    /// The same, with the values of a request that the scope allows.
    pub(crate) fn outputs_within(&mut self, value: Value<'_>, scope: Scope) -> Option<Vec<(Output, Span)>> {
        let tables = if value.is_array() { value.filled_array(PUT, self.findings)? } else { vec![value] };
        let mut outputs = Some(Vec::new());
        for value in tables {
            let output = value.table(PUT, self.findings).and_then(|table| self.output(&table, scope));
            outputs = outputs.zip(output).map(|(mut outputs, output)| {
                outputs.push(output);
                outputs
            });
        }
        outputs
    }

    fn output(&mut self, table: &Table<'_>, scope: Scope) -> Option<(Output, Span)> {
        let all_known = table.reject_unknown_keys(&keys::PUT, &[], self.findings);
        let named: Vec<_> = table.entries().iter().filter(|entry| PLACES.contains(&entry.key.text)).collect();
        let [named] = named.as_slice() else {
            if all_known {
                let message = "a table of `put` names one place";
                let instead = "write one of `header`, `query`, `json` and `form` in it, and an array of tables for several";
                self.findings.error(table.span, message, instead);
            }
            return None;
        };
        let place = self.place(**named);
        let value = self.sibling(**named, table.get("value"), PUT);
        let (place, value) = (place?, value?);
        let alphabet = match place {
            OutputPlace::Header(_) => Alphabet::Header,
            OutputPlace::Query(_) | OutputPlace::Body(_) => Alphabet::Any,
        };
        let value = self.value(value, PUT, alphabet, scope)?;
        Some((Output { place, value: value.into_template() }, named.value.span()))
    }

    fn place(&mut self, entry: Entry<'_>) -> Option<OutputPlace> {
        match entry.key.text {
            "header" => {
                let text = entry.value.string(PUT, self.findings)?;
                header::parse(&text, text.text, Purpose::Set, self.findings).map(OutputPlace::Header)
            }
            "query" => self.query_name(entry.value, PUT).map(OutputPlace::Query),
            _ => self.body_place(entry).map(OutputPlace::Body),
        }
    }

    /// The decoded name of a query parameter.
    pub(crate) fn query_name(&mut self, value: Value<'_>, example: &str) -> Option<Text> {
        let name = value.string(example, self.findings)?;
        if name.text.is_empty() {
            self.findings.error(name.span, "the query parameter has no name", &format!("write `{example}`"));
            return None;
        }
        Some(Text::Owned(name.text.to_owned()))
    }

    /// A `json` or a `form`.
    pub(crate) fn body_place(&mut self, entry: Entry<'_>) -> Option<BodyPlace> {
        if entry.key.text == "json" {
            let text = entry.value.string(JSON, self.findings)?;
            return pointer(&text, self.findings).map(BodyPlace::Json);
        }
        let name = entry.value.string(FORM, self.findings)?;
        if name.text.is_empty() {
            self.findings.error(name.span, "the field has no name", &format!("write `{FORM}`"));
            return None;
        }
        Some(BodyPlace::Form(Text::Owned(name.text.to_owned())))
    }

    /// The whole example of a table with this body place.
    pub(crate) fn body_example(entry: Entry<'_>) -> &'static str {
        if entry.key.text == "json" { JSON } else { FORM }
    }
}

/// A JSON pointer that leads to a member (RFC 6901 §3).
pub(crate) fn pointer(
    text: &Located<'_>,
    findings: &mut Findings<'_>,
) -> Option<ostiary_core::configuration::List<Text>> {
    let names =
        text.text.strip_prefix('/').map(|rest| rest.split('/').map(unescaped).collect::<Option<Vec<_>>>());
    let Some(Some(names)) = names else {
        let message = format!("`{}` is not a JSON pointer to a member", text.text);
        findings.error(
            text.span,
            &message,
            "write one such as `/auth/token`; `~1` is a slash in a name, `~0` a tilde",
        );
        return None;
    };
    Some(names.into())
}

fn unescaped(name: &str) -> Option<Text> {
    let mut pieces = name.split('~');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (character, rest) = piece
            .strip_prefix('0')
            .map(|rest| ('~', rest))
            .or_else(|| piece.strip_prefix('1').map(|rest| ('/', rest)))?;
        text.push(character);
        text.push_str(rest);
    }
    Some(Text::Owned(text))
}
