//! A planned request that has not been signed.

use std::rc::Rc;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::body;
use super::moment::Moment;
use crate::configuration::{BodyPlace, Output, OutputPlace};
use crate::http::body_header::is_digest;
use crate::http::query;
use crate::refusal::Code;
use crate::runtime::RequestHead;
use crate::runtime::plan::Plan;
use crate::secret_value::{SecretBytes, SecretValue};

/// The characters that the URL Standard encodes in the query of an `https` URL. The runtime encodes them when it sends
/// the request, and the signature must cover what is sent.
const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'\'');

/// The same for a path.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// A planned request as signatures see it, with the plan's changes applied.
pub struct Unsigned<'a, H> {
    plan: &'a mut Plan,
    head: &'a H,
    moment: &'a Moment,
}

impl<'a, H: RequestHead> Unsigned<'a, H> {
    /// `head` is the caller's request, which the plan edits.
    pub fn new(plan: &'a mut Plan, head: &'a H, moment: &'a Moment) -> Self {
        let mut unsigned = Self { plan, head, moment };
        let path = utf8_percent_encode(unsigned.path(), PATH).to_string();
        let query = unsigned.query().map(|query| utf8_percent_encode(query, QUERY).to_string());
        if path != unsigned.path() || query.as_deref() != unsigned.query() {
            unsigned.set_url(&path, query.as_deref());
        }
        unsigned
    }

    /// The method in upper case.
    #[must_use]
    pub fn method(&self) -> &'static str {
        self.plan.method.as_str()
    }

    /// The whole URL.
    #[must_use]
    pub fn url(&self) -> &str {
        self.plan.url.expose()
    }

    /// The upstream's host, and its port unless it is the default.
    #[must_use]
    pub fn host(&self) -> &str {
        self.origin().split_once("://").map_or("", |(_, host)| host)
    }

    /// The path, and the query after a question mark where there is one.
    #[must_use]
    pub fn target(&self) -> &str {
        self.url().get(self.origin().len()..).unwrap_or_default()
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target().split('?').next().unwrap_or_default()
    }

    /// The query without its question mark.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.target().split_once('?').map(|(_, query)| query)
    }

    /// The value of a header as it is sent: what the plan sets, or the caller's where it is forwarded.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let set = self.plan.set.iter().find(|(set, _)| set == name).map(|(_, value)| value.expose());
        set.or_else(|| {
            let forwarded = !self.plan.remove.iter().any(|removed| removed == name);
            forwarded.then(|| self.head.header(name)).flatten()
        })
    }

    /// The value of a header as the caller sent it, whether it is forwarded or not.
    #[must_use]
    pub fn caller_header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// The headers that are sent and whose names start with this prefix, without duplicates.
    #[must_use]
    pub fn headers_with_prefix(&self, prefix: &str) -> Vec<(String, String)> {
        let set = self.plan.set.iter().map(|(name, _)| name.as_str());
        let forwarded = self.head.header_names().filter(|name| {
            !self.plan.remove.iter().any(|removed| removed == name)
                && !self.plan.set.iter().any(|(set, _)| set == name)
        });
        let names = set.chain(forwarded).filter(|name| name.starts_with(prefix));
        let headers = names.map(|name| (name.to_owned(), self.header(name).unwrap_or_default().to_owned()));
        headers.collect()
    }

    /// Whether a body is sent.
    #[must_use]
    pub const fn has_body(&self) -> bool {
        self.plan.has_body || self.plan.body.is_some()
    }

    /// Whether the plan contains the body.
    #[must_use]
    pub const fn has_own_body(&self) -> bool {
        self.plan.body.is_some()
    }

    /// The body; empty if there is none, or where the plan does not contain it.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.plan.body.as_ref().map_or(&[], |body| body.expose())
    }

    /// The time and the nonce of the attempt.
    #[must_use]
    pub const fn moment(&self) -> &Moment {
        self.moment
    }

    /// Adds a value in its place.
    ///
    /// # Errors
    /// The same as [`set_field`](Self::set_field).
    pub fn put(&mut self, output: &Output, value: SecretValue) -> Result<(), Code> {
        match &output.place {
            OutputPlace::Header(name) => self.set_header(name.as_str(), value),
            OutputPlace::Query(name) => self.append_parameter(name, value.expose()),
            OutputPlace::Body(place) => self.set_field(place, value.expose())?,
        }
        Ok(())
    }

    /// Sets a header, and replaces any with this name.
    pub fn set_header(&mut self, name: &str, value: SecretValue) {
        self.plan.set.retain(|(set, _)| set != name);
        self.plan.set.push((name.to_owned(), value));
    }

    /// Sets the path of the request.
    pub fn set_path(&mut self, path: &str) {
        let query = self.query().map(str::to_owned).map(SecretValue::new);
        self.set_url(path, query.as_ref().map(SecretValue::expose));
    }

    /// Appends a query parameter.
    pub fn append_parameter(&mut self, name: &str, value: &str) {
        let mut query = String::with_capacity(self.url().len() + 3 * (name.len() + value.len()) + 2);
        query.push_str(self.query().unwrap_or_default());
        query::append(&mut query, name, value);
        let query = SecretValue::new(query);
        let path = SecretValue::new(self.path().to_owned());
        self.set_url(path.expose(), Some(query.expose()));
    }

    /// Sets a field of the body.
    ///
    /// # Errors
    /// [`Code::UnsupportedMediaType`] where the body has another media type, [`Code::BodyInvalid`] where it does not
    /// match its media type.
    pub fn set_field(&mut self, place: &BodyPlace, value: &str) -> Result<(), Code> {
        let media_type = body::media_type(place);
        if !self.accepts_field(place) {
            return Err(Code::UnsupportedMediaType);
        }
        let changed = body::set_field(self.body(), place, value).ok_or(Code::BodyInvalid)?;
        if self.header("content-type").is_none() {
            self.set_header("content-type", SecretValue::new(media_type.to_owned()));
        }
        let digests = self.head.header_names().filter(|name| is_digest(name));
        self.plan.remove.extend(digests.map(str::to_owned));
        self.plan.body = Some(Rc::new(SecretBytes::new(changed)));
        Ok(())
    }

    /// Whether the body has a media type with such a field. A request without a body gets one if its method may have
    /// one.
    fn accepts_field(&self, place: &BodyPlace) -> bool {
        if self
            .header("content-encoding")
            .is_some_and(|coding| !coding.trim().eq_ignore_ascii_case("identity"))
        {
            return false;
        }
        match self.header("content-type") {
            Some(content_type) => body::is_of_type(place, content_type),
            None => self.body().is_empty() && self.plan.method.may_have_body(),
        }
    }

    fn origin(&self) -> &str {
        let url = self.url();
        let host = url.find("://").map_or(0, |at| at + 3);
        let end = url.get(host..).and_then(|rest| rest.find('/')).map_or(url.len(), |at| host + at);
        url.get(..end).unwrap_or_default()
    }

    fn set_url(&mut self, path: &str, query: Option<&str>) {
        let mark = if query.is_some() { "?" } else { "" };
        self.plan.url = SecretValue::new([self.origin(), path, mark, query.unwrap_or_default()].concat());
    }
}
