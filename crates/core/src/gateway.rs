//! The life of a request, from its head to the head of its answer.

use crate::authentication::caller::authenticate;
use crate::authentication::tokens::token_digests;
use crate::configuration::{Gateway, Grantee, Route, Rule};
use crate::http::AddedHeaders;
use crate::http::method::Method;
use crate::http::path::Below;
use crate::log::Event;
use crate::operator;
use crate::operator::Report;
use crate::redaction::{Redaction, Sent};
use crate::refusal::{Code, Refusal};
use crate::request::admission::{Admitted, admit};
use crate::request::rate_limit::{Limited, Subject};
use crate::request::{cors, rate_limit, routing};
use crate::request_id::RequestId;
use crate::response::edits::{Edits, edits};
use crate::response::link::Links;
use crate::runtime::clock::elapsed;
use crate::runtime::{Bindings, Clock, Console, Network, RequestHead, UpstreamResponse};
use crate::secrets::credential::Credential;
use crate::secrets::readings::Readings;
use crate::secrets::resolver::Resolver;
use crate::upstream::attempts::{Attempts, Reply};
use crate::upstream::base_url::base_url;
use crate::upstream::planning::Forward;

/// RFC 9110 §15.3.5.
const NO_CONTENT: u16 = 204;

/// What became of a request.
#[derive(Debug)]
pub struct Handled<'g, A> {
    /// What the caller gets.
    pub outcome: Outcome<A>,
    /// What the log gets.
    pub event: Event<'g>,
}

/// What the caller gets.
#[derive(Debug)]
pub enum Outcome<A> {
    /// An answer of the gateway's own.
    Refused(Refusal),
    /// What a browser asked before it asks: 204 with these headers, and no body.
    Preflight(AddedHeaders),
    /// The upstream's answer, with these edits, and what is done to its body.
    Answered(A, Edits, Redaction),
    /// What the operator asked for.
    Reported(Report),
}

/// Handles one request.
///
/// 1. Admit: the method is known, the host well-formed, the path unambiguous. 400, 405, 508
/// 2. Route: the most specific mount. 404. The operator's leads to [`operator::serve`], a browser's preflight to
///    [`cors::preflight`].
/// 3. Authenticate: find the caller that the request's tokens prove, unless anyone may do this. 401, 429, 503
/// 4. Rule: one of the caller's rules admits method and path, and the body is not too large. 403, 413
/// 5. Resolve: every secret of the route's auth, from its first source that serves. 503
/// 6. Plan: the upstream's URL, headers to remove, headers to set. 500
/// 7. Send: to the upstream, until the head of its answer. 413, 502, 504
/// 8. Fail over: where the upstream refuses the credential, back to 5 with the next source.
/// 9. Respond: strip, rewrite links, mark as private, redact. 502
/// 10. Record: one log event.
pub async fn handle<'g, R: Bindings + Network + Clock + Console>(
    gateway: &'g Gateway,
    head: &impl RequestHead,
    runtime: &'g R,
    request_id: RequestId,
) -> Handled<'g, R::Response> {
    let started = runtime.now();
    let mut event = Event::new(request_id.clone());
    let mut aside = Aside::default();
    let done = steps(gateway, head, runtime, &request_id, &mut event, &mut aside).await;
    let Aside { mut cors, retry_after } = aside;
    let mut outcome = done.unwrap_or_else(|code| {
        event.code = Some(code.as_str());
        Outcome::Refused(Refusal { code, request_id, retry_after, cors: std::mem::take(&mut cors) })
    });
    event.status = match &mut outcome {
        Outcome::Refused(refusal) => refusal.status(),
        Outcome::Preflight(_) => NO_CONTENT,
        Outcome::Answered(answer, edits, _) => {
            edits.add.extend(cors.into_iter().map(|(name, value)| (name.into(), value)));
            answer.status()
        }
        Outcome::Reported(report) => report.status,
    };
    // 10. Record
    event.total_ms = elapsed(started, runtime.now());
    event.set_level();
    Handled { outcome, event }
}

/// What an answer says beside what it is.
#[derive(Default)]
struct Aside {
    /// For web pages, on answers and refusals alike.
    cors: AddedHeaders,
    /// On a refusal: when to come back.
    retry_after: Option<u32>,
}

