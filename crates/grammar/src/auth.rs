//! `auth`: how a route's secrets are added to a request.
//!
//! A form with its own keys has its own file. This file is longer than others because of the tests of all mistakes.

use super::body_places;
use super::diagnostic::Findings;
use super::document::{Entry, Located, Table, Value};
use super::file::Span;
use super::header::{self, Purpose};
use super::keys;
use super::name;
use super::request_value::Scope;
use super::template::{self, CallerValues, Declared, Parsed};
use super::wrangler::FetcherKind;
use ostiary_core::configuration::{OutputPlace, Part, Placement, SecretId, Text, Upstream};
use ostiary_core::http::header_name::HeaderName;
use ostiary_core::http::header_name::fold;

const EXAMPLE: &str = "auth = { bearer = \"${secret}\" }";
const BASIC: &str = "basic = { username = \"api\", password = \"${secret}\" }";
const HEADER: &str = "header = \"x-api-key\", value = \"${secret}\"";
const QUERY: &str = "query = \"key\", value = \"${secret}\"";
const PATH: &str = "path = \"token\", value = \"${secret}\"";
const FORMS: [&str; 13] = [
    "bearer", "basic", "header", "query", "json", "form", "path", "hmac", "sigv4", "jwt", "exchange",
    "oauth2", "mtls",
];
const MTLS: &str = "mtls = \"CERTIFICATE\"";

/// A route's `auth`, and the positions of its secrets in the file.
#[derive(Default)]
pub(crate) struct Auth {
    pub(crate) placements: Vec<Placement>,
    /// The placeholders in the route's `upstream` that are filled in.
    paths: Vec<(Text, Span)>,
    pub(crate) secrets: Vec<(SecretId, Span)>,
    /// The position of a client certificate.
    pub(crate) certificate: Option<Span>,
    /// The names of callers' values, and where each stands.
    pub(crate) caller_values: Vec<(Text, Span)>,
}

impl Auth {
    /// `values` are those that callers have.
    pub(crate) fn read(
        entry: Entry<'_>,
        values: CallerValues<'_>,
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
        let mut body = Vec::new();
        for value in &tables {
            let table = value.table(EXAMPLE, findings);
            let reader = Reader {
                declared,
                values,
                findings: &mut *findings,
                secrets: &mut auth.secrets,
                caller_values: &mut auth.caller_values,
            };
            match table.and_then(|table| reader.placement(&table)) {
                Some((placement, places)) => {
                    sound &= are_new(&placement, &places, &auth.placements, findings);
                    let path = placement.path_name().map(|name| Text::Owned(name.to_owned()));
                    auth.paths.extend(path.into_iter().zip(places.iter().copied()));
                    let parts = placement.body_places().cloned();
                    body.extend(parts.zip(body_spans(&placement, &places)));
                    if !placement.certificates().is_empty() {
                        let at = places.first().copied().unwrap_or(entry.key.span);
                        if auth.certificate.replace(at).is_some() {
                            let message = "a request has at most one client certificate";
                            findings.error(at, message, "write one `mtls` with a list of bindings");
                            sound = false;
                        }
                    }
                    auth.placements.push(placement);
                }
                None => sound = false,
            }
        }
        if sound && !tables.is_empty() {
            auth.check_credential(entry.key.span, values, declared, findings);
        }
        sound &= body_places::check(&body, findings);
        auth.check_sources(declared, findings);
        sound.then_some(auth)
    }

    /// An auth that is not empty adds something that nobody else has.
    fn check_credential(
        &self,
        at: Span,
        values: CallerValues<'_>,
        declared: &Declared<'_>,
        findings: &mut Findings<'_>,
    ) {
        if !self.secrets.is_empty() || self.certificate.is_some() || !self.caller_values.is_empty() {
            return;
        }
        let message = format!("the auth uses no secret{}", values.for_whom());
        let instead = match values {
            CallerValues::Of(values) => {
                format!("name a secret in `with` of `[callers.{}]`, such as `${{secret}}`", values.caller)
            }
            CallerValues::None | CallerValues::Any => instead_of_text(&self.placements, declared),
        };
        findings.error(at, &message, &instead);
    }

