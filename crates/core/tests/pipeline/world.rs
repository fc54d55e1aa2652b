//! A gateway with its deployment and an upstream, as plain structs.
//!
//! The file is longer than others, because it has the fakes of all traits of the runtime.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use futures::executor::block_on;
use ostiary_core::configuration::{Forms, Gateway, Instruments, JwtAlgorithm, PublicKey, Source};
use ostiary_core::http::AddedHeaders;
use ostiary_core::http::coding::Coding;
use ostiary_core::log::{FoundIn, Notice, Redacted};
use ostiary_core::redaction::Redaction;
use ostiary_core::request_id::RequestId;
use ostiary_core::response::edits::Edits;
use ostiary_core::response::rewritable_body::BodyRewriting;
use ostiary_core::runtime::auth_runtime::AuthRuntime;
use ostiary_core::runtime::cache::Cache;
use ostiary_core::runtime::cryptography::{Cryptography, KeyHandle};
use ostiary_core::runtime::instrumented::{Instrumented, Page};
use ostiary_core::runtime::own_request::{OwnRequests, WholeResponse};
use ostiary_core::runtime::plan::Plan;
use ostiary_core::runtime::rate_limit_verdict::RateLimitVerdict;
use ostiary_core::runtime::reading::Reading;
use ostiary_core::runtime::{
    Bindings, BodyReadError, Clock, Network, OperatorRuntime, PeekedBody, RehearsalRequest, Rehearsed,
    RehearsedSend, RequestHead, SendError, UpstreamResponse,
};
use ostiary_core::secret_value::{SecretBytes, SecretValue};
use ostiary_core::upstream::response_status::check_status;
use ostiary_core::{Outcome, handle};
use ostiary_grammar::{File, read};
use ostiary_rehearsal::{Rehearsal, RehearsedRequest, apply};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use ring::rand::SystemRandom;
use ring::{aead, signature};
use serde_json::{Value, json};

/// Every secret value in these tests contains this text, and no response or log line may contain it.
pub const CANARY: &str = "canary";

/// The gateway in `CDN-Loop`, for requests to `gw.example.com`.
pub const CDN_ID: &str = "ostiary-4bdd399d59a7c651";

const WRANGLER: &str = include_str!("wrangler.toml");
const GATEWAY: &str = include_str!("gateway.toml");

