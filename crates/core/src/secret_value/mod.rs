//! The value of a secret.

mod occurrence;

use std::fmt;

pub use occurrence::occurs;
use zeroize::Zeroizing;

/// A text that must not be disclosed: a secret's value, or a text that contains one.
///
/// It has no `Display` and no `Serialize`, and its `Debug` prints `[redacted]`. Its bytes are zeroed when it is
/// dropped. This applies to the copy in WebAssembly's memory; the string in JavaScript cannot be zeroed.
pub struct SecretValue(Zeroizing<String>);

impl SecretValue {
    /// Wraps the text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself. This is the only way to read a secret's value.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretValue([redacted])")
    }
}

/// Bytes that must not be disclosed: a key, or a body that contains a secret. Like [`SecretValue`], but not text.
pub struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretBytes {
    /// Wraps the bytes.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes themselves. This is the only way to read them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl From<Zeroizing<Vec<u8>>> for SecretBytes {
    fn from(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretBytes([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_45_its_debug_form_says_nothing() {
        let value = SecretValue::new("canary-0123456789".to_owned());
        assert_eq!(format!("{value:?} {value:#?}"), "SecretValue([redacted]) SecretValue([redacted])");
        assert_eq!(format!("{:?}", Some(&value)), "Some(SecretValue([redacted]))");
        let bytes = SecretBytes::new(b"canary-0123456789".to_vec());
        assert_eq!(format!("{bytes:?} {bytes:#?}"), "SecretBytes([redacted]) SecretBytes([redacted])");
    }
}
