//! `GET health`: the deployed version, configuration and environment.

use serde::Serialize;

use super::report::Report;
use crate::configuration::{ENVIRONMENT_VARIABLE, Environment, Gateway, Operator};
use crate::runtime::Bindings;

/// The body of the response.
#[derive(Serialize)]
pub(super) struct Health<'g> {
    version: &'static str,
    configuration: &'g str,
    /// `null` for the top level.
    environment: Option<&'g str>,
    /// Absent where the build does not know the environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    bindings: Option<&'g str>,
}

/// Reads no secret.
pub(super) fn report(gateway: &Gateway, operator: &Operator, bindings: &impl Bindings) -> Report {
    let environment = Health::environment_name(bindings);
    Report::new(200, &Health::new(gateway, operator, environment.as_deref()))
}

impl<'g> Health<'g> {
    /// The name of the environment that the gateway runs in; `None` for the top level.
    pub(super) fn environment_name(bindings: &impl Bindings) -> Option<String> {
        bindings.variable(ENVIRONMENT_VARIABLE).filter(|name| !name.is_empty())
    }

    /// The health of a gateway in the environment with this name.
    pub(super) fn new(gateway: &'g Gateway, operator: &'g Operator, name: Option<&'g str>) -> Self {
        let environment = environment_named(operator, name);
        Self {
            version: env!("CARGO_PKG_VERSION"),
            configuration: &gateway.digest,
            environment: name,
            bindings: environment.map(|environment| environment.bindings.as_ref()),
        }
    }
}

/// The environment with this name; `None` is the name of the top level.
pub(super) fn environment_named<'o>(operator: &'o Operator, name: Option<&str>) -> Option<&'o Environment> {
    operator.environments.iter().find(|environment| environment.name.as_deref() == name)
}
