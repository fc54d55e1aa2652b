//! `exchange`: a credential that is exchanged for a token.

use super::auth::{self, Alphabet, Reader, are_new};
use super::body_places;
use super::document::{Entry, Table, Value};
use super::file::Span;
use super::keys;
use super::output::pointer;
use super::request_value::Scope;
use super::template::Parsed;
use super::{unit, upstream};
use ostiary_core::configuration::{BodyPlace, Exchange, List, Placement, Template, Text, Upstream};
use ostiary_core::digest::digest;
use ostiary_core::http::method::Method;

const EXAMPLE: &str = "exchange = { url = \"https://api.example.com/tokens\", auth = { bearer = \"${secret}\" }, token = \"/token\" }";
const TIMEOUT: &str = "timeout = \"10s\"";
const DEFAULT_TIMEOUT: u32 = 10_000;

impl Reader<'_, '_, '_> {
    /// The form, and the position of each of its outputs.
    pub(crate) fn exchange(&mut self, form: Entry<'_>) -> Option<(Exchange, Vec<Span>)> {
        let table = form.value.table(EXAMPLE, self.findings)?;
        table.reject_unknown_keys(&keys::EXCHANGE, &[], self.findings);
        let url = self.endpoint(&table, form, "url", EXAMPLE);
        let method = self.method(&table);
        let fields = table.value("params").map_or(Some(Vec::new()), |value| self.fields(value));
        let mut body: Vec<(BodyPlace, Span)> = Vec::new();
        if let Some(value) = table.value("params") {
            let places = fields.iter().flatten().flat_map(Placement::body_places);
            body.extend(places.map(|place| (place.clone(), value.span())));
        }
        let auth = self.member(&table, form, "auth", EXAMPLE).and_then(|value| self.inner(value, &mut body));
        if method == Some(Method::Get)
            && let Some((_, span)) = body.first()
        {
            self.findings.error(
                *span,
                "a GET has no body",
                "write `method = \"POST\"`, or `query` for `form`",
            );
            return None;
        }
        let token = self.member(&table, form, "token", EXAMPLE);
        let token = token.and_then(|value| self.member_path(value));
        let expires = match table.value("expires") {
            Some(value) => Some(self.member_path(value)?),
            None => None,
        };
        let timeout = self.exchange_timeout(&table);
        let reuse = self.reuse(&table, form, expires.is_some());
        let (put, places) = self.token_outputs(&table, form)?;
        let mut auth = auth?;
        auth.extend(fields?);
        let exchange = Exchange {
            url: url?,
            method: method?,
            auth: auth.into(),
            token: token?,
            expires,
            timeout: timeout?,
            reuse: reuse?,
            identity: 0,
            put: put.into(),
        };
        Some((identified(exchange), places))
    }

    /// The URL for requests for tokens. It cannot have placeholders in braces.
    pub(crate) fn endpoint(
        &mut self,
        table: &Table<'_>,
        form: Entry<'_>,
        key: &str,
        example: &str,
    ) -> Option<Upstream> {
        let value = self.member(table, form, key, example)?;
        let url = upstream::read(value, self.declared, self.findings)?;
        if let Some(name) = auth::places_in(&url).next() {
            let message = format!("nothing fills `{{{name}}}` of this URL");
            self.findings.error(value.span(), &message, "write the path out, or take it from a variable");
            return None;
        }
        Some(url)
    }

    pub(crate) fn exchange_timeout(&mut self, table: &Table<'_>) -> Option<u32> {
        table.value("timeout").map_or(Some(DEFAULT_TIMEOUT), |value| {
            let text = value.string(TIMEOUT, self.findings)?;
            unit::duration(&text, self.findings)
        })
    }

    /// Whether a token may be used for several requests, which requires its expiry.
    pub(crate) fn reuse(&mut self, table: &Table<'_>, form: Entry<'_>, expires: bool) -> Option<bool> {
        let Some(value) = table.value("reuse") else { return Some(false) };
        let reuse = value.boolean(self.findings)?;
        if reuse && !expires {
            let message = "`reuse` needs the token's expiry";
            self.findings.error(form.key.span, message, "add `expires = \"/expires_in\"`, or remove `reuse`");
            return None;
        }
        Some(reuse)
    }

    /// A JSON pointer to a member of the response.
    fn member_path(&mut self, value: Value<'_>) -> Option<List<Text>> {
        let text = value.string("token = \"/token\"", self.findings)?;
        pointer(&text, self.findings)
    }

    fn method(&mut self, table: &Table<'_>) -> Option<Method> {
        let Some(value) = table.value("method") else { return Some(Method::Post) };
        let text = value.string("method = \"POST\"", self.findings)?;
        let method = Method::parse(text.text);
        if method.is_none() {
            self.findings.error(
                text.span,
                &format!("`{}` is not a method", text.text),
                "write `POST` or `GET`",
            );
        }
        method
    }

    /// The placements of the request for a token. They cannot contain another exchange. `body` gets the fields of the
    /// body that they set.
    fn inner(&mut self, value: Value<'_>, body: &mut Vec<(BodyPlace, Span)>) -> Option<Vec<Placement>> {
        let tables = if value.is_array() { value.array(EXAMPLE, self.findings)? } else { vec![value] };
        let mut placements = Some(Vec::new());
        for value in tables {
            let table = value.table(EXAMPLE, self.findings)?;
            for key in ["exchange", "oauth2", "path", "mtls"] {
                if let Some(entry) = table.get(key) {
                    let message = format!("`{key}` cannot be used within `exchange`");
                    self.findings.error(entry.key.span, &message, "write another kind of auth");
                    return None;
                }
            }
            let inner = Reader {
                declared: self.declared,
                values: self.values,
                findings: self.findings,
                secrets: self.secrets,
                caller_values: self.caller_values,
            };
            let placement = inner.placement(&table).filter(|(placement, places)| {
                are_new(placement, places, placements.as_deref().unwrap_or_default(), self.findings)
            });
            let placement = placement.map(|(placement, _)| placement);
            body.extend(placement.iter().flat_map(|placement| {
                placement.body_places().map(|place| (place.clone(), value.span())).collect::<Vec<_>>()
            }));
            placements = placements.zip(placement).map(|(mut placements, placement)| {
                placements.push(placement);
                placements
            });
        }
        placements.filter(|_| body_places::check(body, self.findings))
    }

    /// Fields of a form, each a template.
    pub(crate) fn fields(&mut self, value: Value<'_>) -> Option<Vec<Placement>> {
        let table = value.table("params = { name = \"value\" }", self.findings)?;
        let mut fields = Some(Vec::new());
        for Entry { key, value } in table.entries() {
            let template = self.field_template(*value);
            fields = fields.zip(template).map(|(mut fields, value)| {
                fields.push(field(key.text, value));
                fields
            });
        }
        fields
    }

    pub(crate) fn field_template(&mut self, value: Value<'_>) -> Option<Template> {
        self.template(value, "scope = \"read\"", Alphabet::Any, Scope::Nothing).map(Parsed::into_template)
    }
}

