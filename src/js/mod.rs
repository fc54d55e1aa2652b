//! What JavaScript does for this crate: the runtime's objects that `web-sys` does not know, and the files beside this
//! one, which move bodies.
//!
//! What an import throws ends the instance, unless it is declared with `catch`: so is each that can throw for reasons that
//! are not ours. A function that returns a promise is awaited by [`Invocation::settled`](crate::invocation::Invocation::settled).

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, DomException, Headers, ReadableStream, Request, RequestInit, Response};

use crate::redactor::BodyRedactor;
use crate::rewriter::BodyRewriter;
use crate::waiter::Waiter;

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

    /// `Headers`, with the methods that `web-sys` does not know.
    pub(crate) type ListedHeaders;

    /// Calls `take` with the value and the name of each header.
    #[wasm_bindgen(method, js_name = forEach)]
    pub(crate) fn for_each(this: &ListedHeaders, take: &mut dyn FnMut(String, String));

    /// Every `Set-Cookie` line.
    #[wasm_bindgen(method, js_name = getSetCookie)]
    pub(crate) fn set_cookies(this: &ListedHeaders) -> Vec<String>;

    /// `Response`, with the getter that `web-sys` does not know.
    pub(crate) type Upgraded;

    #[wasm_bindgen(method, getter, js_name = webSocket)]
    pub(crate) fn web_socket(this: &Upgraded) -> JsValue;

    /// `ResponseInit`, with the member that `web-sys` does not know. A 101 cannot be built without it.
    pub(crate) type UpgradedInit;

    #[wasm_bindgen(method, setter, js_name = webSocket)]
    pub(crate) fn set_web_socket(this: &UpgradedInit, socket: &JsValue);

}

/// Whether what was thrown says that an [`AbortSignal`] has timed out.
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
    /// Tells the waiter what the promise settles to.
    pub(crate) fn settle(promise: &Promise, waiter: Waiter);
}

#[wasm_bindgen(module = "/src/js/recovery.js")]
extern "C" {
    /// Tells `entry.js` that this instance has ended.
    #[wasm_bindgen(js_name = announceEnd)]
    pub(crate) fn announce_end();

    /// Tells `entry.js` that nothing will come of this request.
    #[wasm_bindgen(js_name = announceAbandoned)]
    pub(crate) fn announce_abandoned(request: &Request);
}

#[wasm_bindgen(module = "/src/js/metrics.js")]
extern "C" {
    /// Hands a data point to a binding of Analytics Engine. The numbers are not a slice, which would be copied twice.
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

#[wasm_bindgen(module = "/src/js/deadline.js")]
extern "C" {
    /// Fulfils the waiter after so many milliseconds, and says what [`clear_timeout`] takes.
    #[wasm_bindgen(js_name = fulfillAfter)]
    pub(crate) fn fulfill_after(milliseconds: u32, waiter: Waiter) -> f64;
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
    /// The body of a request on its way to the upstream.
    pub(crate) type Upload;

    /// Keeps up to `keep` bytes of the body for another attempt, and refuses more than `most` bytes; 0 sets no limit.
    #[wasm_bindgen(catch, constructor)]
    pub(crate) fn new(request: &Request, timeout: u32, keep: u32, most: f64) -> Result<Upload, JsValue>;

    /// Another attempt. Its deadline starts now.
    #[wasm_bindgen(method)]
    pub(crate) fn attempt(this: &Upload) -> Attempt;

    /// Resolves to the body that the attempt sends.
    #[wasm_bindgen(method)]
    pub(crate) fn start(this: &Upload, attempt: &Attempt) -> Promise;

    /// Resolves to whether the body can be sent again.
    #[wasm_bindgen(method, js_name = canRepeat)]
    pub(crate) fn can_repeat(this: &Upload) -> Promise;

    /// There will be no other attempt than this one, whose response is returned.
    #[wasm_bindgen(method)]
    pub(crate) fn settle(this: &Upload, attempt: Option<&Attempt>);
}

#[wasm_bindgen(module = "/src/js/download.js")]
extern "C" {
    /// The body of the response to this request: the runtime's own, unless it is given up when it has been silent for
    /// `idle` milliseconds; 0 sets no limit.
    #[wasm_bindgen(catch, js_name = passOn)]
    pub(crate) fn pass_on(
        request: &Request,
        response: &Response,
        idle: u32,
    ) -> Result<Option<ReadableStream>, JsValue>;

    /// Cancels a stream or its reader, since nobody reads it any more.
    pub(crate) fn discard(source: &JsValue);
}

#[wasm_bindgen(module = "/src/js/cache.js")]
extern "C" {
    /// Resolves to the bytes that are kept under the name, or to `undefined`.
    pub(crate) fn find(request: &Request, name: &str) -> Promise;

    /// Keeps the bytes for so many seconds.
    pub(crate) fn keep(request: &Request, name: &str, bytes: &Uint8Array, seconds: u32) -> Promise;
}

#[wasm_bindgen(module = "/src/js/cryptography.js")]
extern "C" {
    /// Resolves to a key that signs. `key` is in PKCS#8.
    #[wasm_bindgen(js_name = importPrivate)]
    pub(crate) fn import_private(algorithm: &str, key: &Uint8Array) -> Promise;

    /// Resolves to a signature.
    pub(crate) fn sign(algorithm: &str, key: &JsValue, message: &Uint8Array) -> Promise;

    /// Resolves to whether the key has made the signature. A key of Ed25519 has no second number.
    pub(crate) fn verify(
        algorithm: &str,
        first: &str,
        second: &str,
        signature: &Uint8Array,
        message: &Uint8Array,
    ) -> Promise;

    /// Resolves to the text as AES-256-GCM encrypts it.
    pub(crate) fn seal(key: &Uint8Array, nonce: &Uint8Array, text: &Uint8Array) -> Promise;

    /// Resolves to the text of what has been sealed.
    pub(crate) fn unseal(key: &Uint8Array, nonce: &Uint8Array, sealed: &Uint8Array) -> Promise;
}

#[wasm_bindgen(module = "/src/js/redaction.js")]
extern "C" {
    /// The body of a response with these headers, scanned; `length` is how many bytes it then has, where that is known.
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
    /// The body of a response with these headers, its links rewritten. It is coded in this way still.
    #[wasm_bindgen(catch)]
    pub(crate) fn rewritten(
        body: ReadableStream,
        headers: &Headers,
        rewriter: BodyRewriter,
        coding: &str,
    ) -> Result<ReadableStream, JsValue>;
}