/// The result of a read of a binding.
#[derive(Clone, Copy)]
pub enum Binding {
    Value(&'static str),
    Missing,
    Throws,
    Hangs,
}

/// An issuer's response: a status, `Cache-Control` and a body.
pub type KeySetAnswer = Result<(u16, Option<&'static str>, String), SendError>;

/// A caller's request.
#[derive(Clone, Debug)]
pub struct Ask {
    method: &'static str,
    url: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// The deployment and the upstream.
pub struct World {
    pub gateway: Gateway,
    pub bindings: BTreeMap<&'static str, Binding>,
    pub variables: BTreeMap<&'static str, &'static str>,
    /// The upstream's response after the end of `script`.
    pub answer: Result<FakeAnswer, SendError>,
    /// The upstream's first responses.
    pub script: RefCell<VecDeque<Result<FakeAnswer, SendError>>>,
    /// Whether the body of a request is available for another attempt.
    pub can_replay: bool,
    /// The results of rate limits; others are not exceeded.
    pub limits: BTreeMap<&'static str, RateLimitVerdict>,
    /// The random bits of the id of each request.
    pub request_id: u128,
    /// The time, in milliseconds since 1970.
    pub now: f64,
    /// How many milliseconds each of the gateway's own requests takes.
    pub own_request_ms: f64,
    /// How many milliseconds each read of a binding takes.
    pub read_ms: f64,
    /// How many milliseconds the body of a request takes.
    pub body_ms: f64,
    /// The reason why the body of a request does not arrive.
    pub broken_body: Option<BodyReadError>,
    /// The first responses of token endpoints; later, each response has a new token.
    pub tokens: RefCell<VecDeque<Result<(u16, &'static str), SendError>>>,
    /// Whether the runtime has a cache.
    pub has_cache: bool,
    /// The entries of the cache, and their lifetimes in seconds.
    pub cache: RefCell<BTreeMap<String, (Vec<u8>, u32)>>,
    /// The requests to token endpoints.
    pub asked_for_tokens: RefCell<Vec<Sent>>,
    tokens_given: Cell<usize>,
    /// The number of bodies that have been received.
    bodies_read: Cell<u32>,
    /// The time for the whole of the last body, in milliseconds.
    pub body_deadline: Cell<Option<u32>>,
    keys: RefCell<Vec<SigningKey>>,
    counted: RefCell<Vec<(String, String)>>,
    /// The responses of issuers, by URL.
    pub key_sets: RefCell<BTreeMap<String, KeySetAnswer>>,
    /// The requested URLs of issuers.
    pub fetched: RefCell<Vec<String>>,
    /// The number of verified signatures.
    pub verified: Cell<u32>,
    steps: RefCell<Vec<String>>,
    reads: RefCell<Vec<String>>,
    sent: RefCell<Vec<Sent>>,
    /// How many valid heads have arrived for the request that is being handled.
    heads: Cell<usize>,
    /// The headers of the request that is being handled.
    asked: RefCell<BTreeMap<String, String>>,
    /// Its body.
    body: RefCell<String>,
}

/// A private key that has been imported.
enum SigningKey {
    P256(signature::EcdsaKeyPair),
    Ed25519(signature::Ed25519KeyPair),
    Rsa(Box<signature::RsaKeyPair>),
}

/// A request to the upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub method: String,
    /// The binding that sent it.
    pub fetcher: Option<String>,
    pub url: String,
    /// The remaining headers of the caller, then those that the gateway set.
    pub headers: Vec<(String, String)>,
    /// The size up to which the body was to be kept.
    pub replay_limit: u32,
    /// The body that replaced the caller's.
    pub body: Option<String>,
}

/// The result of a request.
#[derive(Debug)]
pub struct Exchange {
    pub status: u16,
    pub code: Option<String>,
    pub headers: Vec<(String, String)>,
    /// The gateway's own JSON; null for other responses.
    pub report: serde_json::Value,
    /// The chunks of the upstream's body that the caller gets, and their content coding if the body is redacted.
    pub body: String,
    pub coding: Option<Coding>,
    pub log: serde_json::Value,
    /// The lines beside the request's event.
    pub notices: Vec<serde_json::Value>,
    pub reads: Vec<String>,
    pub sent: Vec<Sent>,
    /// Each use of a rate limit, with its key.
    pub counted: Vec<(String, String)>,
    /// Reads, attempts and pauses in their order.
    pub steps: Vec<String>,
    /// The deadline for a stalled body of the response.
    pub idle_timeout: Option<u32>,
}

#[derive(Clone, Debug)]
pub struct FakeAnswer {
    pub status: u16,
    pub web_socket: bool,
    pub headers: Vec<(&'static str, &'static str)>,
    pub body: &'static str,
    /// Whether the body breaks off after `body`.
    pub is_cut_off: bool,
    /// Which head of the request it is, counted from 1. A later head cancels its body.
    head: usize,
}

impl Ask {
    /// A request to `gw.example.com` with the checkout caller's token.
    pub fn new(method: &'static str, path: &str) -> Self {
        Self::bare(method, &format!("https://gw.example.com{path}"))
            .header("host", "gw.example.com")
            .header("authorization", "Bearer canary-checkout-token")
    }

    /// A request with this URL and no header.
    pub fn bare(method: &'static str, url: &str) -> Self {
        Self { method, url: url.to_owned(), headers: Vec::new(), body: String::new() }
    }

    /// Adds a header line.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: &str) -> Self {
        body.clone_into(&mut self.body);
        self.header("content-length", &body.len().to_string())
    }

    /// Removes this header.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    /// The request as a runtime would pass it: lines with one name are joined, and the names are sorted.
    fn joined(&self) -> BTreeMap<&str, String> {
        let mut joined: BTreeMap<&str, String> = BTreeMap::new();
        for (name, value) in &self.headers {
            let entry = joined.entry(name).or_default();
            if !entry.is_empty() {
                entry.push_str(", ");
            }
            entry.push_str(value);
        }
        joined
    }
}

struct AskedHead<'a> {
    ask: &'a Ask,
    joined: BTreeMap<&'a str, String>,
}

impl RequestHead for AskedHead<'_> {
    fn method(&self) -> &str {
        self.ask.method
    }

