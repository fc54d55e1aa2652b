//! The forms of auth: how a route's secrets are added to a request, and where its callers show their tokens.
//!
//! The file is longer than others, because it lists all forms. They are plain data.

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
        /// The user name. It must not contain a colon.
        username: Template,
        /// The password. It must not contain control characters.
        password: Template,
    },
    /// A header that the configuration names.
    Header {
        /// The header that is set.
        name: HeaderName,
        /// Its whole value.
        value: Template,
    },
    /// A query parameter, percent-encoded. It replaces the caller's.
    Query {
        /// The parameter's name, decoded.
        name: Text,
        /// The parameter's value, decoded.
        value: Template,
    },
    /// A field of the body. It replaces the caller's.
    Body {
        /// The field.
        place: BodyPlace,
        /// Its whole value, decoded.
        value: Template,
    },
    /// A placeholder in braces in the route's `upstream`.
    Path {
        /// The name in braces.
        name: Text,
        /// The value for it, decoded.
        value: Template,
    },
    /// A keyed hash.
    Hmac(Hmac),
    /// AWS Signature Version 4.
    SigV4(SigV4),
    /// A token that is signed for each attempt.
    Jwt(Jwt),
    /// A token that a credential is exchanged for.
    Exchange(Exchange),
    /// A client certificate (RFC 8446 §4.4.2): one of these `mtls_certificates` bindings sends the request. Each
    /// binding is a source.
    Mtls(List<Text>),
    /// `Authorization: Basic …` of an OAuth 2.0 client, whose id and secret are form-encoded first (RFC 6749 §2.3.1).
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

    /// Calls `take` with each template of this placement, without an allocation.
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

    /// This placement and, if it is an exchange, the placements of its request.
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

    /// The values that this placement adds to a request after computing them.
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

    /// Whether this placement sets a header for whose lower-case name `is` is true.
    pub fn sets_header(&self, is: impl Fn(&str) -> bool) -> bool {
        self.own_header().is_some_and(&is)
            || self.fixed_headers().iter().any(|name| is(name))
            || self.outputs().iter().any(|output| output.place.header().is_some_and(&is))
    }

    /// Whether this placement sets a query parameter for whose decoded name `is` is true.
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

    /// The fields of the body that this placement sets.
    pub fn body_places(&self) -> impl Iterator<Item = &BodyPlace> {
        let own = match self {
            Self::Body { place, .. } => Some(place),
            _ => None,
        };
        own.into_iter().chain(self.outputs().iter().filter_map(|output| output.place.body()))
    }

    /// Whether the whole body has to be read before it is sent.
    #[must_use]
    pub fn buffers_request_body(&self) -> bool {
        match self {
            Self::Body { .. } => true,
            Self::Hmac(hmac) => hmac.buffers_request_body(),
            Self::Jwt(_) | Self::Exchange(_) => self.outputs().iter().any(Output::buffers_request_body),
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

    /// Whether this placement computes a value for each attempt.
    #[must_use]
    pub const fn signs(&self) -> bool {
        matches!(self, Self::Hmac(_) | Self::SigV4(_) | Self::Jwt(_))
    }
}

/// A request that exchanges a credential for a token, as the grants of OAuth 2.0 do (RFC 6749 §4).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Exchange {
    /// The URL of the request.
    pub url: Upstream,
    /// The method of the request.
    pub method: Method,
    /// The auth of the request. No placement here is an exchange.
    pub auth: List<Placement>,
    /// The path to the token in the response: the names of the members (RFC 6901 §4).
    pub token: List<Text>,
    /// The path to the expiry in the response.
    pub expires: Option<List<Text>>,
    /// The time until the whole response has arrived, in milliseconds.
    pub timeout: u32,
    /// Whether the token may be used for other requests, until it expires.
    pub reuse: bool,
    /// Distinguishes this form from others with the same secrets, for example with another scope.
    pub identity: u64,
    /// The places of the token in the caller's request.
    pub put: List<Output>,
}

