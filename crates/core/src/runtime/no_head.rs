//! The empty head of a request without a caller.

use super::RequestHead;

/// The head of a request that no caller has sent: it has no headers.
#[derive(Clone, Copy, Debug)]
pub struct NoHead;

impl RequestHead for NoHead {
    fn method(&self) -> &'static str {
        ""
    }

    fn url(&self) -> &'static str {
        ""
    }

    fn header(&self, _name: &str) -> Option<&str> {
        None
    }

    fn header_names(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_without_a_caller_has_nothing_of_a_caller() {
        assert_eq!((NoHead.method(), NoHead.url(), NoHead.header("host")), ("", "", None));
        assert_eq!(NoHead.header_names().count(), 0);
    }
}
