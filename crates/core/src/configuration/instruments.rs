//! The instruments that a configuration asks for: the operator's endpoints, traces, timing and metrics.

use super::gateway::Gateway;

/// The instruments that a configuration asks for.
///
/// They are known at build time, so the Worker does not contain the code of others: each use depends on the constant
/// [`Instrumented::INSTRUMENTS`](crate::runtime::instrumented::Instrumented::INSTRUMENTS) of the runtime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an instrument by itself")]
pub struct Instruments {
    /// Whether there are endpoints of the operator.
    pub operator: bool,
    /// Whether requests are traced.
    pub trace: bool,
    /// Whether a route's responses have `Server-Timing`.
    pub timing: bool,
    /// Whether a data point is written for each request.
    pub metrics: bool,
    /// Whether the operator's endpoints read data points.
    pub traffic: bool,
    /// Whether the operator's endpoints read the ages of secrets.
    pub ages: bool,
}

impl Instruments {
    /// Every instrument.
    pub const ALL: Self =
        Self { operator: true, trace: true, timing: true, metrics: true, traffic: true, ages: true };

    /// The instruments that this configuration asks for.
    #[must_use]
    pub fn used_by(gateway: &Gateway) -> Self {
        Self {
            operator: gateway.operator.is_some(),
            trace: gateway.trace,
            timing: gateway.routes.iter().any(|route| route.timing),
            metrics: gateway.metrics.is_some(),
            traffic: gateway.operator.as_ref().is_some_and(|operator| operator.metrics.is_some()),
            ages: gateway.operator.as_ref().is_some_and(|operator| operator.secrets_store.is_some()),
        }
    }
}
