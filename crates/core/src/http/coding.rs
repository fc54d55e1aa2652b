//! Content codings: the compression of a body.

/// The coding is not known, or there are several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the content coding cannot be undone")]
pub struct UnknownCoding;

/// A content coding (RFC 9110 §8.4.1) that the runtime can decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// No coding.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 7932.
    Brotli,
    /// The zlib format (RFC 1950), despite its name.
    Deflate,
}

impl Coding {
    /// Parses `Content-Encoding`.
    ///
    /// Names of codings are case-insensitive, but the runtime decodes `gzip` and `br` in lower case only. It would
    /// return a `GZIP` body compressed and unsearched, so this is an [`UnknownCoding`].
    pub fn parse(value: Option<&str>) -> Result<Self, UnknownCoding> {
        match value.unwrap_or_default() {
            "gzip" => Ok(Self::Gzip),
            "br" => Ok(Self::Brotli),
            other if other.is_empty() || other.eq_ignore_ascii_case("identity") => Ok(Self::Identity),
            other if other.eq_ignore_ascii_case("deflate") => Ok(Self::Deflate),
            _ => Err(UnknownCoding),
        }
    }

    /// Its name (RFC 9110 §16.6).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Brotli => "br",
            Self::Deflate => "deflate",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_37_a_coding_that_cannot_be_undone_is_refused() {
        for (value, expected) in [
            (None, Ok(Coding::Identity)),
            (Some(""), Ok(Coding::Identity)),
            (Some("Identity"), Ok(Coding::Identity)),
            (Some("gzip"), Ok(Coding::Gzip)),
            (Some("br"), Ok(Coding::Brotli)),
            (Some("deflate"), Ok(Coding::Deflate)),
            (Some("Deflate"), Ok(Coding::Deflate)),
            (Some("GZIP"), Err(UnknownCoding)),
            (Some("Br"), Err(UnknownCoding)),
            (Some("gzip,"), Err(UnknownCoding)),
            (Some(", gzip"), Err(UnknownCoding)),
            (Some("gzip;q=1"), Err(UnknownCoding)),
            (Some("zstd"), Err(UnknownCoding)),
            (Some("x-gzip"), Err(UnknownCoding)),
            (Some("gzip, gzip"), Err(UnknownCoding)),
            (Some("identity, gzip"), Err(UnknownCoding)),
        ] {
            assert_eq!(Coding::parse(value), expected, "{value:?}");
        }
    }
}