    /// Checks that each placeholder in the upstream's path is filled in once, and that no other is.
    pub(crate) fn check_paths(&self, upstream: &Upstream, at: Span, findings: &mut Findings<'_>) {
        let named: Vec<&str> = places_in(upstream).collect();
        for (index, (name, span)) in self.paths.iter().enumerate() {
            if !named.contains(&name.as_ref()) {
                let instead = format!("write `{{{name}}}` in the path of `upstream`");
                findings.error(*span, &format!("the upstream has no placeholder `{{{name}}}`"), &instead);
            } else if self.paths.iter().take(index).any(|(earlier, _)| earlier == name) {
                findings.error(*span, &format!("two placements fill `{{{name}}}`"), "remove one of the two");
            }
        }
        for name in named {
            if !self.paths.iter().any(|(filled, _)| filled == name) {
                let instead = format!("add `{{ path = \"{name}\", value = \"${{secret}}\" }}` to `auth`");
                findings.error(at, &format!("nothing fills `{{{name}}}` of the upstream"), &instead);
            }
        }
    }

    /// Whether there is more than one certificate.
    pub(crate) fn has_next_certificate(&self) -> bool {
        self.placements.iter().any(|placement| placement.certificates().len() > 1)
    }

    /// The secrets move to their next source together, so all that have several sources need the same number.
    fn check_sources(&self, declared: &Declared<'_>, findings: &mut Findings<'_>) {
        let count = |secret: SecretId| declared.secrets.sources(secret).len();
        let certificates =
            self.placements.iter().map(|placement| placement.certificates().len()).find(|length| *length > 1);
        if let Some((length, at)) = certificates.zip(self.certificate)
            && self.secrets.iter().any(|(secret, _)| count(*secret) > 1 && count(*secret) != length)
        {
            let message = format!(
                "there are {length} certificates, and another number of sources of a secret, but they move to the next \
                 one together"
            );
            findings.error(at, &message, "give both the same number, or give one of them a single one");
        }
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
            findings.error(
                *span,
                &message,
                "give both the same number of sources, or give one of them a single one",
            );
        }
    }
}

/// Whether no earlier placement, and no earlier output of this one, sets the same header or parameter. `places` are the
/// positions of this placement's places.
pub(crate) fn are_new(
    placement: &Placement,
    places: &[Span],
    earlier: &[Placement],
    findings: &mut Findings<'_>,
) -> bool {
    let headers = |placement: &Placement| -> Vec<String> {
        placement.headers().map(|name| fold(name).into_owned()).collect()
    };
    let parameters =
        |placement: &Placement| -> Vec<String> { placement.parameters().map(str::to_owned).collect() };
    let mut are_new = true;
    for (what, names) in
        [("header", &headers as &dyn Fn(&Placement) -> Vec<String>), ("query parameter", &parameters)]
    {
        let mut taken: Vec<String> = earlier.iter().flat_map(names).collect();
        for (name, at) in names(placement).into_iter().zip(spans_of(what, placement, places)) {
            if taken.contains(&name) {
                findings.error(
                    at,
                    &format!("two placements set the {what} `{name}`"),
                    "remove one of the two",
                );
                are_new = false;
            }
            taken.push(name);
        }
    }
    are_new
}

/// The positions of the placement's headers or parameters.
fn spans_of(what: &str, placement: &Placement, places: &[Span]) -> Vec<Span> {
    let outputs = placement.outputs();
    if outputs.is_empty() {
        let all = placement.headers().count().max(placement.parameters().count());
        return places.iter().copied().cycle().take(all).collect();
    }
    let is_one = |place: &OutputPlace| match what {
        "header" => place.header().is_some(),
        _ => place.parameter().is_some(),
    };
    let named = outputs.iter().zip(places).filter(|(output, _)| is_one(&output.place));
    named.map(|(_, span)| *span).collect()
}

/// The positions of the placement's fields of the body.
fn body_spans(placement: &Placement, places: &[Span]) -> Vec<Span> {
    let outputs = placement.outputs();
    if outputs.is_empty() {
        return places.to_vec();
    }
    let named = outputs.iter().zip(places).filter(|(output, _)| output.place.body().is_some());
    named.map(|(_, span)| *span).collect()
}

/// What to write instead of an auth of only text, which can be a placeholder of another language. Only names that the
/// file declares are repeated, because the text may be a credential.
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
        None => {
            "name a secret in it, such as `${secret}`; write `auth = []` for an upstream that needs no key"
                .to_owned()
        }
    }
}

/// The placeholders in a URL's path.
pub(crate) fn places_in(url: &Upstream) -> impl Iterator<Item = &str> {
    let texts: Vec<&str> = match url {
        Upstream::Fixed(url) => vec![url.base.as_ref()],
        Upstream::Variable(template) => template.parts.iter().filter_map(text_of).collect(),
    };
    texts.into_iter().flat_map(names_in_braces)
}

