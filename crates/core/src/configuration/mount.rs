//! Where routes are reached.

use super::{List, RouteId, Text};

/// A path prefix, a host, or a host with a path prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "grammar", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Mount {
    /// Lower-case, with its port unless that is the default; `None` for a mount on every other host.
    pub host: Option<Text>,
    /// The segments of the prefix, percent-decoded; none for a whole host or for `/`.
    pub prefix: List<Text>,
    /// The route that is reached here.
    pub route: RouteId,
}

impl Mount {
    /// The prefix as it is written: empty, or `/` before each segment.
    #[must_use]
    pub fn path(&self) -> String {
        self.prefix.iter().flat_map(|segment| ["/", segment]).collect()
    }
}
