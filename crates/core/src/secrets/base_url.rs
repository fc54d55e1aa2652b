//! The base URL of a route's upstream.

use crate::configuration::{Part, Upstream, UpstreamUrl};
use crate::refusal::Code;
use crate::runtime::Bindings;

/// Fills in the variables of an upstream and parses the URL. Variables can change after the build.
pub fn base_url(upstream: &Upstream, bindings: &impl Bindings) -> Result<UpstreamUrl, Code> {
    let template = match upstream {
        Upstream::Fixed(url) => return Ok(url.clone()),
        Upstream::Variable(template) => template,
    };
    let mut text = String::new();
    for part in template.parts.iter() {
        match part {
            Part::Text(piece) => text.push_str(piece),
            Part::Variable(name) => text.push_str(&bindings.variable(name).ok_or(Code::Misconfigured)?),
            // The grammar does not admit these in an upstream.
            Part::Secret(_) | Part::Field(..) | Part::Request(_) => return Err(Code::Misconfigured),
        }
    }
    UpstreamUrl::parse(&text).map_err(|_| Code::Misconfigured)
}
