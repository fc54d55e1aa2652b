//! `GET ready[?secret=NAME][&after=NAME]`: the results of reading the sources of the secrets, and the source that each
//! route would use.

use futures::future::join_all;
use serde::Serialize;

use super::report::{Report, outcome};
use crate::configuration::{Gateway, Grantee, Secret, SecretId, Source};
use crate::http::query;
use crate::refusal::Code;
use crate::request_id::RequestId;
use crate::runtime::auth_runtime::AuthRuntime;
use crate::runtime::reading::{Failure, Reading};
use crate::runtime::{Bindings, Clock, OperatorRuntime};
use crate::secrets::concurrent_reads::Readings;
use crate::secrets::fallback::Resolver;
use crate::value_check::check_value;

/// The most sources that one call reads. Together with the operator's token and the other subrequests of a call, this
/// is below the 50 subrequests of Cloudflare's free plan.
const MAX_SOURCES: usize = 40;

#[derive(Serialize)]
struct Readiness<'g> {
    ready: bool,
    secrets: Vec<SecretReady<'g>>,
    /// The routes whose last secret is in this call; none where the call is for one secret.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    routes: Vec<RouteReady<'g>>,
    /// The last secret of this call, if others are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<&'g str>,
}

#[derive(Serialize)]
struct SecretReady<'g> {
    name: &'g str,
    sources: Vec<SourceReady<'g>>,
}

#[derive(Serialize)]
struct SourceReady<'g> {
    source: usize,
    binding: &'g str,
    outcome: &'static str,
    ms: u32,
}

/// What the auth of a route, or of one caller on it, would use now.
#[derive(Serialize)]
struct RouteReady<'g> {
    name: &'g str,
    /// The caller, where each has values of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<&'g str>,
    /// The secrets of the auth.
    secrets: Vec<&'g str>,
    /// The first position at which all secrets of the auth are usable, from 1; absent if they never are.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<usize>,
}

/// Reads one secret, or all secrets after `after`, with all sources concurrently. A gateway is ready if each secret has
/// a usable source, and each auth has a position at which all of its secrets are usable.
///
/// Sources that were read to authenticate the operator are not read again; that took at most `proof_ms`.
pub(super) async fn report<'g, R: Bindings + Clock + OperatorRuntime + AuthRuntime>(
    gateway: &'g Gateway,
    query: Option<&str>,
    runtime: &R,
    readings: &mut Readings<'g, R>,
    proof_ms: u32,
    request_id: &RequestId,
) -> Result<Report, Code> {
    let page = Page::find(gateway, &Wanted::parse(query)?, request_id)?;
    let mut unread: Vec<&'g Source> = Vec::new();
    let listed = page.secrets.iter().map(|(_, secret)| *secret);
    for source in listed.chain(page.others).flat_map(sources) {
        if readings.get(source).is_none() && !unread.contains(&source) {
            unread.push(source);
        }
    }
    let measured =
        join_all(unread.iter().map(|source| runtime.measure(source, gateway.secret_timeout))).await;
    let mut times: Vec<(&Source, u32)> = Vec::new();
    for (source, (reading, ms)) in unread.into_iter().zip(measured) {
        readings.insert(source, reading);
        times.push((source, ms));
    }

    let secrets = page.secrets.into_iter().map(|(id, secret)| {
        let sources = sources(secret).enumerate().map(|(position, source)| {
            let failure = match readings.get(source) {
                Some(Reading::Value(value)) => {
                    check_value(gateway, id, value, R::FORMS).err().map(|_| Failure::Invalid)
                }
                Some(reading) => reading.failure(),
                None => Some(Failure::Error),
            };
            let ms = times.iter().find(|(known, _)| *known == source).map_or(proof_ms, |(_, ms)| *ms);
            SourceReady { source: position + 1, binding: &source.binding, outcome: outcome(failure), ms }
        });
        SecretReady { name: &secret.name, sources: sources.collect() }
    });
    let secrets: Vec<_> = secrets.collect();
    let mut routes = Vec::new();
    for mut auth in page.auths {
        let credential = auth.resolver.next(readings, runtime).await;
        let source = credential.is_ok().then(|| auth.resolver.yielded_position() + 1);
        let secrets = auth.secrets().map(|(_, secret)| secret.name.as_ref()).collect();
        routes.push(RouteReady { name: auth.route, caller: auth.caller, secrets, source });
    }
    let has_usable =
        |secret: &SecretReady<'_>| secret.sources.iter().any(|source| source.outcome == outcome(None));
    let ready = secrets.iter().all(has_usable) && routes.iter().all(|route| route.source.is_some());
    let readiness = Readiness { ready, secrets, routes, after: page.after };
    Ok(Report::new(if ready { 200 } else { 503 }, &readiness))
}

