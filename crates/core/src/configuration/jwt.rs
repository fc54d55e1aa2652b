//! Tokens that are signed for each attempt (RFC 7519).

use super::signing::{KeyEncoding, Output};
use super::template::Template;
use super::text::{List, Text};

/// A JSON Web Token, signed in the compact form (RFC 7515 §3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Jwt {
    /// The key: PEM, a JWK, or bytes in `key_encoding`.
    pub key: Template,
    /// The encoding of a key that is neither PEM nor a JWK.
    pub key_encoding: KeyEncoding,
    /// The algorithm of the signature.
    pub algorithm: JwtAlgorithm,
    /// Members of the header besides `alg` and `typ`.
    pub header: List<Claim>,
    /// The claims besides `iat` and `exp`.
    pub claims: List<Claim>,
    /// The lifetime of a token, in seconds.
    pub ttl: u32,
    /// The places of the token in the request.
    pub put: List<Output>,
}

/// The `alg` of a token (RFC 7518 §3.1, RFC 8037 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum JwtAlgorithm {
    /// HMAC with SHA-256.
    Hs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
}

/// A member of a JSON object.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Claim {
    /// Its name.
    pub name: Text,
    /// Its value.
    pub value: ClaimValue,
}

/// A JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum ClaimValue {
    /// A string. Of the request's values it can contain the time and the nonce.
    Text(Template),
    /// The time in seconds, as a number (`NumericDate` of RFC 7519 §2).
    Time,
    /// A number.
    Number(i64),
    /// `true` or `false`.
    Boolean(bool),
    /// An array.
    List(List<ClaimValue>),
    /// An object.
    Object(List<Claim>),
}

impl JwtAlgorithm {
    /// The name in the header of a token.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
            Self::Rs256 => "RS256",
        }
    }
}

impl Jwt {
    /// Calls `take` with each template: the key, the header, the claims, and the outputs.
    pub fn each_template<'a>(&'a self, take: &mut dyn FnMut(&'a Template)) {
        take(&self.key);
        for claim in self.header.iter().chain(self.claims.iter()) {
            claim.value.each_template(take);
        }
        for output in self.put.iter() {
            take(&output.value);
        }
    }
}

impl ClaimValue {
    /// Calls `take` with each template.
    pub fn each_template<'a>(&'a self, take: &mut dyn FnMut(&'a Template)) {
        match self {
            Self::Text(template) => take(template),
            Self::Time | Self::Number(_) | Self::Boolean(_) => {}
            Self::List(values) => values.iter().for_each(|value| value.each_template(take)),
            Self::Object(claims) => claims.iter().for_each(|claim| claim.value.each_template(take)),
        }
    }
}
