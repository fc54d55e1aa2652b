//! The life of a request, from its head to the head of its answer.

use crate::admission::admit;
use crate::answer::{Edits, check_status, edits};
use crate::candidates::{candidates, shown};
use crate::configuration::{Gateway, Grantee, Method, Part, Rule, Upstream, UpstreamUrl};
use crate::credential::{Credential, Resolver, Unresolved};
use crate::link::Links;
use crate::matching::admitting_rule;
use crate::plan::Draft;
use crate::proof::{Unproven, prove};
use crate::record::Record;
use crate::redaction::{Redaction, Sent};
use crate::refusal::{Code, Refusal, RequestId};
use crate::routing;
use crate::runtime::{Answer, Bindings, Clock, Head, Network, SendError};
use crate::secrets::Readings;

/// What became of a request.
#[derive(Debug)]
pub struct Handled<'g, A> {
    /// What the caller gets.
    pub outcome: Outcome<A>,
    /// What the log gets.
    pub record: Record<'g>,
}

/// What the caller gets.
#[derive(Debug)]
pub enum Outcome<A> {
    /// An answer of the gateway's own.
    Refused(Refusal),
    /// The upstream's answer, with these edits.
    Answered(A, Edits, Redaction),
}

/// Handles one request.
///
/// 1. Admit: the method is known, the host well-formed, the path unambiguous. 400, 405, 508
/// 2. Route: the most specific mount. 404
/// 3. Caller: whom the request's tokens prove, unless anyone may do this. 401, 503
/// 4. Rule: one of the caller's rules admits method and path. 403
/// 5. Resolve: every secret of the route's auth, from its first source that serves. 503
/// 6. Plan: the upstream's URL, headers to remove, headers to set. 500
/// 7. Send: to the upstream, until the head of its answer. 502, 504
/// 8. (Failing over when the upstream refuses the credential has its place here.)
/// 9. Answer: strip, rewrite links, mark as private, redact. 502
/// 10. Record: one event.
pub async fn handle<'g, R: Bindings + Network + Clock>(
    gateway: &'g Gateway,
    head: &impl Head,
    runtime: &'g R,
    request_id: RequestId,
) -> Handled<'g, R::Answer> {
    let started = runtime.now();
    let mut record = Record::new(request_id.clone());
    let answered = steps(gateway, head, runtime, &request_id, &mut record).await;
    let outcome = match answered {
        Ok((answer, edits, redaction)) => {
            record.status = answer.status();
            Outcome::Answered(answer, edits, redaction)
        }
        Err(code) => {
            record.status = code.status();
            record.code = Some(code.as_str());
            Outcome::Refused(Refusal { code, request_id })
        }
    };
    // 10. Record
    record.total_ms = elapsed(started, runtime.now());
    record.rate();
    Handled { outcome, record }
}