impl Exchange {
    /// Calls `take` with each template, those of the exchange first.
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
    /// The credentials of `Authorization` with any scheme except `Basic`, or its whole value: `Bearer TOKEN`,
    /// `token TOKEN`, `Bot TOKEN`, `TOKEN`.
    Bearer,
    /// `Authorization: Basic`: the password, or the user name when the password is empty.
    Basic,
    /// `Authorization: AWS4-HMAC-SHA256 Credential=TOKEN/…`, or the same in a presigned query: the access key id.
    SigV4,
    /// A header: its value between `before` and `after`.
    Header {
        /// The header that is read and removed.
        name: HeaderName,
        /// The text that the route's auth has before the secret; may be empty.
        before: Text,
        /// The text that the route's auth has after the secret; may be empty.
        after: Text,
    },
    /// A query parameter: its value between `before` and `after`.
    Query {
        /// The decoded name of the parameter that is read and removed.
        name: Text,
        /// The same as for a header.
        before: Text,
        /// As for a header.
        after: Text,
    },
    /// A subprotocol of a WebSocket handshake that begins with `prefix`: the text after it.
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
    /// The header of this place, in lower case.
    #[must_use]
    pub fn header(&self) -> Option<&str> {
        match self {
            Self::Bearer | Self::Basic | Self::SigV4 => Some("authorization"),
            Self::Header { name, .. } => Some(name.as_str()),
            // Only one item of `Sec-WebSocket-Protocol` is the place, and not the header.
            Self::Query { .. } | Self::Subprotocol { .. } | Self::NextSubprotocol { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::{Encoding, HmacAlgorithm, KeyEncoding, OutputPlace, Part, RequestValue};

    fn text(text: &'static str) -> Template {
        Template { parts: vec![Part::Text(text.into())].into() }
    }

    fn hmac(put: Vec<OutputPlace>) -> Placement {
        let put: Vec<Output> = put.into_iter().map(|place| Output { place, value: text("x") }).collect();
        Placement::Hmac(Hmac {
            key: text("key"),
            key_encoding: KeyEncoding::Text,
            algorithm: HmacAlgorithm::Sha256,
            message: text("message"),
            encoding: Encoding::Hex,
            put: put.into(),
        })
    }

    #[test]
    fn a_placement_tells_what_it_replaces() {
        let header = || HeaderName::parse("x-key").unwrap();
        let field = || BodyPlace::Form("field".into());
        let (name, value) = (Text::from("key"), text("value"));
        for (placement, expected) in [
            (Placement::Bearer(text("x")), [Some("authorization"), None, None]),
            (Placement::Header { name: header(), value: value.clone() }, [Some("x-key"), None, None]),
            (Placement::Query { name: name.clone(), value: value.clone() }, [None, Some("key"), None]),
            (Placement::Body { place: field(), value: value.clone() }, [None, None, Some("field")]),
            (Placement::Path { name, value }, [None; 3]),
            (hmac(vec![OutputPlace::Header(header())]), [Some("x-key"), None, None]),
            (hmac(vec![OutputPlace::Query("key".into())]), [None, Some("key"), None]),
            (hmac(vec![OutputPlace::Body(field())]), [None, None, Some("field")]),
        ] {
            let [of_header, of_parameter, of_field] = expected;
            assert_eq!(placement.parameters().next(), of_parameter);
            for name in ["authorization", "x-key", "key", "field"] {
                assert_eq!(
                    placement.sets_header(|set| set == name),
                    of_header == Some(name),
                    "{placement:?}"
                );
                assert_eq!(
                    placement.sets_parameter(|set| set == name),
                    of_parameter == Some(name),
                    "{placement:?}"
                );
            }
            let fields: Vec<_> = placement.body_places().cloned().collect();
            assert_eq!(fields, of_field.map(|_| field()).into_iter().collect::<Vec<_>>(), "{placement:?}");
            assert_eq!(placement.buffers_request_body(), of_field.is_some(), "{placement:?}");
        }
    }

    #[test]
    fn an_output_needs_the_body_where_it_is_put_there_or_made_of_it() {
        let of_body = Template { parts: vec![Part::Request(RequestValue::Body)].into() };
        let header = || OutputPlace::Header(HeaderName::parse("x-key").unwrap());
        let field = || OutputPlace::Body(BodyPlace::Form("field".into()));
        for (place, value, expected) in [
            (header(), text("x"), false),
            (header(), of_body.clone(), true),
            (field(), text("x"), true),
            (field(), of_body, true),
        ] {
            assert_eq!(Output { place, value }.buffers_request_body(), expected);
        }
    }
}
