//! Query parameters that override the method of a request.

use crate::configuration::Route;
use crate::http::method::{Method, Methods};
use crate::http::query::{is_same_name, parameters};

/// The parameters in which servers look for another method: Rails, Laravel, Symfony and `WordPress` (which does so for
/// GET too), Salesforce, Google's APIs (<https://cloud.google.com/apis/docs/system-parameters>), and servers that use
/// the names of the headers. The headers themselves are not forwarded.
const NAMES: &[&str] = &[
    "_method",
    "_httpmethod",
    "$httpmethod",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
];

/// The methods that a server may act on for a request with this method and this query: its own, and those that the
/// query names. `None` if one of these is not admitted. `admits` tells whether a rule admits a method on the request's
/// path.
///
/// The method that the query names needs a rule too. Otherwise, a rule for GET would allow every method. Only POST may
/// name another method, as forms do, because everyone relies on GET to change nothing.
#[must_use]
pub fn admitted(
    route: &Route,
    method: Method,
    query: Option<&str>,
    admits: impl Fn(Method) -> bool,
) -> Option<Methods> {
    let names_method = |name: &[u8]| {
        let is_forwarded = !route.strip_query.iter().any(|stripped| is_same_name(name, stripped.as_bytes()));
        is_forwarded && NAMES.iter().any(|known| is_same_name(name, known.as_bytes()))
    };
    let mut meant = Methods::NONE.with(method);
    for parameter in parameters(query.unwrap_or_default()) {
        let value = parameter.value();
        if value.is_empty() || !names_method(&parameter.name()) {
            continue;
        }
        let named = str::from_utf8(&value).ok().and_then(|name| Method::parse(&name.to_ascii_uppercase()))?;
        if named != method && (method != Method::Post || !admits(named)) {
            return None;
        }
        meant = meant.with(named);
    }
    Some(meant)
}
