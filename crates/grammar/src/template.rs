//! Texts with placeholders.

use super::diagnostic::Findings;
use super::document::Located;
use super::file::Span;
use super::name::is_name;
use super::nearest::nearest;
use super::request_value::{self, Scope};
use super::secrets::Secrets;
use super::wrangler::{Deployment, Environment};
use ostiary_core::configuration::{Part, SecretId, Template, Text};

/// The names that a placeholder can use.
pub(crate) struct Declared<'t> {
    pub(crate) secrets: Secrets<'t>,
    pub(crate) deployment: Deployment<'t>,
}

/// A template, with the position of each part.
pub(crate) struct Parsed {
    pub(crate) parts: Vec<(Part, Span)>,
}

impl Parsed {
    pub(crate) fn secrets(&self) -> impl Iterator<Item = (SecretId, Span)> + '_ {
        self.parts.iter().filter_map(|(part, span)| match part {
            Part::Secret(secret) | Part::Field(secret, _) => Some((*secret, *span)),
            Part::Text(_) | Part::Variable(_) | Part::Request(_) => None,
        })
    }

    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|(part, _)| match part {
            Part::Variable(name) => Some(name.as_ref()),
            Part::Text(_) | Part::Secret(_) | Part::Field(..) | Part::Request(_) => None,
        })
    }

    /// The text in an environment that has all the variables; other placeholders count as empty.
    pub(crate) fn substituted(&self, environment: &Environment<'_>) -> Option<String> {
        self.parts
            .iter()
            .map(|(part, _)| match part {
                Part::Text(text) => Some(text.as_ref()),
                Part::Variable(name) => environment.variable(name),
                Part::Secret(_) | Part::Field(..) | Part::Request(_) => Some(""),
            })
            .collect()
    }

    pub(crate) fn into_template(self) -> Template {
        Template { parts: self.parts.into_iter().map(|(part, _)| part).collect() }
    }
}

/// Reads `${name}`, `${name.field}`, `${var.NAME}` and `$${`; every other `$` is literal.
pub(crate) fn parse(
    text: &Located<'_>,
    declared: &Declared<'_>,
    findings: &mut Findings<'_>,
) -> Option<Parsed> {
    parse_within(text, Scope::Nothing, declared, findings)
}

/// Like [`parse`], with the `${request.…}` placeholders of the scope.
pub(crate) fn parse_within(
    text: &Located<'_>,
    scope: Scope,
    declared: &Declared<'_>,
    findings: &mut Findings<'_>,
) -> Option<Parsed> {
    let mut parts = Parts::default();
    let mut sound = true;
    let mut rest = text.text;
    while let Some(character) = rest.chars().next() {
        let at = text.text.len() - rest.len();
        if let Some(after) = rest.strip_prefix("$${") {
            parts.literal("${", text.part(at, at + 3));
            rest = after;
        } else if let Some(after) = rest.strip_prefix("${") {
            let Some((inside, after)) = after.split_once('}') else {
                let message = "the placeholder is not closed";
                findings.error(
                    text.part(at, at + 2),
                    message,
                    "write `}` after its name, or `$${` for a literal `${`",
                );
                return None;
            };
            let span = text.part(at, text.text.len() - after.len());
            match placeholder(inside, span, scope, declared, findings) {
                Some(part) => parts.placeholder(part, span),
                None => sound = false,
            }
            rest = after;
        } else {
            let (literal, after) = rest.split_at_checked(character.len_utf8())?;
            parts.literal(literal, text.part(at, at + literal.len()));
            rest = after;
        }
    }
    sound.then(|| Parsed { parts: parts.finish() })
}

