//! The base URL of a route's upstream.

use crate::configuration::{Upstream, UpstreamUrl};
use crate::refusal::Code;
use crate::runtime::Bindings;
use crate::secrets::variables::text_of;

/// Fills in the variables of an upstream and parses the URL. Variables can change after the build.
pub fn base_url(upstream: &Upstream, bindings: &impl Bindings) -> Result<UpstreamUrl, Code> {
    match upstream {
        Upstream::Fixed(url) => Ok(url.clone()),
        Upstream::Variable(template) => {
            let text = text_of(template, bindings).ok_or(Code::Misconfigured)?;
            UpstreamUrl::parse(&text).map_err(|_| Code::Misconfigured)
        }
    }
}
