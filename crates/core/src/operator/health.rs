//! `GET health`: what is deployed, and where.

use serde::Serialize;

use super::report::Report;
use crate::configuration::{ENVIRONMENT_VARIABLE, Environment, Gateway, Operator};
use crate::runtime::Bindings;

/// The body of the response.
#[derive(Serialize)]
struct Health<'g> {
    version: &'static str,
    configuration: &'g str,
    /// `null` for the top level.
    environment: Option<&'g str>,
    /// Not there where the environment is none of those that were built in.
    #[serde(skip_serializing_if = "Option::is_none")]
    bindings: Option<&'g str>,
}

/// Reads no secret.
pub(super) fn report(gateway: &Gateway, operator: &Operator, bindings: &impl Bindings) -> Report {
    let name = bindings.variable(ENVIRONMENT_VARIABLE).filter(|name| !name.is_empty());
    let is_meant = |environment: &&Environment| environment.name.as_deref() == name.as_deref();
    let environment = operator.environments.iter().find(is_meant);
    let health = Health {
        version: env!("CARGO_PKG_VERSION"),
        configuration: &gateway.digest,
        environment: name.as_deref(),
        bindings: environment.map(|environment| environment.bindings.as_ref()),
    };
    Report::new(200, &health)
}