    fn url(&self) -> &str {
        &self.ask.url
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.joined.get(name).map(String::as_str)
    }

    fn header_names(&self) -> impl Iterator<Item = &str> {
        self.joined.keys().copied()
    }
}

impl FakeAnswer {
    pub fn new(status: u16, headers: &[(&'static str, &'static str)]) -> Self {
        Self { status, web_socket: false, headers: headers.to_vec(), body: "", is_cut_off: false, head: 0 }
    }

    /// With this body.
    pub fn with_body(self, body: &'static str) -> Self {
        Self { body, ..self }
    }

    /// With a body that breaks off.
    pub fn cut_off(self) -> Self {
        Self { is_cut_off: true, ..self }
    }
}

impl UpstreamResponse for FakeAnswer {
    fn status(&self) -> u16 {
        self.status
    }

    fn is_web_socket(&self) -> bool {
        self.web_socket
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    fn header_names(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().map(|(name, _)| *name)
    }

    fn set_cookies(&self) -> Vec<String> {
        self.headers
            .iter()
            .filter(|(name, _)| *name == "set-cookie")
            .map(|(_, value)| (*value).to_owned())
            .collect()
    }

    fn resolve(&self, reference: &str, base: &str) -> Option<String> {
        url::Url::parse(base).ok()?.join(reference).ok().map(String::from)
    }
}

impl World {
    /// The `gateway.toml` in this folder; the value of each binding is `canary-` and its name.
    pub fn new() -> Self {
        Self::of(GATEWAY)
    }

    /// Another `gateway.toml`, with the same `wrangler.toml`.
    pub fn of(text: &str) -> Self {
        Self::deployed(text, WRANGLER)
    }

