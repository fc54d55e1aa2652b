//! The simulated runtime.

use std::cell::RefCell;
use std::collections::BTreeMap;

use futures::FutureExt as _;
use ostiary_core::configuration::{
    CallerAuthentication, Encoding, Forms, Gateway, Instruments, JwtAlgorithm, KeyEncoding, Part, Placement,
    PublicKey, SecretId, Source,
};
use ostiary_core::encoding::encode;
use ostiary_core::request_id::RequestId;
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
    SendError,
};
use ostiary_core::secret_value::{SecretBytes, SecretValue};
use ostiary_core::{Handled, handle};

use crate::request::RehearsedRequest;
use crate::response::EmptyResponse;
use crate::upstream_request::{UpstreamRequest, apply};
#[cfg(feature = "verification")]
use crate::verification::verify;

/// The values of a deployment, and a record of one request.
#[derive(Default)]
pub struct Rehearsal {
    values: BTreeMap<String, String>,
    variables: BTreeMap<String, String>,
    placeholders: Vec<String>,
    /// The body of every token endpoint's response.
    tokens: String,
    /// The time, in milliseconds since 1970.
    now: f64,
    headers: RefCell<BTreeMap<String, String>>,
    reads: RefCell<Vec<String>>,
    sent: RefCell<Option<UpstreamRequest>>,
}

impl Rehearsal {
    /// A runtime with these values by binding, and these variables by name. A binding without a value is missing.
    #[must_use]
    pub fn new(values: BTreeMap<String, String>, variables: BTreeMap<String, String>) -> Self {
        Self { values, variables, ..Self::default() }
    }

    /// A runtime with a [`placeholder`] for every source, and these variables.
    #[must_use]
    pub fn with_placeholders(gateway: &Gateway, variables: BTreeMap<String, String>) -> Self {
        let ids = (0..=u16::MAX).map(SecretId).zip(gateway.secrets.iter());
        let sources = ids.flat_map(|(id, secret)| secret.sources.iter().map(move |source| (id, source)));
        let value = |(id, source): (SecretId, &Source)| {
            (source.binding.to_string(), written(gateway, &Part::Secret(id), placeholder(&source.binding)))
        };
        let mut values: BTreeMap<String, String> = sources.map(value).collect();
        let fields = placeholders_of_fields(gateway);
        let placeholders =
            values.values().chain(fields.values().flat_map(BTreeMap::values)).cloned().collect();
        let objects =
            fields.into_iter().map(|(binding, fields)| (binding, serde_json::json!(fields).to_string()));
        values.extend(objects);
        // No token is revoked.
        let lists = gateway.callers.iter().filter_map(|caller| match &caller.authentication {
            CallerAuthentication::Issued(issued) => gateway.secret(issued.revoked?),
            _ => None,
        });
        let lists = lists.flat_map(|secret| secret.sources.iter());
        values.extend(lists.map(|source| (source.binding.to_string(), "{}".to_owned())));
        Self { placeholders, tokens: tokens(gateway), ..Self::new(values, variables) }
    }

    /// Sets the time, in milliseconds since 1970.
    #[must_use]
    pub const fn at(mut self, now: f64) -> Self {
        self.now = now;
        self
    }

    /// Handles a request as the gateway does; `None` if it had to wait for something, which never happens here.
    pub fn handle<'g>(
        &'g self,
        gateway: &'g Gateway,
        request: &RehearsedRequest,
    ) -> Option<Handled<'g, EmptyResponse>> {
        self.headers.borrow_mut().clone_from(request.headers());
        self.reads.take();
        self.sent.take();
        handle(gateway, request, self, RequestId::new(0)).now_or_never()
    }

    /// The bindings that the last request read, in order.
    #[must_use]
    pub fn reads(&self) -> Vec<String> {
        self.reads.borrow().clone()
    }

    /// The request that would have been sent upstream; `None` if it was refused. A placeholder in the URL is not
    /// percent-encoded.
    #[must_use]
    pub fn sent(&self) -> Option<UpstreamRequest> {
        self.sent.borrow().clone()
    }
}

/// The value that a binding yields: its name in angle brackets. It is valid in every place of a secret.
#[must_use]
pub fn placeholder(binding: &str) -> String {
    format!("<{binding}>")
}

