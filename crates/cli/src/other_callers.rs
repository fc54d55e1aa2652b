//! Checks that a caller's new token is not another caller's.

use ostiary_core::configuration::{Caller, CallerAuthentication, CallerId, Gateway, SecretId, Source};
use ostiary_secrets_store::SecretValue;

use crate::failure::Failure;
use crate::operator::Operator;

/// Checks that no source of another caller's secret has the token that this secret gets, as the gateway proves. A route
/// accepts no token of two callers, so neither of them could authenticate. `is_replaced` is whether a source gets
/// another value together with this one.
///
/// # Errors
/// Another caller has the token, or that is not known: the gateway does not answer or cannot read a source.
pub fn check_other_callers(
    gateway: &Gateway,
    operator: &Operator,
    secret: &str,
    token: &SecretValue,
    is_replaced: impl Fn(&Source) -> bool,
) -> Result<(), Failure> {
    let named = |id: SecretId| gateway.secret(id).is_some_and(|known| known.name == secret);
    let owners = callers(gateway).filter(|(_, _, id)| named(*id));
    let owners: Vec<CallerId> = owners.map(|(id, ..)| id).collect();
    for (_, caller, other) in callers(gateway).filter(|(id, ..)| shares_route(gateway, *id, &owners)) {
        let Some(other) = gateway.secret(other).filter(|other| other.name != secret) else { continue };
        let name = &caller.name;
        for (position, _) in other.sources.iter().enumerate().filter(|(_, source)| !is_replaced(source)) {
            let read = operator.read_patiently(&other.name, position)?;
            if read.proves(&other.name, token) {
                return Err(Failure::usage(format_args!(
                    "the caller `{name}` has this token already, and the gateway accepts no token of two callers; \
                     nothing was written"
                )));
            }
            if read.is_unread(&other.name) {
                return Err(Failure::failed(format_args!(
                    "the gateway could not read the token of the caller `{name}`, so it is not known whether it is this \
                     one, and the gateway accepts no token of two callers; nothing was written: run the same again later"
                )));
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