    /// Both files.
    pub fn deployed(text: &str, wrangler: &str) -> Self {
        let read = read(File { path: "gateway.toml", text }, File { path: "wrangler.toml", text: wrangler });
        let gateway = read.unwrap_or_else(|errors| panic!("{}", errors[0])).gateway;
        let sources = gateway.secrets.iter().flat_map(|secret| secret.sources.iter());
        let bindings = sources.map(|source| {
            let name: &'static str = source.binding.clone().into_owned().leak();
            let value: &'static str =
                format!("canary-{}", name.to_ascii_lowercase().replace('_', "-")).leak();
            (name, Binding::Value(value))
        });
        let account = ("ACCOUNT_JSON", Binding::Value(r#"{"id":"canary-id","key":"canary-key"}"#));
        Self {
            bindings: bindings.chain([account]).collect(),
            gateway,
            variables: BTreeMap::from([("ACCOUNT", "acct-1")]),
            answer: Ok(FakeAnswer::new(200, &[])),
            script: RefCell::default(),
            can_replay: true,
            limits: BTreeMap::new(),
            request_id: 7,
            now: 0.0,
            own_request_ms: 0.0,
            read_ms: 0.0,
            body_ms: 0.0,
            bodies_read: Cell::default(),
            body_deadline: Cell::default(),
            broken_body: None,
            tokens: RefCell::default(),
            has_cache: true,
            cache: RefCell::default(),
            asked_for_tokens: RefCell::default(),
            tokens_given: Cell::default(),
            keys: RefCell::default(),
            counted: RefCell::default(),
            key_sets: RefCell::default(),
            fetched: RefCell::default(),
            verified: Cell::default(),
            steps: RefCell::default(),
            reads: RefCell::default(),
            sent: RefCell::default(),
            heads: Cell::default(),
            asked: RefCell::default(),
            body: RefCell::default(),
        }
    }

    /// Sets the behaviour of this binding.
    pub fn with(mut self, name: &'static str, binding: Binding) -> Self {
        self.bindings.insert(name, binding);
        self
    }

    /// Sets the response of the upstream.
    pub fn answering(mut self, status: u16, headers: &[(&'static str, &'static str)]) -> Self {
        self.answer = Ok(FakeAnswer::new(status, headers));
        self
    }

    /// Makes the upstream accept every WebSocket.
    pub fn opening_sockets(mut self, headers: &[(&'static str, &'static str)]) -> Self {
        self.answer = Ok(FakeAnswer { web_socket: true, ..FakeAnswer::new(101, headers) });
        self
    }

    /// Adds responses before that one.
    pub fn first(self, answers: impl IntoIterator<Item = Result<FakeAnswer, SendError>>) -> Self {
        self.script.borrow_mut().extend(answers);
        self
    }

    /// Adds responses with these statuses before that one.
    pub fn first_statuses(self, statuses: &[u16]) -> Self {
        self.first(statuses.iter().map(|status| Ok(FakeAnswer::new(*status, &[]))))
    }

    /// Sets the body of the response.
    pub fn with_body(mut self, body: &'static str) -> Self {
        self.answer = self.answer.map(|answer| FakeAnswer { body, ..answer });
        self
    }

    /// Handles one request, and checks that no response or log line of the gateway contains the canary.
    pub fn ask(&self, ask: &Ask) -> Exchange {
        let head = AskedHead { joined: ask.joined(), ask };
        *self.asked.borrow_mut() =
            head.joined.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        self.body.borrow_mut().clone_from(&ask.body);
        self.heads.set(0);
        let handled = block_on(handle(&self.gateway, &head, self, RequestId::new(self.request_id)));
        let log = handled.event.line();
        assert_no_canary(&log);
        assert!(!log.contains('\n'));
        let mut notices: Vec<Value> = handled.event.notices().iter().map(parsed).collect();
        let redacted = Redacted::from(&handled.event);
        let mut idle_timeout = None;
        let request_id = handled.event.request_id.clone();
        let mut report = serde_json::Value::Null;
        let (mut body, mut coding) = (String::new(), None);
        let (status, code, headers) = match handled.outcome {
            Outcome::Refused(refusal) => {
                assert_no_canary(&refusal.body());
                let headers =
                    refusal.headers().into_iter().map(|(name, value)| (name.to_owned(), value.into_owned()));
                (refusal.status(), Some(refusal.code.to_string()), headers.collect())
            }
            Outcome::Preflight(added) => (204, None, own_headers(added)),
            Outcome::Forwarded { response: answer, edits, redaction } => {
                self.assert_not_cancelled(&answer);
                let found;
                (body, coding, found) = scanned(answer.body, redaction);
                notices.extend(found.iter().map(|name| parsed(&redacted.notice(name, FoundIn::Body))));
                if let Some(edit) = edits.body.clone() {
                    body = rewritten(&body, edit);
                }
                idle_timeout = edits.idle_timeout;
                (edits.status.unwrap_or(answer.status), None, edited(&answer, &edits))
            }
            Outcome::Reported(reported) => {
                report = serde_json::from_str(&reported.body).unwrap_or_else(|_| json!(reported.body));
                (reported.status, None, own_headers(reported.headers(&request_id)))
            }
        };
        let said = headers.iter().map(|(_, value)| value.clone()).chain(notices.iter().map(Value::to_string));
        said.chain([report.to_string()]).for_each(|said| assert_no_canary(&said));
        Exchange {
            status,
            code,
            headers,
            report,
            body,
            coding,
            log: serde_json::from_str(&log).unwrap(),
            notices,
            reads: self.reads.take(),
            sent: self.sent.take(),
            counted: self.counted.take(),
            steps: self.steps.take(),
            idle_timeout,
        }
    }

    /// Asserts that the response's body can still be read.
    #[track_caller]
    fn assert_not_cancelled(&self, answer: &FakeAnswer) {
        assert_eq!(answer.head, self.heads.get(), "a later head has cancelled this body");
    }
}

/// The body with rewritten links, in chunks of three bytes.
fn rewritten(body: &str, BodyRewriting { mut links, .. }: BodyRewriting) -> String {
    let mut pieces: Vec<u8> = body.as_bytes().chunks(3).flat_map(|piece| links.push(piece)).collect();
    pieces.extend(links.finish());
    String::from_utf8(pieces).unwrap()
}

impl Exchange {
    /// The only request that the upstream got.
    pub fn sent(&self) -> &Sent {
        assert_eq!(self.sent.len(), 1, "{self:?}");
        &self.sent[0]
    }

    /// The response's header lines with this name.
    pub fn header(&self, name: &str) -> Vec<&str> {
        lines(&self.headers, name)
    }

    /// Asserts that this is a refusal and no request was sent to an upstream.
    #[track_caller]
    pub fn refused(&self, code: &str) {
        assert_eq!(self.code.as_deref(), Some(code), "{self:?}");
        assert_eq!(self.header("ostiary-refusal"), [code]);
        assert_eq!(self.log["code"], code);
        assert_eq!(self.sent, [], "{code}");
    }
}

impl Sent {
    /// The header lines with this name.
    pub fn header(&self, name: &str) -> Vec<&str> {
        lines(&self.headers, name)
    }
}

impl Bindings for World {
    async fn read(&self, source: &Source, _timeout_ms: u32) -> Reading {
        self.reads.borrow_mut().push(source.binding.to_string());
        self.steps.borrow_mut().push(format!("read {}", source.binding));
        match self.bindings.get(source.binding.as_ref()) {
            Some(Binding::Value(value)) => Reading::from_value((*value).to_owned()),
            Some(Binding::Missing) => Reading::Missing,
            Some(Binding::Hangs) => Reading::Timeout,
            Some(Binding::Throws) | None => Reading::Error,
        }
    }

    async fn check_rate_limit(&self, binding: &str, key: &str, _timeout_ms: u32) -> RateLimitVerdict {
        assert_no_canary(key);
        self.counted.borrow_mut().push((binding.to_owned(), key.to_owned()));
        self.limits.get(binding).copied().unwrap_or(RateLimitVerdict::Within)
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).map(|value| (*value).to_owned())
    }
}

impl Network for World {
    type Response = FakeAnswer;

