//! `jwt`: a token that is signed for each attempt.

use super::auth::{Alphabet, Reader};
use super::document::{Entry, Table, Value};
use super::file::Span;
use super::hmac::KEY_ENCODINGS;
use super::keys;
use super::request_value::Scope;
use super::unit;
use ostiary_core::configuration::{
    Claim, ClaimValue, Jwt, JwtAlgorithm, KeyEncoding, Output, OutputPlace, Part, RequestValue, Template,
    Text, TimeFormat,
};
use ostiary_core::http::header_name::HeaderName;

const EXAMPLE: &str = "jwt = { key = \"${key}\", alg = \"ES256\", claims = { iss = \"me\" } }";
const TTL: &str = "ttl = \"60s\"";
const DEFAULT_TTL: u32 = 60;
const ALGORITHMS: [(&str, JwtAlgorithm); 4] = [
    ("HS256", JwtAlgorithm::Hs256),
    ("ES256", JwtAlgorithm::Es256),
    ("EdDSA", JwtAlgorithm::EdDsa),
    ("RS256", JwtAlgorithm::Rs256),
];

/// `Authorization: Bearer …` with the token.
pub(crate) fn bearer() -> Output {
    let parts = vec![Part::Text(Text::Borrowed("Bearer ")), Part::Request(RequestValue::Token)];
    let name = HeaderName(Text::Borrowed("authorization"));
    Output { place: OutputPlace::Header(name), value: Template { parts: parts.into() } }
}

impl Reader<'_, '_, '_> {
    /// The form, and the position of each of its outputs.
    pub(crate) fn jwt(&mut self, form: Entry<'_>) -> Option<(Jwt, Vec<Span>)> {
        let table = form.value.table(EXAMPLE, self.findings)?;
        table.reject_unknown_keys(&keys::JWT, &[], self.findings);
        let (put, places) = self.token_outputs(&table, form)?;
        let jwt = self.signed_token(&table, form)?;
        Some((Jwt { put: put.into(), ..jwt }, places))
    }

    /// A token, whose table may have other keys too. Its outputs are not set.
    pub(crate) fn signed_token(&mut self, table: &Table<'_>, form: Entry<'_>) -> Option<Jwt> {
        let key_encoding = self.word(table, "key_encoding", "encoding of a key", &KEY_ENCODINGS);
        let algorithm = self.member(table, form, "alg", EXAMPLE);
        let algorithm = algorithm.and_then(|_| self.word(table, "alg", "algorithm of `jwt`", &ALGORITHMS));
        let key = self.member(table, form, "key", EXAMPLE).and_then(|value| self.signing_key(value));
        let mut header =
            table.value("header").map_or(Some(Vec::new()), |value| self.claims(value, &["alg", "typ"]));
        if let Some(value) = table.value("kid") {
            let kid = self.value(value, "kid = \"key-1\"", Alphabet::Any, Scope::Nothing);
            if header.iter().flatten().any(|member| member.name == "kid") {
                self.findings.error(value.span(), "`header` has a `kid` as well", "remove one of the two");
                return None;
            }
            let kid =
                kid.map(|kid| Claim { name: "kid".into(), value: ClaimValue::Text(kid.into_template()) });
            header = header.zip(kid).map(|(mut header, kid)| {
                header.push(kid);
                header
            });
        }
        let claims =
            table.value("claims").map_or(Some(Vec::new()), |value| self.claims(value, &["iat", "exp"]));
        let ttl = table.value("ttl").map_or(Some(DEFAULT_TTL), |value| {
            let text = value.string(TTL, self.findings)?;
            unit::duration(&text, self.findings).map(|milliseconds| milliseconds.div_ceil(1000))
        });
        Some(Jwt {
            key: key?,
            key_encoding: key_encoding?,
            algorithm: algorithm?,
            header: header?.into(),
            claims: claims?.into(),
            ttl: ttl?,
            put: Vec::new().into(),
        })
    }

    /// The outputs of a token; by default, it is a bearer token.
    pub(crate) fn token_outputs(
        &mut self,
        table: &Table<'_>,
        form: Entry<'_>,
    ) -> Option<(Vec<Output>, Vec<Span>)> {
        let Some(value) = table.value("put") else { return Some((vec![bearer()], vec![form.key.span])) };
        let outputs = self.outputs_within(value, Scope::Token)?;
        let (put, places): (Vec<Output>, Vec<Span>) = outputs.into_iter().unzip();
        if put.iter().any(|output| output.value.request_values().any(|value| *value == RequestValue::Token)) {
            return Some((put, places));
        }
        let instead = "write `put = { header = \"x-token\", value = \"${request.token}\" }`";
        self.findings.error(value.span(), "nothing adds the token to the request", instead);
        None
    }

    /// The template of one secret, because a PEM or a JWK cannot have text around it.
    fn signing_key(&mut self, value: Value<'_>) -> Option<Template> {
        self.key(value, KeyEncoding::Base64)
    }

    /// The members of a table, except those that the gateway sets.
    pub(crate) fn claims(&mut self, value: Value<'_>, own: &[&str]) -> Option<Vec<Claim>> {
        let table = value.table("claims = { iss = \"me\" }", self.findings)?;
        let mut claims = Some(Vec::new());
        for Entry { key, value } in table.entries() {
            if own.contains(&key.text) {
                let message = format!("`{}` is set by the gateway", key.text);
                self.findings.error(key.span, &message, "remove it; `ttl` says how long a token is valid");
                claims = None;
                continue;
            }
            let read = self.claim(*value);
            claims = claims.zip(read).map(|(mut claims, value)| {
                claims.push(Claim { name: Text::Owned(key.text.to_owned()), value });
                claims
            });
        }
        claims
    }

    fn claim(&mut self, value: Value<'_>) -> Option<ClaimValue> {
        if value.is_string() {
            let template = self.template(value, "iss = \"me\"", Alphabet::Any, Scope::Claim)?.into_template();
            let time = RequestValue::Timestamp(TimeFormat::Seconds);
            let is_time = *template.parts == [Part::Request(time)];
            return Some(if is_time { ClaimValue::Time } else { ClaimValue::Text(template) });
        }
        if value.is_boolean() {
            return value.boolean(self.findings).map(ClaimValue::Boolean);
        }
        if value.is_table() {
            return self.claims(value, &[]).map(|claims| ClaimValue::Object(claims.into()));
        }
        if value.is_array() {
            let values = value.array("aud = [\"a\"]", self.findings)?;
            let values: Vec<Option<ClaimValue>> = values.into_iter().map(|value| self.claim(value)).collect();
            return values
                .into_iter()
                .collect::<Option<Vec<_>>>()
                .map(|values| ClaimValue::List(values.into()));
        }
        let number = value.quiet_integer().and_then(|digits| digits.parse().ok());
        if number.is_none() {
            value.wants(
                "a string, an integer, a boolean, an array or a table",
                "iss = \"me\"",
                self.findings,
            );
        }
        number.map(ClaimValue::Number)
    }
}

