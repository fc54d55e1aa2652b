//! `oauth2`: the grants of OAuth 2.0 that need no user (RFC 6749, RFC 7523).

use super::auth::{Alphabet, Reader};
use super::document::{Entry, Table, Value};
use super::exchange::{field, identified};
use super::file::Span;
use super::keys;
use super::request_value::Scope;
use super::template::Parsed;
use ostiary_core::configuration::{
    BodyPlace, Claim, ClaimValue, Exchange, Jwt, Output, OutputPlace, Part, Placement, RequestValue,
    Template, Text, Upstream,
};
use ostiary_core::http::method::Method;

const EXAMPLE: &str = "oauth2 = { token_url = \"https://auth.example.com/token\", client_id = \"${app.id}\", client_secret = \"${app.secret}\" }";
const JWT: &str = "jwt = { key = \"${app.key}\", alg = \"RS256\" }";
/// RFC 7523 §2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Grant {
    ClientCredentials,
    RefreshToken,
    JwtBearer,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ClientAuth {
    Basic,
    Post,
    PrivateKeyJwt,
}

const GRANTS: [(&str, Grant); 3] = [
    ("client_credentials", Grant::ClientCredentials),
    ("refresh_token", Grant::RefreshToken),
    ("jwt_bearer", Grant::JwtBearer),
];
const CLIENT_AUTHS: [(&str, ClientAuth); 3] = [
    ("basic", ClientAuth::Basic),
    ("post", ClientAuth::Post),
    ("private_key_jwt", ClientAuth::PrivateKeyJwt),
];

impl Grant {
    /// The value of `grant_type` (RFC 6749 §4.4.2 and §6, RFC 7523 §2.1).
    const fn grant_type(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
            Self::RefreshToken => "refresh_token",
            Self::JwtBearer => "urn:ietf:params:oauth:grant-type:jwt-bearer",
        }
    }
}

