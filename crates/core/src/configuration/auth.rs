//! How a route's secrets are put on a request, and where its callers show their tokens.
//!
//! The forms are plain data, listed in one place.

use super::jwt::Jwt;
use super::secret::SecretId;
use super::signing::{BodyPlace, Hmac, Output, SigV4};
use super::template::Template;
use super::text::{List, Text};
use super::upstream::Upstream;
use crate::http::header_name::HeaderName;
use crate::http::method::Method;

/// One table of a route's `auth`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum Placement {
    /// `Authorization: Bearer …` (RFC 6750 §2.1).
    Bearer(Template),
    /// `Authorization: Basic …` (RFC 7617 §2).
    Basic {
        /// Must not yield a colon.
        username: Template,
        /// May yield anything but control characters.
        password: Template,
    },
    /// A header of its own.
    Header {
        /// The header that is set.
        name: HeaderName,
        /// Its whole value.
        value: Template,
    },
    /// A query parameter, percent-encoded, in the place of the caller's.
    Query {
        /// The parameter's name, decoded.
        name: Text,
        /// The parameter's value, decoded.
        value: Template,
    },
    /// A part of the body, in the place of the caller's.
    Body {
        /// Where it is put.
        place: BodyPlace,
        /// Its whole value, decoded.
        value: Template,
    },
    /// What is in braces in the route's `upstream`.
    Path {
        /// The name that is there.
        name: Text,
        /// What is put there, decoded.
        value: Template,
    },
    /// A keyed hash.
    Hmac(Hmac),
    /// AWS Signature Version 4.
    SigV4(SigV4),
    /// A token that is signed for each attempt.
    Jwt(Jwt),
    /// A token that another request yields.
    Exchange(Exchange),
    /// A client certificate (RFC 8446 §4.4.2): the request is sent by one of these `mtls_certificates` bindings, of which
    /// each is a source.
    Mtls(List<Text>),
    /// `Authorization: Basic …` of a client of OAuth 2.0, whose id and secret are encoded as in a form first
    /// (RFC 6749 §2.3.1).
    Client {
        /// The client's id.
        id: Template,
        /// Its secret.
        secret: Template,
    },
}

impl Placement {
    /// The templates of this placement.
    #[must_use]
    pub fn templates(&self) -> Vec<&Template> {
        let mut templates = Vec::new();
        self.each_template(&mut |template| templates.push(template));
        templates
    }

    /// Hands over each template of this placement. Costs no allocation.
    pub fn each_template<'a>(&'a self, take: &mut dyn FnMut(&'a Template)) {
        match self {
            Self::Bearer(value)
            | Self::Header { value, .. }
            | Self::Query { value, .. }
            | Self::Body { value, .. }
            | Self::Path { value, .. } => take(value),
            Self::Basic { username, password } => {
                take(username);
                take(password);
            }
            Self::Hmac(hmac) => {
                take(&hmac.key);
                take(&hmac.message);
                hmac.put.iter().for_each(|output| take(&output.value));
            }
            Self::SigV4(sigv4) => {
                take(&sigv4.access_key_id);
                take(&sigv4.secret_access_key);
                sigv4.session_token.iter().for_each(&mut *take);
                take(&sigv4.region);
            }
            Self::Jwt(jwt) => jwt.each_template(take),
            Self::Exchange(exchange) => exchange.each_template(take),
            Self::Mtls(_) => {}
            Self::Client { id, secret } => {
                take(id);
                take(secret);
            }
        }
    }

    /// This placement, and those of the exchange that it is.
    pub fn with_exchanged(&self) -> impl Iterator<Item = &Self> {
        let exchanged = match self {
            Self::Exchange(exchange) => exchange.auth.as_ref(),
            _ => &[],
        };
        std::iter::once(self).chain(exchanged)
    }