#[cfg(test)]
mod tests {
    use super::super::example::{accepted, assert_diagnostics};
    use super::*;
    use ostiary_core::configuration::{Forms, Placement};

    #[test]
    fn tells_what_is_no_token() {
        assert_diagnostics(include_str!("diagnostics/jwt.txt"));
    }

    #[test]
    fn claims_are_what_toml_has() {
        let auth = "{ jwt = { key = \"${stripe.key}\", alg = \"ES256\", kid = \"k\", ttl = \"20m\", claims = { iss = \"${stripe.id}\", n = 3, b = true, l = [\"a\", 1], o = { x = \"y\" }, nbf = \"${request.timestamp}\", jti = \"x${request.nonce}\" } } }";
        let checked = accepted("{ bearer = \"${stripe}\" }", auth);
        let [Placement::Jwt(jwt)] = checked.gateway.routes[0].auth.as_ref() else { panic!("{auth}") };
        assert_eq!((jwt.algorithm, jwt.ttl, jwt.put.as_ref()), (JwtAlgorithm::Es256, 1200, &[bearer()][..]));
        let kinds: Vec<&str> = jwt
            .claims
            .iter()
            .map(|claim| match claim.value {
                ClaimValue::Text(_) => "text",
                ClaimValue::Time => "time",
                ClaimValue::Number(3) => "three",
                ClaimValue::Number(_) => "number",
                ClaimValue::Boolean(_) => "boolean",
                ClaimValue::List(_) => "list",
                ClaimValue::Object(_) => "object",
            })
            .collect();
        assert_eq!(kinds, ["text", "three", "boolean", "list", "object", "time", "text"]);
        let expected = Forms { jwt: true, private_keys: true, ..Forms::NONE };
        assert_eq!(Forms::used_by(&checked.gateway), expected);
    }
}
