//! The JavaScript imports of this crate: the runtime's objects that `web-sys` does not have, and the files beside this
//! one, which move bodies.
//!
//! An exception of an import ends the instance, unless the import is declared with `catch`. Every import that can throw
//! has it. A promise is awaited with [`Invocation::result_of`](crate::invocation::Invocation::result_of).

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, DomException, Headers, ReadableStream, Request, RequestInit, Response};

use crate::redactor::BodyRedactor;
use crate::rewriter::BodyRewriter;

#[wasm_bindgen]
extern "C" {
    /// Writes one line to the log.
    #[wasm_bindgen(js_namespace = console)]
    pub(crate) fn log(event: &str);

    #[wasm_bindgen(js_namespace = crypto, js_name = randomUUID)]
    pub(crate) fn random_uuid() -> String;

    #[wasm_bindgen(js_name = clearTimeout)]
    pub(crate) fn clear_timeout(timer: f64);

    /// Resolves to a [`Response`].
    #[wasm_bindgen(catch)]
    pub(crate) fn fetch(url: &str, init: &RequestInit) -> Result<Promise, JsValue>;

    /// A binding that sends requests.
    pub(crate) type Fetcher;

    /// Resolves to a [`Response`].
    #[wasm_bindgen(catch, method, js_name = fetch)]
    pub(crate) fn fetch_by(this: &Fetcher, url: &str, init: &RequestInit) -> Result<Promise, JsValue>;

    /// The binding of a rate limit.
    pub(crate) type RateLimit;

    /// Counts a request. Resolves to a [`RateLimitOutcome`].
    #[wasm_bindgen(catch, method)]
    pub(crate) fn limit(this: &RateLimit, options: &RateLimitOptions) -> Result<Promise, JsValue>;

    #[wasm_bindgen(js_name = Object)]
    pub(crate) type RateLimitOptions;

    #[wasm_bindgen(constructor, js_class = "Object")]
    fn empty() -> RateLimitOptions;

    #[wasm_bindgen(method, setter)]
    fn set_key(this: &RateLimitOptions, key: &str);

    pub(crate) type RateLimitOutcome;

    #[wasm_bindgen(catch, method, getter)]
    pub(crate) fn success(this: &RateLimitOutcome) -> Result<JsValue, JsValue>;

    /// `Headers`, with the methods that `web-sys` does not have.
    pub(crate) type ListedHeaders;

    /// Calls `take` with the value and the name of each header.
    #[wasm_bindgen(method, js_name = forEach)]
    pub(crate) fn for_each(this: &ListedHeaders, take: &mut dyn FnMut(String, String));

    /// Every `Set-Cookie` line.
    #[wasm_bindgen(method, js_name = getSetCookie)]
    pub(crate) fn set_cookies(this: &ListedHeaders) -> Vec<String>;

    /// `Response`, with the getter that `web-sys` does not have.
    pub(crate) type Upgraded;

    #[wasm_bindgen(method, getter, js_name = webSocket)]
    pub(crate) fn web_socket(this: &Upgraded) -> JsValue;

    /// `ResponseInit`, with the member that `web-sys` does not have. A 101 cannot be built without it.
    pub(crate) type UpgradedInit;

    #[wasm_bindgen(method, setter, js_name = webSocket)]
    pub(crate) fn set_web_socket(this: &UpgradedInit, socket: &JsValue);

}

/// Whether the exception means that an [`AbortSignal`] has timed out.
pub(crate) fn is_timeout(thrown: &JsValue) -> bool {
    thrown.dyn_ref::<DomException>().is_some_and(|exception| exception.name() == "TimeoutError")
}

impl RateLimitOptions {
    pub(crate) fn new(key: &str) -> Self {
        let options = Self::empty();
        options.set_key(key);
        options
    }
}

#[wasm_bindgen(module = "/src/js/promise.js")]
extern "C" {
    /// Passes the result of the promise to the waiter, for the wait with this number.
    #[wasm_bindgen(js_name = passResultTo)]
    pub(crate) fn pass_result_to(promise: &Promise, waiter: &JsValue, number: u32);

    /// Frees the waiter. Calls of it throw from now on.
    pub(crate) fn free(waiter: &JsValue);
}

#[wasm_bindgen(module = "/src/js/recovery.js")]
extern "C" {
    /// Tells `entry.js` that this instance has ended.
    #[wasm_bindgen(js_name = announceEnd)]
    pub(crate) fn announce_end();
}

#[wasm_bindgen(module = "/src/js/invocation.js")]
extern "C" {
    /// Tells `entry.js` that this request will get no response.
    #[wasm_bindgen(js_name = announceAbandoned)]
    pub(crate) fn announce_abandoned(request: &Request);
}

#[wasm_bindgen(module = "/src/js/metrics.js")]
extern "C" {
    /// Writes a data point to an Analytics Engine binding. A slice of numbers would be copied twice.
    #[wasm_bindgen(js_name = writeDataPoint)]
    pub(crate) fn write_data_point(
        env: &JsValue,
        lines: &str,
        attempts: f64,
        secrets_ms: f64,
        upstream_ms: f64,
        total_ms: f64,
    );
}