async fn steps<'g, R: Bindings + Network + Clock + Console>(
    gateway: &'g Gateway,
    head: &impl RequestHead,
    runtime: &'g R,
    request_id: &RequestId,
    event: &mut Event<'g>,
    aside: &mut Aside,
) -> Result<Outcome<R::Response>, Code> {
    // 1. Admit
    event.method = Method::parse(head.method()).map(Method::as_str);
    let admitted = admit(head)?;
    let target = &admitted.target;

    // 2. Route
    let arrival = routing::find(gateway, target);
    let slash = target.path.has_encoded_slash();
    let route = arrival.and_then(|arrival| arrival.route);
    if slash && !route.is_some_and(|route| route.encoded_slash) {
        return Err(Code::PathAmbiguous);
    }
    let routing::Arrival { mount, path, .. } = arrival.ok_or(Code::NoRoute)?;
    let Some(route) = route else {
        let asked = operator::OperatorRequest { head, method: admitted.method, path, query: target.query };
        return operator::serve(gateway, &asked, runtime, event).await.map(Outcome::Reported);
    };
    event.route = Some(&route.name);
    if let Some(cors) = &route.cors {
        if cors::is_preflight(head, admitted.method) {
            return Ok(Outcome::Preflight(cors::preflight(route, cors, head, request_id)));
        }
        aside.cors = cors::actual(cors, head);
    }

    // 3. Caller
    let count = async |subject| rate_limit::count(gateway, route, subject, head, runtime).await;
    admit_one_more(count(Subject::Address).await, event, aside)?;
    let mut readings = Readings::new(runtime, gateway.secret_timeout);
    let (caller, rule) = identify(gateway, route, head, &admitted, path, &mut readings, event).await?;
    event.caller = match caller {
        Grantee::Anyone => Some("anyone"),
        Grantee::Caller(id) => gateway.caller(id).map(|caller| caller.name.as_ref()),
    };
    let subject = match caller {
        Grantee::Anyone => Subject::Anyone,
        Grantee::Caller(_) => Subject::Caller(event.caller.unwrap_or_default()),
    };
    admit_one_more(count(subject).await, event, aside)?;

    // 4. Rule
    let rule = rule.ok_or(Code::NotAllowed)?;
    event.rule = Some(&rule.text);
    if route.max_body.zip(admitted.length).is_some_and(|(most, length)| length > most) {
        return Err(Code::PayloadTooLarge);
    }

    // 5. Resolve
    let upstream = base_url(&route.upstream, runtime)?;
    let mut resolver = Resolver::new(gateway, route);
    let before = runtime.now();
    // A browser sends a preflight by itself, without its user's will: it must not spend a credential.
    let is_preflight =
        admitted.method == Method::Options && head.header("access-control-request-method").is_some();
    let bare = is_preflight && caller == Grantee::Anyone;
    let credential =
        if bare { Ok(Credential::default()) } else { resolver.next(&mut readings, runtime).await };
    event.secrets_ms = (!route.auth.is_empty()).then(|| elapsed(before, runtime.now()));
    event.secrets.clone_from(&resolver.notes);
    let credential = credential?;

    // 6. to 8. Plan, send, fail over
    let mut sent = Sent::default();
    if route.redact {
        if let Subject::Caller(name) = subject {
            sent.add_tokens(name, &route.token_in, head, target.query);
        }
        sent.add_credential(&credential);
    }
    let forward = Forward {
        head,
        method: admitted.method,
        path,
        query: target.query,
        has_body: admitted.has_body,
        length: admitted.length,
        is_upgrade: admitted.is_upgrade,
        route,
        upstream: &upstream,
        redacts: !sent.is_empty(),
    };
    let before = runtime.now();
    let attempts = Attempts {
        forward: &forward,
        runtime,
        resolver: &mut resolver,
        readings: &mut readings,
        event: &mut *event,
        sent: &mut sent,
        failover: route.failover.as_ref().filter(|_| !bare),
        request_id,
    };
    let reply = attempts.send(credential).await;
    event.secrets = resolver.notes;
    event.too_short = sent.too_short();
    event.upstream_ms = Some(elapsed(before, runtime.now()));
    let Reply { answer, credential } = reply?;

    // 9. Respond
    let links = || Links {
        sent: forward.url(&Credential::default()),
        upstream: &upstream,
        mount: format!("{}://{}{}", target.scheme, target.host.as_str(), mount.path()),
        parameters: credential.parameters.iter().map(|(name, _)| *name).collect(),
        values: &credential.values,
    };
    let mut edits = edits(&answer, route, caller != Grantee::Anyone, links, request_id);
    let redaction = Redaction::of(&answer, admitted.method, &sent, request_id, &mut edits)?;
    Ok(Outcome::Answered(answer, edits, redaction))
}

/// Whom the request's tokens authenticate, and the rule that admits it, if one does. Nobody has to authenticate anything where anyone
/// may do this.
async fn identify<'g, R: Bindings>(
    gateway: &'g Gateway,
    route: &'g Route,
    head: &impl RequestHead,
    admitted: &Admitted<'_>,
    path: Below<'_>,
    readings: &mut Readings<'g, R>,
    event: &mut Event<'g>,
) -> Result<(Grantee, Option<&'g Rule>), Code> {
    let admitted_as = |to| route.admitting_rule(to, admitted.method, path);
    if let Some(rule) = admitted_as(Grantee::Anyone) {
        return Ok((Grantee::Anyone, Some(rule)));
    }
    let shown = token_digests(&route.token_in, head, admitted.target.query);
    let id = authenticate(gateway, route.callers(), &shown, readings).await.map_err(|why| {
        event.proof = Some(why);
        Code::from(why)
    })?;
    Ok((Grantee::Caller(id), admitted_as(Grantee::Caller(id))))
}

/// Goes on unless a limit says no.
fn admit_one_more(limited: Limited, event: &mut Event<'_>, aside: &mut Aside) -> Result<(), Code> {
    match limited {
        Limited::No { unknown } => {
            event.rate_limit_unknown |= unknown;
            Ok(())
        }
        Limited::For(seconds) => {
            aside.retry_after = Some(seconds);
            Err(Code::RateLimited)
        }
    }
}
