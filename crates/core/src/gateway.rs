//! The life of a request: from its head to the head of the response. Bodies stream after that. The configuration, the
//! type `Gateway`, is in `configuration/gateway.rs`.
//!
//! All ten steps are here, each a method, so that the order can be read in one place; that makes the file longer than
//! others.

use std::rc::Rc;

use crate::authentication::caller::authenticate;
use crate::authentication::challenge::challenge;
use crate::authentication::error::AuthenticationError;
use crate::authentication::hmac_request::{SignedRequest, VerificationFailure, verify_request};
use crate::authentication::jwt::{Identity, Revocable};
use crate::authentication::proved::{AuthenticatedCaller, ProvedTokens};
use crate::authentication::tokens::tokens;
use crate::configuration::{
    Gateway, Grantee, Mismatch, Mount, Placement, RateLimit, Route, Rule, Source, UpstreamUrl,
};
use crate::http::method::Method;
use crate::http::path::Below;
use crate::http::{AddedHeaders, charset, subprotocol};
use crate::log::Event;
use crate::operator::{self, Endpoint, OperatorRequest, Report};
use crate::redaction::{InjectedSecrets, Redaction, encoding_check_before_head};
use crate::refusal::{Challenge, Code, MediaType, Refusal};
use crate::request::admission::{Admitted, admit};
use crate::request::body::read_body;
use crate::request::rate_limit::{Limited, Limits, Subject};
use crate::request::routing::Arrival;
use crate::request::trace::Trace;
use crate::request::{copy_source, cors, destination, named_method, routing};
use crate::request_id::RequestId;
use crate::response::edits::{Edits, edits};
use crate::response::link::Links;
use crate::runtime::auth_runtime::AuthRuntime;
use crate::runtime::clock::elapsed;
use crate::runtime::feature::if_built_in;
use crate::runtime::instrumented::Instrumented;
use crate::runtime::separate::separate;
use crate::runtime::{Bindings, Clock, Network, OperatorRuntime, RequestHead, UpstreamResponse};
use crate::secret_value::SecretBytes;
use crate::secrets::base_url::base_url;
use crate::secrets::concurrent_reads::Readings;
use crate::secrets::credential::Credential;
use crate::secrets::fallback::Resolver;
use crate::upstream::attempts::{Attempts, Reply};
use crate::upstream::planning::Forward;

/// RFC 9110 §15.3.5.
const NO_CONTENT: u16 = 204;

/// The time that step 9 waits for the first bytes of a body before it returns the head, in milliseconds. The caller
/// waits meanwhile, so a stream that begins later is checked while it is returned.
const FIRST_BYTES_TIMEOUT: u32 = 1_000;

/// The result of a request. `A` is the upstream's response.
#[derive(Debug)]
pub struct Handled<'g, A> {
    /// The response to the caller.
    pub outcome: Outcome<A>,
    /// The event of the log.
    pub event: Event<'g>,
}

/// The response to the caller. `A` is the upstream's response.
#[derive(Debug)]
pub enum Outcome<A> {
    /// A refusal of the gateway's own.
    Refused(Refusal),
    /// The response to a browser's preflight: 204 with these headers, and no body.
    Preflight(AddedHeaders),
    /// The upstream's response, with the changes to it.
    Forwarded {
        /// The upstream's response.
        response: A,
        /// The changes to its head.
        edits: Edits,
        /// What is done to its body.
        redaction: Redaction,
    },
    /// The response of one of the operator's endpoints.
    Reported(Report),
}

