//! Sends attempts to the upstream, and reads the upstream's response. `crates/core/src/upstream/attempts.rs` decides
//! how many there are.

use js_sys::{Promise, Uint8Array};
use ostiary_core::runtime::plan::Plan;
use ostiary_core::runtime::{self, Network, PeekedBody, SendError};
use ostiary_core::upstream::response_status::check_status;
use wasm_bindgen::prelude::*;
use web_sys::{
    AbortSignal, Headers, ReadableStreamDefaultReader, RequestCache, RequestInit, RequestRedirect, Response,
    Url,
};

use crate::configuration::FORMS;
use crate::headers::HeaderList;
use crate::js::{self, Attempt, Fetcher, ListedHeaders, Upgraded, Upload};
use crate::request_context::RequestContext;
use crate::sending::discard;
use crate::timer::Deadline;

impl Network for RequestContext<'_> {
    type Response = UpstreamResponse;

    async fn send(&self, plan: &Plan) -> Result<UpstreamResponse, SendError> {
        if let Some(rehearsal) = self.rehearsal() {
            rehearsal.write_down(plan);
            return Response::new().map(UpstreamResponse::from).map_err(|_| SendError::Unreachable);
        }
        let fetcher = self.fetcher(plan)?;
        let attempt = self.attempt(plan).map_err(|_| SendError::Unreachable)?;
        let sent = self.fetch(plan, fetcher.as_ref(), attempt.as_ref()).await;
        if let Some(attempt) = &attempt {
            attempt.answered();
        }
        // The exception's message may contain the URL, so only its kind is used.
        let response = sent.map_err(|error| match &attempt {
            Some(attempt) if attempt.too_large() => SendError::TooLarge,
            Some(attempt) if attempt.timed_out() => SendError::TimedOut,
            None if js::is_timeout(&error) => SendError::TimedOut,
            _ => SendError::Unreachable,
        })?;
        let response = UpstreamResponse::from(response);
        if let Err(why) = check_status(&response) {
            discard(&response.response);
            return Err(why);
        }
        self.sending.received(&response.response, attempt);
        Ok(response)
    }

    async fn peek_body(&self, response: &UpstreamResponse, limit: u32, timeout_ms: u32) -> PeekedBody {
        let mut peeked = PeekedBody::default();
        // The runtime tees the body: bytes that are read from one half stay in the other.
        let Ok(half) = response.response.clone() else { return peeked };
        let Some(body) = half.body() else { return PeekedBody { is_whole: true, ..peeked } };
        let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
        let deadline = Deadline::new(self.invocation, timeout_ms);
        deadline.within(self.peek(&reader, limit as usize, &mut peeked)).await;
        js::discard(&reader);
        peeked
    }

    async fn buffer_for_replay(&self) -> bool {
        let Some(upload) = self.sending.upload.get() else { return true };
        self.invocation.result_of(upload.buffer_for_replay()).await.is_ok_and(|said| said.is_truthy())
    }
}

