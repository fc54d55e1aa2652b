//! Which bodies have their links rewritten.

use crate::http::charset;
use crate::http::coding::Coding;
use crate::http::media_type::is_of_type;
use crate::response::body_links::BodyLinks;
use crate::runtime::UpstreamResponse;

/// What is done to a body whose links are rewritten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyEdit {
    /// How the upstream has coded it. It is rewritten, and passed on, without its coding.
    pub coding: Coding,
    /// What rewrites it.
    pub links: BodyLinks,
}

/// How the body of the response is coded, where it is of one of these media types and can be read.
///
/// A part of a body is not rewritten, since the URL can stand across its end: none is asked for. Nor is a body in an
/// encoding in which ASCII is not ASCII.
#[must_use]
pub fn coding_of_rewritten(response: &impl UpstreamResponse, types: &[impl AsRef<str>]) -> Option<Coding> {
    if types.is_empty() || matches!(response.status(), 101 | 204 | 206 | 226 | 304) {
        return None;
    }
    let content_type = response.header("content-type")?;
    let is_rewritten = types.iter().any(|known| is_of_type(content_type, known.as_ref()))
        && charset::is_searchable(content_type);
    is_rewritten.then(|| Coding::parse(response.header("content-encoding")).ok()).flatten()
}
