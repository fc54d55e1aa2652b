//! Where COPY and MOVE put what they find (RFC 4918 §10.3).

use crate::configuration::{Gateway, Grantee, Route};
use crate::http::method::Method;
use crate::http::path::CanonicalPath;
use crate::refusal::Code;
use crate::request::routing;
use crate::request::target::Target;
use crate::runtime::RequestHead;

/// The request header, in lower case.
pub const HEADER: &str = "destination";

/// What follows the mount in the path of a request's `Destination`; `None` where it has none, or needs none.
///
/// It is a second target: the same route must be mounted there, and one of the caller's rules must admit the method
/// there too. Otherwise a rule for `/public/**` would be one for every path. [`Code::NotAllowed`], and
/// [`Code::PathAmbiguous`] for a path that can be read in more than one way.
pub fn below_mount(
    gateway: &Gateway,
    route: &Route,
    caller: Grantee,
    method: Method,
    target: &Target<'_>,
    head: &impl RequestHead,
) -> Result<Option<String>, Code> {
    if !matches!(method, Method::Copy | Method::Move) {
        return Ok(None);
    }
    let Some(reference) = head.header(HEADER) else { return Ok(None) };
    let destination = parse(reference.trim_matches([' ', '\t']), target)?;
    if destination.path.has_encoded_slash() && !route.encoded_slash {
        return Err(Code::PathAmbiguous);
    }
    let arrival = routing::find(gateway, &destination).ok_or(Code::NotAllowed)?;
    let is_same = arrival.route.is_some_and(|other| std::ptr::eq(other, route));
    let rule = route.admitting_rule(caller, method, arrival.path).filter(|_| is_same);
    rule.map(|_| Some(arrival.path.raw().to_owned())).ok_or(Code::NotAllowed)
}

/// An absolute URL of the host that the request is for, or an absolute path. The scheme is not compared: a proxy may have
/// ended TLS.
fn parse<'r>(reference: &'r str, target: &Target<'r>) -> Result<Target<'r>, Code> {
    if !reference.contains("://") {
        let path = CanonicalPath::parse(reference).map_err(|_| Code::PathAmbiguous)?;
        return Ok(Target { path, query: None, ..target.clone() });
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