    async fn send(&self, plan: &Plan) -> Result<FakeAnswer, SendError> {
        assert_no_canary(&format!("{plan:?}"));
        let headers = apply(plan, self.asked.borrow().clone()).into_iter().collect();
        self.sent.borrow_mut().push(Sent {
            method: plan.method.as_str().to_owned(),
            fetcher: plan.fetcher.as_ref().map(ToString::to_string),
            url: plan.url.expose().to_owned(),
            headers,
            replay_limit: plan.replay_limit,
            body: plan.body.as_ref().map(|body| String::from_utf8_lossy(body.expose()).into_owned()),
        });
        let answer = self.script.borrow_mut().pop_front().unwrap_or_else(|| self.answer.clone());
        let outcome =
            answer.as_ref().map_or_else(|why| format!("{why:?}"), |answer| answer.status.to_string());
        self.steps.borrow_mut().push(format!("send: {outcome}"));
        let answer = answer?;
        check_status(&answer)?;
        let head = self.heads.get() + 1;
        self.heads.set(head);
        Ok(FakeAnswer { head, ..answer })
    }

    async fn peek_body(&self, response: &FakeAnswer, limit: u32, timeout_ms: u32) -> PeekedBody {
        self.assert_not_cancelled(response);
        self.steps.borrow_mut().push(format!("looks at {limit} bytes for {timeout_ms} ms"));
        let bytes: Vec<u8> = response.body.bytes().take(usize::try_from(limit).unwrap()).collect();
        let is_whole = !response.is_cut_off && bytes.len() < usize::try_from(limit).unwrap();
        PeekedBody { bytes, is_whole }
    }

