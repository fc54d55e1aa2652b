//! How a route's secrets are put on a request, and where its callers show their tokens.

use super::secret::SecretId;
use super::signing::{BodyPlace, Hmac, Output, SigV4};
use super::template::Template;
use super::text::Text;
use crate::http::header_name::HeaderName;

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
}

impl Placement {
    /// The templates of this placement.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        let none = None;
        let templates = match self {
            Self::Bearer(value)
            | Self::Header { value, .. }
            | Self::Query { value, .. }
            | Self::Body { value, .. }
            | Self::Path { value, .. } => [Some(value), none, none, none],
            Self::Basic { username, password } => [Some(username), Some(password), none, none],
            Self::Hmac(hmac) => [Some(&hmac.key), Some(&hmac.message), none, none],
            Self::SigV4(sigv4) => [
                Some(&sigv4.access_key_id),
                Some(&sigv4.secret_access_key),
                sigv4.session_token.as_ref(),
                Some(&sigv4.region),
            ],
        };
        let outputs = self.outputs().iter().map(|output| &output.value);
        templates.into_iter().flatten().chain(outputs)
    }

    /// The secrets that this placement needs, repeats included.
    pub fn secrets(&self) -> impl Iterator<Item = SecretId> + '_ {
        self.templates().flat_map(Template::secrets)
    }

    /// The values that this placement puts on a request once it has computed something.
    #[must_use]
    pub fn outputs(&self) -> &[Output] {
        match self {
            Self::Hmac(hmac) => &hmac.put,
            Self::Bearer(_)
            | Self::Basic { .. }
            | Self::Header { .. }
            | Self::Query { .. }
            | Self::Body { .. }
            | Self::Path { .. }
            | Self::SigV4(_) => &[],
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
            Self::Bearer(_) | Self::Basic { .. } => Some("authorization"),
            Self::Header { name, .. } => Some(name.as_str()),
            Self::Query { .. } | Self::Body { .. } | Self::Path { .. } | Self::Hmac(_) | Self::SigV4(_) => {
                None
            }
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
            Self::SigV4(sigv4) => !sigv4.is_s3(),
            Self::Bearer(_)
            | Self::Basic { .. }
            | Self::Header { .. }
            | Self::Query { .. }
            | Self::Path { .. } => false,
        }
    }

    /// Whether this placement makes something afresh for each attempt.
    #[must_use]
    pub const fn signs(&self) -> bool {
        matches!(self, Self::Hmac(_) | Self::SigV4(_))
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