/// Every placement of every route.
fn placements(gateway: &Gateway) -> impl Iterator<Item = &Placement> {
    gateway.routes.iter().flat_map(|route| route.auths().flatten()).flat_map(Placement::with_exchanged)
}

/// The placeholder in the encoding of a key, if this part is a key that is decoded.
fn written(gateway: &Gateway, part: &Part, placeholder: String) -> String {
    let is_key = |parts: &[Part]| *parts == [part.clone()];
    for caller in gateway.callers.iter() {
        let CallerAuthentication::Hmac(hmac) = &caller.authentication else { continue };
        let key = hmac.field.clone().map_or(Part::Secret(hmac.key), |field| Part::Field(hmac.key, field));
        match hmac.key_encoding {
            KeyEncoding::Hex if key == *part => return encode(Encoding::Hex, placeholder.as_bytes()),
            KeyEncoding::Base64 if key == *part => return encode(Encoding::Base64, placeholder.as_bytes()),
            _ => {}
        }
    }
    for placement in placements(gateway) {
        let encoding = match placement {
            Placement::Hmac(hmac) if is_key(&hmac.key.parts) => hmac.key_encoding,
            Placement::Jwt(jwt) if is_key(&jwt.key.parts) && jwt.algorithm == JwtAlgorithm::Hs256 => {
                jwt.key_encoding
            }
            Placement::Jwt(jwt) if is_key(&jwt.key.parts) => {
                let body = encode(Encoding::Base64, placeholder.as_bytes());
                return format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----");
            }
            _ => continue,
        };
        match encoding {
            KeyEncoding::Hex => return encode(Encoding::Hex, placeholder.as_bytes()),
            KeyEncoding::Base64 => return encode(Encoding::Base64, placeholder.as_bytes()),
            KeyEncoding::Text => {}
        }
    }
    placeholder
}

/// A JSON document with a token at every path where an exchange looks for one.
fn tokens(gateway: &Gateway) -> String {
    let mut document = serde_json::json!({});
    for placement in placements(gateway) {
        let Placement::Exchange(exchange) = placement else { continue };
        let mut member = &mut document;
        for name in exchange.token.iter() {
            if !member.is_object() {
                *member = serde_json::json!({});
            }
            member = &mut member[name.as_ref()];
        }
        *member = placeholder("token").into();
    }
    document.to_string()
}

/// The fields that templates use of each binding's value, by binding.
fn placeholders_of_fields(gateway: &Gateway) -> BTreeMap<String, BTreeMap<String, String>> {
    let templates =
        gateway.routes.iter().flat_map(|route| route.auths().flatten()).flat_map(Placement::templates);
    let mut fields: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let keys = gateway.callers.iter().filter_map(|caller| match &caller.authentication {
        CallerAuthentication::Hmac(hmac) => Some(Part::Field(hmac.key, hmac.field.clone()?)),
        _ => None,
    });
    let parts = templates.flat_map(|template| template.parts.iter().cloned());
    for part in parts.chain(keys) {
        let Part::Field(secret, field) = &part else { continue };
        for source in gateway.secret(*secret).into_iter().flat_map(|secret| secret.sources.iter()) {
            let value = written(gateway, &part, placeholder(&format!("{}.{field}", source.binding)));
            fields.entry(source.binding.to_string()).or_default().insert(field.to_string(), value);
        }
    }
    fields
}

impl Bindings for Rehearsal {
    async fn read(&self, source: &Source, _timeout_ms: u32) -> Reading {
        self.reading(source)
    }

    async fn check_rate_limit(&self, _binding: &str, _key: &str, _timeout_ms: u32) -> RateLimitVerdict {
        RateLimitVerdict::Within
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }
}

impl Network for Rehearsal {
    type Response = EmptyResponse;

    async fn send(&self, plan: &Plan) -> Result<EmptyResponse, SendError> {
        self.write_down(plan);
        Ok(EmptyResponse)
    }

    async fn peek_body(&self, _response: &EmptyResponse, _limit: u32, _timeout_ms: u32) -> PeekedBody {
        PeekedBody { bytes: Vec::new(), is_whole: true }
    }

    async fn buffer_for_replay(&self) -> bool {
        true
    }
}

