//! Checks that a caller's new token is not another caller's.

use ostiary_core::configuration::{Caller, CallerAuthentication, CallerId, Gateway, SecretId};

use super::target::NewValue;
use crate::failure::Failure;
use crate::operator::Operator;

/// Checks that no source of another caller's secret has the token, as the gateway proves. A route accepts no token of
/// two callers, so neither of them could authenticate.
///
/// # Errors
/// Another caller has the token, or the gateway does not answer.
pub fn check_other_callers(
    gateway: &Gateway,
    operator: &Operator,
    values: &[NewValue],
) -> Result<(), Failure> {
    for new in values {
        let named = |id: SecretId| gateway.secret(id).is_some_and(|secret| secret.name == new.secret);
        let owners = callers(gateway).filter(|(_, _, secret)| named(*secret));
        let owners: Vec<CallerId> = owners.map(|(id, ..)| id).collect();
        for (_, caller, secret) in callers(gateway).filter(|(id, ..)| shares_route(gateway, *id, &owners)) {
            let Some(secret) = gateway.secret(secret).filter(|secret| secret.name != new.secret) else {
                continue;
            };
            for source in 0..secret.sources.len() {
                if operator.read(&secret.name, source)?.proves(&secret.name, &new.value) {
                    return Err(Failure::usage(format_args!(
                        "the caller `{}` has this token already, and the gateway accepts no token of two callers; \
                         nothing was written",
                        caller.name
                    )));
                }
            }
        }
    }
    Ok(())
}

/// The callers that a secret proves.
fn callers(gateway: &Gateway) -> impl Iterator<Item = (CallerId, &Caller, SecretId)> {
    let ids = (0..=u16::MAX).map(CallerId);
    ids.zip(gateway.callers.iter()).filter_map(|(id, caller)| match caller.authentication {
        CallerAuthentication::Secret(secret) => Some((id, caller, secret)),
        _ => None,
    })
}

/// Whether a route, or the operator's endpoints, accept this caller and one of the others.
fn shares_route(gateway: &Gateway, id: CallerId, others: &[CallerId]) -> bool {
    let is_shared = |callers: &[CallerId]| {
        callers.contains(&id) && others.iter().any(|other| *other != id && callers.contains(other))
    };
    gateway.routes.iter().any(|route| is_shared(&route.callers().collect::<Vec<_>>()))
        || gateway.operator.as_ref().is_some_and(|operator| is_shared(&operator.allow))
}
