//! Verifies one signed token of a caller.

use std::borrow::Cow;

use super::compact::CompactToken;
use super::error::JwtError;
use super::gateway_token::{KIND, Revocable, TokenHolder, TokenScope, class_of};
use super::json::Value;
use super::{claims, key_set};
use crate::configuration::{
    Caller, CallerAuthentication, CallerId, IssuedProof, JwtProof, KeySource, PublicKey,
};
use crate::runtime::auth_runtime::AuthRuntime;
use crate::runtime::clock::whole;
use crate::runtime::{Bindings, Clock};
use crate::secrets::variables::text_of;

/// The `typ` of tokens that issuers make for other parties. Other types, such as `logout+jwt`, are refused.
const KINDS: [&str; 2] = ["jwt", "at+jwt"];

/// The holder of a verified token.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Identity {
    /// The claim `sub`.
    pub subject: Option<String>,
    /// The limits of the token.
    pub scope: TokenScope,
    /// The data for its revocation.
    pub revocable: Option<Revocable>,
}

/// The claims of a token. The signature is not verified.
///
/// # Errors
/// Returns an error if this is not a signed token.
pub fn unverified_claims(text: &str) -> Result<Value, JwtError> {
    CompactToken::parse(text).map(|token| token.claims)
}

/// The result for one token.
pub struct Verified {
    /// Whether it has an issuer of one of these callers, so that it cannot be another kind of token.
    pub is_known: bool,
    /// The callers that it authenticates, or the reason for refusing it.
    pub proved: Result<Vec<(CallerId, Identity)>, JwtError>,
}

/// Verifies a token for these callers. `is_cross_site` means that a page of an origin that is not admitted may have
/// sent it.
pub async fn verify<'g, R: Bindings + Clock + AuthRuntime>(
    callers: impl Iterator<Item = (CallerId, &'g Caller)> + Clone,
    text: &str,
    is_cross_site: bool,
    runtime: &R,
) -> Verified {
    let unknown = |why| Verified { is_known: false, proved: Err(why) };
    let token = match CompactToken::parse(text) {
        Ok(token) => token,
        Err(why) => return unknown(why),
    };
    let verification = Verification { token: &token, is_cross_site, now: runtime.now() / 1000.0, runtime };
    let proved = if token.kind.as_deref() == Some(KIND) {
        verification.as_issued(callers).await
    } else {
        verification.as_jwt(callers).await
    };
    match proved {
        Err(why @ (JwtError::Issuer | JwtError::Type)) => unknown(why),
        proved => Verified { is_known: true, proved },
    }
}

struct Verification<'t, R> {
    token: &'t CompactToken<'t>,
    is_cross_site: bool,
    /// The time, in seconds since 1970.
    now: f64,
    runtime: &'t R,
}

impl<R: Bindings + AuthRuntime> Verification<'_, R> {
    /// Verifies a token that the gateway's operator has issued.
    async fn as_issued<'g>(
        &self,
        mut callers: impl Iterator<Item = (CallerId, &'g Caller)>,
    ) -> Result<Vec<(CallerId, Identity)>, JwtError> {
        let claims = &self.token.claims;
        let class = class_of(claims).ok_or(JwtError::Issuer)?;
        let found = callers.find_map(|(id, caller)| match &caller.authentication {
            CallerAuthentication::Issued(issued) if caller.name == class => Some((id, issued)),
            _ => None,
        });
        let (id, issued): (CallerId, &IssuedProof) = found.ok_or(JwtError::Issuer)?;
        let keys = KeySource::Inline(issued.keys.clone());
        self.verify_signature(&keys, "").await?;
        let TokenHolder { subject, scope, revocable } = TokenHolder::read(issued, claims, self.now)?;
        Ok(vec![(id, Identity { subject: Some(subject), scope, revocable })])
    }

    /// Verifies a token of another issuer: returns the callers with that issuer and matching claims.
    async fn as_jwt<'g>(
        &self,
        callers: impl Iterator<Item = (CallerId, &'g Caller)> + Clone,
    ) -> Result<Vec<(CallerId, Identity)>, JwtError> {
        let CompactToken { claims, kind, .. } = self.token;
        if kind.as_deref().is_some_and(|kind| !KINDS.contains(&kind)) {
            return Err(JwtError::Type);
        }
        let issuer = claims.get("iss").and_then(Value::as_text).ok_or(JwtError::Issuer)?;
        let candidates = callers.filter_map(|(id, caller)| match &caller.authentication {
            CallerAuthentication::Jwt(jwt) => {
                let is_its = text_of(&jwt.issuer, self.runtime).is_some_and(|known| known == issuer);
                is_its.then_some((id, jwt))
            }
            _ => None,
        });
        let mut proved = Vec::new();
        let mut furthest = None;
        let mut verified: Option<(&KeySource, Result<(), JwtError>)> = None;
        for (id, jwt) in candidates {
            let signature = match &verified {
                Some((keys, outcome)) if **keys == jwt.keys => *outcome,
                _ => self.verify_signature(&jwt.keys, issuer).await,
            };
            verified = Some((&jwt.keys, signature));
            match signature.and_then(|()| self.check(jwt)) {
                Ok(()) => {
                    let subject = claims::subject(claims)?;
                    proved.push((id, Identity { subject, ..Identity::default() }));
                }
                Err(why) => furthest = furthest.max(Some(why)),
            }
        }
        if proved.is_empty() { Err(furthest.unwrap_or(JwtError::Issuer)) } else { Ok(proved) }
    }

    fn check(&self, jwt: &JwtProof) -> Result<(), JwtError> {
        let audiences: Vec<Cow<'_, str>> =
            jwt.audiences.iter().filter_map(|audience| text_of(audience, self.runtime)).collect();
        claims::check(jwt, &audiences, &self.token.claims, self.now)?;
        if jwt.is_ambient && self.is_cross_site { Err(JwtError::Origin) } else { Ok(()) }
    }

    async fn verify_signature(&self, source: &KeySource, issuer: &str) -> Result<(), JwtError> {
        let CompactToken { algorithm, key_id, signed, signature, .. } = self.token;
        let now = whole(self.now);
        let keys = key_set::keys(source, issuer, key_id.as_deref(), now, self.runtime).await?;
        // The key determines the algorithm, not the token (RFC 8725 §3.1).
        let keys: Vec<PublicKey> = keys.into_iter().filter(|key| key.algorithm == *algorithm).collect();
        if keys.is_empty() {
            return Err(JwtError::Algorithm);
        }
        for key in &keys {
            let has_its_length = key.signature_length().is_none_or(|length| length == signature.len());
            if has_its_length && self.runtime.verify(key, signature, signed.as_bytes()).await {
                return Ok(());
            }
        }
        Err(JwtError::Signature)
    }
}
