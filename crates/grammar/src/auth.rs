//! `auth`: how a route's secrets are put on a request.

use super::diagnostic::Findings;
use super::document::{Entry, Located, Table, Value};
use super::file::Span;
use super::header::{self, Purpose};
use super::keys;
use super::template::{self, Declared, Parsed};
use ostiary_core::configuration::{Part, Placement, SecretId, Text};
use ostiary_core::http::header_name::HeaderName;
use ostiary_core::http::header_name::fold;

const EXAMPLE: &str = "auth = { bearer = \"${secret}\" }";
const BASIC: &str = "basic = { username = \"api\", password = \"${secret}\" }";
const HEADER: &str = "header = \"x-api-key\", value = \"${secret}\"";
const QUERY: &str = "query = \"key\", value = \"${secret}\"";
const FORMS: [&str; 4] = ["bearer", "basic", "header", "query"];
const LATER: [&str; 7] = ["hmac", "sigv4", "oauth2", "jwt", "mtls", "body", "path"];

/// A route's `auth`, and where its secrets stand.
#[derive(Default)]
pub(crate) struct Auth {
    pub(crate) placements: Vec<Placement>,
    pub(crate) secrets: Vec<(SecretId, Span)>,
}

impl Auth {
    pub(crate) fn read(
        entry: Entry<'_>,
        declared: &Declared<'_>,
        findings: &mut Findings<'_>,
    ) -> Option<Self> {
        let tables = if entry.value.is_array() {
            entry.value.array(EXAMPLE, findings)?
        } else if entry.value.is_table() {
            vec![entry.value]
        } else {
            entry.value.wants("a table or an array of tables", EXAMPLE, findings);
            return None;
        };
        let mut auth = Self::default();
        let mut sound = true;
        for value in &tables {
            let table = value.table(EXAMPLE, findings);
            let reader = Reader { declared, findings: &mut *findings, secrets: &mut auth.secrets };
            match table.and_then(|table| reader.placement(&table)) {
                Some((placement, at)) => {
                    sound &= is_new(&placement, at, &auth.placements, findings);
                    auth.placements.push(placement);
                }
                None => sound = false,
            }
        }
        if sound && !tables.is_empty() && auth.secrets.is_empty() {
            let instead = instead_of_text(&auth.placements, declared);
            findings.error(entry.key.span, "the auth uses no secret", &instead);
        }
        auth.check_sources(declared, findings);
        sound.then_some(auth)
    }

    /// The secrets move to their next source together, so those that have a next one have equally many.
    fn check_sources(&self, declared: &Declared<'_>, findings: &mut Findings<'_>) {
        let count = |secret: SecretId| declared.secrets.sources(secret).len();
        let mut several = self.secrets.iter().filter(|(secret, _)| count(*secret) > 1);
        let Some((first, _)) = several.next() else { return };
        for (secret, span) in several.filter(|(secret, _)| count(*secret) != count(*first)) {
            let message = format!(
                "`{}` has {} sources and `{}` has {}, but they move to the next one together",
                declared.secrets.name(*secret),
                count(*secret),
                declared.secrets.name(*first),
                count(*first),
            );
            findings.error(*span, &message, "give both as many sources, or one of them a single one");
        }
    }
}

/// Whether no earlier placement fills the same place.
fn is_new(placement: &Placement, at: Span, earlier: &[Placement], findings: &mut Findings<'_>) -> bool {
    let header = |placement: &Placement| placement.header().map(|name| fold(name).into_owned());
    let query = |placement: &Placement| match placement {
        Placement::Query { name, .. } => Some(name.clone()),
        _ => None,
    };
    let (what, name) = match (header(placement), query(placement)) {
        (Some(name), _) if earlier.iter().any(|other| header(other).as_ref() == Some(&name)) => {
            ("header", name)
        }
        (_, Some(name)) if earlier.iter().any(|other| query(other).as_ref() == Some(&name)) => {
            ("query parameter", name.into_owned())
        }
        _ => return true,
    };
    findings.error(at, &format!("two placements set the {what} `{name}`"), "remove one of the two");
    false
}

/// What to write where an auth has nothing but text, which can be a placeholder of another language. Only names that the
/// file declares are repeated: the text may be a credential.
fn instead_of_text(placements: &[Placement], declared: &Declared<'_>) -> String {
    let parts = placements.iter().flat_map(Placement::templates).flat_map(|template| template.parts.iter());
    let texts: Vec<&str> = parts
        .filter_map(|part| match part {
            Part::Text(text) => Some(text.as_ref()),
            _ => None,
        })
        .collect();
    let is_meant = |name: &str| {
        let forms = [
            format!("${name}"),
            format!("{{{{{name}}}}}"),
            format!("{{{{ {name} }}}}"),
            format!("{{{name}}}"),
        ];
        texts.iter().any(|text| forms.iter().any(|form| text.contains(form.as_str())))
    };
    let names = declared.secrets.names().map(|(_, name)| name.text);
    match names.filter(|name| is_meant(name)).max_by_key(|name| name.len()) {
        Some(name) => format!("write `${{{name}}}` for the value of the secret `{name}`"),
        None => "name a secret in it, such as `${secret}`; `auth = []` is for an upstream that wants no key"
            .to_owned(),
    }
}

