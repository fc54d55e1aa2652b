//! Verifies the signature of a request: finds the caller whose HMAC key has signed it. `hmac_signature` parses the
//! signature, and `crates/core/src/signing` signs requests to upstreams.
//!
//! The gateway has no storage and remembers no nonces, so a signed request can be repeated while its time is within
//! the window. It cannot be changed in the parts that the configured message contains.

use std::rc::Rc;

use subtle::{Choice, ConstantTimeEq as _};

use super::hmac_signature::ShownSignature;
use super::signature_error::SignatureError;
use crate::authentication::error::AuthenticationError;
use crate::authentication::jwt::Identity;
use crate::authentication::proved::{AuthenticatedCaller, ProvedTokens};
use crate::configuration::{Caller, CallerAuthentication, CallerId, Gateway, HmacProof, Part, RequestValue};
use crate::encoding::{decode_key, encode};
use crate::http::method::Method;
use crate::http::query;
use crate::refusal::Code;
use crate::runtime::auth_runtime::AuthRuntime;
use crate::runtime::clock::whole;
use crate::runtime::plan::Plan;
use crate::runtime::reading::Reading;
use crate::runtime::{Bindings, Clock, RequestHead};
use crate::secret_value::{SecretBytes, SecretValue};
use crate::secrets::concurrent_reads::Readings;
use crate::secrets::json_field::string_field;
use crate::signing::hmac::keyed_hash;
use crate::signing::moment::Moment;
use crate::signing::template::{OpenPart, OpenTemplate};
use crate::signing::unsigned::Unsigned;

/// A request as its caller sent it.
#[derive(Debug)]
pub struct SignedRequest<'h, H> {
    /// The head.
    pub head: &'h H,
    /// The method.
    pub method: Method,
    /// The scheme, the host and the port.
    pub origin: String,
    /// The whole path.
    pub path: &'h str,
    /// The query.
    pub query: Option<&'h str>,
}

/// The reason why the signature of a request does not authenticate a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerificationFailure {
    /// The request has no valid signature. Only the log has the reason.
    Unproved(AuthenticationError),
    /// The body could not be read.
    Body(Code),
}