fn text_of(part: &Part) -> Option<&str> {
    match part {
        Part::Text(text) => Some(text),
        Part::Secret(_) | Part::Field(..) | Part::Variable(_) | Part::Caller(_) | Part::Request(_) => None,
    }
}

fn names_in_braces(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|piece| piece.split_once('}')).map(|(name, _)| name)
}

/// The characters that the value of a placement may have.
#[derive(Clone, Copy)]
pub(crate) enum Alphabet {
    /// Visible ASCII and spaces, which all servers read alike (RFC 9110 §5.5).
    Header,
    /// No colon and no control character (RFC 7617 §2).
    Username,
    /// No control character (RFC 7617 §2).
    Password,
    /// Visible ASCII without the characters that end a part of a signature's scope.
    Scope,
    /// Any character, because the value is encoded or hashed.
    Any,
}

/// Reads one table of an `auth`. Each form has its methods in a file of its own.
pub(crate) struct Reader<'r, 't, 'f> {
    pub(crate) declared: &'r Declared<'t>,
    /// Those that callers have.
    pub(crate) values: CallerValues<'r>,
    pub(crate) findings: &'r mut Findings<'f>,
    pub(crate) secrets: &'r mut Vec<(SecretId, Span)>,
    pub(crate) caller_values: &'r mut Vec<(Text, Span)>,
}