/// What the value of a placement may hold.
#[derive(Clone, Copy)]
enum Alphabet {
    /// Visible ASCII and spaces, which is what every server reads alike (RFC 9110 §5.5).
    Header,
    /// No colon and no control character (RFC 7617 §2).
    Username,
    /// No control character (RFC 7617 §2).
    Password,
    /// Anything: it is percent-encoded.
    Query,
}

struct Reader<'r, 't, 'f> {
    declared: &'r Declared<'t>,
    findings: &'r mut Findings<'f>,
    secrets: &'r mut Vec<(SecretId, Span)>,
}

impl Reader<'_, '_, '_> {
    /// A placement, and the piece that says which header or parameter it sets.
    fn placement(mut self, table: &Table<'_>) -> Option<(Placement, Span)> {
        let all_known = table.reject_unknown_keys(&keys::AUTH, &LATER, self.findings);
        let forms: Vec<_> = table.entries().iter().filter(|entry| FORMS.contains(&entry.key.text)).collect();
        let form = match forms.as_slice() {
            [form] => **form,
            [] => {
                if all_known {
                    let instead = format!("write `{EXAMPLE}`, or `{BASIC}`, `{HEADER}` or `{QUERY}` in it");
                    self.findings.error(table.span, "the table puts no credential anywhere", &instead);
                }
                return None;
            }
            [_, second, ..] => {
                let message = "one table of `auth` puts one credential in one place";
                self.findings.error(second.key.span, message, "write an array of tables, one for each");
                return None;
            }
        };
        let value = table.get("value");
        if let (Some(value), "bearer" | "basic") = (value, form.key.text) {
            let message = format!("`value` has no meaning beside `{}`", form.key.text);
            self.findings.error(value.key.span, &message, "remove it");
            return None;
        }
        match form.key.text {
            "bearer" => {
                let value = self.value(form.value, EXAMPLE, Alphabet::Header)?;
                Some((Placement::Bearer(value.into_template()), form.key.span))
            }
            "basic" => Some((self.basic(form)?, form.key.span)),
            "header" => {
                let text = form.value.string(HEADER, self.findings);
                let name = text.and_then(|text| header_name(&text, self.findings));
                let value = self.sibling(form, value, HEADER, Alphabet::Header);
                Some((Placement::Header { name: name?, value: value?.into_template() }, form.value.span()))
            }
            _ => {
                let name = form.value.string(QUERY, self.findings);
                if let Some(name) = name.filter(|name| name.text.is_empty()) {
                    self.findings.error(
                        name.span,
                        "the query parameter has no name",
                        &format!("write `{QUERY}`"),
                    );
                }
                let value = self.sibling(form, value, QUERY, Alphabet::Query);
                let name = Text::Owned(name?.text.to_owned());
                Some((Placement::Query { name, value: value?.into_template() }, form.value.span()))
            }
        }
    }

    fn basic(&mut self, form: Entry<'_>) -> Option<Placement> {
        let table = form.value.table(BASIC, self.findings)?;
        table.reject_unknown_keys(&keys::BASIC, &[], self.findings);
        let mut part = |key: &str, alphabet| {
            let Some(value) = table.value(key) else {
                let message = format!("`basic` has no `{key}`");
                self.findings.error(form.key.span, &message, &format!("write `{BASIC}`; one may be empty"));
                return None;
            };
            self.template(value, BASIC, alphabet)
        };
        let username = part("username", Alphabet::Username);
        let password = part("password", Alphabet::Password);
        Some(Placement::Basic { username: username?.into_template(), password: password?.into_template() })
    }

    /// The `value` beside a `header` or a `query`.
    fn sibling(
        &mut self,
        form: Entry<'_>,
        value: Option<Entry<'_>>,
        example: &str,
        alphabet: Alphabet,
    ) -> Option<Parsed> {
        let Some(value) = value else {
            let message = format!("`{}` has no `value`", form.key.text);
            self.findings.error(form.key.span, &message, &format!("write `{example}`"));
            return None;
        };
        self.value(value.value, example, alphabet)
    }

    fn value(&mut self, value: Value<'_>, example: &str, alphabet: Alphabet) -> Option<Parsed> {
        let parsed = self.template(value, example, alphabet)?;
        if parsed.parts.is_empty() {
            self.findings.error(value.span(), "the credential is empty", &format!("write `{example}`"));
            return None;
        }
        Some(parsed)
    }

    fn template(&mut self, value: Value<'_>, example: &str, alphabet: Alphabet) -> Option<Parsed> {
        let text = value.template(example, self.findings)?;
        let parsed = template::parse(&text, self.declared, self.findings)?;
        self.secrets.extend(parsed.secrets());
        for (part, span) in &parsed.parts {
            match part {
                Part::Text(text) => {
                    if let Some(fault) = alphabet.fault(text) {
                        self.findings.error(*span, &format!("the text holds {fault}"), "remove it");
                    }
                }
                Part::Variable(name) => self.variable(name, *span, alphabet),
                Part::Secret(_) | Part::Field(..) => {}
            }
        }
        Some(parsed)
    }

    fn variable(&mut self, name: &str, span: Span, alphabet: Alphabet) {
        for environment in self.declared.deployment.environments() {
            let Some(value) = environment.variable(name) else { continue };
            if let Some(fault) = alphabet.fault(value) {
                let place = environment.place();
                let file = self.declared.deployment.file();
                let message =
                    format!("the variable `{name}` of {file} is `{value}` {place}, which holds {fault}");
                self.findings.error(span, &message, "write another value there");
            }
        }
    }
}

