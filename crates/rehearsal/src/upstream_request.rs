//! The request that would have been sent upstream.

use std::collections::BTreeMap;

use ostiary_core::runtime::plan::Plan;

/// A request as the upstream would have received it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamRequest {
    /// Its method.
    pub method: &'static str,
    /// The binding that would have sent it.
    pub fetcher: Option<String>,
    /// Its URL.
    pub url: String,
    /// All its headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The names of the caller's headers that were removed.
    pub removed: Vec<String>,
}

/// Applies the plan to the headers of a request as the edge does: removes headers first, and sets others afterwards.
#[must_use]
pub fn apply(plan: &Plan, mut headers: BTreeMap<String, String>) -> BTreeMap<String, String> {
    for name in &plan.remove {
        headers.remove(name);
    }
    for (name, value) in &plan.set {
        headers.insert(name.clone(), value.expose().to_owned());
    }
    headers
}
