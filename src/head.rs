//! The head of a caller's request, in one crossing.

use ostiary_core::runtime::Head;

/// A view of what `entry.js` says of a request.
pub(crate) struct RequestHead<'a> {
    method: &'a str,
    url: &'a str,
    random: &'a str,
    headers: &'a str,
}

impl<'a> RequestHead<'a> {
    /// Lines: method; URL; random bits; then headers, as [`header`] takes them.
    pub(crate) fn of(description: &'a str) -> Self {
        let mut lines = description.splitn(4, '\n');
        let mut line = || lines.next().unwrap_or_default();
        let (method, url, random, headers) = (line(), line(), line(), line());
        Self { method, url, random, headers }
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
        header(self.headers, name)
    }

    fn header_names(&self) -> impl Iterator<Item = &str> {
        header_names(self.headers)
    }
}

/// The value of a header. There is a line for each header: its name, and for a wanted one `=` and its value, which
/// no name holds.
pub(crate) fn header<'a>(lines: &'a str, name: &str) -> Option<&'a str> {
    lines.split('\n').find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
}

/// The names of all headers.
pub(crate) fn header_names(lines: &str) -> impl Iterator<Item = &str> {
    let names = lines.split('\n').map(|line| line.split('=').next().unwrap_or(line));
    names.filter(|name| !name.is_empty())
}