impl Alphabet {
    fn fault(self, text: &str) -> Option<&'static str> {
        let fault = |character: char| match self {
            Self::Header if !(' '..='~').contains(&character) => {
                Some("a character that is no printable ASCII")
            }
            Self::Username if character == ':' => Some("a colon, which ends a user name"),
            Self::Username | Self::Password if character.is_control() => Some("a control character"),
            _ => None,
        };
        text.chars().find_map(fault)
    }
}

fn header_name(text: &Located<'_>, findings: &mut Findings<'_>) -> Option<HeaderName> {
    header::parse(text, text.text, Purpose::Set, findings)
}

#[cfg(test)]
mod tests {
    use super::super::example::{GATEWAY, WRANGLER, accepted, assert_diagnostics, outcome, replaced};

    #[test]
    fn tells_what_is_wrong_with_an_auth() {
        assert_diagnostics(include_str!("diagnostics/auth.txt"));
    }

    fn with_two_secrets(sources: &str, auth: &str) -> Result<(), Vec<String>> {
        let gateway = replaced(GATEWAY, "checkout = [\"C", &format!("other = {sources}\ncheckout = [\"C"));
        let gateway = replaced(&gateway, "{ bearer = \"${stripe}\" }", auth);
        let wrangler = replaced(WRANGLER, "ACCOUNT = \"acct_1\"", "ACCOUNT = \"a:b\"\nBELL = \"\\u0007\"");
        outcome(&gateway, &wrangler).map(|_| ())
    }

    #[test]
    fn takes_every_form_that_works() {
        for auth in [
            "[]",
            "{ bearer = \"${stripe}\" }",
            "{ basic = { username = \"api\", password = \"${stripe} é:\" } }",
            "{ basic = { username = \"${stripe}\", password = \"\" } }",
            "{ header = \"x-api-key\", value = \"Key ${stripe}\" }",
            "{ header = \"x-forwarded-for\", value = \"${stripe}\" }",
            "{ query = \"a key\", value = \"é${stripe}\" }",
            "[{ bearer = \"${stripe}\" }, { header = \"x-version\", value = \"2\" }]",
        ] {
            accepted("{ bearer = \"${stripe}\" }", auth);
        }
    }

    #[test]
    fn secrets_of_one_auth_have_one_source_or_equally_many() {
        let both = r#"[{ bearer = "${stripe}" }, { header = "x-id", value = "${other}" }]"#;
        let worker = "{ worker_secret = \"LEGACY_KEY\" }";
        for sources in ["[\"STRIPE_KEY\"]".to_owned(), format!("[\"STRIPE_KEY\", {worker}]")] {
            assert_eq!(with_two_secrets(&sources, both), Ok(()), "{sources}");
        }
        let three = format!("[\"STRIPE_KEY\", \"STRIPE_KEY_PREVIOUS\", {worker}]");
        let error = "gateway.toml:17:63: error: `other` has 3 sources and `stripe` has 2, but they move to the next \
                     one together; found `${other}`; give both as many sources, or one of them a single one";
        assert_eq!(with_two_secrets(&three, both), Err(vec![error.to_owned()]));
    }

    #[test]
    fn a_variable_holds_what_its_place_allows_in_every_environment() {
        let sources = "[\"STRIPE_KEY\"]";
        let fault = |column, name, value, fault| {
            vec![format!(
                "gateway.toml:17:{column}: error: the variable `{name}` of wrangler.toml is `{value}` at its top level, \
                 which holds {fault}; found `${{var.{name}}}`; write another value there"
            )]
        };
        for (auth, outcome) in [
            (r#"{ header = "x-a", value = "${var.ACCOUNT}${other}" }"#, Ok(())),
            (r#"{ basic = { username = "x", password = "${var.ACCOUNT}${other}" } }"#, Ok(())),
            (
                r#"{ basic = { username = "${var.ACCOUNT}", password = "${other}" } }"#,
                Err(fault(32, "ACCOUNT", "a:b", "a colon, which ends a user name")),
            ),
            (
                r#"{ header = "x-a", value = "${var.BELL}${other}" }"#,
                Err(fault(35, "BELL", "\\u{7}", "a character that is no printable ASCII")),
            ),
            (
                r#"{ basic = { username = "x", password = "${var.BELL}${other}" } }"#,
                Err(fault(48, "BELL", "\\u{7}", "a control character")),
            ),
        ] {
            assert_eq!(with_two_secrets(sources, auth), outcome, "{auth}");
        }
    }
}
