//! The life of a request, from its head to the head of its answer.

use crate::admission::{Admitted, admit};
use crate::answer::{Edits, edits};
use crate::attempts::{Attempts, Reply};
use crate::candidates::candidates;
use crate::configuration::{Gateway, Grantee, Method, Part, Route, Rule, Upstream, UpstreamUrl};
use crate::cors::{self, Added};
use crate::credential::{Credential, Resolver, Unresolved};
use crate::link::Links;
use crate::matching::admitting_rule;
use crate::operator::{self, Report};
use crate::path::Below;
use crate::plan::Draft;
use crate::proof::{Unproven, prove};
use crate::rate_limit::{self, Limited, Subject};
use crate::record::Record;
use crate::redaction::{Redaction, Sent};
use crate::refusal::{Code, Refusal, RequestId};
use crate::routing;
use crate::runtime::{Answer, Bindings, Clock, Console, Head, Network, SendError};
use crate::secrets::Readings;

/// RFC 9110 §15.3.5.
const NO_CONTENT: u16 = 204;

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
    /// What a browser asked before it asks: 204 with these headers, and no body.
    Preflight(Added),
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
/// 3. Caller: whom the request's tokens prove, unless anyone may do this. 401, 429, 503
/// 4. Rule: one of the caller's rules admits method and path, and the body is not too large. 403, 413
/// 5. Resolve: every secret of the route's auth, from its first source that serves. 503
/// 6. Plan: the upstream's URL, headers to remove, headers to set. 500
/// 7. Send: to the upstream, until the head of its answer. 413, 502, 504
/// 8. Fail over: where the upstream refuses the credential, back to 5 with the next source.
/// 9. Answer: strip, rewrite links, mark as private, redact. 502
/// 10. Record: one event.
pub async fn handle<'g, R: Bindings + Network + Clock + Console>(
    gateway: &'g Gateway,
    head: &impl Head,
    runtime: &'g R,
    request_id: RequestId,
) -> Handled<'g, R::Answer> {
    let started = runtime.now();
    let mut record = Record::new(request_id.clone());
    let mut aside = Aside::default();
    let done = steps(gateway, head, runtime, &request_id, &mut record, &mut aside).await;
    let Aside { mut cors, retry_after } = aside;
    let mut outcome = done.unwrap_or_else(|code| {
        record.code = Some(code.as_str());
        Outcome::Refused(Refusal { code, request_id, retry_after, cors: std::mem::take(&mut cors) })
    });
    record.status = match &mut outcome {
        Outcome::Refused(refusal) => refusal.status(),
        Outcome::Preflight(_) => NO_CONTENT,
        Outcome::Answered(answer, edits, _) => {
            edits.add.extend(cors.into_iter().map(|(name, value)| (name.into(), value)));
            answer.status()
        }
        Outcome::Reported(report) => report.status,
    };
    // 10. Record
    record.total_ms = elapsed(started, runtime.now());
    record.rate();
    Handled { outcome, record }
}

/// What an answer says beside what it is.
#[derive(Default)]
struct Aside {
    /// For web pages, on answers and refusals alike.
    cors: Added,
    /// On a refusal: when to come back.
    retry_after: Option<u32>,
}

