//! The functions of `glue.js`. Each does in one crossing what would take many from here.

use wasm_bindgen::prelude::*;
use web_sys::{Request, Response};

#[wasm_bindgen(module = "/src/glue.js")]
extern "C" {
    /// See `glue.js`.
    #[wasm_bindgen(js_name = describeRequest)]
    pub(crate) fn describe_request(request: &Request, wanted: &str) -> String;

    /// See `glue.js`.
    #[wasm_bindgen(js_name = describeAnswer)]
    pub(crate) fn describe_answer(response: &Response, wanted: &str) -> String;

    /// See `glue.js`.
    #[wasm_bindgen(catch)]
    pub(crate) async fn send(
        request: &Request,
        method: &str,
        edits: &str,
        has_body: bool,
        timeout: u32,
    ) -> Result<JsValue, JsValue>;

    /// See `glue.js`.
    #[wasm_bindgen(js_name = setCookies)]
    pub(crate) fn set_cookies(response: &Response) -> Vec<String>;

    /// See `glue.js`.
    pub(crate) fn resolve(reference: &str, base: &str) -> Option<String>;

    /// See `glue.js`.
    pub(crate) fn answer(response: &Response, edits: &str) -> Response;

    /// See `glue.js`.
    pub(crate) fn refuse(status: u16, headers: &str, body: &str) -> Response;

    /// See `glue.js`.
    pub(crate) fn log(line: &str);

    /// See `glue.js`.
    pub(crate) fn now() -> f64;
}
