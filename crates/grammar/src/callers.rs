//! `[callers.NAME]`: clients and how they authenticate.

use sha2::{Digest as _, Sha256};

use super::caller_values;
use super::diagnostic::Findings;
use super::document::{Entry, Located, Table, Value};
use super::file::Span;
use super::hmac_caller;
use super::issued_caller;
use super::jwt_caller;
use super::keys;
use super::name;
use super::template::{self, CallerValue, Declared};
use ostiary_core::configuration::{
    Caller, CallerAuthentication, CallerId, Grantee, HmacProof, IssuedProof, JwtProof, List, Part, SecretId,
    Text,
};

/// The keys for the ways to authenticate.
const PROOFS: [&str; 5] = ["bearer", "bearer_sha256", "jwt", "issued", "hmac"];

const BEARER: &str = "bearer = \"${secret}\"";
const DIGESTS: &str = "bearer_sha256 = [\"…64 hexadecimal digits…\"]";

/// The declared callers; [`CallerId`] is a position here.
pub(crate) struct Callers<'t> {
    declared: Vec<DeclaredCaller<'t>>,
}

/// A caller, with the position of its proof in the file.
pub(crate) struct DeclaredCaller<'t> {
    pub(crate) name: Located<'t>,
    /// `None` if it has an error.
    pub(crate) proof: Option<LocatedProof>,
    /// Whether its tokens contain its name.
    pub(crate) named: bool,
    /// What `${caller.NAME}` stands for in the auth of a route.
    pub(crate) values: Vec<CallerValue<'t>>,
}

/// A [`CallerAuthentication`] with positions in the file.
pub(crate) enum LocatedProof {
    Secret(SecretId, Span),
    Digests(Vec<([u8; 32], Span)>),
    Jwt(Box<JwtProof>, Span),
    /// With the list of revoked tokens.
    Issued(IssuedProof, Option<(SecretId, Span)>),
    /// With where its key is named.
    Hmac(Box<HmacProof>, Span),
}

impl LocatedProof {
    /// The secret that the caller has too, and where it is named.
    pub(crate) const fn secret(&self) -> Option<(SecretId, Span)> {
        match self {
            Self::Secret(secret, span) => Some((*secret, *span)),
            Self::Hmac(hmac, span) => Some((hmac.key, *span)),
            Self::Digests(_) | Self::Jwt(..) | Self::Issued(..) => None,
        }
    }
}

impl<'t> Callers<'t> {
    /// Reads all callers. A caller with an error is declared too, so that its rules are not reported as well.
    pub(crate) fn read(
        table: Option<&Table<'t>>,
        declared: &Declared<'_>,
        findings: &mut Findings<'_>,
    ) -> Self {
        let mut known: Vec<DeclaredCaller<'t>> = Vec::new();
        for Entry { key, value } in table.into_iter().flat_map(Table::entries) {
            name::check(key, "a caller", findings);
            if key.text == "anyone" {
                let message = "`anyone` means every request, with or without a token";
                findings.error(key.span, message, "give the caller another name");
            }
            let caller = value.table(&format!("[callers.{}]", key.text), findings);
            let proof = caller.as_ref().and_then(|caller| proof(key, caller, declared, findings));
            if let Some(proof) = &proof {
                compare(proof, &known, declared, findings);
            }
            let named = caller.as_ref().is_some_and(|caller| named(caller, proof.as_ref(), findings));
            let values = caller
                .as_ref()
                .map(|caller| caller_values::read(caller, declared, findings))
                .unwrap_or_default();
            known.push(DeclaredCaller { name: *key, proof, named, values });
        }
        Self { declared: known }
    }

