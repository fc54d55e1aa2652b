//! The value of a secret.

use std::fmt;

use zeroize::Zeroizing;

/// A text that must not be seen: a secret's value, or a text that holds one.
///
/// It has no `Display` and no `Serialize`, its `Debug` says nothing, and its bytes are zeroed when it is
/// dropped. That is the copy in WebAssembly's memory; the string that JavaScript holds is out of reach.
pub struct SecretValue(Zeroizing<String>);

impl SecretValue {
    /// Takes the text out of sight.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself. Every use of a secret's value in this project goes through here.
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

/// Bytes that must not be seen: a key, or a body that holds a secret. As [`SecretValue`], but not text.
pub struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretBytes {
    /// Takes the bytes out of sight.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes themselves. Every use of them goes through here.
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
