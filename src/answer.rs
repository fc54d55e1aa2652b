//! The head of an upstream's answer, in one crossing.

use ostiary_core::response::edits::ANSWER_HEADERS_READ;
use ostiary_core::runtime::UpstreamResponse;
use ostiary_core::secret_value::SecretValue;
use wasm_bindgen::prelude::*;
use web_sys::{Response, Url};

use crate::description::Description;

#[wasm_bindgen]
extern "C" {
    /// `Headers`, with the method that `web-sys` does not know.
    type CookieHeaders;

    #[wasm_bindgen(method, js_name = getSetCookie)]
    fn set_cookies(this: &CookieHeaders) -> Vec<String>;
}

/// What `entry.js` says of an answer. Its body is the runtime's own and never seen here.
pub(crate) struct UpstreamAnswer {
    response: Response,
    description: Description,
}

/// The names of the headers whose values an answer's description holds, a line each.
#[wasm_bindgen(js_name = answerHeadersRead)]
#[must_use]
pub fn answer_headers_read() -> String {
    ANSWER_HEADERS_READ.join("\n")
}

impl UpstreamAnswer {
    /// Lines: status; `1` for a WebSocket; then headers.
    pub(crate) fn of(response: Response, description: SecretValue) -> Self {
        Self { response, description: Description::of(description, 2) }
    }
}

impl UpstreamResponse for UpstreamAnswer {
    fn status(&self) -> u16 {
        self.description.line(0).parse().unwrap_or_default()
    }

    fn is_web_socket(&self) -> bool {
        self.description.line(1) == "1"
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.description.header(name)
    }

    fn header_names(&self) -> impl Iterator<Item = &str> {
        self.description.header_names()
    }

    fn set_cookies(&self) -> Vec<String> {
        self.response.headers().unchecked_ref::<CookieHeaders>().set_cookies()
    }

    fn resolve(&self, reference: &str, base: &str) -> Option<String> {
        Url::new_with_base(reference, base).ok().map(|url| url.href())
    }
}