    pub(crate) fn get(&self, id: CallerId) -> Option<&DeclaredCaller<'t>> {
        self.declared.get(usize::from(id.0))
    }

    pub(crate) fn find(&self, name: &str) -> Option<CallerId> {
        self.all().find(|(_, caller)| caller.name.text == name).map(|(id, _)| id)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (CallerId, &DeclaredCaller<'t>)> {
        (0..u16::MAX).map(CallerId).zip(&self.declared)
    }

    /// Whether a browser adds the caller's token to a request by itself.
    pub(crate) fn is_ambient(&self, grantee: Grantee) -> bool {
        let Grantee::Caller(id) = grantee else { return false };
        let proof = self.declared.get(usize::from(id.0)).and_then(|caller| caller.proof.as_ref());
        matches!(proof, Some(LocatedProof::Jwt(jwt, _)) if jwt.is_ambient)
    }

    /// The callers with a valid proof. If one has an error, the result is not used.
    pub(crate) fn to_list(&self) -> List<Caller> {
        self.declared
            .iter()
            .filter_map(|DeclaredCaller { name, proof, named, .. }| {
                let proof = match proof.as_ref()? {
                    LocatedProof::Secret(secret, _) => CallerAuthentication::Secret(*secret),
                    LocatedProof::Digests(digests) => {
                        CallerAuthentication::Digests(digests.iter().map(|(digest, _)| *digest).collect())
                    }
                    LocatedProof::Jwt(jwt, _) => CallerAuthentication::Jwt((**jwt).clone()),
                    LocatedProof::Issued(issued, _) => CallerAuthentication::Issued(issued.clone()),
                    LocatedProof::Hmac(hmac, _) => CallerAuthentication::Hmac((**hmac).clone()),
                };
                Some(Caller { name: Text::Owned(name.text.to_owned()), authentication: proof, named: *named })
            })
            .collect()
    }
}

fn proof(
    name: &Located<'_>,
    caller: &Table<'_>,
    declared: &Declared<'_>,
    findings: &mut Findings<'_>,
) -> Option<LocatedProof> {
    let all_known = caller.reject_unknown_keys(&keys::CALLER, &[], findings);
    let proofs: Vec<Entry<'_>> = PROOFS.iter().filter_map(|key| caller.get(key)).collect();
    match proofs.as_slice() {
        [] => {
            if all_known {
                let message = format!("nothing authenticates the caller `{}`", name.text);
                findings.error(name.span, &message, &format!("add `{BEARER}` or `{DIGESTS}`"));
            }
            None
        }
        [Entry { key, value }] => match key.text {
            "bearer" => secret(*value, declared, findings),
            "bearer_sha256" => Some(LocatedProof::Digests(digests(*value, findings)?)),
            "hmac" => {
                let entry = Entry { key: *key, value: *value };
                let (hmac, key) = hmac_caller::read(name, entry, declared, findings)?;
                Some(LocatedProof::Hmac(Box::new(hmac), key))
            }
            "jwt" => {
                let entry = Entry { key: *key, value: *value };
                Some(LocatedProof::Jwt(Box::new(jwt_caller::read(entry, declared, findings)?), key.span))
            }
            _ => {
                let entry = Entry { key: *key, value: *value };
                let (issued, revoked) = issued_caller::read(entry, declared, findings)?;
                Some(LocatedProof::Issued(issued, revoked))
            }
        },
        [first, second, ..] => {
            let message = format!("the caller `{}` authenticates in two ways", name.text);
            let instead =
                format!("write `{}` or `{}`, and a caller for each", first.key.text, second.key.text);
            findings.error(second.key.span, &message, &instead);
            None
        }
    }
}

/// Whether the caller's tokens contain its name. For a digest this has no meaning, because no secret is read.
fn named(caller: &Table<'_>, proof: Option<&LocatedProof>, findings: &mut Findings<'_>) -> bool {
    let Some(entry) = caller.get("named") else { return false };
    let named = entry.value.boolean(findings).unwrap_or_default();
    if !matches!(proof, Some(LocatedProof::Secret(..)) | None) {
        findings.error(entry.key.span, "`named` can only be used together with `bearer`", "remove it");
    }
    named
}