impl Reader<'_, '_, '_> {
    /// A placement, and the positions of the headers, parameters or fields that it sets.
    pub(crate) fn placement(mut self, table: &Table<'_>) -> Option<(Placement, Vec<Span>)> {
        let form = self.form(table)?;
        let value = table.get("value");
        let takes_value = ["header", "query", "json", "form", "path"].contains(&form.key.text);
        if let Some(value) = value.filter(|_| !takes_value) {
            let message = format!("`value` cannot be used together with `{}`", form.key.text);
            self.findings.error(value.key.span, &message, "remove it");
            return None;
        }
        let at = vec![form.value.span()];
        match form.key.text {
            "bearer" => {
                let value = self.value(form.value, EXAMPLE, Alphabet::Header, Scope::Nothing)?;
                Some((Placement::Bearer(value.into_template()), vec![form.key.span]))
            }
            "basic" => Some((self.basic(form)?, vec![form.key.span])),
            "header" => {
                let text = form.value.string(HEADER, self.findings);
                let name = text.and_then(|text| header_name(&text, self.findings));
                let value = self.sibling_value(form, value, HEADER, Alphabet::Header);
                Some((Placement::Header { name: name?, value: value?.into_template() }, at))
            }
            "query" => {
                let name = self.query_name(form.value, QUERY);
                let value = self.sibling_value(form, value, QUERY, Alphabet::Any);
                Some((Placement::Query { name: name?, value: value?.into_template() }, at))
            }
            "path" => {
                let text = form.value.string(PATH, self.findings);
                let name = text.filter(|text| name::check(text, "a place in the path", self.findings));
                let value = self.sibling_value(form, value, PATH, Alphabet::Password);
                let name = Text::Owned(name?.text.to_owned());
                Some((Placement::Path { name, value: value?.into_template() }, at))
            }
            "sigv4" => self.sigv4(form).map(|sigv4| (Placement::SigV4(sigv4), vec![form.key.span])),
            "jwt" => self.jwt(form).map(|(jwt, places)| (Placement::Jwt(jwt), places)),
            "exchange" => {
                self.exchange(form).map(|(exchange, places)| (Placement::Exchange(exchange), places))
            }
            "oauth2" => self.oauth2(form).map(|(exchange, places)| (Placement::Exchange(exchange), places)),
            "mtls" => self.mtls(form).map(|bindings| (Placement::Mtls(bindings.into()), vec![form.key.span])),
            "hmac" => self.hmac(form).map(|(hmac, places)| (Placement::Hmac(hmac), places)),
            _ => {
                let place = self.body_place(form);
                let value = self.sibling_value(form, value, Self::body_example(form), Alphabet::Any);
                Some((Placement::Body { place: place?, value: value?.into_template() }, at))
            }
        }
    }

    /// The key that determines the form.
    fn form<'v>(&mut self, table: &Table<'v>) -> Option<Entry<'v>> {
        let all_known = table.reject_unknown_keys(&keys::AUTH, &[], self.findings);
        let forms: Vec<_> = table.entries().iter().filter(|entry| FORMS.contains(&entry.key.text)).collect();
        match forms.as_slice() {
            [form] => Some(**form),
            [] => {
                if all_known {
                    let instead = format!("write `{EXAMPLE}`, or `{BASIC}`, `{HEADER}` or `{QUERY}` in it");
                    self.findings.error(table.span, "the table adds no credential", &instead);
                }
                None
            }
            [_, second, ..] => {
                let message = "one table of `auth` adds one credential in one place";
                self.findings.error(second.key.span, message, "write an array of tables, one for each");
                None
            }
        }
    }

    /// The bindings. Each must exist in every environment.
    fn mtls(&mut self, form: Entry<'_>) -> Option<Vec<Text>> {
        let values = if form.value.is_array() {
            form.value.filled_array(MTLS, self.findings)?
        } else {
            vec![form.value]
        };
        let mut bindings: Vec<Text> = Vec::new();
        for value in values {
            let name = value.string(MTLS, self.findings)?;
            let kind = FetcherKind::Certificate;
            self.declared.deployment.check_fetcher(kind, name.text, name.span, self.findings);
            if bindings.iter().any(|known| known == name.text) {
                self.findings.error(name.span, "the certificate is listed twice", "remove one of the two");
                return None;
            }
            bindings.push(Text::Owned(name.text.to_owned()));
        }
        Some(bindings)
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
            self.template(value, BASIC, alphabet, Scope::Nothing)
        };
        let username = part("username", Alphabet::Username);
        let password = part("password", Alphabet::Password);
        Some(Placement::Basic { username: username?.into_template(), password: password?.into_template() })
    }

    fn sibling_value(
        &mut self,
        form: Entry<'_>,
        value: Option<Entry<'_>>,
        example: &str,
        alphabet: Alphabet,
    ) -> Option<Parsed> {
        let value = self.sibling(form, value, example)?;
        self.value(value, example, alphabet, Scope::Nothing)
    }

    /// The `value` beside the name of a place.
    pub(crate) fn sibling<'v>(
        &mut self,
        form: Entry<'_>,
        value: Option<Entry<'v>>,
        example: &str,
    ) -> Option<Value<'v>> {
        if value.is_none() {
            let message = format!("`{}` has no `value`", form.key.text);
            self.findings.error(form.key.span, &message, &format!("write `{example}`"));
        }
        value.map(|value| value.value)
    }

    /// A template that is not empty.
    pub(crate) fn value(
        &mut self,
        value: Value<'_>,
        example: &str,
        alphabet: Alphabet,
        scope: Scope,
    ) -> Option<Parsed> {
        let parsed = self.template(value, example, alphabet, scope)?;
        if parsed.parts.is_empty() {
            let what = if scope == Scope::Message { "the message" } else { "the credential" };
            self.findings.error(value.span(), &format!("{what} is empty"), &format!("write `{example}`"));
            return None;
        }
        Some(parsed)
    }

    /// A template. Its secrets are added to the auth's.
    pub(crate) fn template(
        &mut self,
        value: Value<'_>,
        example: &str,
        alphabet: Alphabet,
        scope: Scope,
    ) -> Option<Parsed> {
        let text = value.template(example, self.findings)?;
        let parsed = template::parse_within(&text, scope, self.values, self.declared, self.findings)?;
        self.secrets.extend(parsed.secrets());
        for (part, span) in &parsed.parts {
            match part {
                Part::Text(text) => {
                    if let Some(fault) = alphabet.fault(text) {
                        self.findings.error(*span, &format!("the text contains {fault}"), "remove it");
                    }
                }
                Part::Variable(name) => self.variable(name, *span, alphabet),
                Part::Caller(name) => self.caller_values.push((name.clone(), *span)),
                Part::Secret(_) | Part::Field(..) | Part::Request(_) => {}
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
                    format!("the variable `{name}` of {file} is `{value}` {place}, which contains {fault}");
                self.findings.error(span, &message, "write another value there");
            }
        }
    }
}

