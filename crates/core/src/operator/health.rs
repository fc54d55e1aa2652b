//! `GET health`: what is deployed.

use serde::Serialize;

use super::report::Report;
use crate::configuration::Gateway;

/// Reads nothing.
pub(super) fn report(gateway: &Gateway) -> Report {
    #[derive(Serialize)]
    struct Health<'g> {
        version: &'static str,
        configuration: &'g str,
    }
    Report::new(200, &Health { version: env!("CARGO_PKG_VERSION"), configuration: &gateway.digest })
}
