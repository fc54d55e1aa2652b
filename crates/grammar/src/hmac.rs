//! `hmac`: an HMAC of the request.

use super::auth::{Alphabet, Reader};
use super::document::{Entry, Table, Value};
use super::file::Span;
use super::keys;
use super::output::PUT;
use super::request_value::{Scope, word};
use ostiary_core::configuration::{Encoding, Hmac, HmacAlgorithm, KeyEncoding, Output, Template};

const EXAMPLE: &str = "hmac = { key = \"${secret}\", message = \"${request.timestamp}.${request.body}\", put = { header = \"x-signature\", value = \"${request.signature}\" } }";
pub(crate) const ALGORITHMS: [(&str, HmacAlgorithm); 4] = [
    ("sha256", HmacAlgorithm::Sha256),
    ("sha512", HmacAlgorithm::Sha512),
    ("sha384", HmacAlgorithm::Sha384),
    ("sha1", HmacAlgorithm::Sha1),
];
pub(crate) const KEY_ENCODINGS: [(&str, KeyEncoding); 3] =
    [("text", KeyEncoding::Text), ("hex", KeyEncoding::Hex), ("base64", KeyEncoding::Base64)];
pub(crate) const ENCODINGS: [(&str, Encoding); 3] =
    [("hex", Encoding::Hex), ("base64", Encoding::Base64), ("base64url", Encoding::Base64Url)];

impl Reader<'_, '_, '_> {
    /// The form, and the position of each of its outputs.
    pub(crate) fn hmac(&mut self, form: Entry<'_>) -> Option<(Hmac, Vec<Span>)> {
        let table = form.value.table(EXAMPLE, self.findings)?;
        table.reject_unknown_keys(&keys::HMAC, &[], self.findings);
        let key_encoding = self.word(&table, "key_encoding", "encoding of a key", &KEY_ENCODINGS);
        let algorithm = self.word(&table, "algorithm", "algorithm of `hmac`", &ALGORITHMS);
        let encoding = self.word(&table, "encoding", "encoding of a signature", &ENCODINGS);
        let key = self
            .member(&table, form, "key", EXAMPLE)
            .and_then(|value| self.key(value, key_encoding.unwrap_or(KeyEncoding::Text)));
        let message = self.member(&table, form, "message", EXAMPLE);
        let message = message.and_then(|value| self.value(value, EXAMPLE, Alphabet::Any, Scope::Message));
        let put = self.member(&table, form, "put", EXAMPLE);
        let put = put.and_then(|value| self.outputs(value).map(|outputs| (outputs, value.span())));
        let (outputs, at) = put?;
        let (put, places): (Vec<Output>, Vec<Span>) = outputs.into_iter().unzip();
        if !put.iter().any(Output::is_signature) {
            self.findings.error(at, "nothing adds the signature to the request", &format!("write `{PUT}`"));
            return None;
        }
        let hmac = Hmac {
            key: key?,
            key_encoding: key_encoding?,
            algorithm: algorithm?,
            message: message?.into_template(),
            encoding: encoding?,
            put: put.into(),
        };
        Some((hmac, places))
    }

    /// The template of a key.
    pub(crate) fn key(&mut self, value: Value<'_>, encoding: KeyEncoding) -> Option<Template> {
        const KEY: &str = "key = \"${secret}\"";
        let key = self.secret(value, "the key", KEY)?;
        if encoding != KeyEncoding::Text && key.parts.len() > 1 {
            let whom = self.values.for_whom();
            let message = format!("a key that is decoded has to be one secret, with no text around it{whom}");
            self.findings.error(value.span(), &message, &format!("write `{KEY}`"));
            return None;
        }
        Some(key)
    }

    /// A template that contains a secret.
    pub(crate) fn secret(&mut self, value: Value<'_>, what: &str, example: &str) -> Option<Template> {
        let parsed = self.value(value, example, Alphabet::Any, Scope::Nothing)?;
        if !parsed.may_hold_secret() {
            let message = format!("{what} names no secret{}", self.values.for_whom());
            self.findings.error(value.span(), &message, &format!("write `{example}`"));
            return None;
        }
        Some(parsed.into_template())
    }

    /// The value of a required key of the form.
    pub(crate) fn member<'v>(
        &mut self,
        table: &Table<'v>,
        form: Entry<'_>,
        key: &str,
        example: &str,
    ) -> Option<Value<'v>> {
        let value = table.value(key);
        if value.is_none() {
            let message = format!("`{}` has no `{key}`", form.key.text);
            self.findings.error(form.key.span, &message, &format!("write `{example}`"));
        }
        value
    }

    /// One of the values that a key allows, or the first one if the key is missing; `None` for another value.
    pub(crate) fn word<T: Copy>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        what: &str,
        words: &[(&str, T)],
    ) -> Option<T> {
        let Some(value) = table.value(key) else { return words.first().map(|(_, first)| *first) };
        let first = words.first().map_or("", |(word, _)| word);
        let text = value.string(&format!("{key} = \"{first}\""), self.findings)?;
        word(&text, what, words, self.findings)
    }
}

