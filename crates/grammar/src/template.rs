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

const NO_CALLER_VALUE: &str = "the placeholder names no value of a caller";

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
    /// A variable in the host of a URL with a value that ends the host, although the template continues it.
    pub(crate) fn ends_host(&self, environment: &Environment<'_>) -> Option<&str> {
        let mut before = String::new();
        for (position, (part, _)) in self.parts.iter().enumerate() {
            match part {
                Part::Text(text) => before.push_str(text),
                Part::Variable(name) => {
                    let (_, host) = before.split_once("://")?;
                    if host.contains(['/', '?', '#']) {
                        return None;
                    }
                    let value = environment.variable(name).unwrap_or_default();
                    let follows = match self.parts.get(position + 1) {
                        Some((Part::Text(text), _)) => !text.starts_with(['/', '?', '#', ':']),
                        next => next.is_some(),
                    };
                    if follows && value.contains(['/', '\\', '@', '?', '#']) {
                        return Some(name);
                    }
                    before.push_str(value);
                }
                _ => return None,
            }
        }
        None
    }

    pub(crate) fn secrets(&self) -> impl Iterator<Item = (SecretId, Span)> + '_ {
        self.parts.iter().filter_map(|(part, span)| match part {
            Part::Secret(secret) | Part::Field(secret, _) => Some((*secret, *span)),
            Part::Text(_) | Part::Variable(_) | Part::Caller(_) | Part::Request(_) => None,
        })
    }

    /// Whether it holds a secret, or a value of a caller, which can.
    pub(crate) fn may_hold_secret(&self) -> bool {
        self.parts.iter().any(|(part, _)| matches!(part, Part::Secret(_) | Part::Field(..) | Part::Caller(_)))
    }

    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|(part, _)| match part {
            Part::Variable(name) => Some(name.as_ref()),
            Part::Text(_) | Part::Secret(_) | Part::Field(..) | Part::Caller(_) | Part::Request(_) => None,
        })
    }

    /// The text in an environment that has all the variables; other placeholders count as empty.
    pub(crate) fn substituted(&self, environment: &Environment<'_>) -> Option<String> {
        self.parts
            .iter()
            .map(|(part, _)| match part {
                Part::Text(text) => Some(text.as_ref()),
                Part::Variable(name) => environment.variable(name),
                Part::Secret(_) | Part::Field(..) | Part::Caller(_) | Part::Request(_) => Some(""),
            })
            .collect()
    }

    pub(crate) fn into_template(self) -> Template {
        Template { parts: self.parts.into_iter().map(|(part, _)| part).collect() }
    }
}

/// What `${caller.NAME}` stands for.
#[derive(Clone, Copy)]
pub(crate) enum CallerValues<'v> {
    /// Nothing.
    None,
    /// A value that each caller of the route has, whoever asks.
    Any,
    /// The value of one caller.
    Of(&'v ValuesOf<'v>),
}

/// The values of one caller, for the auth of one route.
pub(crate) struct ValuesOf<'v> {
    pub(crate) route: &'v str,
    pub(crate) caller: &'v str,
    pub(crate) values: &'v [CallerValue<'v>],
}

impl CallerValues<'_> {
    /// What a message says after what is wrong, where it is so for one caller.
    pub(crate) fn for_whom(self) -> String {
        match self {
            Self::Of(ValuesOf { caller, .. }) => format!(" for the caller `{caller}`"),
            Self::None | Self::Any => String::new(),
        }
    }
}

/// A value of a caller's `with`.
pub(crate) struct CallerValue<'t> {
    pub(crate) name: Located<'t>,
    /// `None` where it has a fault.
    pub(crate) value: Option<Parsed>,
}

/// Reads `${name}`, `${name.field}`, `${var.NAME}` and `$${`; every other `$` is literal.
pub(crate) fn parse(
    text: &Located<'_>,
    declared: &Declared<'_>,
    findings: &mut Findings<'_>,
) -> Option<Parsed> {
    parse_within(text, Scope::Nothing, CallerValues::None, declared, findings)
}

/// Like [`parse`], with the `${request.…}` placeholders of the scope, and these values of callers.
pub(crate) fn parse_within(
    text: &Located<'_>,
    scope: Scope,
    values: CallerValues<'_>,
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
            match inside.split_once('.').filter(|(name, _)| *name == "caller") {
                Some((_, name)) => sound &= caller_value(name, span, values, &mut parts, findings),
                None => match placeholder(inside, span, scope, declared, findings) {
                    Some(part) => parts.placeholder(part, span),
                    None => sound = false,
                },
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

/// Puts the value of a caller in the place of its name; whether there is one.
fn caller_value(
    name: &str,
    span: Span,
    values: CallerValues<'_>,
    parts: &mut Parts,
    findings: &mut Findings<'_>,
) -> bool {
    if !is_name(name) {
        findings.error(span, NO_CALLER_VALUE, "write `${caller.NAME}`");
        return false;
    }
    let ValuesOf { route, caller, values } = match values {
        CallerValues::None => {
            let message = "a value of the caller cannot be used here";
            findings.error(
                span,
                message,
                "write a secret's name or `${var.NAME}`; `auth` takes values of callers",
            );
            return false;
        }
        CallerValues::Any => {
            parts.placeholder(Part::Caller(Text::Owned(name.to_owned())), span);
            return true;
        }
        CallerValues::Of(values) => values,
    };
    let Some(found) = values.iter().find(|value| value.name.text == name) else {
        let message =
            format!("the route `{route}` admits the caller `{caller}`, which has no value `{name}`");
        let add = format!("add `with.{name} = \"…\"` to `[callers.{caller}]`");
        let instead = match nearest(name, values.iter().map(|value| value.name.text)) {
            Some(near) => format!("write `${{caller.{near}}}`, or {add}"),
            None => add,
        };
        findings.error(span, &message, &instead);
        return false;
    };
    // A fault in it is reported there.
    let Some(value) = &found.value else { return false };
    for (part, span) in &value.parts {
        match part {
            Part::Text(text) => parts.value(text, *span),
            _ => parts.placeholder(part.clone(), *span),
        }
    }
    true
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
            findings.error(span, NO_CALLER_VALUE, "write `${caller.NAME}`");
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
        // A caller's value stands elsewhere.
        if span.start == whole.end {
            whole.end = span.end;
        }
    }

    /// The text of a caller's value, which is where a fault of it is told.
    fn value(&mut self, text: &str, span: Span) {
        self.literal(text, span);
        if let Some((_, whole)) = &mut self.literal {
            *whole = span;
        }
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