/// Finds the caller that signed the request; `None` if the request has no signature for any of these callers.
///
/// 1. The signature is parsed, and its time is compared with the clock. A request that fails here has caused no read of
///    a key or of the body.
/// 2. The sources of the keys are read concurrently.
/// 3. The body is received if a message contains it. A body that was cut off is not verified. A body that takes longer
///    than the window is aborted, so that nobody can hold memory for longer without a key. `body` gets the time that is
///    left, in milliseconds.
/// 4. The HMAC of the message is computed with each key, and compared in constant time.
pub async fn verify_request<'g, H: RequestHead, R: Bindings + Clock + AuthRuntime>(
    gateway: &'g Gateway,
    callers: impl Iterator<Item = CallerId>,
    request: &SignedRequest<'_, H>,
    readings: &mut Readings<'g, R>,
    body: impl AsyncFnOnce(u32) -> Result<Option<SecretBytes>, Code>,
) -> Option<Result<(AuthenticatedCaller, Option<SecretBytes>), VerificationFailure>> {
    let now = whole(readings.bindings().now() / 1000.0);
    let mut candidates = Vec::new();
    let mut failure = None;
    for (id, proof) in
        callers.filter_map(|id| gateway.caller(id).and_then(|caller| Some((id, proof_of(caller)?))))
    {
        match ShownSignature::find(proof, request.head, request.query, now) {
            Some(Ok(shown)) => candidates.push(Candidate { id, proof, shown }),
            Some(Err(why)) => failure = failure.max(Some(why)),
            None => {}
        }
    }
    if candidates.is_empty() {
        return failure.map(|why| Err(why.into()));
    }
    let secrets = candidates.iter().filter_map(|candidate| gateway.secret(candidate.proof.key));
    readings.read(secrets.flat_map(|secret| secret.sources.iter())).await;
    let keys: Vec<(&Candidate<'_>, Keys)> = candidates
        .iter()
        .map(|candidate| (candidate, Keys::find(gateway, candidate.proof, readings)))
        .collect();
    if keys.iter().all(|(_, keys)| keys.usable.is_empty()) {
        return Some(Err(SignatureError::KeyUnreadable.into()));
    }
    Some(verify_messages(request, keys, readings.bindings(), body).await)
}

/// Steps 3 and 4.
async fn verify_messages<H: RequestHead, R: Clock + AuthRuntime>(
    request: &SignedRequest<'_, H>,
    candidates: Vec<(&Candidate<'_>, Keys)>,
    runtime: &R,
    body: impl AsyncFnOnce(u32) -> Result<Option<SecretBytes>, Code>,
) -> Result<(AuthenticatedCaller, Option<SecretBytes>), VerificationFailure> {
    let covers_body = candidates.iter().any(|(candidate, _)| candidate.proof.buffers_request_body());
    let last = candidates.iter().map(|(candidate, _)| candidate.shown.last_second).max().unwrap_or_default();
    let left = (last + 1).saturating_sub(whole(runtime.now() / 1000.0));
    let left = u32::try_from(left).unwrap_or(u32::MAX).saturating_mul(1000);
    let body = if covers_body { body(left).await } else { Ok(None) };
    // A body can take longer than the window.
    let now = whole(runtime.now() / 1000.0);
    if candidates.iter().any(|(candidate, _)| candidate.shown.last_second < now) {
        return Err(SignatureError::Expired.into());
    }
    let body = body.map_err(VerificationFailure::Body)?;
    let (mut proved, mut all_read) = (Vec::new(), true);
    let mut plan = request.unedited_plan(body);
    for (candidate, keys) in candidates {
        all_read &= keys.all_read;
        if candidate.is_proved::<R>(request, &mut plan, &keys.usable) {
            proved.push((candidate.id, &candidate.shown.signature));
        }
    }
    let body = plan.body.take().and_then(Rc::into_inner);
    match proved.as_slice() {
        [(id, signature)] => {
            let tokens = ProvedTokens::new(vec![SecretValue::new(signature.expose().to_owned())]);
            Ok((AuthenticatedCaller { id: *id, tokens, identity: Identity::default() }, body))
        }
        [] if all_read => Err(SignatureError::Mismatch.into()),
        [] => Err(SignatureError::KeyUnreadable.into()),
        _ => Err(VerificationFailure::Unproved(AuthenticationError::Contradictory)),
    }
}

impl From<SignatureError> for VerificationFailure {
    fn from(why: SignatureError) -> Self {
        Self::Unproved(AuthenticationError::Signature(why))
    }
}

fn proof_of(caller: &Caller) -> Option<&HmacProof> {
    match &caller.authentication {
        CallerAuthentication::Hmac(proof) => Some(proof),
        _ => None,
    }
}

/// A caller that may have signed the request.
struct Candidate<'g> {
    id: CallerId,
    proof: &'g HmacProof,
    shown: ShownSignature,
}

/// The keys of one caller.
struct Keys {
    usable: Vec<SecretBytes>,
    /// Whether every source could be read, and has a valid key or no value.
    all_read: bool,
}

impl Keys {
    fn find<B: Bindings>(gateway: &Gateway, proof: &HmacProof, readings: &Readings<'_, B>) -> Self {
        let mut keys = Self { usable: Vec::new(), all_read: true };
        for source in gateway.secret(proof.key).into_iter().flat_map(|secret| secret.sources.iter()) {
            match readings.get(source) {
                Some(Reading::Value(value)) => {
                    let field = proof.field.as_ref().map(|field| string_field(value, field));
                    let text = match &field {
                        Some(field) => field.as_ref(),
                        None => Some(value),
                    };
                    match text.and_then(|text| decode_key(proof.key_encoding, text.expose())) {
                        Some(key) => keys.usable.push(key.into()),
                        None => keys.all_read = false,
                    }
                }
                // The store has confirmed that there is no value, so nothing can have been signed with it.
                Some(Reading::Missing | Reading::Empty) => {}
                Some(Reading::Error | Reading::Timeout) | None => keys.all_read = false,
            }
        }
        keys
    }
}

impl Candidate<'_> {
    /// Compares the signature with the HMAC by every key.
    fn is_proved<S: AuthRuntime>(
        &self,
        request: &SignedRequest<'_, impl RequestHead>,
        plan: &mut Plan,
        keys: &[SecretBytes],
    ) -> bool {
        plan.url = SecretValue::new(request.url_without(self.proof));
        let moment = Moment::default();
        let message = self.message().fill(&Unsigned::new(plan, request.head, &moment), "");
        let mut is_proved = Choice::from(0);
        for key in keys {
            if let Some(hash) = keyed_hash::<S>(self.proof.algorithm, key.expose(), message.expose()) {
                let expected = SecretValue::new(encode(self.proof.encoding, hash.expose()));
                is_proved |= expected.expose().as_bytes().ct_eq(self.shown.signature.expose().as_bytes());
            }
        }
        is_proved.into()
    }

    /// The message, with the time and the nonce as the caller wrote them.
    fn message(&self) -> OpenTemplate<'_> {
        let filled = |text: &str| OpenPart::Filled(SecretValue::new(text.to_owned()));
        let parts = self.proof.message.parts.iter().map(|part| match part {
            Part::Request(RequestValue::Timestamp(_)) => filled(&self.shown.timestamp),
            Part::Request(RequestValue::Nonce) => filled(&self.shown.nonce),
            Part::Request(value) => OpenPart::Request(value),
            Part::Text(text) => filled(text),
            // The grammar does not allow these.
            Part::Secret(_) | Part::Field(..) | Part::Variable(_) | Part::Caller(_) => filled(""),
        });
        OpenTemplate(parts.collect())
    }
}

impl<H: RequestHead> SignedRequest<'_, H> {
    /// A plan without changes, so that the message is the one that the client has signed.
    fn unedited_plan(&self, body: Option<SecretBytes>) -> Plan {
        let url = SecretValue::new(String::new());
        Plan { body: body.map(Rc::new), ..Plan::without_edits(self.method, url, 0) }
    }

    /// The URL without the parameter that has the signature.
    fn url_without(&self, proof: &HmacProof) -> String {
        let signed = proof.put.iter().find(|output| output.is_signature());
        let name = signed.and_then(|output| output.place.parameter());
        let is_signature =
            |parameter: query::Parameter<'_>| name.is_some_and(|name| *parameter.name() == *name.as_bytes());
        let query = self.query.and_then(|query| query::without(query, is_signature));
        let mark = if query.is_some() { "?" } else { "" };
        [&self.origin, self.path, mark, query.as_deref().unwrap_or_default()].concat()
    }
}