/// The exchange with its identity.
pub(crate) fn identified(exchange: Exchange) -> Exchange {
    let Exchange { method, auth, token, .. } = &exchange;
    let text = format!("{method:?} {auth:?} {token:?}");
    let hash = digest(text.as_bytes());
    let identity = hash.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    Exchange { identity, ..exchange }
}

/// A field of a form.
pub(crate) fn field(name: &str, value: Template) -> Placement {
    Placement::Body { place: BodyPlace::Form(Text::Owned(name.to_owned())), value }
}

#[cfg(test)]
mod tests {
    use super::super::example::{accepted, assert_diagnostics};
    use super::*;
    use ostiary_core::configuration::Forms;

    #[test]
    fn tells_what_is_no_exchange() {
        assert_diagnostics(include_str!("diagnostics/exchange.txt"));
    }

    #[test]
    fn a_credential_is_exchanged_as_github_s_apps_do() {
        let auth = "{ exchange = { url = \"https://api.github.com/app/installations/${var.ACCOUNT}/access_tokens\", auth = { jwt = { key = \"${stripe.key}\", alg = \"RS256\", claims = { iss = \"${stripe.id}\" } } }, token = \"/token\", expires = \"/expires_at\", reuse = true, put = { header = \"authorization\", value = \"token ${request.token}\" } } }";
        let checked = accepted("{ bearer = \"${stripe}\" }", auth);
        let [Placement::Exchange(exchange)] = checked.gateway.routes[0].auth.as_ref() else {
            panic!("{auth}")
        };
        assert!(matches!(exchange.auth.as_ref(), [Placement::Jwt(_)]));
        assert_eq!((exchange.method, exchange.reuse, exchange.timeout), (Method::Post, true, 10_000));
        let expected = Forms { jwt: true, private_keys: true, exchange: true, reuse: true, ..Forms::NONE };
        assert_eq!(Forms::used_by(&checked.gateway), expected);
    }
}