async fn steps<'g, R: Bindings + Network + Clock>(
    gateway: &'g Gateway,
    head: &impl Head,
    runtime: &'g R,
    request_id: &RequestId,
    record: &mut Record<'g>,
) -> Result<(R::Answer, Edits, Redaction), Code> {
    // 1. Admit
    record.method = Method::parse(head.method()).map(Method::as_str);
    let admitted = admit(head)?;
    let target = &admitted.target;

    // 2. Route
    let arrival = routing::find(gateway, target);
    let slash = target.path.has_encoded_slash();
    if slash && !arrival.is_some_and(|arrival| arrival.route.encoded_slash) {
        return Err(Code::PathAmbiguous);
    }
    let routing::Arrival { mount, path, .. } = arrival.ok_or(Code::NoRoute)?;
    let route = gateway.route(mount.route).ok_or(Code::NoRoute)?;
    record.route = Some(&route.name);

    // 3. Caller
    let mut readings = Readings::new(runtime, gateway.secret_timeout);
    let admitted_as = |to| admitting_rule(route, to, admitted.method, path);
    let (caller, rule): (Grantee, Option<&Rule>) = if let Some(rule) = admitted_as(Grantee::Anyone) {
        (Grantee::Anyone, Some(rule))
    } else {
        let tokens = candidates(&route.token_in, head, target.query);
        let proved = prove(gateway, route, &tokens, &mut readings).await;
        let id = proved.map_err(|why| {
            record.proof = Some(why);
            if why == Unproven::Unreadable { Code::SecretUnavailable } else { Code::CallerUnauthenticated }
        })?;
        (Grantee::Caller(id), admitted_as(Grantee::Caller(id)))
    };
    record.caller = match caller {
        Grantee::Anyone => Some("anyone"),
        Grantee::Caller(id) => gateway.caller(id).map(|caller| caller.name.as_ref()),
    };

    let mut sent = Sent::default();
    if let (true, Some(name), Grantee::Caller(_)) = (route.redact, record.caller, caller) {
        shown(&route.token_in, head, target.query, |token| {
            sent.add(name, str::from_utf8(token).unwrap_or_default());
            true
        });
    }

    // 4. Rule
    let rule = rule.ok_or(Code::NotAllowed)?;
    record.rule = Some(&rule.text);

    // 5. Resolve
    let upstream = upstream(&route.upstream, runtime)?;
    let mut resolver = Resolver::new(gateway, route);
    let before = runtime.now();
    // A browser sends a preflight by itself, without its user's will: it must not spend a credential.
    let is_preflight =
        admitted.method == Method::Options && head.header("access-control-request-method").is_some();
    let credential = if is_preflight && caller == Grantee::Anyone {
        Ok(Credential::default())
    } else {
        resolver.next(&mut readings, runtime).await
    };
    record.secrets = resolver.notes;
    record.secrets_ms = (!route.auth.is_empty()).then(|| elapsed(before, runtime.now()));
    let credential = credential.map_err(|why| match why {
        Unresolved::Unavailable => Code::SecretUnavailable,
        Unresolved::Misconfigured => Code::Misconfigured,
    })?;

    if route.redact {
        for (name, value) in &credential.values {
            sent.add(name, value.expose());
        }
        record.too_short = sent.too_short();
    }

    // 6. Plan
    let draft = Draft {
        head,
        method: admitted.method,
        path,
        query: target.query,
        has_body: admitted.has_body,
        is_upgrade: admitted.is_upgrade,
        route,
        upstream: &upstream,
        redacts: !sent.is_empty(),
    };
    let plan = draft.plan(&credential);

    // 7. Send
    let before = runtime.now();
    let arrived = runtime.send(&plan).await;
    record.upstream_ms = Some(elapsed(before, runtime.now()));
    let answer = arrived.map_err(|why| match why {
        SendError::Unreachable => Code::UpstreamUnreachable,
        SendError::TimedOut => Code::UpstreamTimeout,
    })?;
    check_status(&answer)?;

    // 9. Answer
    let bare = draft.url(&Credential::default());
    let links = Links {
        sent: bare.expose(),
        upstream: &upstream,
        mount: format!("{}://{}{}", target.scheme, target.host.as_str(), mount.path()),
        parameters: credential.parameters.iter().map(|(name, _)| *name).collect(),
        values: &credential.values,
    };
    let mut edits = edits(&answer, route, caller != Grantee::Anyone, &links, request_id);
    let redaction = if sent.is_empty() {
        Redaction::None
    } else {
        Redaction::of(&answer, admitted.method, sent.needles(request_id), &mut edits)?
    };
    Ok((answer, edits, redaction))
}

/// Puts an upstream with variables together: they can have changed since the build, so it is parsed again.
fn upstream(upstream: &Upstream, bindings: &impl Bindings) -> Result<UpstreamUrl, Code> {
    let template = match upstream {
        Upstream::Fixed(url) => return Ok(url.clone()),
        Upstream::Variable(template) => template,
    };
    let mut text = String::new();
    for part in template.parts.iter() {
        match part {
            Part::Text(piece) => text.push_str(piece),
            Part::Variable(name) => text.push_str(&bindings.variable(name).ok_or(Code::Misconfigured)?),
            // The grammar admits no secret in an upstream.
            Part::Secret(_) | Part::Field(..) => return Err(Code::Misconfigured),
        }
    }
    UpstreamUrl::parse(&text).map_err(|_| Code::Misconfigured)
}

/// Whole milliseconds. Clocks of a Worker stand still while it computes, and none runs backwards.
fn elapsed(from: f64, to: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates, which is what is meant"
    )]
    let milliseconds = (to - from) as u32;
    milliseconds
}