    /// The secrets that this placement needs, repeats included.
    pub fn secrets(&self) -> impl Iterator<Item = SecretId> + '_ {
        self.templates().into_iter().flat_map(Template::secrets)
    }

    /// The values that this placement puts on a request once it has computed something.
    #[must_use]
    pub fn outputs(&self) -> &[Output] {
        match self {
            Self::Hmac(hmac) => &hmac.put,
            Self::Jwt(jwt) => &jwt.put,
            Self::Exchange(exchange) => &exchange.put,
            Self::Bearer(_)
            | Self::Basic { .. }
            | Self::Header { .. }
            | Self::Query { .. }
            | Self::Body { .. }
            | Self::Path { .. }
            | Self::SigV4(_)
            | Self::Mtls(_)
            | Self::Client { .. } => &[],
        }
    }

    /// The headers that this placement sets, in lower case.
    pub fn headers(&self) -> impl Iterator<Item = &str> {
        let own = self.own_header().into_iter().chain(self.fixed_headers().iter().copied());
        own.chain(self.outputs().iter().filter_map(|output| output.place.header()))
    }

    /// The query parameters that this placement sets, decoded.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        let own = self.own_parameter().into_iter().chain(self.fixed_parameters().iter().copied());
        own.chain(self.outputs().iter().filter_map(|output| output.place.parameter()))
    }

    /// Whether this placement sets a header whose lower-case name `is` takes.
    pub fn sets_header(&self, is: impl Fn(&str) -> bool) -> bool {
        self.own_header().is_some_and(&is)
            || self.fixed_headers().iter().any(|name| is(name))
            || self.outputs().iter().any(|output| output.place.header().is_some_and(&is))
    }

    /// Whether this placement sets a query parameter whose decoded name `is` takes.
    pub fn sets_parameter(&self, is: impl Fn(&str) -> bool) -> bool {
        self.own_parameter().is_some_and(&is)
            || self.fixed_parameters().iter().any(|own| is(own))
            || self.outputs().iter().any(|output| output.place.parameter().is_some_and(&is))
    }

    fn own_header(&self) -> Option<&str> {
        match self {
            Self::Bearer(_) | Self::Basic { .. } | Self::Client { .. } => Some("authorization"),
            Self::Header { name, .. } => Some(name.as_str()),
            Self::Query { .. }
            | Self::Body { .. }
            | Self::Path { .. }
            | Self::Hmac(_)
            | Self::SigV4(_)
            | Self::Jwt(_)
            | Self::Exchange(_)
            | Self::Mtls(_) => None,
        }
    }

    const fn fixed_headers(&self) -> &'static [&'static str] {
        match self {
            Self::SigV4(_) => SigV4::headers(),
            _ => &[],
        }
    }

    const fn fixed_parameters(&self) -> &'static [&'static str] {
        match self {
            Self::SigV4(_) => SigV4::parameters(),
            _ => &[],
        }
    }

    fn own_parameter(&self) -> Option<&str> {
        match self {
            Self::Query { name, .. } => Some(name),
            _ => None,
        }
    }

    /// The name in braces that this placement fills.
    #[must_use]
    pub fn path_name(&self) -> Option<&str> {
        match self {
            Self::Path { name, .. } => Some(name),
            _ => None,
        }
    }

    /// The parts of the body that this placement sets.
    pub fn body_places(&self) -> impl Iterator<Item = &BodyPlace> {
        let own = match self {
            Self::Body { place, .. } => Some(place),
            _ => None,
        };
        own.into_iter().chain(self.outputs().iter().filter_map(|output| output.place.body()))
    }

    /// Whether the whole body has to be at hand before it is sent.
    #[must_use]
    pub fn reads_body(&self) -> bool {
        match self {
            Self::Body { .. } => true,
            Self::Hmac(hmac) => hmac.reads_body(),
            Self::Jwt(_) | Self::Exchange(_) => self.outputs().iter().any(Output::reads_body),
            Self::SigV4(sigv4) => !sigv4.is_s3(),
            Self::Bearer(_)
            | Self::Basic { .. }
            | Self::Header { .. }
            | Self::Query { .. }
            | Self::Path { .. }
            | Self::Mtls(_)
            | Self::Client { .. } => false,
        }
    }

    /// The bindings with client certificates, the primary first.
    #[must_use]
    pub fn certificates(&self) -> &[Text] {
        match self {
            Self::Mtls(bindings) => bindings,
            _ => &[],
        }
    }

    /// Whether a token of this placement may be used for several requests.
    #[must_use]
    pub const fn reuses(&self) -> bool {
        matches!(self, Self::Exchange(Exchange { reuse: true, .. }))
    }

    /// Whether this placement makes something afresh for each attempt.
    #[must_use]
    pub const fn signs(&self) -> bool {
        matches!(self, Self::Hmac(_) | Self::SigV4(_) | Self::Jwt(_))
    }
}