    async fn buffer_for_replay(&self) -> bool {
        self.steps.borrow_mut().push("body".to_owned());
        self.can_replay
    }
}

impl OperatorRuntime for World {
    async fn read_operator_body(&self, limit: u32, _timeout_ms: u32) -> Result<SecretValue, BodyReadError> {
        let body = self.body.take();
        if body.len() > usize::try_from(limit).unwrap() {
            return Err(BodyReadError::TooLarge);
        }
        Ok(SecretValue::new(body))
    }

    async fn measure(&self, source: &Source, timeout_ms: u32) -> (Reading, u32) {
        (self.read(source, timeout_ms).await, 3)
    }

    async fn rehearse(&self, gateway: &Gateway, request: &RehearsalRequest) -> Option<Rehearsed> {
        let variables = self.variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let rehearsal = Rehearsal::with_placeholders(gateway, variables.collect());
        let lines = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let head = RehearsedRequest::new(request.method.clone(), request.url.clone(), lines);
        let handled = rehearsal.handle(gateway, &head)?;
        let code = match handled.outcome {
            Outcome::Refused(refusal) => Some(refusal.code),
            _ => None,
        };
        let sent = rehearsal.sent().map(|sent| RehearsedSend {
            method: sent.method,
            url: sent.url,
            removed: sent.removed,
        });
        Some(Rehearsed { line: handled.event.line(), code, reads: rehearsal.reads(), sent })
    }
}

impl OwnRequests for World {
    async fn request(&self, plan: &Plan, limit: u32) -> Result<WholeResponse, SendError> {
        assert_no_canary(&format!("{plan:?}"));
        assert_eq!(plan.has_body, plan.body.is_some());
        // Some servers refuse a request without it.
        assert_eq!(plan.set.iter().filter(|(name, _)| name == "user-agent").count(), 1);
        if let Some(answer) = self.key_sets.borrow().get(plan.url.expose()) {
            assert_eq!((plan.method.as_str(), plan.body.is_none()), ("GET", true));
            assert_eq!(apply(plan, BTreeMap::new()).get("accept").unwrap(), "application/json");
            self.fetched.borrow_mut().push(plan.url.expose().to_owned());
            let (status, cache_control, body) = answer.clone()?;
            if body.len() > usize::try_from(limit).unwrap() {
                return Err(SendError::TooLarge);
            }
            let cache_control = cache_control.map(str::to_owned);
            return Ok(WholeResponse { status, cache_control, body: SecretBytes::new(body.into_bytes()) });
        }
        let number = self.tokens_given.get() + 1;
        self.tokens_given.set(number);
        self.asked_for_tokens.borrow_mut().push(Sent {
            method: plan.method.as_str().to_owned(),
            fetcher: plan.fetcher.as_ref().map(ToString::to_string),
            url: plan.url.expose().to_owned(),
            headers: apply(plan, BTreeMap::new()).into_iter().collect(),
            replay_limit: plan.timeout,
            body: plan.body.as_ref().map(|body| String::from_utf8_lossy(body.expose()).into_owned()),
        });
        self.steps.borrow_mut().push("token".to_owned());
        let usual =
            format!(r#"{{"access_token":"canary-token-{number}","expires_in":3600,"token_type":"bearer"}}"#);
        let (status, body) = match self.tokens.borrow_mut().pop_front() {
            Some(Ok((status, body))) => (status, body.to_owned()),
            Some(Err(why)) => return Err(why),
            None => (200, usual),
        };
        if body.len() > usize::try_from(limit).unwrap() {
            return Err(SendError::TooLarge);
        }
        Ok(WholeResponse { status, cache_control: None, body: SecretBytes::new(body.into_bytes()) })
    }
}

impl Cache for World {
    async fn get(&self, name: &str) -> Option<Vec<u8>> {
        assert_no_canary(name);
        self.cache.borrow().get(name).filter(|_| self.has_cache).map(|(bytes, _)| bytes.clone())
    }

