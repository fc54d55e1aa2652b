//! Texts with placeholders.

use std::ops::Range;

use super::document::TextNode;
use super::names;
use super::wrangler::Environment;
use crate::configuration::{List, Part, Secret, SecretId, Template, Text};

/// What placeholders can name.
#[derive(Clone, Copy)]
pub(super) struct Scope<'s> {
    pub(super) secrets: &'s [Secret],
    pub(super) environments: &'s [Environment],
}

/// Reports a placeholder in a text that takes none.
pub(super) fn takes_none(node: &TextNode<'_, '_>) -> bool {
    if let Some(at) = node.text.find("${") {
        node.error_within(
            at..at + 2,
            "no placeholder can stand here",
            "write the text itself; placeholders stand in `upstream`, in `auth` and in a caller's `bearer`",
        );
    }
    !node.text.contains("${")
}

impl Scope<'_> {
    /// The position of the secret with this name.
    pub(super) fn secret(&self, name: &str) -> Option<SecretId> {
        let at = self.secrets.iter().position(|secret| secret.name == name)?;
        u16::try_from(at).ok().map(SecretId)
    }

    /// The text with its placeholders looked up.
    pub(super) fn template(&self, node: &TextNode<'_, '_>) -> Option<Template> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut valid = true;
        let mut at = 0;
        while let Some(rest) = node.text.get(at..).filter(|rest| !rest.is_empty()) {
            if rest.starts_with("$${") {
                literal.push_str("${");
                at += 3;
            } else if let Some(inner) = rest.strip_prefix("${") {
                let Some(length) = inner.find('}') else {
                    node.error_within(
                        at..node.text.len(),
                        "this placeholder does not end",
                        "write `${name}`, or `$${` for a literal `${`",
                    );
                    return None;
                };
                let piece = at..at + length + 3;
                let name = inner.get(..length).unwrap_or_default();
                match self.placeholder(node, &piece, name) {
                    Some(part) => {
                        if !literal.is_empty() {
                            parts.push(Part::Text(Text::Owned(std::mem::take(&mut literal))));
                        }
                        parts.push(part);
                    }
                    None => valid = false,
                }
                at = piece.end;
            } else {
                // Up to the next `$`, which may be this very one.
                let length = rest
                    .char_indices()
                    .skip(1)
                    .find(|(_, character)| *character == '$')
                    .map_or(rest.len(), |(at, _)| at);
                literal.push_str(rest.get(..length).unwrap_or_default());
                at += length;
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Text(Text::Owned(literal)));
        }
        valid.then_some(Template { parts: List::Owned(parts) })
    }

    fn placeholder(&self, node: &TextNode<'_, '_>, piece: &Range<usize>, name: &str) -> Option<Part> {
        let fail = |message: String, instead: String| {
            node.error_within(piece.clone(), message, instead);
            None
        };
        let (first, field) = match name.split_once('.') {
            Some((first, field)) => (first, Some(field)),
            None => (name, None),
        };
        if !names::is_name(first) || field.is_some_and(|field| !names::is_name(field)) {
            return fail(
                "this is no placeholder".to_owned(),
                "write `${name}`, `${name.field}` or `${var.NAME}`".to_owned(),
            );
        }
        match (first, field) {
            ("var", Some(variable)) => self.variable(node, piece, variable),
            ("var", None) => fail("this names no variable".to_owned(), "write `${var.NAME}`".to_owned()),
            ("request" | "caller", _) => fail(
                format!("`{first}` is reserved and means nothing yet"),
                "write the name of a secret, or `${var.NAME}`".to_owned(),
            ),
            _ => match (self.secret(first), field) {
                (Some(id), None) => Some(Part::Secret(id)),
                (Some(id), Some(field)) => Some(Part::Field(id, Text::Owned(field.to_owned()))),
                (None, _) => fail(
                    format!("the secret `{first}` is not declared"),
                    format!(
                        "declare it under `[secrets]`, or write one of {}",
                        names::list(self.secrets.iter().map(|secret| secret.name.as_ref()))
                    ),
                ),
            },
        }
    }

    fn variable(&self, node: &TextNode<'_, '_>, piece: &Range<usize>, name: &str) -> Option<Part> {
        let mut bound = true;
        for environment in
            self.environments.iter().filter(|environment| !environment.variables.contains_key(name))
        {
            bound = false;
            node.error_within(
                piece.clone(),
                format!("wrangler.toml has no variable `{name}` {} that is a string", environment.title()),
                format!("add `{name} = \"…\"` under `[{}vars]`", environment.prefix()),
            );
        }
        bound.then(|| Part::Variable(Text::Owned(name.to_owned())))
    }

    /// The text that a template without secrets has in this environment.
    pub(super) fn filled(template: &Template, environment: &Environment) -> Option<String> {
        let mut text = String::new();
        for part in template.parts.iter() {
            match part {
                Part::Text(piece) => text.push_str(piece),
                Part::Variable(name) => text.push_str(environment.variables.get(name.as_ref())?),
                Part::Secret(_) | Part::Field(..) => return None,
            }
        }
        Some(text)
    }
}
