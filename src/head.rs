//! The head of a caller's request, in one crossing.

use ostiary_core::secret_value::SecretValue;

use crate::description::Description;

/// What `entry.js` says of a request. It holds the caller's token.
pub(crate) struct RequestHead(Description);

impl RequestHead {
    /// Lines: method; URL; random bits; then headers.
    pub(crate) fn of(description: SecretValue) -> Self {
        Self(Description::of(description, 3))
    }

    /// 128 bits from the runtime's generator.
    pub(crate) fn random_bits(&self) -> u128 {
        u128::from_str_radix(self.0.line(2), 16).unwrap_or_default()
    }
}

impl ostiary_core::runtime::RequestHead for RequestHead {
    fn method(&self) -> &str {
        self.0.line(0)
    }

    fn url(&self) -> &str {
        self.0.line(1)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.0.header(name)
    }

    fn header_names(&self) -> impl Iterator<Item = &str> {
        self.0.header_names()
    }
}
