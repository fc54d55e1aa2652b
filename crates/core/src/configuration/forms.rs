//! Which forms of auth a configuration uses.

use super::auth::Placement;
use super::gateway::Gateway;
use super::signing::HmacAlgorithm;

/// Which forms of auth a configuration uses, besides headers and query parameters.
///
/// The build knows them, so the code of the others is not in the Worker: each use of a form's code is behind a constant
/// of the runtime's, [`Signing::FORMS`](crate::runtime::signing::Signing::FORMS).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a form by itself")]
pub struct Forms {
    /// Whether a body is read before it is sent, to sign it or to put a credential into it.
    pub body: bool,
    /// [`Placement::Hmac`].
    pub hmac: bool,
    /// [`Placement::SigV4`].
    pub sigv4: bool,
    /// [`HmacAlgorithm::Sha1`].
    pub sha1: bool,
    /// [`HmacAlgorithm::Sha512`] or [`HmacAlgorithm::Sha384`].
    pub sha512: bool,
}

impl Forms {
    /// No form.
    pub const NONE: Self = Self { body: false, hmac: false, sigv4: false, sha1: false, sha512: false };

    /// Every form.
    pub const ALL: Self = Self { body: true, hmac: true, sigv4: true, sha1: true, sha512: true };

    /// The forms that this configuration uses.
    #[must_use]
    pub fn used_by(gateway: &Gateway) -> Self {
        let any = |uses: fn(&Placement) -> bool| {
            gateway.routes.iter().flat_map(|route| route.auth.iter()).any(uses)
        };
        Self {
            body: any(Placement::reads_body),
            hmac: any(|placement| hmac(placement).is_some()),
            sigv4: any(|placement| matches!(placement, Placement::SigV4(_))),
            sha1: any(|placement| hmac(placement) == Some(HmacAlgorithm::Sha1)),
            sha512: any(|placement| {
                matches!(hmac(placement), Some(HmacAlgorithm::Sha384 | HmacAlgorithm::Sha512))
            }),
        }
    }

    /// Whether anything is done to a request between its plan and its being sent.
    #[must_use]
    pub const fn any(self) -> bool {
        self.body || self.hmac || self.sigv4
    }
}

/// The hash of a placement that is a keyed one.
fn hmac(placement: &Placement) -> Option<HmacAlgorithm> {
    match placement {
        Placement::Hmac(hmac) => Some(hmac.algorithm),
        _ => None,
    }
}