fn placeholder(
    inside: &str,
    span: Span,
    scope: Scope,
    declared: &Declared<'_>,
    findings: &mut Findings<'_>,
) -> Option<Part> {
    let (name, field) = match inside.split_once('.') {
        Some((name, field)) => (name, Some(field)),
        None => (inside, None),
    };
    match (name, field) {
        ("request", value) => {
            request_value::parse(value.unwrap_or_default(), span, scope, findings).map(Part::Request)
        }
        ("caller", _) => {
            let message = format!("`{name}` is reserved, and has no meaning here yet");
            findings.error(span, &message, "write a secret's name or `${var.NAME}`");
            None
        }
        ("var", Some(variable)) if is_name(variable) => {
            declared.deployment.check_variable(variable, span, findings);
            Some(Part::Variable(Text::Owned(variable.to_owned())))
        }
        ("var", _) => {
            findings.error(span, "the placeholder names no variable", "write `${var.NAME}`");
            None
        }
        (name, field) if is_name(name) && field.is_none_or(is_name) => {
            let secret = declared_secret(name, span, declared, findings)?;
            Some(match field {
                Some(field) => Part::Field(secret, Text::Owned(field.to_owned())),
                None => Part::Secret(secret),
            })
        }
        _ => {
            let instead = "write `${name}`, `${name.field}` or `${var.NAME}`, or `$${` for a literal `${`";
            findings.error(span, "the placeholder names nothing", instead);
            None
        }
    }
}

fn declared_secret(
    name: &str,
    span: Span,
    declared: &Declared<'_>,
    findings: &mut Findings<'_>,
) -> Option<SecretId> {
    let secret = declared.secrets.find(name);
    if secret.is_none() {
        let declare = format!("declare `{name} = [\"BINDING\"]` in `[secrets]`");
        let deployment = &declared.deployment;
        let instead = match nearest(name, declared.secrets.names().map(|(_, name)| name.text)) {
            _ if deployment.has_variable(name) => {
                format!("write `${{var.{name}}}` for the variable of {}", deployment.file())
            }
            Some(near) => format!("write `{near}`, or {declare}"),
            None => declare,
        };
        findings.error(span, &format!("the secret `{name}` is not declared"), &instead);
    }
    secret
}

/// Collects parts: literal text ends at the next placeholder.
#[derive(Default)]
struct Parts {
    finished: Vec<(Part, Span)>,
    literal: Option<(String, Span)>,
}

impl Parts {
    fn literal(&mut self, text: &str, span: Span) {
        let (literal, whole) = self.literal.get_or_insert_with(|| (String::new(), span));
        literal.push_str(text);
        whole.end = span.end;
    }

    fn placeholder(&mut self, part: Part, span: Span) {
        self.flush();
        self.finished.push((part, span));
    }

    fn flush(&mut self) {
        let literal = self.literal.take();
        self.finished.extend(literal.map(|(text, span)| (Part::Text(Text::Owned(text)), span)));
    }

    fn finish(mut self) -> Vec<(Part, Span)> {
        self.flush();
        self.finished
    }
}

#[cfg(test)]
mod tests {
    use super::super::example::{accepted, assert_diagnostics};
    use super::*;
    use ostiary_core::configuration::Placement;

    #[test]
    fn tells_what_is_wrong_with_a_placeholder() {
        assert_diagnostics(include_str!("diagnostics/template.txt"));
    }

    #[test]
    fn gathers_literal_text_between_placeholders() {
        let text = |text| Part::Text(Text::Borrowed(text));
        let stripe = || Part::Secret(SecretId(0));
        let field = |field| Part::Field(SecretId(0), Text::Borrowed(field));
        let account = || Part::Variable(Text::Borrowed("ACCOUNT"));
        for (value, parts) in [
            ("${stripe}", vec![stripe()]),
            ("Key ${stripe}", vec![text("Key "), stripe()]),
            ("${stripe.key-id}.${stripe.secret}", vec![field("key-id"), text("."), field("secret")]),
            ("${var.ACCOUNT}${stripe}", vec![account(), stripe()]),
            ("$ $$ a$${b}$${ ${stripe} $", vec![text("$ $$ a${b}${ "), stripe(), text(" $")]),
            ("$$${${stripe}", vec![text("$${"), stripe()]),
            ("%s $1 {x} ${stripe}}", vec![text("%s $1 {x} "), stripe(), text("}")]),
            ("\\u0024{stripe}\\u0041", vec![stripe(), text("A")]),
        ] {
            let checked = accepted("{ bearer = \"${stripe}\" }", &format!("{{ bearer = \"{value}\" }}"));
            let expected = Placement::Bearer(Template { parts: parts.into() });
            assert_eq!(checked.gateway.routes[0].auth.as_ref(), [expected], "{value}");
        }
    }
}