    async fn put(&self, name: &str, bytes: &[u8], seconds: u32) {
        assert_no_canary(&String::from_utf8_lossy(bytes));
        if self.has_cache {
            self.cache.borrow_mut().insert(name.to_owned(), (bytes.to_vec(), seconds));
        }
    }
}

/// *ring* instead of the runtime's Web Cryptography.
impl Cryptography for World {
    async fn import(&self, algorithm: JwtAlgorithm, key: &[u8]) -> Option<KeyHandle> {
        let random = SystemRandom::new();
        let key = match algorithm {
            JwtAlgorithm::Hs256 => return None,
            JwtAlgorithm::Es256 => {
                let form = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
                SigningKey::P256(signature::EcdsaKeyPair::from_pkcs8(form, key, &random).ok()?)
            }
            JwtAlgorithm::EdDsa => {
                SigningKey::Ed25519(signature::Ed25519KeyPair::from_pkcs8_maybe_unchecked(key).ok()?)
            }
            JwtAlgorithm::Rs256 => SigningKey::Rsa(Box::new(signature::RsaKeyPair::from_pkcs8(key).ok()?)),
        };
        self.keys.borrow_mut().push(key);
        Some(KeyHandle(self.keys.borrow().len() - 1))
    }

    async fn sign(&self, key: KeyHandle, _algorithm: JwtAlgorithm, message: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match self.keys.borrow().get(key.0)? {
            SigningKey::P256(key) => Some(key.sign(&random, message).ok()?.as_ref().to_vec()),
            SigningKey::Ed25519(key) => Some(key.sign(message).as_ref().to_vec()),
            SigningKey::Rsa(key) => {
                let mut signed = vec![0; key.public().modulus_len()];
                key.sign(&signature::RSA_PKCS1_SHA256, &random, message, &mut signed).ok()?;
                Some(signed)
            }
        }
    }

    async fn verify(&self, key: &PublicKey, signature: &[u8], message: &[u8]) -> bool {
        self.verified.set(self.verified.get() + 1);
        ostiary_rehearsal::verify(key, signature, message)
    }

    async fn seal(&self, key: &[u8; 32], nonce: &[u8; 12], text: &[u8]) -> Option<Vec<u8>> {
        let key = aead::LessSafeKey::new(aead::UnboundKey::new(&aead::AES_256_GCM, key).ok()?);
        let mut sealed = text.to_vec();
        let nonce = aead::Nonce::assume_unique_for_key(*nonce);
        key.seal_in_place_append_tag(nonce, aead::Aad::empty(), &mut sealed).ok()?;
        Some(sealed)
    }

    async fn open(&self, key: &[u8; 32], nonce: &[u8; 12], sealed: &[u8]) -> Option<Vec<u8>> {
        let key = aead::LessSafeKey::new(aead::UnboundKey::new(&aead::AES_256_GCM, key).ok()?);
        let mut text = sealed.to_vec();
        let nonce = aead::Nonce::assume_unique_for_key(*nonce);
        key.open_in_place(nonce, aead::Aad::empty(), &mut text).ok().map(|text| text.to_vec())
    }
}

impl AuthRuntime for World {
    const FORMS: Forms = Forms::ALL;