/// Handles one request. The numbers are the statuses of the refusals that a step can end with.
///
/// 1. Admit: the method is known, the host is well-formed, the path is unambiguous, and the request has not been
///    through this gateway before. GET and HEAD have no body. 400, 405, 508
/// 2. Route: find the most specific mount. 404; 400 for a `%2F` on a route without `encoded_slash`. The operator's
///    mount leads to [`operator::serve`], a browser's
///    preflight to [`cors::preflight`].
/// 3. Authenticate: find the caller by the tokens of the request, or by its signature. No token is needed where a rule
///    for `anyone` admits the request. 401, 429, 503; for a signed body 400, 413
/// 4. Authorize: a rule of the caller admits method and path, and the body is not too large. 400, 403, 413
/// 5. Resolve: read the secrets of the route's auth, all from the first position at which each has a usable value. 401
///    for a token that has been revoked, 500, 503
/// 6. Plan: the URL of the upstream, the headers to remove and the headers to set.
/// 7. Send the request to the upstream, until the head of its response has arrived. A body that is signed is read
///    first. 400, 413, 415, 500, 502, 503, 504
/// 8. Fail over: if the upstream rejects the credential, go back to 5 with the next source. The loop is in
///    [`Attempts::send_with_failover`].
/// 9. Respond: remove headers, rewrite links, make the response private, redact. 502
/// 10. Record: complete the event of the log.
pub async fn handle<'g, R: Bindings + Network + Clock + OperatorRuntime + AuthRuntime + Instrumented>(
    gateway: &'g Gateway,
    head: &impl RequestHead,
    runtime: &'g R,
    request_id: RequestId,
) -> Handled<'g, R::Response> {
    let mut context = Context::new(gateway, head, runtime, request_id);
    let outcome = context.steps().await;
    context.record(outcome)
}

/// One request on its way through the steps.
struct Context<'g, 'h, H, R> {
    gateway: &'g Gateway,
    head: &'h H,
    runtime: &'g R,
    request_id: RequestId,
    started: f64,
    readings: Readings<'g, R>,
    event: Event<'g>,
    /// The permission of a web page, for the headers of responses and refusals.
    cors: Option<cors::Permission<'g, 'h>>,
    /// The trace that the request is part of. `None` where requests are not traced.
    trace: Option<Trace>,
    /// Whether the response has `Server-Timing`.
    is_timed: bool,
    /// `Retry-After` of a refusal, in seconds.
    retry_after: Option<u32>,
    /// `WWW-Authenticate` of a 401.
    challenge: Challenge,
}

/// A request that has found its route.
#[derive(Clone, Copy)]
struct Routed<'g, 'h> {
    admitted: &'h Admitted<'h>,
    mount: &'g Mount,
    route: &'g Route,
    path: Below<'h>,
}

/// A caller, the tokens that identified it, and the rule that admits the request. Without a rule, step 4 refuses.
struct Authenticated<'g> {
    caller: Grantee,
    tokens: ProvedTokens,
    identity: Identity,
    rule: Option<&'g Rule>,
    /// The request's body, where its signature was verified.
    body: Option<Rc<SecretBytes>>,
}

impl<'g> Authenticated<'g> {
    /// A request that this rule for `anyone` admits.
    fn anyone(rule: &'g Rule) -> Self {
        let (tokens, identity) = (ProvedTokens::default(), Identity::default());
        Self { caller: Grantee::Anyone, tokens, identity, rule: Some(rule), body: None }
    }
}

/// The first credential, and the sources to try if the upstream rejects it.
struct ResolvedCredential<'g> {
    credential: Credential<'g>,
    resolver: Resolver<'g>,
    /// Whether the request carries no credential at all.
    without_credential: bool,
}

