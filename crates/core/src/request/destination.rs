//! The `Destination` header of COPY and MOVE (RFC 4918 §10.3).

use crate::configuration::{Gateway, Route};
use crate::http::method::{Method, Methods};
use crate::http::path::{Below, CanonicalPath};
use crate::refusal::Code;
use crate::request::routing;
use crate::request::target::Target;
use crate::runtime::RequestHead;

/// The request header, in lower case.
pub const HEADER: &str = "destination";

/// The path of the request's `Destination` below the mount; `None` if no method needs one. `methods` are those that the
/// upstream may act on, also by a query that names one.
///
/// The destination is a second target: it must be on the same route, and what the caller may do (`admits`)
/// must include it. Otherwise, a rule for `/public/**` would allow writing to every path.
///
/// # Errors
/// [`Code::NotAllowed`], or [`Code::PathAmbiguous`] for a path that can be read in more than one way.
pub fn below_mount(
    gateway: &Gateway,
    route: &Route,
    methods: Methods,
    target: &Target<'_>,
    head: &impl RequestHead,
    admits: &dyn Fn(Method, Below<'_>) -> bool,
) -> Result<Option<String>, Code> {
    let mut moving =
        [Method::Copy, Method::Move].into_iter().filter(|method| methods.contain(*method)).peekable();
    if moving.peek().is_none() {
        return Ok(None);
    }
    let Some(reference) = head.header(HEADER) else { return Ok(None) };
    let destination = parse(reference.trim_matches([' ', '\t']), target)?;
    if destination.path.has_encoded_slash() && !route.encoded_slash {
        return Err(Code::PathAmbiguous);
    }
    let arrival = routing::find(gateway, &destination).ok_or(Code::NotAllowed)?;
    let is_same = arrival.route.is_some_and(|other| std::ptr::eq(other, route));
    if is_same && moving.all(|method| admits(method, arrival.path)) {
        Ok(Some(arrival.path.raw().to_owned()))
    } else {
        Err(Code::NotAllowed)
    }
}

/// Parses an absolute URL with the request's host, or an absolute path. The scheme is not compared, because a proxy may
/// have terminated TLS.
fn parse<'r>(reference: &'r str, target: &Target<'r>) -> Result<Target<'r>, Code> {
    if !reference.contains("://") {
        let path = CanonicalPath::parse(reference).map_err(|_| Code::PathAmbiguous)?;
        return Ok(Target { scheme: target.scheme, host: target.host.clone(), path, query: None });
    }
    let destination = Target::parse(reference, None).map_err(|code| match code {
        Code::InvalidHost => Code::NotAllowed,
        other => other,
    })?;
    if destination.query.is_some() {
        return Err(Code::PathAmbiguous);
    }
    if destination.host == target.host { Ok(destination) } else { Err(Code::NotAllowed) }
}
