//! Why a signed token proves nobody.

use serde::{Serialize, Serializer};

/// Why a signed token proves nobody, in the order in which it is found out. The caller is told none of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum JwtError {
    /// Longer than the gateway reads.
    TooLarge,
    /// Not three parts of Base64, not JSON, a member twice, nested too deep, or a time that is no number.
    Malformed,
    /// The header asks for something that the gateway does not know (`crit`).
    Critical,
    /// The header says where its key is, or holds it (`jku`, `x5u`, `jwk`, `x5c`).
    KeyReference,
    /// `alg` is none, has a shared key, is not known, or is not the one of the key.
    Algorithm,
    /// `typ` is that of another kind of token.
    Type,
    /// No caller of the route has this issuer.
    Issuer,
    /// The issuer's keys could not be had.
    KeySetUnavailable,
    /// No key has this `kid`.
    KeyUnknown,
    /// The signature is not the key's.
    Signature,
    /// Its time is over.
    Expired,
    /// Its time has not come, or it was made in the future.
    NotYetValid,
    /// It is valid for longer than the configuration admits.
    Lifetime,
    /// It is for somebody else.
    Audience,
    /// The claims do not say what the configuration asks for.
    Claims,
    /// A page of an origin that is not admitted has sent it.
    Origin,
    /// The list of revoked tokens cannot be read.
    RevocationUnreadable,
    /// It is revoked.
    Revoked,
}

impl JwtError {
    /// Every one.
    pub const ALL: [Self; 18] = [
        Self::TooLarge,
        Self::Malformed,
        Self::Critical,
        Self::KeyReference,
        Self::Algorithm,
        Self::Type,
        Self::Issuer,
        Self::KeySetUnavailable,
        Self::KeyUnknown,
        Self::Signature,
        Self::Expired,
        Self::NotYetValid,
        Self::Lifetime,
        Self::Audience,
        Self::Claims,
        Self::Origin,
        Self::RevocationUnreadable,
        Self::Revoked,
    ];

    /// As it is written in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge => "jwt_too_large",
            Self::Malformed => "jwt_malformed",
            Self::Critical => "jwt_critical",
            Self::KeyReference => "jwt_key_reference",
            Self::Algorithm => "jwt_algorithm",
            Self::Type => "jwt_type",
            Self::Issuer => "jwt_issuer",
            Self::KeySetUnavailable => "key_set_unavailable",
            Self::KeyUnknown => "jwt_key_unknown",
            Self::Signature => "jwt_signature",
            Self::Expired => "jwt_expired",
            Self::NotYetValid => "jwt_not_yet_valid",
            Self::Lifetime => "jwt_lifetime",
            Self::Audience => "jwt_audience",
            Self::Claims => "jwt_claims",
            Self::Origin => "jwt_origin",
            Self::RevocationUnreadable => "revocation_unreadable",
            Self::Revoked => "jwt_revoked",
        }
    }

    /// Whether the token may be a good one, so that the caller may come again.
    #[must_use]
    pub const fn is_unavailable(self) -> bool {
        matches!(self, Self::KeySetUnavailable | Self::RevocationUnreadable)
    }
}

impl Serialize for JwtError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