impl<'g, 'h, H: RequestHead, R: Bindings + Network + Clock + OperatorRuntime + AuthRuntime + Instrumented>
    Context<'g, 'h, H, R>
{
    fn new(gateway: &'g Gateway, head: &'h H, runtime: &'g R, request_id: RequestId) -> Self {
        Self {
            gateway,
            head,
            runtime,
            started: runtime.now(),
            readings: Readings::new(runtime, gateway.secret_timeout),
            event: Event::new(request_id.clone()),
            request_id,
            cors: None,
            trace: None,
            is_timed: false,
            retry_after: None,
            challenge: Challenge::default(),
        }
    }

    async fn steps(&mut self) -> Result<Outcome<R::Response>, Code> {
        self.set_trace(&ProvedTokens::default());
        let admitted = self.admit()?;
        let arrival = self.route(&admitted)?;
        let Some(routed) = arrival.routed(&admitted) else {
            return separate(self.serve_operator(&admitted, arrival.path)).await;
        };
        if let Some(preflight) = self.preflight(routed) {
            return Ok(Outcome::Preflight(preflight));
        }
        let authenticated = separate(self.authenticate(routed)).await?;
        self.set_trace(&authenticated.tokens);
        let destination = self.authorize(routed, &authenticated)?;
        let upstream = base_url(&routed.route.upstream, self.runtime)?;
        let mut resolved = separate(self.resolve(routed, &authenticated)).await?;
        let mut injected = Self::injected_secrets(routed, &resolved.credential);
        let redacts =
            !injected.is_empty() || (routed.route.redact && resolved.credential.is_completed_later());
        let forward = self.forward(routed, &authenticated.tokens, &upstream, redacts);
        let forward = Forward { destination: destination.as_deref(), ..forward };
        let reply =
            separate(self.send(&forward, &mut resolved, &mut injected, authenticated.body.clone())).await?;
        separate(self.respond(routed, authenticated.caller, &forward, reply, &injected)).await
    }

    /// Sets the request's trace. Called again when the tokens are known that it must not contain.
    fn set_trace(&mut self, tokens: &ProvedTokens) {
        if R::INSTRUMENTS.trace && self.gateway.trace {
            let trace = Trace::new(self.head, tokens, &self.request_id);
            self.event.trace_id = Some(trace.trace_id().clone());
            self.event.x_request_id = trace.logged_id().map(str::to_owned);
            self.trace = Some(trace);
        }
    }

    /// Step 1.
    fn admit(&mut self) -> Result<Admitted<'h>, Code> {
        self.event.method = Method::parse(self.head.method()).map(Method::as_str);
        admit(self.head)
    }

    /// Step 2.
    fn route<'t>(&mut self, admitted: &'t Admitted<'_>) -> Result<Arrival<'g, 't>, Code> {
        let arrival = routing::find(self.gateway, &admitted.target);
        let route = arrival.and_then(|arrival| arrival.route);
        if admitted.target.path.has_encoded_slash() && !route.is_some_and(|route| route.encoded_slash) {
            return Err(Code::PathAmbiguous);
        }
        self.event.route = route.map(|route| route.name.as_ref());
        self.is_timed = R::INSTRUMENTS.timing && route.is_some_and(|route| route.timing);
        arrival.ok_or(Code::NoRoute)
    }

    /// Step 2, at the operator's mount.
    async fn serve_operator(
        &mut self,
        admitted: &Admitted<'_>,
        path: Below<'_>,
    ) -> Result<Outcome<R::Response>, Code> {
        let Self { gateway, head, runtime, .. } = *self;
        let operator = gateway.operator.as_ref().ok_or(Code::NoRoute)?;
        let Admitted { method, ref target, .. } = *admitted;
        let (scheme, host, query) = (target.scheme, &target.host, target.query);
        let endpoint = Endpoint::find(method, path, R::PAGE.is_some() && operator.page);
        let request = OperatorRequest { head, scheme, host, endpoint, query };
        let limits = self.limits(operator::COUNTED_AS, &operator.rate_limit);
        self.enforce_rate_limit(limits, Subject::Address).await?;
        if let Some(report) = operator::public_report(gateway, operator, &request, runtime, &mut self.event) {
            return Ok(Outcome::Reported(report));
        }
        let before = runtime.now();
        let revocable =
            operator::authenticate(gateway, operator, &request, &mut self.readings, &mut self.event).await?;
        if let Some(revocable) = revocable.filter(|_| R::FORMS.issued) {
            if_built_in(const { R::FORMS.issued }, || {
                self.check_revocation(&revocable, Vec::new(), Challenge::default())
            })
            .await
            .transpose()?;
        }
        let proof_ms = elapsed(before, runtime.now());
        let caller = self.event.caller.unwrap_or_default();
        let subject = self.event.subject.clone();
        self.enforce_rate_limit(limits, Subject::Caller(caller, subject.as_deref())).await?;
        let report = operator::serve(
            gateway,
            operator,
            &request,
            runtime,
            &mut self.readings,
            proof_ms,
            &mut self.event,
        );
        report.await.map(Outcome::Reported)
    }

    /// Step 2, for a page of another origin: the answer to a preflight. For every other request, the permission of the
    /// page is kept for the response.
    fn preflight(&mut self, routed: Routed<'g, '_>) -> Option<AddedHeaders> {
        let cors = routed.route.cors.as_ref()?;
        if cors::is_cors_preflight(self.head, routed.admitted.method) {
            let (added, outcome) = cors::preflight(routed.route, cors, self.head, &self.request_id);
            self.event.preflight = Some(outcome);
            return Some(added);
        }
        self.cors = Some(cors::Permission::new(cors, self.head));
        None
    }

    /// Step 3. No token is needed where a rule for `anyone` admits the request.
    async fn authenticate(&mut self, routed: Routed<'g, '_>) -> Result<Authenticated<'g>, Code> {
        let Routed { admitted, route, path, .. } = routed;
        let limits = self.limits(&route.name, &route.rate_limit);
        self.enforce_rate_limit(limits, Subject::Address).await?;
        let rule_for = |to| route.admitting_rule(to, admitted.method, path);
        if let Some(rule) = rule_for(Grantee::Anyone) {
            self.event.caller = Some("anyone");
            self.enforce_rate_limit(limits, Subject::Anyone).await?;
            return Ok(Authenticated::anyone(rule));
        }
        let shown = tokens(&route.token_in, self.head, admitted.target.query);
        let is_cross_site = R::FORMS.ambient_callers
            && cors::is_cross_site(
                route.cors.as_ref(),
                self.head,
                admitted.target.scheme,
                &admitted.target.host,
            );
        let proved =
            authenticate(self.gateway, route.callers(), shown, is_cross_site, &mut self.readings).await;
        let proved = match proved {
            Err(why) if why != AuthenticationError::Contradictory => {
                let verified =
                    if_built_in(const { R::FORMS.hmac_callers }, || self.verify_request(routed)).await;
                let verified = verified.flatten().unwrap_or(Err(VerificationFailure::Unproved(why)));
                // A token that could not be checked may prove the caller later, whatever the signature or the body is.
                verified.map_err(|failure| {
                    if Code::from(why).is_transient() { VerificationFailure::Unproved(why) } else { failure }
                })
            }
            proved => proved.map(|proved| (proved, None)).map_err(VerificationFailure::Unproved),
        };
        let (proved, body) = proved.map_err(|why| match why {
            VerificationFailure::Unproved(why) => {
                self.challenge = challenge(&route.token_in, self.head);
                self.event.auth_error = Some(why);
                Code::from(why)
            }
            VerificationFailure::Body(code) => code,
        })?;
        let body = body.map(Rc::new);
        let name = self.gateway.caller(proved.id).map(|caller| caller.name.as_ref());
        let AuthenticatedCaller { id, tokens, identity } = proved;
        self.event.caller = name;
        self.event.subject.clone_from(&identity.subject);
        self.enforce_rate_limit(
            limits,
            Subject::Caller(name.unwrap_or_default(), identity.subject.as_deref()),
        )
        .await?;
        let caller = Grantee::Caller(id);
        Ok(Authenticated { caller, tokens, identity, rule: rule_for(caller), body })
    }

    /// Step 3, for a request that its caller has signed; `None` where it shows no signature.
    async fn verify_request(
        &mut self,
        routed: Routed<'g, '_>,
    ) -> Option<Result<(AuthenticatedCaller, Option<SecretBytes>), VerificationFailure>> {
        let Routed { admitted: Admitted { method, target, has_body, length, .. }, route, .. } = routed;
        let whole = target.path.below(&[])?;
        let request = SignedRequest {
            head: self.head,
            method: *method,
            origin: format!("{}://{}", target.scheme, target.host.as_str()),
            path: whole.raw(),
            query: target.query,
        };
        let body = async |total| match has_body {
            true if R::FORMS.body => read_body(self.runtime, route, *length, Some(total)).await.map(Some),
            _ => Ok(None),
        };
        verify_request(self.gateway, route.callers(), &request, &mut self.readings, body).await
    }

    fn limits<'l>(&self, name: &'l str, limits: &'l [RateLimit]) -> Limits<'l> {
        Limits { name, limits, timeout_ms: self.gateway.secret_timeout }
    }

    /// Counts the request. Refuses it where a rate limit is exceeded.
    async fn enforce_rate_limit(&mut self, limits: Limits<'g>, subject: Subject<'_>) -> Result<(), Code> {
        match limits.count(subject, self.head, self.runtime).await {
            Limited::Within { unknown } => {
                self.event.rate_limit_unknown |= unknown;
                Ok(())
            }
            Limited::By(limit) => {
                self.retry_after = Some(limit.period);
                self.event.rate_limit = Some(&limit.binding);
                self.event.counted = Some(subject.as_str());
                Err(Code::RateLimited)
            }
        }
    }

    /// Step 4. For COPY and MOVE it returns the permitted path of the `Destination` header.
    fn authorize(
        &mut self,
        routed: Routed<'g, '_>,
        authenticated: &Authenticated<'g>,
    ) -> Result<Option<String>, Code> {
        let Some(rule) = authenticated.rule else {
            return Err(self.code_without_rule(routed, authenticated.caller));
        };
        let Routed { admitted, route, path, .. } = routed;
        let scope = &authenticated.identity.scope;
        let by_rule =
            |method, path: Below<'_>| route.admitting_rule(authenticated.caller, method, path).is_some();
        let by_token = |method, path: Below<'_>| scope.admits(&route.name, method, path);
        if R::FORMS.issued && !by_token(admitted.method, path) {
            self.event.mismatch = Some(Mismatch::Token);
            return Err(Code::NotAllowed);
        }
        self.event.rule = Some(&rule.text);
        if route.max_body.zip(admitted.length).is_some_and(|(most, length)| length > most) {
            return Err(Code::PayloadTooLarge);
        }
        let destination = self.authorize_second_target(routed, &by_rule)?;
        if R::FORMS.issued {
            let narrowed = self.authorize_second_target(routed, &by_token);
            narrowed.inspect_err(|_| self.event.mismatch = Some(Mismatch::Token))?;
        }
        Ok(destination)
    }

    /// Step 4, for the second method that a query can name, for the second resource that a header can name, and for the
    /// second target of COPY and MOVE, whose path below the mount is returned.
    fn authorize_second_target(
        &mut self,
        routed: Routed<'g, '_>,
        admits: &dyn Fn(Method, Below<'_>) -> bool,
    ) -> Result<Option<String>, Code> {
        let Routed { admitted, route, path, .. } = routed;
        let Admitted { method, ref target, .. } = *admitted;
        let meant = named_method::admitted(route, method, target.query, |named| admits(named, path));
        let Some(meant) = meant else {
            self.event.mismatch = Some(Mismatch::Method);
            return Err(Code::NotAllowed);
        };
        let upstream = || base_url(&route.upstream, self.runtime);
        let sources = match method {
            Method::Post => copy_source::refuse(route, self.head),
            _ if R::FORMS.second_resources && method.can_copy() => {
                copy_source::check(route, upstream, self.head, admits)
            }
            _ => Ok(()),
        };
        let checked = sources
            .and_then(|()| destination::below_mount(self.gateway, route, meant, target, self.head, admits));
        checked.inspect_err(|_| self.event.mismatch = Some(Mismatch::OtherResource))
    }

    /// Step 4, where no rule admits the request: the code of the refusal. The rule that nearly matched is logged.
    fn code_without_rule(&mut self, routed: Routed<'g, '_>, caller: Grantee) -> Code {
        let Routed { admitted, mount, route, path } = routed;
        let mismatch =
            Mismatch::find(route, mount, caller, admitted.method, path).map(|(mismatch, _)| mismatch);
        self.event.mismatch = mismatch;
        if mismatch == Some(Mismatch::OtherReading) { Code::PathAmbiguous } else { Code::NotAllowed }
    }

    /// Step 5. On a route without `cors`, a preflight that a rule for `anyone` admits is forwarded without a
    /// credential, because browsers send preflights by themselves.
    async fn resolve(
        &mut self,
        routed: Routed<'g, '_>,
        authenticated: &Authenticated<'g>,
    ) -> Result<ResolvedCredential<'g>, Code> {
        let Authenticated { caller, ref identity, .. } = *authenticated;
        let before = self.runtime.now();
        let mut resolver = Resolver::new(self.gateway, routed.route, caller, &self.request_id);
        if let Some(revocable) = identity.revocable.as_ref().filter(|_| R::FORMS.issued) {
            // Both are read at the same time.
            let first = resolver.at(0).map(|(.., source)| source);
            let first = first.collect::<Vec<_>>();
            let challenge = challenge(&routed.route.token_in, self.head);
            let checked =
                if_built_in(const { R::FORMS.issued }, || self.check_revocation(revocable, first, challenge))
                    .await;
            self.event.secrets_ms = Some(elapsed(before, self.runtime.now()));
            checked.transpose()?;
        }
        // Unlike a preflight that the gateway responds to, it may lack `Origin`: what could be one carries no
        // credential.
        let is_preflight = routed.admitted.method == Method::Options
            && self.head.header("access-control-request-method").is_some();
        let without_credential = is_preflight && caller == Grantee::Anyone;
        let credential = if without_credential {
            Ok(Credential::default())
        } else {
            resolver.next(&mut self.readings, self.runtime).await
        };
        if !routed.route.auth.is_empty() {
            self.event.secrets_ms = Some(elapsed(before, self.runtime.now()));
        }
        self.event.secrets.clone_from(&resolver.notes);
        Ok(ResolvedCredential { credential: credential?, resolver, without_credential })
    }

    /// Reads the list of revoked tokens, and these sources at the same time.
    async fn check_revocation(
        &mut self,
        revocable: &Revocable,
        others: Vec<&'g Source>,
        challenge: Challenge,
    ) -> Result<(), Code> {
        let checked = revocable.check_in(self.gateway, others, &mut self.readings).await;
        checked.map_err(|why| {
            let why = AuthenticationError::Jwt(why);
            self.challenge = challenge;
            self.event.auth_error = Some(why);
            Code::from(why)
        })
    }

    /// Step 6: the parts of the plan that every attempt shares.
    fn forward<'f>(
        &self,
        routed: Routed<'g, 'f>,
        tokens: &'f ProvedTokens,
        upstream: &'f UpstreamUrl,
        redacts: bool,
    ) -> Forward<'f, H>
    where
        'h: 'f,
        'g: 'f,
    {
        let Routed { admitted, route, path, .. } = routed;
        Forward {
            head: self.head,
            host: &admitted.target.host,
            method: admitted.method,
            path,
            query: admitted.target.query,
            has_body: admitted.has_body,
            length: admitted.length,
            is_upgrade: admitted.is_upgrade,
            route,
            upstream,
            tokens,
            destination: None,
            redacts,
        }
    }

    /// Steps 7 and 8.
    async fn send(
        &mut self,
        forward: &Forward<'_, H>,
        resolved: &mut ResolvedCredential<'g>,
        injected: &mut InjectedSecrets<'g>,
        body: Option<Rc<SecretBytes>>,
    ) -> Result<Reply<'g, R::Response>, Code> {
        let before = self.runtime.now();
        let attempts = Attempts {
            forward,
            runtime: self.runtime,
            resolver: &mut resolved.resolver,
            readings: &mut self.readings,
            event: &mut self.event,
            injected,
            failover: forward.route.failover.as_ref().filter(|_| !resolved.without_credential),
            request_id: &self.request_id,
            trace: self.trace.as_ref().filter(|_| forward.route.forward_trace),
            body,
        };
        let reply = attempts.send_with_failover(std::mem::take(&mut resolved.credential)).await;
        self.event.secrets = std::mem::take(&mut resolved.resolver.notes);
        self.event.too_short = injected.too_short();
        self.event.upstream_ms = Some(elapsed(before, self.runtime.now()));
        reply
    }

    /// The texts that step 9 looks for in the response.
    fn injected_secrets(routed: Routed<'g, '_>, credential: &Credential<'g>) -> InjectedSecrets<'g> {
        let mut injected = InjectedSecrets::default();
        if routed.route.redact {
            injected.add_credential(credential);
        }
        injected
    }

    /// Step 9.
    async fn respond(
        &self,
        routed: Routed<'g, '_>,
        caller: Grantee,
        forward: &Forward<'_, H>,
        reply: Reply<'g, R::Response>,
        injected: &InjectedSecrets<'_>,
    ) -> Result<Outcome<R::Response>, Code> {
        let Reply { response, credential, range } = reply;
        self.refuse_unsearchable(&response, forward.method, injected).await?;
        let target = &routed.admitted.target;
        let links = || Links {
            request_url: forward.url_without_parameters(&credential),
            upstream: forward.upstream,
            filled_base: forward.filled_base(&credential),
            mount: format!("{}://{}{}", target.scheme, target.host.as_str(), routed.mount.path()),
            parameters: routed.route.auth.iter().flat_map(Placement::parameters).collect(),
            values: &credential.values,
        };
        let is_authenticated = caller != Grantee::Anyone;
        let mut edits = edits(&response, routed.route, is_authenticated, links, &self.request_id);
        let selected =
            forward.selected_subprotocol(&response).map(|own| (subprotocol::HEADER.into(), own.to_owned()));
        edits.add.extend(selected);
        let redaction =
            Redaction::new(&response, forward.method, injected, range, &self.request_id, &mut edits)?;
        Ok(Outcome::Forwarded { response, edits, redaction })
    }

    /// Step 9, where the response names no charset: checks the first bytes, and refuses a body that cannot be searched,
    /// such as UTF-16. If the bytes arrive too late, the redactor aborts the body instead.
    async fn refuse_unsearchable(
        &self,
        response: &R::Response,
        method: Method,
        injected: &InjectedSecrets<'_>,
    ) -> Result<(), Code> {
        let check = encoding_check_before_head(response, method).filter(|_| injected.is_searched_in_bodies());
        let Some(is_unsearchable) = check else { return Ok(()) };
        let length = u32::try_from(charset::LOOKED_AT).unwrap_or(u32::MAX);
        let peeked = self.runtime.peek_body(response, length, FIRST_BYTES_TIMEOUT).await;
        if is_unsearchable(&peeked.bytes) { Err(Code::UpstreamInvalid) } else { Ok(()) }
    }

    /// Step 10: turns a code into a refusal, adds CORS headers, and completes the event.
    fn record(self, outcome: Result<Outcome<R::Response>, Code>) -> Handled<'g, R::Response> {
        let Self { head, runtime, request_id, started, mut event, cors, retry_after, challenge, .. } = self;
        let times = if R::INSTRUMENTS.timing && self.is_timed { timing(&event) } else { AddedHeaders::new() };
        let mut outcome = outcome.unwrap_or_else(|code| {
            event.code = Some(code.as_str());
            let mut added = cors.map(cors::Permission::on_refusal).unwrap_or_default();
            added.extend(times.clone());
            let media_type = MediaType::of_client(head.header("accept"), head.header("authorization"));
            Outcome::Refused(Refusal { code, request_id, retry_after, added, media_type, challenge })
        });
        event.status = match &mut outcome {
            Outcome::Refused(refusal) => refusal.status(),
            Outcome::Preflight(_) => NO_CONTENT,
            Outcome::Forwarded { response, edits, .. } => {
                edits.add.extend(times.into_iter().map(|(name, value)| (name.into(), value)));
                let added = cors.map(|cors| cors.on_response(edits.header_names(response)));
                let added = added.into_iter().flatten();
                edits.add.extend(added.map(|(name, value)| (name.into(), value)));
                event.redacted = std::mem::take(&mut edits.redacted);
                edits.status.unwrap_or_else(|| response.status())
            }
            Outcome::Reported(report) => report.status,
        };
        event.total_ms = elapsed(started, runtime.now());
        event.set_level();
        Handled { outcome, event }
    }
}

/// The `Server-Timing` header (W3C Server Timing): the durations so far, and the number of attempts.
fn timing(event: &Event<'_>) -> AddedHeaders {
    let mut headers = AddedHeaders::new();
    let parts = [("secrets", event.secrets_ms), ("upstream", event.upstream_ms)];
    let parts = parts.into_iter().filter_map(|(name, time)| Some(format!("{name};dur={}", time?)));
    let parts: Vec<String> = parts.collect();
    if !parts.is_empty() {
        headers.push(("server-timing", parts.join(", ")));
    }
    headers.push(("ostiary-attempts", event.attempts.to_string()));
    headers
}

impl<'g, 't> Arrival<'g, 't> {
    /// The request with its route; `None` at the operator's mount.
    fn routed(&self, admitted: &'t Admitted<'t>) -> Option<Routed<'g, 't>> {
        self.route.map(|route| Routed { admitted, mount: self.mount, route, path: self.path })
    }
}
