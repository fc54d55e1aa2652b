//! The forms of auth that a configuration uses.

use super::auth::Placement;
use super::caller::CallerAuthentication;
use super::gateway::Gateway;
use super::jwt::JwtAlgorithm;
use super::signed_caller::KeySource;
use super::signing::HmacAlgorithm;
use crate::http::method::{Method, Methods};

/// Which forms of auth a configuration uses, besides headers and query parameters.
///
/// They are known at build time, so the Worker does not contain the code of other forms: each use of a form's code
/// depends on the constant [`AuthRuntime::FORMS`](crate::runtime::auth_runtime::AuthRuntime::FORMS) of the runtime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a form by itself")]
pub struct Forms {
    /// Whether a body is read before it is sent: to sign it, to put a credential into it, or to verify its caller's
    /// signature.
    pub body: bool,
    /// [`Placement::Path`].
    pub path: bool,
    /// Whether a binding sends requests: [`Placement::Mtls`], or a service as upstream.
    pub fetcher: bool,
    /// [`Placement::Hmac`].
    pub hmac: bool,
    /// [`Placement::SigV4`].
    pub sigv4: bool,
    /// [`Placement::Jwt`].
    pub jwt: bool,
    /// A [`JwtAlgorithm`] with a private key.
    pub private_keys: bool,
    /// [`Placement::Exchange`].
    pub exchange: bool,
    /// A token that is used for several requests.
    pub reuse: bool,
    /// [`HmacAlgorithm::Sha1`].
    pub sha1: bool,
    /// [`CallerAuthentication::Hmac`].
    pub hmac_callers: bool,
    /// [`CallerAuthentication::Issued`].
    pub issued: bool,
    /// [`CallerAuthentication::Jwt`].
    pub jwt_callers: bool,
    /// Public keys of issuers that are fetched, and not in the configuration.
    pub fetched_keys: bool,
    /// Tokens of callers that a browser adds to requests by itself.
    pub ambient_callers: bool,
    /// [`HmacAlgorithm::Sha512`] or [`HmacAlgorithm::Sha384`].
    pub sha512: bool,
    /// Whether a rule admits a method that [can copy](Method::can_copy).
    pub second_resources: bool,
}

impl Forms {
    /// No form.
    pub const NONE: Self = Self::of(false);

    /// Every form.
    pub const ALL: Self = Self::of(true);

    const fn of(each: bool) -> Self {
        Self {
            body: each,
            path: each,
            fetcher: each,
            hmac: each,
            sigv4: each,
            jwt: each,
            private_keys: each,
            exchange: each,
            reuse: each,
            hmac_callers: each,
            issued: each,
            jwt_callers: each,
            fetched_keys: each,
            ambient_callers: each,
            sha1: each,
            sha512: each,
            second_resources: each,
        }
    }

    /// The forms that this configuration uses.
    #[must_use]
    pub fn used_by(gateway: &Gateway) -> Self {
        let fetcher = gateway.routes.iter().any(|route| route.service.is_some());
        let rules =
            gateway.routes.iter().flat_map(|route| route.allow.iter()).flat_map(|grant| grant.rules.iter());
        let copying = || Method::ALL.iter().filter(|method| method.can_copy());
        let can_copy = |methods: Methods| copying().any(|method| methods.contain(*method));
        let second_resources = rules.map(|rule| rule.methods).any(can_copy);
        let mut forms = Self { fetcher, second_resources, ..Self::NONE };
        for placement in gateway.routes.iter().flat_map(|route| route.auth.iter()) {
            forms.add(placement);
        }
        for caller in gateway.callers.iter() {
            match &caller.authentication {
                CallerAuthentication::Issued(_) => forms.issued = true,
                CallerAuthentication::Jwt(jwt) => {
                    forms.jwt_callers = true;
                    forms.fetched_keys |= !matches!(jwt.keys, KeySource::Inline(_));
                    forms.ambient_callers |= jwt.is_ambient;
                }
                CallerAuthentication::Hmac(hmac) => {
                    forms.hmac_callers = true;
                    forms.body |= hmac.buffers_request_body();
                    forms.add_algorithm(hmac.algorithm);
                }
                CallerAuthentication::Secret(_) | CallerAuthentication::Digests(_) => {}
            }
        }
        forms
    }

    fn add_algorithm(&mut self, algorithm: HmacAlgorithm) {
        self.sha1 |= algorithm == HmacAlgorithm::Sha1;
        self.sha512 |= matches!(algorithm, HmacAlgorithm::Sha384 | HmacAlgorithm::Sha512);
    }

    fn add(&mut self, placement: &Placement) {
        self.body |= placement.buffers_request_body();
        match placement {
            Placement::Hmac(hmac) => {
                self.hmac = true;
                self.add_algorithm(hmac.algorithm);
            }
            Placement::SigV4(_) => self.sigv4 = true,
            Placement::Path { .. } => self.path = true,
            Placement::Mtls(_) => self.fetcher = true,
            Placement::Jwt(jwt) => {
                self.jwt = true;
                self.private_keys |= jwt.algorithm != JwtAlgorithm::Hs256;
            }
            Placement::Exchange(exchange) => {
                self.exchange = true;
                self.reuse |= exchange.reuse;
                exchange.auth.iter().for_each(|placement| self.add(placement));
            }
            Placement::Bearer(_)
            | Placement::Basic { .. }
            | Placement::Header { .. }
            | Placement::Query { .. }
            | Placement::Body { .. }
            | Placement::Client { .. } => {}
        }
    }

    /// Whether a caller authenticates with a signed token.
    #[must_use]
    pub const fn signed_callers(self) -> bool {
        self.issued || self.jwt_callers
    }

    /// Whether a planned request is completed before it is sent.
    #[must_use]
    pub const fn any(self) -> bool {
        self.body || self.hmac || self.sigv4 || self.jwt || self.exchange
    }
}
