//! `GET ready[?secret=NAME][&after=NAME]`: the results of reading the sources of the secrets.

use futures::future::join_all;
use serde::Serialize;

use super::report::{Report, outcome};
use crate::configuration::{Gateway, Secret, SecretId, Source};
use crate::http::query;
use crate::refusal::Code;
use crate::runtime::auth_runtime::AuthRuntime;
use crate::runtime::reading::{Failure, Reading};
use crate::runtime::{Bindings, OperatorRuntime};
use crate::secrets::concurrent_reads::Readings;
use crate::secrets::value_check::check_value;

/// The most sources that one call reads. Together with the operator's token and the other subrequests of a call, this
/// is below the 50 subrequests of Cloudflare's free plan.
const MOST: usize = 40;

#[derive(Serialize)]
struct Readiness<'g> {
    ready: bool,
    secrets: Vec<SecretReady<'g>>,
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

/// Reads one secret, or all secrets after `after`, with all sources concurrently. A gateway is ready if each secret has
/// a usable source.
///
/// Sources that were read to authenticate the operator are not read again; that took at most `proof_ms`.
pub(super) async fn report<'g, R: Bindings + OperatorRuntime + AuthRuntime>(
    gateway: &'g Gateway,
    query: Option<&str>,
    runtime: &R,
    readings: &Readings<'g, R>,
    proof_ms: u32,
) -> Result<Report, Code> {
    let (page, after) = page(gateway, &Wanted::parse(query)?)?;
    let mut unread: Vec<&'g Source> = Vec::new();
    for source in page.iter().flat_map(|(_, secret)| sources(secret)) {
        if readings.get(source).is_none() && !unread.contains(&source) {
            unread.push(source);
        }
    }
    let measured =
        join_all(unread.iter().map(|source| runtime.measure(source, gateway.secret_timeout))).await;
    let measured: Vec<(&Source, (Reading, u32))> = unread.into_iter().zip(measured).collect();

    let read = |source: &Source| {
        let known = readings.get(source).map(|reading| (reading, proof_ms));
        let found = measured.iter().find(|(of, _)| *of == source);
        known.or_else(|| found.map(|(_, (reading, ms))| (reading, *ms)))
    };
    let secrets = page.into_iter().map(|(id, secret)| {
        let sources = sources(secret).enumerate().map(|(position, source)| {
            let (failure, ms) = read(source).map_or((Some(Failure::Error), 0), |(reading, ms)| {
                let misfits = matches!(reading, Reading::Value(value)
                    if check_value(gateway, id, value, R::FORMS.jwt).is_err());
                (if misfits { Some(Failure::Invalid) } else { reading.failure() }, ms)
            });
            SourceReady { source: position + 1, binding: &source.binding, outcome: outcome(failure), ms }
        });
        SecretReady { name: &secret.name, sources: sources.collect() }
    });
    let secrets: Vec<_> = secrets.collect();
    let serves =
        |secret: &SecretReady<'_>| secret.sources.iter().any(|source| source.outcome == outcome(None));
    let ready = secrets.iter().all(serves);
    Ok(Report::new(if ready { 200 } else { 503 }, &Readiness { ready, secrets, after }))
}

fn sources(secret: &Secret) -> impl Iterator<Item = &Source> {
    secret.sources.iter().take(MOST)
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

type Page<'g> = (Vec<(SecretId, &'g Secret)>, Option<&'g str>);

/// The secrets of this call, in the order of the configuration, and the name of the last one if others are left.
fn page<'g>(gateway: &'g Gateway, wanted: &Wanted) -> Result<Page<'g>, Code> {
    let all: Vec<(SecretId, &'g Secret)> = (0..=u16::MAX).map(SecretId).zip(gateway.secrets.iter()).collect();
    let position = |name: &[u8]| {
        let found = all.iter().position(|(_, secret)| secret.name.as_bytes() == name);
        found.ok_or(Code::OperationInvalid)
    };
    let mut left = match (&wanted.secret, &wanted.after) {
        (Some(name), None) => {
            let at = position(name)?;
            all.get(at..=at)
        }
        (None, Some(name)) => all.get(position(name)? + 1..),
        (None, None) => Some(&all[..]),
        (Some(_), Some(_)) => None,
    }
    .ok_or(Code::OperationInvalid)?
    .iter()
    .copied()
    .peekable();
    let mut taken = Vec::new();
    let mut count = 0;
    while let Some((id, secret)) = left.peek().copied() {
        count += sources(secret).count();
        if count > MOST {
            break;
        }
        taken.push((id, secret));
        left.next();
    }
    let last = taken.last().map(|(_, secret)| secret.name.as_ref());
    Ok((taken, last.filter(|_| left.peek().is_some())))
}
