//! Signed tokens: JSON Web Tokens (RFC 7519), verified as RFC 8725 wants it.
//!
//! 1. The token is taken apart within bounds; its header may ask for nothing.
//! 2. Its kind and its issuer say which callers it can be of. For any other one nothing is computed and nothing fetched.
//! 3. The issuer's key with its `kid` verifies the signature, by the one algorithm of that key.
//! 4. Its times, its audience and its claims are those of the caller.

mod claims;
mod compact;
mod error;
mod issued;
mod json;
mod jwk;
mod key_set;
mod revocation;

pub use compact::is_meant;
pub use error::JwtError;
pub use issued::{Holder, KIND, Narrowing, Revocable, is_name};
pub use json::Value;
pub use jwk::JwkError;
pub use revocation::{InvalidRevocationList, RevocationList};

use std::borrow::Cow;

use crate::configuration::{Caller, CallerId, IssuedProof, JwtProof, KeySource, Proof, PublicKey};
use crate::runtime::signing::Signing;
use crate::runtime::{Bindings, Clock};
use crate::secrets::variables::text_of;
use compact::CompactToken;

/// Kinds of tokens that issuers make for others than themselves. Other kinds, such as `logout+jwt`, prove nobody.
const KINDS: [&str; 2] = ["jwt", "at+jwt"];

/// What a token says of its holder, once it has been proved.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Identity {
    /// The claim `sub`.
    pub subject: Option<String>,
    /// What it leaves of its caller's rules.
    pub narrowing: Narrowing,
    /// How it can be revoked.
    pub revocable: Option<Revocable>,
}

/// The claims of a token, whoever has signed it.
///
/// # Errors
/// Where it is none that is read.
pub fn unverified_claims(text: &str) -> Result<Value, JwtError> {
    CompactToken::parse(text).map(|token| token.claims)
}

/// What came of one token.
pub struct Verified {
    /// Whether it is of one of these callers' issuers, so that it is nothing else.
    pub is_known: bool,
    /// The callers that it proves, or why it proves none.
    pub proved: Result<Vec<(CallerId, Identity)>, JwtError>,
}

/// Verifies a token for these callers. `is_foreign` says that a page of an origin that is not admitted may have sent it.
pub async fn verify<'g, R: Bindings + Clock + Signing>(
    callers: impl Iterator<Item = (CallerId, &'g Caller)> + Clone,
    text: &str,
    is_foreign: bool,
    runtime: &R,
) -> Verified {
    let unknown = |why| Verified { is_known: false, proved: Err(why) };
    let token = match CompactToken::parse(text) {
        Ok(token) => token,
        Err(why) => return unknown(why),
    };
    let verification = Verification { token: &token, is_foreign, now: runtime.now() / 1000.0, runtime };
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
    is_foreign: bool,
    /// In seconds since 1970.
    now: f64,
    runtime: &'t R,
}

impl<R: Bindings + Signing> Verification<'_, R> {
    /// As one of the gateway's own tokens.
    async fn as_issued<'g>(
        &self,
        mut callers: impl Iterator<Item = (CallerId, &'g Caller)>,
    ) -> Result<Vec<(CallerId, Identity)>, JwtError> {
        let claims = &self.token.claims;
        let class = issued::class_of(claims).ok_or(JwtError::Issuer)?;
        let found = callers.find_map(|(id, caller)| match &caller.proof {
            Proof::Issued(issued) if caller.name == class => Some((id, issued)),
            _ => None,
        });
        let (id, issued): (CallerId, &IssuedProof) = found.ok_or(JwtError::Issuer)?;
        let keys = KeySource::Inline(issued.keys.clone());
        self.verify_signature(&keys, "").await?;
        let Holder { subject, narrowing, revocable } = Holder::read(issued, claims, self.now)?;
        Ok(vec![(id, Identity { subject: Some(subject), narrowing, revocable })])
    }

    /// As a token of another issuer: the callers with that issuer whose claims it has.
    async fn as_jwt<'g>(
        &self,
        callers: impl Iterator<Item = (CallerId, &'g Caller)> + Clone,
    ) -> Result<Vec<(CallerId, Identity)>, JwtError> {
        let CompactToken { claims, kind, .. } = self.token;
        if kind.as_deref().is_some_and(|kind| !KINDS.contains(&kind)) {
            return Err(JwtError::Type);
        }
        let issuer = claims.get("iss").and_then(Value::as_text).ok_or(JwtError::Issuer)?;
        let candidates = callers.filter_map(|(id, caller)| match &caller.proof {
            Proof::Jwt(jwt) => {
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
        if jwt.is_ambient && self.is_foreign { Err(JwtError::Origin) } else { Ok(()) }
    }

    async fn verify_signature(&self, source: &KeySource, issuer: &str) -> Result<(), JwtError> {
        let CompactToken { algorithm, key_id, signed, signature, .. } = self.token;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "`as` saturates, and no clock shows such a time"
        )]
        let now = self.now as u64;
        let keys = key_set::keys(source, issuer, key_id.as_deref(), now, self.runtime).await?;
        // The key says the algorithm, not the token (RFC 8725 §3.1).
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
