//! The head of an upstream's answer, in one crossing.

use ostiary_core::answer::ANSWER_HEADERS_READ;
use ostiary_core::runtime::Answer;
use wasm_bindgen::prelude::*;
use web_sys::{Response, Url};

use crate::head::{names, present};

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
    description: String,
}

/// The names of the headers whose values an answer's description holds, a line each.
#[wasm_bindgen(js_name = answerHeadersRead)]
#[must_use]
pub fn answer_headers_read() -> String {
    ANSWER_HEADERS_READ.join("\n")
}

impl UpstreamAnswer {
    pub(crate) const fn of(response: Response, description: String) -> Self {
        Self { response, description }
    }

    /// Lines: status; `1` for a WebSocket; the names of all headers; then a line for each wanted header.
    fn line(&self, at: usize) -> &str {
        self.description.split('\n').nth(at).unwrap_or_default()
    }
}

impl Answer for UpstreamAnswer {
    fn status(&self) -> u16 {
        self.line(0).parse().unwrap_or_default()
    }

    fn is_web_socket(&self) -> bool {
        self.line(1) == "1"
    }

    fn header(&self, name: &str) -> Option<&str> {
        let at = ANSWER_HEADERS_READ.iter().position(|wanted| *wanted == name)?;
        present(self.line(3 + at))
    }

    fn header_names(&self) -> impl Iterator<Item = &str> {
        names(self.line(2))
    }

    fn set_cookies(&self) -> Vec<String> {
        self.response.headers().unchecked_ref::<CookieHeaders>().set_cookies()
    }

    fn resolve(&self, reference: &str, base: &str) -> Option<String> {
        Url::new_with_base(reference, base).ok().map(|url| url.href())
    }
}
