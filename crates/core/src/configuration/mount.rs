//! Mounts: the hosts and path prefixes of routes.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::route::RouteId;
use super::text::{List, Text};

/// The characters that the URL Standard encodes in a path, or that would end a path.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// A path prefix, a host, or a host with a path prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Mount {
    /// Lower-case, with its port unless that is the default; `None` for a mount on every other host.
    pub host: Option<Text>,
    /// The segments of the prefix, percent-decoded; none for a whole host or for `/`.
    pub prefix: List<Text>,
    /// The destination of requests to this mount.
    pub to: MountTarget,
}

/// Where a mount leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum MountTarget {
    /// One of the routes.
    Route(RouteId),
    /// The operator's endpoints. At most one mount leads to them.
    Operator,
}

impl Mount {
    /// The prefix as a part of a URL: empty, or `/` before each segment.
    #[must_use]
    pub fn path(&self) -> String {
        let mut path = String::new();
        for segment in self.prefix.iter() {
            path.push('/');
            path.extend(utf8_percent_encode(segment, ENCODED));
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::super::route::RouteId;
    use super::*;

    #[test]
    fn a_path_can_stand_in_a_link() {
        let prefix: List<Text> = ["v1", "a b", "<c>", "@:~"].map(Text::Borrowed).to_vec().into();
        let mount = Mount { host: None, prefix, to: MountTarget::Route(RouteId(0)) };
        assert_eq!(mount.path(), "/v1/a%20b/%3Cc%3E/@:~");
    }
}