/// A request that exchanges a credential for a token, as the grants of OAuth 2.0 do (RFC 6749 §4).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Exchange {
    /// Where it is sent.
    pub url: Upstream,
    /// How.
    pub method: Method,
    /// What is put on it. No placement here exchanges anything.
    pub auth: List<Placement>,
    /// Where the token is in the response: the names of the members that lead to it (RFC 6901 §4).
    pub token: List<Text>,
    /// Where the response says when the token expires.
    pub expires: Option<List<Text>>,
    /// How long it may take until the whole response has arrived, in milliseconds.
    pub timeout: u32,
    /// Whether the token may be used for other requests, until it expires.
    pub reuse: bool,
    /// What tells this form from others whose secrets are the same: a token of one scope is none of another.
    pub identity: u64,
    /// What is put on the caller's request.
    pub put: List<Output>,
}

impl Exchange {
    /// Hands over each template, those of the exchange first.
    pub fn each_template<'a>(&'a self, take: &mut dyn FnMut(&'a Template)) {
        for placement in self.auth.iter() {
            placement.each_template(take);
        }
        for output in self.put.iter() {
            take(&output.value);
        }
    }
}

/// A place where a caller may show its token.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum TokenPlace {
    /// The credentials of `Authorization`, whatever their scheme, or its whole value: `Bearer TOKEN`, `token TOKEN`,
    /// `Bot TOKEN`, `TOKEN`. Not those of `Basic`.
    Bearer,
    /// `Authorization: Basic`: the password, or the user name when the password is empty.
    Basic,
    /// `Authorization: AWS4-HMAC-SHA256 Credential=TOKEN/…`, or the same in a presigned query: the access key id.
    SigV4,
    /// A header: its whole value, or what stands between `before` and `after`.
    Header {
        /// The header that is read and removed.
        name: HeaderName,
        /// What the route's auth puts before the secret; empty where there is nothing.
        before: Text,
        /// What the route's auth puts after the secret; empty where there is nothing.
        after: Text,
    },
    /// A query parameter: its whole value, or what stands between `before` and `after`.
    Query {
        /// The decoded name of the parameter that is read and removed.
        name: Text,
        /// As for a header.
        before: Text,
        /// As for a header.
        after: Text,
    },
    /// A subprotocol of a WebSocket handshake that begins with this text: what follows it.
    Subprotocol {
        /// One or more characters of a token (RFC 9110 §5.6.2).
        prefix: Text,
    },
    /// The subprotocol that is listed after this one.
    NextSubprotocol {
        /// A token (RFC 9110 §5.6.2).
        name: Text,
    },
}

impl TokenPlace {
    /// The header that is this place, in lower case.
    #[must_use]
    pub fn header(&self) -> Option<&str> {
        match self {
            Self::Bearer | Self::Basic | Self::SigV4 => Some("authorization"),
            Self::Header { name, .. } => Some(name.as_str()),
            // One item of `Sec-WebSocket-Protocol` is the place, not the header.
            Self::Query { .. } | Self::Subprotocol { .. } | Self::NextSubprotocol { .. } => None,
        }
    }
}
