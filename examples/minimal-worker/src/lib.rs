//! A Worker that calls an API for callers with a token. The key of the API stays in the Worker.

use ostiary_secret_bindings::{SecretValue, all};
use subtle::ConstantTimeEq;
use worker::{
    CacheMode, Context, Env, Fetch, Headers, Request, RequestInit, RequestRedirect, Response, console_error,
    event,
};

/// The time for one binding, in milliseconds.
const WITHIN: u32 = 2_000;

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> worker::Result<Response> {
    let Some(shown) = request.headers().get("authorization")? else {
        return Response::error("show your token in Authorization", 401);
    };
    // Both are read concurrently. If API_KEY has no value, API_KEY_2 is used.
    let bindings: [(_, &[_]); 2] = [("key", &["API_KEY", "API_KEY_2"]), ("token", &["CALLER_TOKEN"])];
    let secrets = match all(&env, bindings, WITHIN).await {
        Ok(secrets) => secrets,
        Err(unavailable) => {
            // The log gets the names of the bindings and the reasons. The caller gets neither.
            console_error!("{unavailable}");
            return Response::error("a secret is unavailable", 503);
        }
    };
    match (secrets.get("key"), secrets.get("token")) {
        (Some(key), Some(token)) if proves(&shown, token) => call(&env, key).await,
        _ => Response::error("a wrong token", 401),
    }
}

fn proves(shown: &str, token: &SecretValue) -> bool {
    shown.as_bytes().ct_eq(token.prefixed("Bearer ").expose().as_bytes()).into()
}

/// The upstream's response, unchanged. A redirect is not followed, because the key would be sent to its target.
async fn call(env: &Env, key: &SecretValue) -> worker::Result<Response> {
    let headers = Headers::new();
    headers.set("authorization", key.prefixed("Bearer ").expose())?;
    let mut init = RequestInit::new();
    init.with_headers(headers).with_redirect(RequestRedirect::Manual).with_cache(CacheMode::NoStore);
    let request = Request::new_with_init(&env.var("UPSTREAM")?.to_string(), &init)?;
    Fetch::Request(request).send().await.or_else(|_| Response::error("the upstream cannot be reached", 502))
}
