//! `sigv4`: AWS Signature Version 4.

use super::auth::{Alphabet, Reader};
use super::document::{Entry, Table, Value};
use super::keys;
use super::request_value::Scope;
use super::template::Parsed;
use ostiary_core::configuration::{SigV4, Template, Text};

const EXAMPLE: &str = "sigv4 = { access_key_id = \"${aws.id}\", secret_access_key = \"${aws.key}\", region = \"us-east-1\", service = \"s3\" }";

impl Reader<'_, '_, '_> {
    pub(crate) fn sigv4(&mut self, form: Entry<'_>) -> Option<SigV4> {
        let table = form.value.table(EXAMPLE, self.findings)?;
        table.reject_unknown_keys(&keys::SIGV4, &[], self.findings);
        let access_key_id = self.scope_piece(&table, form, "access_key_id");
        let secret_access_key = self.member(&table, form, "secret_access_key", EXAMPLE);
        let secret_access_key = secret_access_key.and_then(|value| self.secret(value, "the key", EXAMPLE));
        let session_token = table.value("session_token").map(|value| {
            self.value(value, EXAMPLE, Alphabet::Header, Scope::Nothing).map(Parsed::into_template)
        });
        let region = self.scope_piece(&table, form, "region");
        let region = region.filter(|region| self.holds_no_secret(region, table.value("region")));
        let service = self.service(&table, form);
        Some(SigV4 {
            access_key_id: access_key_id?,
            secret_access_key: secret_access_key?,
            session_token: match session_token {
                Some(token) => Some(token?),
                None => None,
            },
            region: region?,
            service: service?,
        })
    }

    fn scope_piece(&mut self, table: &Table<'_>, form: Entry<'_>, key: &str) -> Option<Template> {
        let value = self.member(table, form, key, EXAMPLE)?;
        self.value(value, EXAMPLE, Alphabet::Scope, Scope::Nothing).map(Parsed::into_template)
    }

    /// A region from a secret would be redacted in responses, although it is not secret.
    fn holds_no_secret(&mut self, region: &Template, value: Option<Value<'_>>) -> bool {
        let is_plain = region.secrets().next().is_none();
        if let Some(value) = value.filter(|_| !is_plain) {
            let instead = "write it out, or take it from a variable: `region = \"${var.AWS_REGION}\"`";
            self.findings.error(value.span(), "the region must not be a secret", instead);
        }
        is_plain
    }

    /// The service. It has to be literal, because it determines how requests are signed.
    fn service(&mut self, table: &Table<'_>, form: Entry<'_>) -> Option<Text> {
        let text = self.member(table, form, "service", EXAMPLE)?.string(EXAMPLE, self.findings)?;
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if text.text.is_empty() || !text.text.bytes().all(is_name) {
            let message = format!("`{}` is not the name of a service in signatures", text.text);
            let instead = "write one such as `s3`, `execute-api` or `dynamodb`";
            self.findings.error(text.span, &message, instead);
            return None;
        }
        Some(Text::Owned(text.text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::example::{accepted, assert_diagnostics};
    use ostiary_core::configuration::{Forms, Placement, TokenPlace};

    #[test]
    fn tells_what_is_no_signature_of_version_4() {
        assert_diagnostics(include_str!("diagnostics/sigv4.txt"));
    }

    #[test]
    fn a_body_is_read_unless_the_service_is_s3() {
        for (service, body) in
            [("s3", false), ("s3-outposts", false), ("s3express", false), ("dynamodb", true)]
        {
            let auth = format!(
                "{{ sigv4 = {{ access_key_id = \"${{stripe.id}}\", secret_access_key = \"${{stripe.key}}\", \
                 session_token = \"${{stripe.token}}\", region = \"${{var.ACCOUNT}}\", service = \"{service}\" }} }}"
            );
            let checked = accepted("{ bearer = \"${stripe}\" }", &auth);
            let route = &checked.gateway.routes[0];
            assert!(matches!(route.auth.as_ref(), [Placement::SigV4(_)]));
            assert_eq!(
                Forms::used_by(&checked.gateway),
                Forms { sigv4: true, body, ..Forms::NONE },
                "{service}"
            );
            assert_eq!(*route.token_in, [TokenPlace::Bearer, TokenPlace::Basic, TokenPlace::SigV4]);
        }
    }
}
