//! The request that is rehearsed.

use std::collections::BTreeMap;

use ostiary_core::runtime::RequestHead;

/// A request for a rehearsal.
#[derive(Clone, Debug)]
pub struct RehearsedRequest {
    method: String,
    url: String,
    headers: BTreeMap<String, String>,
}

impl RehearsedRequest {
    /// Header lines with the same name are joined, as a runtime does.
    pub fn new<'l>(
        method: impl Into<String>,
        url: impl Into<String>,
        lines: impl IntoIterator<Item = (&'l str, &'l str)>,
    ) -> Self {
        let mut headers: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in lines {
            let joined = headers.entry(name.to_ascii_lowercase()).or_default();
            if !joined.is_empty() {
                joined.push_str(", ");
            }
            joined.push_str(value);
        }
        Self { method: method.into(), url: url.into(), headers }
    }

    /// The headers, with names in lower case.
    #[must_use]
    pub const fn headers(&self) -> &BTreeMap<String, String> {
        &self.headers
    }
}

impl RequestHead for RehearsedRequest {
    fn method(&self) -> &str {
        &self.method
    }

    fn url(&self) -> &str {
        &self.url
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    fn header_names(&self) -> impl Iterator<Item = &str> {
        self.headers.keys().map(String::as_str)
    }
}
