//! The response of every upstream.

use ostiary_core::runtime::UpstreamResponse;

/// A 200 without a header.
#[derive(Clone, Copy, Debug)]
pub struct EmptyResponse;

impl UpstreamResponse for EmptyResponse {
    fn status(&self) -> u16 {
        200
    }

    fn is_web_socket(&self) -> bool {
        false
    }

    fn header(&self, _name: &str) -> Option<&str> {
        None
    }

    fn header_names(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }

    fn set_cookies(&self) -> Vec<String> {
        Vec::new()
    }

    fn resolve(&self, _reference: &str, _base: &str) -> Option<String> {
        None
    }
}
