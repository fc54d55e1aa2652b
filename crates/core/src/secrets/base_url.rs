//! The base URL of a route's upstream.

use crate::configuration::{Part, Upstream, UpstreamUrl};
use crate::refusal::Code;
use crate::runtime::Bindings;

/// Puts an upstream with variables together: they can have changed since the build, so it is parsed again.
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
            // The grammar admits none of them in an upstream.
            Part::Secret(_) | Part::Field(..) | Part::Caller(_) | Part::Request(_) => {
                return Err(Code::Misconfigured);
            }
        }
    }
    UpstreamUrl::parse(&text).map_err(|_| Code::Misconfigured)
}
