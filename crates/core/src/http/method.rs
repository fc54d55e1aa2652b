//! Request methods.

/// A request method that the gateway knows (RFC 9110 §9, RFC 5789).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is what its name says")]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
}

impl Method {
    /// Every method that the gateway knows, in the order in which an `Allow` header lists them.
    pub const ALL: [Self; 7] =
        [Self::Get, Self::Head, Self::Post, Self::Put, Self::Patch, Self::Delete, Self::Options];

    /// Methods are case-sensitive (RFC 9110 §9.1).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == text)
    }

    /// Whether a body has a meaning in a request with this method (RFC 9110 §9.3.1).
    #[must_use]
    pub const fn may_have_body(self) -> bool {
        !matches!(self, Self::Get | Self::Head)
    }

    /// As it stands in a request line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }
}

/// A set of [`Method`]s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::http::method))]
pub struct Methods(
    /// One bit a method, by its position in [`Method::ALL`].
    #[doc(hidden)]
    pub u8,
);

impl Methods {
    /// No method.
    pub const NONE: Self = Self(0);

    /// The set with this method too. GET brings HEAD along.
    #[must_use]
    pub const fn with(self, method: Method) -> Self {
        let brought = match method {
            Method::Get => 1 << Method::Head as u8,
            _ => 0,
        };
        Self(self.0 | 1 << method as u8 | brought)
    }

    /// Whether the method is in the set.
    #[must_use]
    pub const fn contain(self, method: Method) -> bool {
        self.0 & 1 << method as u8 != 0
    }
}
