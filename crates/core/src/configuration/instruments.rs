//! What a configuration asks for besides serving requests.

use super::gateway::Gateway;

/// What a configuration asks for besides serving requests.
///
/// The build knows it, so the code of the rest is not in the Worker: each use of it is behind a constant of the runtime's,
/// [`Instrumented::INSTRUMENTS`](crate::runtime::instrumented::Instrumented::INSTRUMENTS).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an instrument by itself")]
pub struct Instruments {
    /// Whether requests are part of traces.
    pub trace: bool,
    /// Whether responses of a route say how long they took.
    pub timing: bool,
    /// Whether a data point of each request is written.
    pub metrics: bool,
    /// Whether the operator's endpoints read data points.
    pub traffic: bool,
    /// Whether the operator's endpoints read the ages of secrets.
    pub ages: bool,
}

impl Instruments {
    /// All of it.
    pub const ALL: Self = Self { trace: true, timing: true, metrics: true, traffic: true, ages: true };

    /// What this configuration asks for.
    #[must_use]
    pub fn used_by(gateway: &Gateway) -> Self {
        Self {
            trace: gateway.trace,
            timing: gateway.routes.iter().any(|route| route.timing),
            metrics: gateway.metrics.is_some(),
            traffic: gateway.operator.as_ref().is_some_and(|operator| operator.metrics.is_some()),
            ages: gateway.operator.as_ref().is_some_and(|operator| operator.secrets_store.is_some()),
        }
    }
}
