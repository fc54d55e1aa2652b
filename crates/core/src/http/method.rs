//! Request methods.

/// Defines [`Method`] from names, so that each is written once.
macro_rules! methods {
    ($($method:ident $name:literal,)*) => {
        /// A request method that the gateway knows: all that workerd supports, except TRACE, which would echo the
        /// secrets that it was sent, and CONNECT, which does not request a resource. They are from RFC 9110 §9, RFC
        /// 5789, WebDAV and its extensions (RFC 3253, 3744, 4918, 5323), QUERY, caches and UPnP.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::http::method))]
        #[expect(missing_docs, reason = "each is what its name says")]
        pub enum Method {
            $($method,)*
        }

        impl Method {
            /// Every method that the gateway knows, in the order in which an `Allow` header lists them.
            pub const ALL: &[Self] = &[$(Self::$method,)*];

            /// The method as it is written in a request line.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$method => $name,)*
                }
            }
        }
    };
}

methods! {
    Get "GET",
    Head "HEAD",
    Post "POST",
    Put "PUT",
    Patch "PATCH",
    Delete "DELETE",
    Options "OPTIONS",
    Query "QUERY",
    Propfind "PROPFIND",
    Proppatch "PROPPATCH",
    Mkcol "MKCOL",
    Copy "COPY",
    Move "MOVE",
    Lock "LOCK",
    Unlock "UNLOCK",
    Search "SEARCH",
    Report "REPORT",
    Acl "ACL",
    Checkout "CHECKOUT",
    Merge "MERGE",
    Mkactivity "MKACTIVITY",
    Purge "PURGE",
    Ban "BAN",
    Msearch "MSEARCH",
    Notify "NOTIFY",
    Subscribe "SUBSCRIBE",
    Unsubscribe "UNSUBSCRIBE",
}

impl Method {
    /// The methods that `*` means in a rule.
    pub const ORDINARY: [Self; 6] = [Self::Get, Self::Head, Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// Parses a method, which is case-sensitive (RFC 9110 §9.1).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|method| method.as_str() == text)
    }

    /// Whether a body has a meaning in a request with this method (RFC 9110 §9.3.1).
    #[must_use]
    pub const fn may_have_body(self) -> bool {
        !matches!(self, Self::Get | Self::Head)
    }

    /// Whether the method is idempotent: RFC 9110 §9.2.2, and the column "Idempotent" of
    /// <https://www.iana.org/assignments/http-methods>. A method that is not registered is idempotent if it only
    /// invalidates a cache.
    #[must_use]
    pub const fn is_idempotent(self) -> bool {
        !matches!(
            self,
            Self::Post
                | Self::Patch
                | Self::Lock
                | Self::Msearch
                | Self::Notify
                | Self::Subscribe
                | Self::Unsubscribe
        )
    }
}

impl Method {
    /// Whether a header of a request with this method can name the path of a second resource, such as the source of a
    /// copy. With POST, the URL or the body names it.
    #[must_use]
    pub const fn can_copy(self) -> bool {
        !matches!(self, Self::Get | Self::Head | Self::Options | Self::Post | Self::Query)
    }
}

/// A set of [`Method`]s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::http::method))]
pub struct Methods(
    /// One bit a method, by its position in [`Method::ALL`].
    #[doc(hidden)]
    pub u32,
);

impl Methods {
    /// No method.
    pub const NONE: Self = Self(0);

    /// The set with this method added. GET adds HEAD too.
    #[must_use]
    pub const fn with(self, method: Method) -> Self {
        let brought = match method {
            Method::Get => 1 << Method::Head as u32,
            _ => 0,
        };
        Self(self.0 | 1 << method as u32 | brought)
    }

    /// Whether the method is in the set.
    #[must_use]
    pub const fn contain(self, method: Method) -> bool {
        self.0 & 1 << method as u32 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in_and_nothing_else() {
        for method in Method::ALL {
            let set = Methods::NONE.with(*method);
            for other in Method::ALL {
                let brought = *method == Method::Get && *other == Method::Head;
                assert_eq!(set.contain(*other), method == other || brought, "{method:?} {other:?}");
            }
            assert_eq!(Method::parse(method.as_str()), Some(*method));
        }
    }

    #[test]
    fn no_other_text_is_a_method() {
        for text in ["", "get", "GETX", "TRACE", "CONNECT", "M-SEARCH", "LINK", "GET,POST", "G"] {
            assert_eq!(Method::parse(text), None, "{text}");
        }
    }
}
