//! The reasons for refusing a signed token.

use serde::{Serialize, Serializer};

/// The reason for refusing a signed token, in the order of the checks, and last those that tell nothing about the
/// token: it may be valid, so of several reasons the greatest one decides. Only the log has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum JwtError {
    /// It is too long.
    TooLarge,
    /// It is not three parts of Base64, is not JSON, has a member twice, is nested too deeply, or has a time that is
    /// not a number.
    Malformed,
    /// Its header has an extension that must be supported (`crit`).
    Critical,
    /// Its header has a key or a reference to one (`jku`, `x5u`, `jwk`, `x5c`).
    KeyReference,
    /// `alg` is `none`, uses a shared key, is unknown, or differs from that of the key.
    Algorithm,
    /// `typ` names another kind of token.
    Type,
    /// No caller of the route has this issuer.
    Issuer,
    /// No key has this `kid`.
    KeyUnknown,
    /// The signature is not valid.
    Signature,
    /// It has expired.
    Expired,
    /// It is not valid yet, or was issued in the future.
    NotYetValid,
    /// Its lifetime is longer than the configuration allows.
    Lifetime,
    /// It is for another audience.
    Audience,
    /// The claims do not match the configuration.
    Claims,
    /// A page of an origin that is not admitted has sent it.
    Origin,
    /// It is revoked.
    Revoked,
    /// The issuer's keys are not available.
    KeySetUnavailable,
    /// The list of revoked tokens cannot be read.
    RevocationUnreadable,
}

impl JwtError {
    /// Every reason.
    pub const ALL: [Self; 18] = [
        Self::TooLarge,
        Self::Malformed,
        Self::Critical,
        Self::KeyReference,
        Self::Algorithm,
        Self::Type,
        Self::Issuer,
        Self::KeyUnknown,
        Self::Signature,
        Self::Expired,
        Self::NotYetValid,
        Self::Lifetime,
        Self::Audience,
        Self::Claims,
        Self::Origin,
        Self::Revoked,
        Self::KeySetUnavailable,
        Self::RevocationUnreadable,
    ];

    /// The name for the log.
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
            Self::KeyUnknown => "jwt_key_unknown",
            Self::Signature => "jwt_signature",
            Self::Expired => "jwt_expired",
            Self::NotYetValid => "jwt_not_yet_valid",
            Self::Lifetime => "jwt_lifetime",
            Self::Audience => "jwt_audience",
            Self::Claims => "jwt_claims",
            Self::Origin => "jwt_origin",
            Self::Revoked => "jwt_revoked",
            Self::KeySetUnavailable => "key_set_unavailable",
            Self::RevocationUnreadable => "revocation_unreadable",
        }
    }
}

impl Serialize for JwtError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
