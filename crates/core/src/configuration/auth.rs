//! How a route's secrets are put on a request, and where its callers show their tokens.

use super::secret::SecretId;
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
}

impl Placement {
    /// The templates of this placement.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        let (first, second) = match self {
            Self::Bearer(value) | Self::Header { value, .. } | Self::Query { value, .. } => (value, None),
            Self::Basic { username, password } => (username, Some(password)),
        };
        std::iter::once(first).chain(second)
    }

    /// The secrets that this placement needs, repeats included.
    pub fn secrets(&self) -> impl Iterator<Item = SecretId> + '_ {
        self.templates().flat_map(Template::secrets)
    }

    /// The header that this placement sets, in lower case.
    #[must_use]
    pub fn header(&self) -> Option<&str> {
        match self {
            Self::Bearer(_) | Self::Basic { .. } => Some("authorization"),
            Self::Header { name, .. } => Some(name.as_str()),
            Self::Query { .. } => None,
        }
    }

    /// The query parameter that this placement sets, decoded.
    #[must_use]
    pub fn parameter(&self) -> Option<&str> {
        match self {
            Self::Query { name, .. } => Some(name),
            Self::Bearer(_) | Self::Basic { .. } | Self::Header { .. } => None,
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
            Self::Bearer | Self::Basic => Some("authorization"),
            Self::Header { name, .. } => Some(name.as_str()),
            // One item of `Sec-WebSocket-Protocol` is the place, not the header.
            Self::Query { .. } | Self::Subprotocol { .. } | Self::NextSubprotocol { .. } => None,
        }
    }
}
