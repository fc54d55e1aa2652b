//! Callers and how they authenticate.

use super::hmac_caller::HmacProof;
use super::secret::SecretId;
use super::signed_caller::{IssuedProof, JwtProof};
use super::text::{List, Text};

/// A position in [`Gateway::callers`](super::Gateway::callers).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct CallerId(pub u16);

/// A named client of the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Caller {
    /// The name in `gateway.toml` and in the log.
    pub name: Text,
    /// How it authenticates.
    pub authentication: CallerAuthentication,
    /// Whether each of its tokens contains its name, so that its secret is read for no other token.
    pub named: bool,
}

/// How a caller authenticates.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum CallerAuthentication {
    /// The value of any source of this secret.
    Secret(SecretId),
    /// One of these SHA-256 digests of a token.
    Digests(List<[u8; 32]>),
    /// A signed token of another issuer.
    Jwt(JwtProof),
    /// A signed token that the gateway's operator issues. The caller is a class, and the token names a member of it.
    Issued(IssuedProof),
    /// A signature of each request.
    Hmac(HmacProof),
}

impl CallerAuthentication {
    /// The secret that the caller has too.
    #[must_use]
    pub const fn secret(&self) -> Option<SecretId> {
        match self {
            Self::Secret(secret) => Some(*secret),
            Self::Hmac(hmac) => Some(hmac.key),
            Self::Digests(_) | Self::Jwt(_) | Self::Issued(_) => None,
        }
    }
}

/// The subject of a list of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum Grantee {
    /// Every request, with or without a token.
    Anyone,
    /// One caller.
    Caller(CallerId),
}
