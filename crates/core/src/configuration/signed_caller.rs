//! Callers that prove themselves by a signed token: a JSON Web Token (RFC 7519).

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
    /// What else the claims have to say; all of it.
    pub claims: List<ClaimRule>,
    /// Whether a browser can add the token to a request of any page, since it comes from a cookie.
    pub is_ambient: bool,
}

/// Where an issuer's keys are.
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

/// What a claim has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct ClaimRule {
    /// The names of the members that lead to it: one, or more where it is within an object.
    pub path: List<Text>,
    /// It is one of these. Of a claim that is a list, one element is.
    pub accepted: List<Pattern>,
}

/// Tokens that `ostiary token issue` makes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct IssuedProof {
    /// The keys that sign them.
    pub keys: List<PublicKey>,
    /// The claim `aud` holds this, where it is set.
    pub audience: Option<Text>,
    /// From the claim `iat` to the claim `exp`, at most so many seconds.
    pub max_ttl: u32,
    /// The list of those that count no more.
    pub revoked: Option<SecretId>,
}

/// A public key that verifies signatures by one algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct PublicKey {
    /// What a token's `kid` names it by; `None` where the issuer has not named it.
    pub id: Option<Text>,
    /// The only algorithm that it is used with (RFC 8725 §3.1).
    pub algorithm: SignatureAlgorithm,
    /// Its numbers, as JWK writes them: Base64 with the URL-safe alphabet and without padding.
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

/// The numbers of a public key.
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
    /// RFC 7518 §6.2.1. The algorithm says which curve it is on.
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

    /// The algorithm that `alg` names; `None` for one with a shared key, for `none`, and for one that is not known. Names
    /// have a case (RFC 7515 §4.1.1). `Ed25519` is what RFC 9864 calls `EdDSA` with that curve.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let name = if name == "Ed25519" { "EdDSA" } else { name };
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(algorithm, _)| *algorithm)
    }
}
