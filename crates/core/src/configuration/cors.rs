//! Cross-origin resource sharing.

use super::text::{List, Text};
use crate::http::header_name::HeaderName;

/// Which web pages may call a route, and how (Fetch Standard, section 3.3).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Cors {
    /// Whose pages may.
    pub origins: Origins,
    /// Whether with the browser's own credentials too.
    pub credentials: bool,
    /// Headers that pages may set, besides those in which callers show tokens.
    pub headers: List<HeaderName>,
    /// For how many seconds a browser may remember the answer to a preflight; `None` leaves that to the browser.
    pub max_age: Option<u32>,
}

/// Whose pages may call a route.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum Origins {
    /// Anybody's.
    Any,
    /// Those of these origins, as a browser writes them in `Origin`.
    Listed(List<Text>),
}
