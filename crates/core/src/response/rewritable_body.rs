//! Decides which bodies have their links rewritten.

use crate::http::charset;
use crate::http::coding::Coding;
use crate::http::media_type::is_of_type;
use crate::http::status::has_body;
use crate::response::body_links::BodyLinks;
use crate::runtime::UpstreamResponse;

/// The change to a body whose links are rewritten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyRewriting {
    /// The content coding of the upstream's body. The body is decoded before it is rewritten, and stays decoded.
    pub coding: Coding,
    /// The rewriter of its links.
    pub links: BodyLinks,
}

/// The content coding of the response's body, if the body has one of these media types and can be rewritten; `None`
/// otherwise.
///
/// A partial body is not rewritten, because a URL may cross its end; the gateway does not request one. A body is not
/// rewritten either if its encoding does not contain ASCII.
#[must_use]
pub fn coding_of_rewritten(response: &impl UpstreamResponse, types: &[impl AsRef<str>]) -> Option<Coding> {
    if types.is_empty() || !has_body(response.status()) || matches!(response.status(), 206 | 226) {
        return None;
    }
    let content_type = response.header("content-type")?;
    let is_rewritten = types.iter().any(|known| is_of_type(content_type, known.as_ref()))
        && charset::is_searchable(content_type);
    is_rewritten.then(|| Coding::parse(response.header("content-encoding")).ok()).flatten()
}
