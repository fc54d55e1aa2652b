//! Patterns of header names.

use super::text::Text;
use crate::http::header_name::HeaderName;

/// One or more header names. Names are compared in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum HeaderPattern {
    /// `*`: every name.
    Any,
    /// `x-name`: this name.
    Name(HeaderName),
    /// `x-family-*`: every longer name that begins with this text, which is in lower case.
    Family(Text),
}

impl HeaderPattern {
    /// Whether the pattern admits this lower-case name.
    #[must_use]
    pub fn admits(&self, name: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Name(known) => known.as_str() == name,
            Self::Family(prefix) => name.len() > prefix.len() && name.starts_with(prefix.as_ref()),
        }
    }

    /// The name, if the pattern is a single name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name.as_str()),
            Self::Any | Self::Family(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_every_longer_name_with_its_beginning() {
        let family = HeaderPattern::Family("x-stainless-".into());
        for (name, admitted) in [
            ("x-stainless-arch", true),
            ("x-stainless-", false),
            ("x-stainless", false),
            ("not-x-stainless-arch", false),
        ] {
            assert_eq!(family.admits(name), admitted, "{name}");
        }
        let name = HeaderPattern::Name(HeaderName::parse("X-One").unwrap());
        assert!(name.admits("x-one") && !name.admits("x-one-more"));
        assert!(HeaderPattern::Any.admits("x"));
    }
}
