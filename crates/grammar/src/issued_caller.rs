//! `issued` of a caller: signed tokens that the gateway's operator issues.

use super::diagnostic::Findings;
use super::document::{Entry, Value};
use super::file::Span;
use super::keys;
use super::template::{self, Declared};
use super::unit;
use ostiary_core::configuration::{
    IssuedProof, KeyMaterial, Part, PublicKey, SecretId, SignatureAlgorithm, Text,
};

const ISSUED: &str = "issued = { keys = [\"…43 characters…\"] }";
const KEYS: &str = "keys = [\"…43 characters…\"]";
const AUDIENCE: &str = "audience = \"https://gw.example.com\"";
const REVOKED: &str = "revoked = \"${revoked}\"";
const MAX_TTL: &str = "max_ttl = \"90d\"";

/// The default of `max_ttl` in seconds: 90 days.
const DEFAULT_MAX_TTL: u32 = 90 * 24 * 60 * 60;

/// The length of a key id in a token, in characters: a prefix of the public key.
const KEY_ID: usize = 16;

/// A caller's `issued`, and the position of its list of revoked tokens.
pub(crate) fn read(
    entry: Entry<'_>,
    declared: &Declared<'_>,
    findings: &mut Findings<'_>,
) -> Option<(IssuedProof, Option<(SecretId, Span)>)> {
    let table = entry.value.table(ISSUED, findings)?;
    table.reject_unknown_keys(&keys::ISSUED, &[], findings);
    let keys = table
        .required("keys", "`issued`", entry.key.span, KEYS, findings)
        .and_then(|value| public_keys(value, findings));
    let audience = match table.value("audience") {
        Some(value) => Some(value.string(AUDIENCE, findings).filter(|text| !text.text.is_empty())?),
        None => None,
    };
    let max_ttl = match table.value("max_ttl") {
        Some(value) => unit::lifetime(&value.string(MAX_TTL, findings)?, findings)?,
        None => DEFAULT_MAX_TTL,
    };
    let revoked = match table.value("revoked") {
        Some(value) => Some(revoked(value, declared, findings)?),
        None => None,
    };
    let audience = audience.map(|text| Text::Owned(text.text.to_owned()));
    let list = revoked.map(|(secret, _)| secret);
    Some((IssuedProof { keys: keys?.into(), audience, max_ttl, revoked: list }, revoked))
}

fn public_keys(value: Value<'_>, findings: &mut Findings<'_>) -> Option<Vec<PublicKey>> {
    let mut keys = Vec::new();
    for text in Value::distinct(value.filled_array(KEYS, findings)?, KEYS, findings) {
        let Ok(material) = KeyMaterial::ed25519(text.text) else {
            let message = "this is not a public key of Ed25519";
            findings.error_without_text(text.span, message, "write what `ostiary token key` prints");
            return None;
        };
        let id = text.text.get(..KEY_ID).map(|id| Text::Owned(id.to_owned()));
        keys.push(PublicKey { id, algorithm: SignatureAlgorithm::EdDsa, material });
    }
    Some(keys)
}

/// The list has only one source, because another one could lack tokens that the first has revoked.
fn revoked(
    value: Value<'_>,
    declared: &Declared<'_>,
    findings: &mut Findings<'_>,
) -> Option<(SecretId, Span)> {
    let text = value.template(REVOKED, findings)?;
    let parsed = template::parse(&text, declared, findings)?;
    let [(Part::Secret(secret), span)] = parsed.parts.as_slice() else {
        let message = "`revoked` has to be exactly one secret";
        findings.error_without_text(text.span, message, &format!("write `{REVOKED}`"));
        return None;
    };
    if declared.secrets.sources(*secret).len() != 1 {
        let message = "a list of revoked tokens has only one source, because another one could lack tokens that the first has revoked";
        findings.error(*span, message, "give the secret a single source");
        return None;
    }
    Some((*secret, *span))
}

#[cfg(test)]
mod tests {
    use super::super::example::accepted;
    use ostiary_core::configuration::CallerAuthentication;

    #[test]
    fn a_class_has_its_keys_and_its_bounds() {
        const DIGESTS: &str =
            "bearer_sha256 = [\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"]";
        let checked = accepted(
            DIGESTS,
            "issued = { keys = [\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"], max_ttl = \"7d\", audience = \"gw\" }",
        );
        let CallerAuthentication::Issued(issued) = &checked.gateway.callers[1].authentication else {
            panic!()
        };
        assert_eq!((issued.max_ttl, issued.audience.as_deref()), (604_800, Some("gw")));
        assert_eq!(issued.keys[0].id.as_deref(), Some("11qYAYKxCrfVS_7T"));
    }
}
