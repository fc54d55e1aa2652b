//! The head of a caller's request, in one crossing.

use ostiary_core::runtime::Head;

use crate::configuration::HEADERS_READ;

/// A view of what `entry.js` says of a request.
pub(crate) struct RequestHead<'a> {
    method: &'a str,
    url: &'a str,
    random: &'a str,
    names: &'a str,
    values: Vec<Option<&'a str>>,
}

impl<'a> RequestHead<'a> {
    /// Lines: method; URL; random bits; the names of all headers; then a line for each wanted header.
    pub(crate) fn of(description: &'a str) -> Self {
        let mut lines = description.split('\n');
        let mut line = || lines.next().unwrap_or_default();
        let (method, url, random, names) = (line(), line(), line(), line());
        Self { method, url, random, names, values: lines.map(present).collect() }
    }

    /// 128 bits from the runtime's generator.
    pub(crate) fn random_bits(&self) -> u128 {
        u128::from_str_radix(self.random, 16).unwrap_or_default()
    }
}

impl Head for RequestHead<'_> {
    fn method(&self) -> &str {
        self.method
    }

    fn url(&self) -> &str {
        self.url
    }

    fn header(&self, name: &str) -> Option<&str> {
        let at = HEADERS_READ.iter().position(|wanted| *wanted == name)?;
        self.values.get(at).copied().flatten()
    }

    fn header_names(&self) -> impl Iterator<Item = &str> {
        names(self.names)
    }
}

/// A wanted header's line is empty where the header is absent, and starts with `=` where it is there.
pub(crate) fn present(line: &str) -> Option<&str> {
    line.strip_prefix('=')
}

/// A line of header names.
pub(crate) fn names(line: &str) -> impl Iterator<Item = &str> {
    line.split(',').filter(|name| !name.is_empty())
}
