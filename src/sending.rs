//! The state of a request that is sent upstream.

use std::cell::{OnceCell, RefCell};

use web_sys::Response;

use crate::js::{self, Attempt, Upload};

/// The state that all attempts of one request share.
#[derive(Default)]
pub(crate) struct Sending {
    /// The body, if there is one.
    pub(crate) upload: OnceCell<Upload>,
    last: RefCell<Option<Received>>,
}

/// A response whose head has arrived.
struct Received {
    response: Response,
    attempt: Option<Attempt>,
}

impl Sending {
    /// Stores a new response, and cancels the previous one.
    pub(crate) fn received(&self, response: &Response, attempt: Option<Attempt>) {
        // `response.clone()` would call the runtime's `clone`, which tees the body.
        let received = Received { response: Clone::clone(response), attempt };
        if let Some(previous) = self.last.replace(Some(received)) {
            discard(&previous.response);
        }
    }

    /// There will be no other attempt. The last response is discarded unless it is returned to the caller.
    pub(crate) fn finish(&self, is_returned: bool) {
        let last = self.last.take();
        if let Some(upload) = self.upload.get() {
            upload.finish(last.as_ref().and_then(|last| last.attempt.as_ref()));
        }
        if let Some(last) = last.filter(|_| !is_returned) {
            discard(&last.response);
        }
    }
}

/// Cancels the body of a response that is not returned.
pub(crate) fn discard(response: &Response) {
    if let Some(body) = response.body() {
        js::discard(&body);
    }
}