impl Reader<'_, '_, '_> {
    /// The grant as an exchange, and the position of each of its outputs.
    pub(crate) fn oauth2(&mut self, form: Entry<'_>) -> Option<(Exchange, Vec<Span>)> {
        let table = form.value.table(EXAMPLE, self.findings)?;
        table.reject_unknown_keys(&keys::OAUTH2, &[], self.findings);
        let url = self.endpoint(&table, form, "token_url", EXAMPLE);
        let grant = self.word(&table, "grant", "grant", &GRANTS);
        let client_auth = self.word(&table, "client_auth", "way for a client to authenticate", &CLIENT_AUTHS);
        let timeout = self.exchange_timeout(&table);
        let reuse = self.reuse(&table, form, true);
        let (put, places) = self.token_outputs(&table, form)?;
        let (url, grant, client_auth) = (url?, grant?, client_auth?);
        self.reject_unused(&table, grant, client_auth)?;
        let mut auth = vec![field("grant_type", plain(grant.grant_type()))];
        auth.extend(self.grant(&table, form, grant, &url)?);
        auth.extend(self.client(&table, form, (grant, client_auth), &url)?);
        auth.extend(self.parameters(&table)?);
        let pointer = |name: &'static str| vec![Text::Borrowed(name)].into();
        let exchange = Exchange {
            url,
            method: Method::Post,
            auth: auth.into(),
            token: pointer("access_token"),
            expires: Some(pointer("expires_in")),
            timeout: timeout?,
            reuse: reuse?,
            identity: 0,
            put: put.into(),
        };
        Some((identified(exchange), places))
    }

    /// Reports secrets that the grant does not use, which are a mistake about the grant.
    fn reject_unused(&mut self, table: &Table<'_>, grant: Grant, client_auth: ClientAuth) -> Option<()> {
        let signs = grant == Grant::JwtBearer || client_auth == ClientAuth::PrivateKeyJwt;
        let has_secret = client_auth != ClientAuth::PrivateKeyJwt
            && (grant != Grant::JwtBearer || table.value("client_id").is_some());
        for (key, is_used, by) in [
            ("jwt", signs, "`grant = \"jwt_bearer\"` or `client_auth = \"private_key_jwt\"`"),
            ("refresh_token", grant == Grant::RefreshToken, "`grant = \"refresh_token\"`"),
            ("client_secret", has_secret, "a `client_id` and a `client_auth` with a secret"),
        ] {
            if let Some(entry) = table.get(key).filter(|_| !is_used) {
                let message = format!("`{key}` is not used");
                self.findings.error(entry.key.span, &message, &format!("remove it, or write {by}"));
                return None;
            }
        }
        Some(())
    }

    /// The fields of a grant, besides those of the client.
    fn grant(
        &mut self,
        table: &Table<'_>,
        form: Entry<'_>,
        grant: Grant,
        url: &Upstream,
    ) -> Option<Vec<Placement>> {
        match grant {
            Grant::ClientCredentials => Some(Vec::new()),
            Grant::RefreshToken => {
                let value = self.member(table, form, "refresh_token", EXAMPLE)?;
                let token =
                    self.secret(value, "the refresh token", "refresh_token = \"${app.refresh_token}\"")?;
                Some(vec![field("refresh_token", token)])
            }
            Grant::JwtBearer => {
                let assertion = self.assertion(table, form, url, &[])?;
                Some(vec![Placement::Jwt(in_field(assertion, "assertion"))])
            }
        }
    }

    /// The authentication of the client.
    fn client(
        &mut self,
        table: &Table<'_>,
        form: Entry<'_>,
        (grant, client_auth): (Grant, ClientAuth),
        url: &Upstream,
    ) -> Option<Vec<Placement>> {
        let named = table.value("client_id");
        if grant == Grant::JwtBearer && client_auth != ClientAuth::PrivateKeyJwt && named.is_none() {
            // The assertion names the client (RFC 7521 §4.1).
            return Some(Vec::new());
        }
        let id = named.or_else(|| self.member(table, form, "client_id", EXAMPLE))?;
        if client_auth == ClientAuth::PrivateKeyJwt {
            if grant == Grant::JwtBearer {
                let message = "a client that authenticates with `jwt` cannot send another assertion";
                self.findings.error(
                    form.key.span,
                    message,
                    "write another `grant`, or another `client_auth`",
                );
                return None;
            }
            let id = self.field_template(id)?;
            let assertion = self.assertion(table, form, url, &[("iss", &id), ("sub", &id)])?;
            return Some(vec![
                field("client_id", id),
                field("client_assertion_type", plain(ASSERTION_TYPE)),
                Placement::Jwt(in_field(assertion, "client_assertion")),
            ]);
        }
        let secret = self.member(table, form, "client_secret", EXAMPLE);
        let secret = secret.and_then(|value| self.secret(value, "the client's secret", EXAMPLE));
        let id = self.client_id(id);
        let (id, secret) = (id?, secret?);
        Some(match client_auth {
            ClientAuth::Basic => vec![Placement::Client { id, secret }],
            ClientAuth::Post | ClientAuth::PrivateKeyJwt => {
                vec![field("client_id", id), field("client_secret", secret)]
            }
        })
    }

    fn client_id(&mut self, value: Value<'_>) -> Option<Template> {
        let example = "client_id = \"${app.id}\"";
        self.value(value, example, Alphabet::Any, Scope::Nothing).map(Parsed::into_template)
    }

    /// An assertion for the token endpoint (RFC 7523 §3). `own` are claims that have a default.
    fn assertion(
        &mut self,
        table: &Table<'_>,
        form: Entry<'_>,
        url: &Upstream,
        own: &[(&'static str, &Template)],
    ) -> Option<Jwt> {
        let Some(entry) = table.get("jwt") else {
            self.findings.error(form.key.span, "`oauth2` has no `jwt`", &format!("write `{JWT}` in it"));
            return None;
        };
        let inner = entry.value.table(JWT, self.findings)?;
        inner.reject_unknown_keys(&keys::ASSERTION, &[], self.findings);
        let mut jwt = self.signed_token(&inner, entry)?;
        let mut claims = jwt.claims.into_owned();
        let mut add = |name: &'static str, value: ClaimValue| {
            if !claims.iter().any(|claim| claim.name == name) {
                claims.push(Claim { name: Text::Borrowed(name), value });
            }
        };
        for (name, template) in own {
            add(name, ClaimValue::Text((*template).clone()));
        }
        add("aud", ClaimValue::Text(audience(url)));
        let nonce = Template { parts: vec![Part::Request(RequestValue::Nonce)].into() };
        add("jti", ClaimValue::Text(nonce));
        jwt.claims = claims.into();
        Some(jwt)
    }

    /// The other fields of the request: `scope`, `audience`, `resource`, and `params`.
    fn parameters(&mut self, table: &Table<'_>) -> Option<Vec<Placement>> {
        let mut fields = Some(Vec::new());
        for name in ["scope", "audience", "resource"] {
            let Some(value) = table.value(name) else { continue };
            let template = self.field_template(value);
            fields = fields.zip(template).map(|(mut fields, value)| {
                fields.push(field(name, value));
                fields
            });
        }
        let params = table.value("params").map_or(Some(Vec::new()), |value| self.fields(value));
        fields.zip(params).map(|(mut fields, params)| {
            fields.extend(params);
            fields
        })
    }
}