async fn steps<'g, R: Bindings + Network + Clock + Console>(
    gateway: &'g Gateway,
    head: &impl Head,
    runtime: &'g R,
    request_id: &RequestId,
    record: &mut Record<'g>,
    aside: &mut Aside,
) -> Result<Outcome<R::Answer>, Code> {
    // 1. Admit
    record.method = Method::parse(head.method()).map(Method::as_str);
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
        let asked = operator::Asked { head, method: admitted.method, path, query: target.query };
        return operator::serve(gateway, &asked, runtime, record).await.map(Outcome::Reported);
    };
    record.route = Some(&route.name);
    if let Some(cors) = &route.cors {
        if cors::is_preflight(head, admitted.method) {
            return Ok(Outcome::Preflight(cors::preflight(route, cors, head, request_id)));
        }
        aside.cors = cors::actual(cors, head);
    }

    // 3. Caller
    let count = async |subject| rate_limit::count(gateway, route, subject, head, runtime).await;
    admit_one_more(count(Subject::Address).await, record, aside)?;
    let mut readings = Readings::new(runtime, gateway.secret_timeout);
    let (caller, rule) = identify(gateway, route, head, &admitted, path, &mut readings, record).await?;
    record.caller = match caller {
        Grantee::Anyone => Some("anyone"),
        Grantee::Caller(id) => gateway.caller(id).map(|caller| caller.name.as_ref()),
    };
    let subject = match caller {
        Grantee::Anyone => Subject::Anyone,
        Grantee::Caller(_) => Subject::Caller(record.caller.unwrap_or_default()),
    };
    admit_one_more(count(subject).await, record, aside)?;

    // 4. Rule
    let rule = rule.ok_or(Code::NotAllowed)?;
    record.rule = Some(&rule.text);
    if route.max_body.zip(admitted.length).is_some_and(|(most, length)| length > most) {
        return Err(Code::PayloadTooLarge);
    }

    // 5. Resolve
    let upstream = upstream(&route.upstream, runtime)?;
    let mut resolver = Resolver::new(gateway, route);
    let before = runtime.now();
    // A browser sends a preflight by itself, without its user's will: it must not spend a credential.
    let is_preflight =
        admitted.method == Method::Options && head.header("access-control-request-method").is_some();
    let bare = is_preflight && caller == Grantee::Anyone;
    let credential =
        if bare { Ok(Credential::default()) } else { resolver.next(&mut readings, runtime).await };
    record.secrets_ms = (!route.auth.is_empty()).then(|| elapsed(before, runtime.now()));
    record.secrets.clone_from(&resolver.notes);
    let credential = credential?;

    // 6. to 8. Plan, send, fail over
    let mut sent = Sent::default();
    if route.redact {
        if let Subject::Caller(name) = subject {
            sent.add_tokens(name, &route.token_in, head, target.query);
        }
        sent.add_credential(&credential);
    }
    let draft = Draft {
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
        draft: &draft,
        runtime,
        resolver: &mut resolver,
        readings: &mut readings,
        record: &mut *record,
        sent: &mut sent,
        failover: route.failover.as_ref().filter(|_| !bare),
        request_id,
    };
    let reply = attempts.send(credential).await;
    record.secrets = resolver.notes;
    record.too_short = sent.too_short();
    record.upstream_ms = Some(elapsed(before, runtime.now()));
    let Reply { answer, credential } = reply?;

    // 9. Answer
    let links = || Links {
        sent: draft.url(&Credential::default()),
        upstream: &upstream,
        mount: format!("{}://{}{}", target.scheme, target.host.as_str(), mount.path()),
        parameters: credential.parameters.iter().map(|(name, _)| *name).collect(),
        values: &credential.values,
    };
    let mut edits = edits(&answer, route, caller != Grantee::Anyone, links, request_id);
    let redaction = Redaction::of(&answer, admitted.method, &sent, request_id, &mut edits)?;
    Ok(Outcome::Answered(answer, edits, redaction))
}

/// Whom the request's tokens prove, and the rule that admits it, if one does. Nobody has to prove anything where anyone
/// may do this.
async fn identify<'g, R: Bindings>(
    gateway: &'g Gateway,
    route: &'g Route,
    head: &impl Head,
    admitted: &Admitted<'_>,
    path: Below<'_>,
    readings: &mut Readings<'g, R>,
    record: &mut Record<'g>,
) -> Result<(Grantee, Option<&'g Rule>), Code> {
    let admitted_as = |to| admitting_rule(route, to, admitted.method, path);
    if let Some(rule) = admitted_as(Grantee::Anyone) {
        return Ok((Grantee::Anyone, Some(rule)));
    }
    let shown = candidates(&route.token_in, head, admitted.target.query);
    let id = prove(gateway, route.callers(), &shown, readings).await.map_err(|why| {
        record.proof = Some(why);
        Code::from(why)
    })?;
    Ok((Grantee::Caller(id), admitted_as(Grantee::Caller(id))))
}

/// Goes on unless a limit says no.
fn admit_one_more(limited: Limited, record: &mut Record<'_>, aside: &mut Aside) -> Result<(), Code> {
    match limited {
        Limited::No { unknown } => {
            record.rate_limit_unknown |= unknown;
            Ok(())
        }
        Limited::For(seconds) => {
            aside.retry_after = Some(seconds);
            Err(Code::RateLimited)
        }
    }
}

/// Puts an upstream with variables together: they can have changed since the build, so it is parsed again.
pub(crate) fn upstream(upstream: &Upstream, bindings: &impl Bindings) -> Result<UpstreamUrl, Code> {
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

impl From<Unresolved> for Code {
    fn from(why: Unresolved) -> Self {
        match why {
            Unresolved::Unavailable | Unresolved::Repeated => Self::SecretUnavailable,
            Unresolved::Misconfigured => Self::Misconfigured,
        }
    }
}

impl From<SendError> for Code {
    fn from(why: SendError) -> Self {
        match why {
            SendError::Unreachable => Self::UpstreamUnreachable,
            SendError::TooLarge => Self::PayloadTooLarge,
            SendError::TimedOut => Self::UpstreamTimeout,
        }
    }
}

impl From<Unproven> for Code {
    fn from(why: Unproven) -> Self {
        if why == Unproven::Unreadable { Self::SecretUnavailable } else { Self::CallerUnauthenticated }
    }
}

/// Whole milliseconds. Clocks of a Worker stand still while it computes, and none runs backwards.
pub(crate) fn elapsed(from: f64, to: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates, which is what is meant"
    )]
    let milliseconds = (to - from) as u32;
    milliseconds
}