    async fn read_body(
        &self,
        _length: Option<u64>,
        limit: u32,
        _timeout_ms: u32,
        total: Option<u32>,
    ) -> Result<Vec<u8>, BodyReadError> {
        self.steps.borrow_mut().push("read body".to_owned());
        self.body_deadline.set(total);
        self.bodies_read.set(self.bodies_read.get() + 1);
        let body = self.body.take().into_bytes();
        match self.broken_body {
            Some(why) => Err(why),
            None if body.len() > usize::try_from(limit).unwrap() => Err(BodyReadError::TooLarge),
            None => Ok(body),
        }
    }
}

impl Instrumented for World {
    const INSTRUMENTS: Instruments = Instruments::ALL;
    const PAGE: Option<Page> = Some(Page { html: "<p>A page</p>", policy: "default-src 'none'" });
}

impl Clock for World {
    fn now(&self) -> f64 {
        let asked = u32::try_from(self.tokens_given.get()).unwrap();
        let read = u32::try_from(self.reads.borrow().len()).unwrap();
        self.now
            + f64::from(asked) * self.own_request_ms
            + f64::from(read) * self.read_ms
            + f64::from(self.bodies_read.get()) * self.body_ms
    }

    async fn sleep(&self, milliseconds: u32) {
        self.steps.borrow_mut().push(format!("sleep {milliseconds}"));
    }
}

fn parsed(notice: &Notice<'_>) -> Value {
    serde_json::from_str(&notice.line()).unwrap()
}

fn own_headers(added: AddedHeaders) -> Vec<(String, String)> {
    added.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn edited(answer: &FakeAnswer, edits: &Edits) -> Vec<(String, String)> {
    let kept = answer.headers.iter().filter(|(name, _)| !edits.remove.iter().any(|removed| removed == name));
    let kept = kept.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    kept.chain(edits.add.iter().map(|(name, value)| (name.to_string(), value.clone()))).collect()
}

/// Like the edge: sends the redacted bytes, or the chunk itself if nothing was changed.
fn scanned(body: &str, redaction: Redaction) -> (String, Option<Coding>, Vec<String>) {
    let Redaction::Body { mut redactor, coding, .. } = redaction else {
        return (body.to_owned(), None, Vec::new());
    };
    let mut found = Vec::new();
    let (mut out, mut rest) = (Vec::new(), body.as_bytes());
    let mut pieces = body.as_bytes().chunks(3);
    loop {
        let piece = pieces.next();
        let released = match piece {
            Some(piece) => redactor.push(piece).unwrap(),
            None => redactor.finish(),
        };
        found.extend(redactor.newly_found().into_iter().map(str::to_owned));
        let (gone, left) = rest.split_at(released.length);
        out.extend(released.replaced.unwrap_or_else(|| gone.to_vec()));
        rest = left;
        if piece.is_none() {
            return (String::from_utf8(out).unwrap(), Some(coding), found);
        }
    }
}

fn lines<'a>(headers: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
}

/// Asserts that the text contains no form of any secret value.
#[track_caller]
fn assert_no_canary(text: &str) {
    // The three alignments of Base64 within a longer text.
    let encoded = ["", "x", "xx"].map(|before| {
        let text = STANDARD.encode(format!("{before}{CANARY}"));
        text[if before.is_empty() { 0 } else { 4 }..text.len() - 4].to_owned()
    });
    let percent = utf8_percent_encode(CANARY, NON_ALPHANUMERIC).to_string();
    let url_safe = URL_SAFE.encode(CANARY);
    for form in encoded.iter().map(String::as_str).chain([CANARY, &percent, &url_safe]) {
        assert!(form.is_empty() || !text.contains(form), "case 45: {form} in {text}");
    }
}