#[wasm_bindgen(module = "/src/js/timers.js")]
extern "C" {
    /// Fulfils the wait with this number after this many milliseconds, and returns the id for [`clear_timeout`].
    #[wasm_bindgen(js_name = fulfillAfter)]
    pub(crate) fn fulfill_after(milliseconds: u32, waiter: &JsValue, number: u32) -> f64;
}

#[wasm_bindgen(module = "/src/js/attempt.js")]
extern "C" {
    /// One attempt to send a request, and the deadline for the head of its response.
    pub(crate) type Attempt;

    #[wasm_bindgen(constructor)]
    pub(crate) fn new(timeout: u32) -> Attempt;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn signal(this: &Attempt) -> AbortSignal;

    #[wasm_bindgen(method, getter, js_name = timedOut)]
    pub(crate) fn timed_out(this: &Attempt) -> bool;

    #[wasm_bindgen(method, getter, js_name = tooLarge)]
    pub(crate) fn too_large(this: &Attempt) -> bool;

    /// The head of the response has arrived, or will never arrive.
    #[wasm_bindgen(method)]
    pub(crate) fn answered(this: &Attempt);
}

#[wasm_bindgen(module = "/src/js/upload.js")]
extern "C" {
    /// The body of a request that is sent upstream.
    pub(crate) type Upload;

    /// Keeps up to `replay_limit` bytes of the body for another attempt, and aborts a body of more than `limit` bytes;
    /// 0 sets no limit.
    #[wasm_bindgen(catch, constructor)]
    pub(crate) fn new(
        request: &Request,
        timeout: u32,
        replay_limit: u32,
        limit: f64,
    ) -> Result<Upload, JsValue>;

    /// Another attempt. Its deadline starts now.
    #[wasm_bindgen(method)]
    pub(crate) fn attempt(this: &Upload) -> Attempt;

    /// Resolves to the body that the attempt sends.
    #[wasm_bindgen(method, js_name = bodyFor)]
    pub(crate) fn body_for(this: &Upload, attempt: &Attempt) -> Promise;

    /// Stops the first attempt and reads the rest of the body. Resolves to whether the whole body is kept, so that it
    /// can be sent again.
    #[wasm_bindgen(method, js_name = bufferForReplay)]
    pub(crate) fn buffer_for_replay(this: &Upload) -> Promise;

    /// There will be no other attempt than this one, whose response is returned.
    #[wasm_bindgen(method)]
    pub(crate) fn finish(this: &Upload, attempt: Option<&Attempt>);
}

#[wasm_bindgen(module = "/src/js/download.js")]
extern "C" {
    /// The body of the response to this request. `idle` is its idle timeout in milliseconds; for 0, there is none and
    /// the body is the runtime's own stream.
    #[wasm_bindgen(catch, js_name = passOn)]
    pub(crate) fn pass_on(
        request: &Request,
        response: &Response,
        idle: u32,
    ) -> Result<Option<ReadableStream>, JsValue>;

    /// Cancels a stream or its reader.
    pub(crate) fn discard(source: &JsValue);
}

#[wasm_bindgen(module = "/src/js/cache.js")]
extern "C" {
    /// Resolves to the bytes that are kept under the name, or to `undefined`.
    #[wasm_bindgen(js_name = getEntry)]
    pub(crate) fn get_entry(request: &Request, name: &str) -> Promise;

    /// Keeps the bytes for this many seconds.
    #[wasm_bindgen(js_name = putEntry)]
    pub(crate) fn put_entry(request: &Request, name: &str, bytes: &Uint8Array, seconds: u32) -> Promise;
}

#[wasm_bindgen(module = "/src/js/cryptography.js")]
extern "C" {
    /// Resolves to a key that signs. `key` is in PKCS#8.
    #[wasm_bindgen(js_name = importPrivate)]
    pub(crate) fn import_private(algorithm: &str, key: &Uint8Array) -> Promise;

    /// Resolves to a signature.
    pub(crate) fn sign(algorithm: &str, key: &JsValue, message: &Uint8Array) -> Promise;

    /// Resolves to whether the key verifies the signature. An Ed25519 key has no second parameter.
    pub(crate) fn verify(
        algorithm: &str,
        first: &str,
        second: &str,
        signature: &Uint8Array,
        message: &Uint8Array,
    ) -> Promise;

    /// Encrypts or decrypts with AES-256-GCM: `operation` is `encrypt` or `decrypt`.
    pub(crate) fn transform(
        operation: &str,
        key: &Uint8Array,
        nonce: &Uint8Array,
        text: &Uint8Array,
    ) -> Promise;
}

#[wasm_bindgen(module = "/src/js/redaction.js")]
extern "C" {
    /// The redacted body of a response with these headers. `length` is the length that it will have, in bytes, where
    /// that is known.
    #[wasm_bindgen(catch)]
    pub(crate) fn redacted(
        body: ReadableStream,
        headers: &Headers,
        redactor: BodyRedactor,
        coding: &str,
        length: Option<f64>,
    ) -> Result<ReadableStream, JsValue>;
}

#[wasm_bindgen(module = "/src/js/rewriting.js")]
extern "C" {
    /// The body of a response with these headers, with its links rewritten. `coding` is the content coding of the
    /// upstream's body.
    #[wasm_bindgen(catch)]
    pub(crate) fn rewritten(
        body: ReadableStream,
        headers: &Headers,
        rewriter: BodyRewriter,
        coding: &str,
    ) -> Result<ReadableStream, JsValue>;
}
