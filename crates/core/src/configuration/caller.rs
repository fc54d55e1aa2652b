//! Callers and how they prove who they are.

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
    /// As `gateway.toml` spells it; what the log says.
    pub name: Text,
    /// What its token is compared with.
    pub proof: Proof,
    /// Whether each of its tokens names it, so that its secret is read for no other text.
    pub named: bool,
}

/// What a caller's token is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum Proof {
    /// The value of any source of this secret.
    Secret(SecretId),
    /// SHA-256 of the token's bytes, any one of these.
    Digests(List<[u8; 32]>),
    /// A signed token of another issuer.
    Jwt(JwtProof),
    /// A signed token of the gateway's own. The caller is a class, and the token names one of it.
    Issued(IssuedProof),
    /// A signature of each request.
    Hmac(HmacProof),
}

impl Proof {
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

/// Whom a list of rules is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum Grantee {
    /// Whoever asks, with or without a token.
    Anyone,
    /// One caller.
    Caller(CallerId),
}
