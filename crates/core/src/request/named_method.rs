//! Query parameters that override the method of a request.

use crate::configuration::Route;
use crate::http::method::Method;
use crate::http::query::{Parameter, is_same_name, parameters};

/// The parameters in which servers look for another method: Rails, Laravel, Symfony and `WordPress` (which does so for
/// GET too), Salesforce, and servers that use the name of the header. The header itself is not forwarded.
const NAMES: &[&str] = &["_method", "_httpmethod", "x-http-method-override"];

/// Whether a request with this method may have this query. `admits` tells whether a rule admits a method on the
/// request's path.
///
/// The method that the query names needs a rule too. Otherwise, a rule for GET would allow every method. Only POST may
/// name another method, as forms do, because everyone relies on GET to change nothing.
#[must_use]
pub fn is_admitted(
    route: &Route,
    method: Method,
    query: Option<&str>,
    admits: impl Fn(Method) -> bool,
) -> bool {
    let names_method = |name: &[u8]| {
        let is_forwarded = !route.strip_query.iter().any(|stripped| is_same_name(name, stripped.as_bytes()));
        is_forwarded && NAMES.iter().any(|known| is_same_name(name, known.as_bytes()))
    };
    let named = query.into_iter().flat_map(parameters).filter(|parameter| names_method(&parameter.name()));
    let mut named = named.map(Parameter::value).filter(|value| !value.is_empty());
    named.all(|value| {
        let value = value.to_ascii_uppercase();
        let meant = str::from_utf8(&value).ok().and_then(Method::parse);
        meant.is_some_and(|meant| meant == method || (method == Method::Post && admits(meant)))
    })
}