fn sources(secret: &Secret) -> impl Iterator<Item = &Source> {
    secret.sources.iter().take(MAX_SOURCES)
}

#[derive(Default)]
struct Wanted {
    secret: Option<Vec<u8>>,
    after: Option<Vec<u8>>,
}

impl Wanted {
    fn parse(query: Option<&str>) -> Result<Self, Code> {
        let mut wanted = Self::default();
        for parameter in query.filter(|query| !query.is_empty()).into_iter().flat_map(query::parameters) {
            let place = match parameter.name().as_ref() {
                b"secret" => &mut wanted.secret,
                b"after" => &mut wanted.after,
                _ => return Err(Code::OperationInvalid),
            };
            if place.replace(parameter.value().into_owned()).is_some() {
                return Err(Code::OperationInvalid);
            }
        }
        Ok(wanted)
    }
}

/// What a route puts on requests: once for all callers, or once for each that has values of its own.
struct Auth<'g> {
    route: &'g str,
    caller: Option<&'g str>,
    resolver: Resolver<'g>,
}

impl<'g> Auth<'g> {
    /// Those of every route.
    fn all(gateway: &'g Gateway, request_id: &RequestId) -> Vec<Self> {
        let mut auths = Vec::new();
        for route in gateway.routes.iter() {
            let own = route.allow.iter().filter(|grant| grant.auth.is_some()).map(|grant| grant.to);
            let common = (!route.has_caller_values()).then_some(Grantee::Anyone);
            for to in common.into_iter().chain(own) {
                let caller = match to {
                    Grantee::Caller(id) => gateway.caller(id).map(|caller| caller.name.as_ref()),
                    Grantee::Anyone => None,
                };
                let resolver = Resolver::new(gateway, route, to, request_id).without_exchanges();
                auths.push(Self { route: &route.name, caller, resolver });
            }
        }
        auths
    }

    fn secrets(&self) -> impl Iterator<Item = (SecretId, &'g Secret)> {
        self.resolver.secrets()
    }

    fn last_secret(&self) -> Option<SecretId> {
        self.secrets().map(|(id, _)| id).last()
    }
}

/// The secrets of one call, in the order of the configuration.
#[derive(Default)]
struct Page<'g> {
    secrets: Vec<(SecretId, &'g Secret)>,
    /// The auths whose last secret is among them.
    auths: Vec<Auth<'g>>,
    /// The secrets of these auths that an earlier call has reported.
    others: Vec<&'g Secret>,
    /// The name of the last secret, if others are left.
    after: Option<&'g str>,
}

impl<'g> Page<'g> {
    fn find(gateway: &'g Gateway, wanted: &Wanted, request_id: &RequestId) -> Result<Self, Code> {
        let all: Vec<(SecretId, &'g Secret)> =
            (0..=u16::MAX).map(SecretId).zip(gateway.secrets.iter()).collect();
        let position = |name: &[u8]| {
            let found = all.iter().position(|(_, secret)| secret.name.as_bytes() == name);
            found.ok_or(Code::OperationInvalid)
        };
        let begin = match (&wanted.secret, &wanted.after) {
            (Some(name), None) => {
                let secrets = all.get(position(name)?).copied().into_iter().collect();
                return Ok(Self { secrets, ..Self::default() });
            }
            (None, Some(name)) => position(name)? + 1,
            (None, None) => 0,
            (Some(_), Some(_)) => return Err(Code::OperationInvalid),
        };
        let mut page = Self { auths: Auth::all(gateway, request_id), ..Self::default() };
        let mut count = 0;
        for (id, secret) in all.get(begin..).unwrap_or_default() {
            count += sources(secret).count();
            let known = page.others.len();
            for (other, secret) in
                page.auths.iter().filter(|auth| auth.last_secret() == Some(*id)).flat_map(Auth::secrets)
            {
                if usize::from(other.0) < begin && !page.others.contains(&secret) {
                    count += sources(secret).count();
                    page.others.push(secret);
                }
            }
            if count > MAX_SOURCES && !page.secrets.is_empty() {
                page.others.truncate(known);
                page.after = page.secrets.last().map(|(_, secret)| secret.name.as_ref());
                break;
            }
            page.secrets.push((*id, secret));
        }
        let is_listed = |id: SecretId| page.secrets.iter().any(|(listed, _)| *listed == id);
        page.auths.retain(|auth| auth.last_secret().is_some_and(is_listed));
        Ok(page)
    }
}