/// Functions for another runtime that rehearses a request. None of them waits.
impl Rehearsal {
    /// Returns the reading of this source, and records that it was read.
    pub fn reading(&self, source: &Source) -> Reading {
        self.reads.borrow_mut().push(source.binding.to_string());
        let value = self.values.get(source.binding.as_ref()).cloned();
        value.map_or(Reading::Missing, Reading::from_value)
    }

    /// The response of every token endpoint: a [`placeholder`], wherever the configuration looks for the token.
    #[must_use]
    pub fn token_response(&self) -> WholeResponse {
        WholeResponse {
            status: 200,
            cache_control: None,
            body: SecretBytes::new(self.tokens.clone().into_bytes()),
        }
    }

    /// Records the request that this plan would send.
    pub fn write_down(&self, plan: &Plan) {
        let mut url = plan.url.expose().to_owned();
        for placeholder in &self.placeholders {
            url = url.replace(&placeholder.replace('<', "%3C").replace('>', "%3E"), placeholder);
        }
        let headers = apply(plan, self.headers.borrow().clone());
        let fetcher = plan.fetcher.as_ref().map(ToString::to_string);
        let sent = UpstreamRequest {
            method: plan.method.as_str(),
            fetcher,
            url,
            headers,
            removed: plan.remove.clone(),
        };
        *self.sent.borrow_mut() = Some(sent);
    }
}

impl AuthRuntime for Rehearsal {
    const FORMS: Forms = Forms::ALL;

    /// The body is empty, because it is unknown; a field can be set in an empty body.
    async fn read_body(
        &self,
        _length: Option<u64>,
        _limit: u32,
        _timeout_ms: u32,
        _total_timeout_ms: Option<u32>,
    ) -> Result<Vec<u8>, BodyReadError> {
        Ok(Vec::new())
    }
}

impl Instrumented for Rehearsal {
    const INSTRUMENTS: Instruments = Instruments::ALL;
    const PAGE: Option<Page> = None;
}

impl OwnRequests for Rehearsal {
    async fn request(&self, _plan: &Plan, _limit: u32) -> Result<WholeResponse, SendError> {
        Ok(self.token_response())
    }
}

impl Cache for Rehearsal {
    async fn get(&self, _name: &str) -> Option<Vec<u8>> {
        None
    }

    async fn put(&self, _name: &str, _bytes: &[u8], _seconds: u32) {}
}

/// There are no keys, so a signature is empty.
impl Cryptography for Rehearsal {
    async fn import(&self, _algorithm: JwtAlgorithm, _key: &[u8]) -> Option<KeyHandle> {
        Some(KeyHandle(0))
    }

    async fn sign(&self, _key: KeyHandle, _algorithm: JwtAlgorithm, _message: &[u8]) -> Option<Vec<u8>> {
        Some(Vec::new())
    }

    #[cfg(feature = "verification")]
    async fn verify(&self, key: &PublicKey, signature: &[u8], message: &[u8]) -> bool {
        verify(key, signature, message)
    }

    /// No signature is valid.
    #[cfg(not(feature = "verification"))]
    async fn verify(&self, _key: &PublicKey, _signature: &[u8], _message: &[u8]) -> bool {
        false
    }

    async fn seal(&self, _key: &[u8; 32], _nonce: &[u8; 12], _text: &[u8]) -> Option<Vec<u8>> {
        None
    }

    async fn open(&self, _key: &[u8; 32], _nonce: &[u8; 12], _sealed: &[u8]) -> Option<Vec<u8>> {
        None
    }
}

impl OperatorRuntime for Rehearsal {
    async fn read_operator_body(&self, _limit: u32, _timeout_ms: u32) -> Result<SecretValue, BodyReadError> {
        Err(BodyReadError::Broken)
    }

    async fn measure(&self, source: &Source, timeout_ms: u32) -> (Reading, u32) {
        (self.read(source, timeout_ms).await, 0)
    }

    /// A rehearsal does not rehearse another request.
    async fn rehearse(&self, _gateway: &Gateway, _request: &RehearsalRequest) -> Option<Rehearsed> {
        None
    }
}

impl Clock for Rehearsal {
    fn now(&self) -> f64 {
        self.now
    }

    async fn sleep(&self, _milliseconds: u32) {}
}