fn secret(bearer: Value<'_>, declared: &Declared<'_>, findings: &mut Findings<'_>) -> Option<LocatedProof> {
    let text = bearer.template(BEARER, findings)?;
    let parsed = template::parse(&text, declared, findings)?;
    if let [(Part::Secret(secret), span)] = parsed.parts.as_slice() {
        return Some(LocatedProof::Secret(*secret, *span));
    }
    let message = "a caller's `bearer` is exactly one secret";
    findings.error_without_text(text.span, message, &format!("write `{BEARER}`"));
    None
}

fn digests(value: Value<'_>, findings: &mut Findings<'_>) -> Option<Vec<([u8; 32], Span)>> {
    if !value.is_array() {
        let message = "`bearer_sha256` takes an array";
        findings.error_without_text(value.span(), message, &format!("write `{DIGESTS}`"));
        return None;
    }
    let empty_token: [u8; 32] = Sha256::digest(b"").into();
    let mut digests = Vec::new();
    for element in value.filled_array(DIGESTS, findings)? {
        let Some(text) = element.template(DIGESTS, findings) else { continue };
        let Some(digest) = digest(text.text) else {
            let message = "this is not a SHA-256 digest";
            let instead = "write 64 hexadecimal digits: `printf %s \"$TOKEN\" | sha256sum`";
            findings.error_without_text(text.span, message, instead);
            continue;
        };
        if digest == empty_token {
            let message = "this is the digest of the empty token, so it admits requests without a token";
            findings.error(text.span, message, "write the digest of a random token of 128 bits or more");
            continue;
        }
        if digests.iter().any(|(earlier, _)| *earlier == digest) {
            findings.error(text.span, "the digest is written twice in one caller", "remove one of the two");
            continue;
        }
        digests.push((digest, text.span));
    }
    Some(digests)
}

fn digest(text: &str) -> Option<[u8; 32]> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let byte = |[high, low]: &[u8; 2]| Some(digit(*high)? << 4 | digit(*low)?);
    let bytes: Vec<u8> = pairs.iter().map(byte).collect::<Option<_>>()?;
    bytes.try_into().ok()
}

/// Reports proofs with which one token would identify two callers.
fn compare(
    proof: &LocatedProof,
    earlier: &[DeclaredCaller<'_>],
    declared: &Declared<'_>,
    findings: &mut Findings<'_>,
) {
    for other in earlier {
        let name = other.name.text;
        let secrets = proof.secret().zip(other.proof.as_ref().and_then(LocatedProof::secret));
        if let Some(((ours, span), (theirs, _))) = secrets
            && ours == theirs
        {
            let secret = declared.secrets.name(ours);
            let message = format!("the secret `{secret}` already authenticates the caller `{name}`");
            findings.error(span, &message, "write a secret with sources of its own");
        }
        match (proof, &other.proof) {
            (LocatedProof::Digests(ours), Some(LocatedProof::Digests(theirs))) => {
                let shared = ours.iter().filter(|(ours, _)| theirs.iter().any(|(theirs, _)| ours == theirs));
                for (_, span) in shared {
                    let message = format!("the digest already authenticates the caller `{name}`");
                    findings.error(*span, &message, "write the digest of a token of its own");
                }
            }
            (LocatedProof::Jwt(ours, span), Some(LocatedProof::Jwt(theirs, _))) if ours == theirs => {
                let message = format!("the caller `{name}` has the same issuer, audience and claims");
                findings.error(*span, &message, "write other claims, so that no token matches both callers");
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::example::{accepted, assert_diagnostics};

    #[test]
    fn tells_what_is_wrong_with_a_caller() {
        assert_diagnostics(include_str!("diagnostics/callers.txt"));
    }

    #[test]
    fn one_issuer_has_several_callers() {
        let jwt = |name: &str, claim: &str| {
            format!(
                "[callers.{name}]\njwt = {{ issuer = \"https://id.example.com\", audience = \"a\", claims = {{ sub = \"{claim}\" }} }}\n"
            )
        };
        let both = format!("{}{}[callers.ci]", jwt("one", "1"), jwt("other", "2"));
        assert_eq!(accepted("[callers.ci]", &both).gateway.callers.len(), 4);
    }
}
