//! Callers that authenticate with a signed token: a JSON Web Token (RFC 7519).

use super::rule::Pattern;
use super::secret::SecretId;
use super::template::Template;
use super::text::{List, Text};
use super::upstream::Upstream;

/// Tokens of an issuer that other systems trust too, such as a CI system.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct JwtProof {
    /// The claim `iss`, compared byte for byte: texts and variables.
    pub issuer: Template,
    /// The claim `aud` holds one of these: texts and variables.
    pub audiences: List<Template>,
    /// The issuer's keys.
    pub keys: KeySource,
    /// Rules for other claims, all of which have to hold.
    pub claims: List<ClaimRule>,
    /// Whether the token comes from a cookie, which a browser adds to the requests of any page.
    pub is_ambient: bool,
}

/// The place of an issuer's keys.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum KeySource {
    /// In the configuration.
    Inline(List<PublicKey>),
    /// A JWK Set (RFC 7517 §5) at this path below the URL.
    Url(Upstream, Text),
    /// A JWK Set at the `jwks_uri` of the metadata of the issuer with this URL (`OpenID` Connect Discovery 1.0 §4).
    Discovered(Upstream),
}

/// A rule for one claim.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct ClaimRule {
    /// The path to the claim: one name, or more where the claim is within an object.
    pub path: List<Text>,
    /// The accepted values. If the claim is a list, one element has to match.
    pub accepted: List<Pattern>,
}

/// Tokens that `ostiary token issue` makes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct IssuedProof {
    /// The keys that verify them.
    pub keys: List<PublicKey>,
    /// The required audience in the claim `aud`, where it is set.
    pub audience: Option<Text>,
    /// The longest lifetime, from `iat` to `exp`, in seconds.
    pub max_ttl: u32,
    /// The secret with the list of revoked tokens.
    pub revoked: Option<SecretId>,
}

/// A public key that verifies signatures by one algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct PublicKey {
    /// The `kid` of its tokens; `None` if the issuer has none.
    pub id: Option<Text>,
    /// The only algorithm that the key is used with (RFC 8725 §3.1).
    pub algorithm: SignatureAlgorithm,
    /// The parameters of the key as in a JWK: base64url without padding.
    pub material: KeyMaterial,
}

/// An asymmetric algorithm (RFC 7518 §3.1, RFC 8037 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
#[expect(missing_docs, reason = "each is what RFC 7518 or RFC 8037 calls so")]
pub enum SignatureAlgorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    EdDsa,
}

/// The parameters of a public key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum KeyMaterial {
    /// RFC 7518 §6.3.1.
    Rsa {
        /// The modulus.
        n: Text,
        /// The exponent.
        e: Text,
    },
    /// RFC 7518 §6.2.1. The algorithm determines the curve.
    Ec {
        /// The first coordinate.
        x: Text,
        /// The second coordinate.
        y: Text,
    },
    /// RFC 8037 §2.
    Ed25519 {
        /// The key.
        x: Text,
    },
}

impl SignatureAlgorithm {
    const NAMES: [(Self, &'static str); 9] = [
        (Self::Rs256, "RS256"),
        (Self::Rs384, "RS384"),
        (Self::Rs512, "RS512"),
        (Self::Ps256, "PS256"),
        (Self::Ps384, "PS384"),
        (Self::Ps512, "PS512"),
        (Self::Es256, "ES256"),
        (Self::Es384, "ES384"),
        (Self::EdDsa, "EdDSA"),
    ];

    /// The value of `alg`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(algorithm, _)| *algorithm == self).map_or("", |(_, name)| name)
    }

    /// Parses `alg`; `None` for an algorithm with a shared key, for `none`, and for an unknown one. Names are
    /// case-sensitive (RFC 7515 §4.1.1). `Ed25519` is the name in RFC 9864 for `EdDSA` with that curve.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let name = if name == "Ed25519" { "EdDSA" } else { name };
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(algorithm, _)| *algorithm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_algorithm_is_read_as_it_is_written() {
        for name in ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"] {
            assert_eq!(SignatureAlgorithm::parse(name).map(SignatureAlgorithm::as_str), Some(name));
        }
        assert_eq!(SignatureAlgorithm::parse("Ed25519"), Some(SignatureAlgorithm::EdDsa));
        for name in ["none", "HS256", "rs256", ""] {
            assert_eq!(SignatureAlgorithm::parse(name), None, "{name}");
        }
    }
}
