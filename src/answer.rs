//! The head of an upstream's answer, in one crossing.

use ostiary_core::answer::ANSWER_HEADERS_READ;
use ostiary_core::runtime::Answer;
use ostiary_core::secret_value::SecretValue;
use wasm_bindgen::prelude::*;
use web_sys::{Response, Url};

use crate::head::{header, header_names};

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
    description: SecretValue,
}

/// The names of the headers whose values an answer's description holds, a line each.
#[wasm_bindgen(js_name = answerHeadersRead)]
#[must_use]
pub fn answer_headers_read() -> String {
    ANSWER_HEADERS_READ.join("\n")
}

impl UpstreamAnswer {
    pub(crate) const fn of(response: Response, description: SecretValue) -> Self {
        Self { response, description }
    }

    /// Lines: status; `1` for a WebSocket; then headers, as [`header`] takes them.
    fn lines(&self) -> (&str, &str, &str) {
        let mut lines = self.description.expose().splitn(3, '\n');
        let mut line = || lines.next().unwrap_or_default();
        (line(), line(), line())
    }
}

impl Answer for UpstreamAnswer {
    fn status(&self) -> u16 {
        self.lines().0.parse().unwrap_or_default()
    }

    fn is_web_socket(&self) -> bool {
        self.lines().1 == "1"
    }

    fn header(&self, name: &str) -> Option<&str> {
        header(self.lines().2, name)
    }

    fn header_names(&self) -> impl Iterator<Item = &str> {
        header_names(self.lines().2)
    }

    fn set_cookies(&self) -> Vec<String> {
        self.response.headers().unchecked_ref::<CookieHeaders>().set_cookies()
    }

    fn resolve(&self, reference: &str, base: &str) -> Option<String> {
        Url::new_with_base(reference, base).ok().map(|url| url.href())
    }
}
