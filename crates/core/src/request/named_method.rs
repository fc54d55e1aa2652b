//! Query parameters that override the method of a request.

use crate::configuration::Route;
use crate::http::method::{Method, Methods};
use crate::http::query::{Parameter, is_same_name, parameters};

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
    let named = query.into_iter().flat_map(parameters).filter(|parameter| names_method(&parameter.name()));
    let mut named = named.map(Parameter::value).filter(|value| !value.is_empty());
    named.try_fold(Methods::NONE.with(method), |meant, value| {
        let value = value.to_ascii_uppercase();
        let named = str::from_utf8(&value).ok().and_then(Method::parse)?;
        let is_admitted = named == method || (method == Method::Post && admits(named));
        is_admitted.then(|| meant.with(named))
    })
}