#[cfg(test)]
mod tests {
    use super::super::example::{accepted, assert_diagnostics};
    use super::*;
    use ostiary_core::configuration::{Forms, Placement};

    #[test]
    fn tells_what_is_no_keyed_hash() {
        assert_diagnostics(include_str!("diagnostics/hmac.txt"));
    }

    fn forms(auth: &str) -> Forms {
        Forms::used_by(&accepted("{ bearer = \"${stripe}\" }", auth).gateway)
    }

    #[test]
    fn what_is_not_written_is_sha256_in_hexadecimal_digits_under_the_text_of_the_key() {
        let auth = "{ hmac = { key = \"${stripe}\", message = \"${request.body}\", put = { header = \"x-s\", value = \"v1=${request.signature}\" } } }";
        let checked = accepted("{ bearer = \"${stripe}\" }", auth);
        let [Placement::Hmac(hmac)] = checked.gateway.routes[0].auth.as_ref() else { panic!("{auth}") };
        assert_eq!(
            (hmac.algorithm, hmac.encoding, hmac.key_encoding),
            (HmacAlgorithm::Sha256, Encoding::Hex, KeyEncoding::Text)
        );
        assert!(hmac.buffers_request_body());
    }

    #[test]
    fn the_build_knows_which_forms_are_used() {
        let hmac = |more: &str, message: &str| {
            format!(
                "{{ hmac = {{ key = \"${{stripe}}\", {more} message = \"{message}\", put = {{ header = \"x-s\", value = \"${{request.signature}}\" }} }} }}"
            )
        };
        let none = Forms::NONE;
        for (auth, expected) in [
            ("{ bearer = \"${stripe}\" }".to_owned(), none),
            ("{ json = \"/key\", value = \"${stripe}\" }".to_owned(), Forms { body: true, ..none }),
            (hmac("", "${request.path}"), Forms { hmac: true, ..none }),
            (hmac("", "${request.body_sha256}"), Forms { hmac: true, body: true, ..none }),
            (hmac("algorithm = \"sha384\",", "m"), Forms { hmac: true, sha512: true, ..none }),
            (hmac("algorithm = \"sha1\",", "m"), Forms { hmac: true, sha1: true, ..none }),
        ] {
            assert_eq!(forms(&auth), expected, "{auth}");
        }
    }

    #[test]
    fn a_header_that_is_computed_replaces_the_caller_s() {
        let auth = "{ hmac = { key = \"${stripe}\", message = \"m\", put = [{ header = \"X-S\", value = \"${request.signature}\" }, { query = \"t\", value = \"${request.timestamp}\" }] } }";
        let checked = accepted("{ bearer = \"${stripe}\" }", auth);
        let [placement] = checked.gateway.routes[0].auth.as_ref() else { panic!("{auth}") };
        assert_eq!(placement.headers().collect::<Vec<_>>(), ["x-s"]);
        assert_eq!(placement.parameters().collect::<Vec<_>>(), ["t"]);
    }
}