impl RequestContext<'_> {
    /// Reads until there are `limit` bytes, or the body ends or breaks off.
    async fn peek(&self, reader: &ReadableStreamDefaultReader, limit: usize, peeked: &mut PeekedBody) {
        while peeked.bytes.len() < limit {
            match self.next_chunk(reader).await {
                Ok(Some(chunk)) => {
                    peeked.bytes.extend(chunk.to_vec());
                    peeked.bytes.truncate(limit);
                }
                Ok(None) => return peeked.is_whole = true,
                Err(_) => return,
            }
        }
    }

    /// The attempt; `None` if neither the request's body nor the response's is read here. Then a signal is enough as
    /// a deadline for the head.
    fn attempt(&self, plan: &Plan) -> Result<Option<Attempt>, JsValue> {
        if !plan.has_body || plan.body.is_some() || self.request.body().is_none() {
            return Ok(plan.inspects_response.then(|| Attempt::new(plan.timeout)));
        }
        if let Some(upload) = self.sending.upload.get() {
            return Ok(Some(upload.attempt()));
        }
        #[expect(clippy::cast_precision_loss, reason = "no body has that many bytes")]
        let most = plan.max_body.unwrap_or_default() as f64;
        let upload = Upload::new(self.request, plan.timeout, plan.replay_limit, most)?;
        Ok(Some(self.sending.upload.get_or_init(|| upload).attempt()))
    }

    /// The binding with a client certificate, or to a service, that has to send the request.
    fn fetcher(&self, plan: &Plan) -> Result<Option<Fetcher>, SendError> {
        let Some(name) = plan.fetcher.as_ref().filter(|_| FORMS.fetcher) else { return Ok(None) };
        let found = js_sys::Reflect::get(self.env, &name.as_ref().into());
        let found = found.ok().filter(JsValue::is_object).ok_or(SendError::NoBinding)?;
        Ok(Some(found.unchecked_into()))
    }

    async fn fetch(
        &self,
        plan: &Plan,
        fetcher: Option<&Fetcher>,
        attempt: Option<&Attempt>,
    ) -> Result<Response, JsValue> {
        let body = match (&plan.body, self.sending.upload.get(), attempt) {
            (Some(body), ..) => Uint8Array::from(body.expose()).into(),
            (None, Some(upload), Some(attempt)) => {
                self.invocation.result_of(upload.body_for(attempt)).await?
            }
            _ => JsValue::NULL,
        };
        let response = self.start_fetch(plan, fetcher, attempt, &body)?;
        self.invocation.result_of(response).await.map(JsCast::unchecked_into)
    }

    /// Resolves to a [`Response`].
    fn start_fetch(
        &self,
        plan: &Plan,
        fetcher: Option<&Fetcher>,
        attempt: Option<&Attempt>,
        body: &JsValue,
    ) -> Result<Promise, JsValue> {
        let headers = Headers::new_with_headers(&self.request.headers())?;
        for name in &plan.remove {
            headers.delete(name)?;
        }
        // A timeout signal ends a `fetch` whose head has not arrived. It does not end a body that the runtime streams,
        // but it would end one that is read here.
        let signal = attempt.map_or_else(|| AbortSignal::timeout_with_u32(plan.timeout), Attempt::signal);
        let init = request_init(plan, &headers, body, &signal)?;
        match fetcher {
            Some(fetcher) => fetcher.fetch_by(plan.url.expose(), &init),
            None => js::fetch(plan.url.expose(), &init),
        }
    }
}

/// The options of a `fetch`. The headers that the plan sets are added to `headers`. Redirects are not followed, and no
/// cache is used.
pub(crate) fn request_init(
    plan: &Plan,
    headers: &Headers,
    body: &JsValue,
    signal: &AbortSignal,
) -> Result<RequestInit, JsValue> {
    for (name, value) in &plan.set {
        headers.set(name, value.expose())?;
    }
    let init = RequestInit::new();
    init.set_method(plan.method.as_str());
    init.set_headers(headers);
    init.set_body(body);
    init.set_redirect(RequestRedirect::Manual);
    init.set_cache(RequestCache::NoStore);
    init.set_signal(Some(signal));
    Ok(init)
}

/// The upstream's response. Its body stays in the runtime.
pub(crate) struct UpstreamResponse {
    pub(crate) response: Response,
    headers: HeaderList,
}

impl From<Response> for UpstreamResponse {
    fn from(response: Response) -> Self {
        let headers = HeaderList::from(&response.headers());
        Self { response, headers }
    }
}

impl UpstreamResponse {
    /// `null` if the connection has not become a WebSocket.
    pub(crate) fn web_socket(&self) -> JsValue {
        self.response.unchecked_ref::<Upgraded>().web_socket()
    }
}

impl runtime::UpstreamResponse for UpstreamResponse {
    fn status(&self) -> u16 {
        self.response.status()
    }

    fn is_web_socket(&self) -> bool {
        self.web_socket().is_truthy()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.value(name)
    }

    fn header_names(&self) -> impl Iterator<Item = &str> {
        self.headers.names()
    }

    fn set_cookies(&self) -> Vec<String> {
        self.response.headers().unchecked_ref::<ListedHeaders>().set_cookies()
    }

    fn resolve(&self, reference: &str, base: &str) -> Option<String> {
        Url::new_with_base(reference, base).ok().map(|url| url.href())
    }
}