fn plain(text: &'static str) -> Template {
    Template { parts: vec![Part::Text(Text::Borrowed(text))].into() }
}

/// The token endpoint's URL.
fn audience(url: &Upstream) -> Template {
    match url {
        Upstream::Fixed(url) => {
            let text = format!("{}{}", url.origin, url.base);
            Template { parts: vec![Part::Text(Text::Owned(text))].into() }
        }
        Upstream::Variable(template) => template.clone(),
    }
}

fn in_field(jwt: Jwt, name: &'static str) -> Jwt {
    let value = Template { parts: vec![Part::Request(RequestValue::Token)].into() };
    let place = OutputPlace::Body(BodyPlace::Form(Text::Borrowed(name)));
    Jwt { put: vec![Output { place, value }].into(), ..jwt }
}

#[cfg(test)]
mod tests {
    use super::super::example::{accepted, assert_diagnostics};
    use super::*;

    #[test]
    fn tells_what_is_no_grant() {
        assert_diagnostics(include_str!("diagnostics/oauth2.txt"));
    }

    fn exchange(oauth2: &str) -> Exchange {
        let auth = format!("{{ oauth2 = {{ token_url = \"https://a.example/t\", {oauth2} }} }}");
        let checked = accepted("{ bearer = \"${stripe}\" }", &auth);
        let [Placement::Exchange(exchange)] = checked.gateway.routes[0].auth.as_ref() else {
            panic!("{auth}")
        };
        exchange.clone()
    }

    #[test]
    fn an_assertion_is_a_field_and_has_the_claims_that_are_not_written() {
        for (oauth2, field, claims) in [
            (
                "client_auth = \"private_key_jwt\", client_id = \"me\", jwt = { key = \"${stripe}\", alg = \"RS256\" }",
                "client_assertion",
                &[("iss", "me"), ("sub", "me"), ("aud", "https://a.example/t"), ("jti", "nonce")][..],
            ),
            (
                "client_auth = \"private_key_jwt\", client_id = \"me\", jwt = { key = \"${stripe}\", alg = \"RS256\", claims = { sub = \"you\", aud = \"b\" } }",
                "client_assertion",
                &[("sub", "you"), ("aud", "b"), ("iss", "me"), ("jti", "nonce")],
            ),
            (
                "grant = \"jwt_bearer\", jwt = { key = \"${stripe}\", alg = \"RS256\", claims = { iss = \"me\" } }",
                "assertion",
                &[("iss", "me"), ("aud", "https://a.example/t"), ("jti", "nonce")],
            ),
        ] {
            let exchange = exchange(oauth2);
            let jwt = exchange.auth.iter().find_map(|placement| match placement {
                Placement::Jwt(jwt) => Some(jwt),
                _ => None,
            });
            let jwt = jwt.unwrap();
            let written: Vec<_> = jwt
                .claims
                .iter()
                .map(|claim| match &claim.value {
                    ClaimValue::Text(template) => match template.parts.as_ref() {
                        [Part::Text(text)] => (claim.name.as_ref(), text.to_string()),
                        [Part::Request(of)] => (claim.name.as_ref(), of.to_string()),
                        other => panic!("{other:?}"),
                    },
                    _ => panic!("{oauth2}"),
                })
                .collect();
            assert_eq!(
                written,
                claims.iter().map(|(name, text)| (*name, (*text).to_owned())).collect::<Vec<_>>()
            );
            let [Output { place: OutputPlace::Body(BodyPlace::Form(name)), value }] = jwt.put.as_ref() else {
                panic!("{oauth2}")
            };
            assert_eq!(
                (name.as_ref(), value.parts.as_ref()),
                (field, &[Part::Request(RequestValue::Token)][..])
            );
        }
    }

    #[test]
    fn a_client_with_a_secret_may_send_an_assertion() {
        let exchange = exchange(
            "grant = \"jwt_bearer\", client_id = \"me\", client_secret = \"${stripe}\", jwt = { key = \"${stripe}\", alg = \"RS256\" }",
        );
        assert!(exchange.auth.iter().any(|placement| matches!(placement, Placement::Client { .. })));
        assert!(exchange.auth.iter().any(|placement| matches!(placement, Placement::Jwt(_))));
    }
}