impl Alphabet {
    fn fault(self, text: &str) -> Option<&'static str> {
        let fault = |character: char| match self {
            Self::Header if !(' '..='~').contains(&character) => {
                Some("a character that is not printable ASCII")
            }
            Self::Scope if matches!(character, '/' | ',') => Some("a slash or a comma, which ends it"),
            Self::Scope if !('!'..='~').contains(&character) => Some("a character that is not visible ASCII"),
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
    use ostiary_core::configuration::Forms;

    #[test]
    fn tells_what_is_wrong_with_an_auth() {
        assert_diagnostics(include_str!("diagnostics/auth.txt"));
    }

    #[test]
    fn tells_what_is_no_certificate() {
        assert_diagnostics(include_str!("diagnostics/mtls.txt"));
    }

    #[test]
    fn a_certificate_is_a_credential_and_its_list_is_one_of_sources() {
        let with = |auth: &str| {
            let gateway = replaced(GATEWAY, "{ bearer = \"${stripe}\" }", auth);
            let gateway = replaced(
                &gateway,
                "[secrets]\n",
                "[secrets]\nsingle = [{ worker_secret = \"LEGACY_KEY\" }]\n",
            );
            let row =
                |name: &str| format!("[[mtls_certificates]]\nbinding = \"{name}\"\ncertificate_id = \"c\"\n");
            outcome(&gateway, &format!("{WRANGLER}{}{}{}", row("A"), row("B"), row("C")))
        };
        let checked = with("{ mtls = [\"A\", \"B\"] }").unwrap();
        assert!(checked.gateway.routes[0].failover.is_some());
        let checked = with("{ mtls = \"A\" }").unwrap();
        assert!(checked.gateway.routes[0].failover.is_none());
        assert!(Forms::used_by(&checked.gateway).fetcher);
        // A single certificate, and a secret with a single source, stay where the others move on.
        for both in [
            "[{ mtls = [\"A\", \"B\"] }, { bearer = \"${stripe}\" }]",
            "[{ mtls = \"A\" }, { bearer = \"${stripe}\" }]",
            "[{ mtls = [\"A\", \"B\", \"C\"] }, { bearer = \"${single}\" }]",
        ] {
            with(both).unwrap_or_else(|errors| panic!("{both} {errors:?}"));
        }
        let errors =
            with("[{ mtls = [\"A\", \"B\", \"C\"] }, { bearer = \"${stripe}\" }]").map(|_| ()).unwrap_err();
        assert!(errors[0].contains("there are 3 certificates"), "{errors:?}");
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
            "[{ json = \"/a\", value = \"${stripe}\" }, { json = \"/ab\", value = \"2\" }, { json = \"/b/a\", value = \"2\" }]",
            "[{ form = \"a\", value = \"${stripe}\" }, { form = \"ab\", value = \"2\" }]",
        ] {
            accepted("{ bearer = \"${stripe}\" }", auth);
        }
    }

    #[test]
    fn a_placeholder_beside_a_variable_is_filled_too() {
        let with = |auth: &str| {
            let url = "https://api.stripe.com/${var.ACCOUNT}/bot{token}/x";
            let gateway = replaced(GATEWAY, "https://api.stripe.com", url);
            outcome(&replaced(&gateway, "{ bearer = \"${stripe}\" }", auth), WRANGLER).map(|_| ())
        };
        assert_eq!(with("{ path = \"token\", value = \"${stripe}\" }"), Ok(()));
        let told = with("{ bearer = \"${stripe}\" }").unwrap_err();
        assert!(told[0].contains("nothing fills `{token}` of the upstream"), "{told:?}");
        let told = with("{ path = \"other\", value = \"${stripe}\" }").unwrap_err();
        assert!(told[1].contains("the upstream has no placeholder `{other}`"), "{told:?}");
    }

    #[test]
    fn secrets_of_one_auth_have_one_source_or_equally_many() {
        let both = r#"[{ bearer = "${stripe}" }, { header = "x-id", value = "${other}" }]"#;
        let worker = |name: &str| format!("{{ worker_secret = \"{name}\" }}");
        let [one, two, three] = ["LEGACY_KEY", "SPARE_KEY", "THIRD_KEY"].map(worker);
        for sources in [format!("[{one}]"), format!("[{one}, {two}]")] {
            assert_eq!(with_two_secrets(&sources, both), Ok(()), "{sources}");
        }
        let three = format!("[{one}, {two}, {three}]");
        let error = "gateway.toml:17:63: error: `other` has 3 sources and `stripe` has 2, but they move to the next \
                     one together; found `${other}`; give both the same number of sources, or give one of them a single one";
        assert_eq!(with_two_secrets(&three, both), Err(vec![error.to_owned()]));
    }

    #[test]
    fn a_variable_holds_what_its_place_allows_in_every_environment() {
        let sources = "[{ worker_secret = \"LEGACY_KEY\" }]";
        let fault = |column, name, value, fault| {
            vec![format!(
                "gateway.toml:17:{column}: error: the variable `{name}` of wrangler.toml is `{value}` at its top level, \
                 which contains {fault}; found `${{var.{name}}}`; write another value there"
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
                Err(fault(35, "BELL", "\\u{7}", "a character that is not printable ASCII")),
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
