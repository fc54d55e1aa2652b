//! Sends requests: with a deadline, without following redirects, and again where the other side asks for patience.

mod certificates;
mod issuer;
mod unreached;

use std::cell::OnceCell;
use std::thread;
use std::time::Duration;

use http::header::RETRY_AFTER;
use http::uri::Scheme;
use http::{Method, Request, Response, StatusCode};
use rustls::CertificateError;
use ureq::Agent;
use ureq::config::ConfigBuilder;
use ureq::typestate::AgentScope;

pub use unreached::Unreached;

/// From the look-up of the name to the last byte of the answer.
const DEADLINE: Duration = Duration::from_secs(30);
/// How often a request is sent in all.
const ATTEMPTS: u32 = 4;
/// The longest that `Retry-After` is heeded; beyond that the caller of the command should know.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Far above a page of 100 secrets.
const LARGEST_ANSWER: u64 = 4 << 20;

/// An earlier attempt may have done what was asked for, and its answer was lost.
#[derive(Clone, Copy, Debug)]
pub struct Repeated;

/// Connection pools. What belongs to one is read when the first request needs it.
#[derive(Default)]
pub struct HttpClient {
    /// For http. A base URL may have that scheme only where it names this machine, so that what is sent stays on it; a
    /// proxy would carry it elsewhere, in clear.
    plain: OnceCell<Agent>,
    /// For https, by the proxy of the environment, which sees no content.
    secure: OnceCell<Agent>,
}

impl HttpClient {
    /// Sends the request, and again after 429, or after a failure where the method is idempotent (RFC 9110 §9.2.2).
    /// The response to a request that was sent more than once has [`Repeated`] among its extensions.
    ///
    /// # Errors
    /// Where no answer came. An answer with any status is one.
    pub fn send(&self, request: &Request<impl AsRef<[u8]>>) -> Result<Response<Vec<u8>>, Unreached> {
        let idempotent = *request.method() != Method::POST;
        let mut attempt = 1;
        loop {
            let outcome = self.attempt(request);
            let last = attempt == ATTEMPTS;
            let pause = match &outcome {
                Ok(response) if response.status() == StatusCode::TOO_MANY_REQUESTS => {
                    pause(response, attempt)
                }
                Ok(response) if idempotent && response.status().is_server_error() => Some(backoff(attempt)),
                Err(Unreached::Failed(_)) if idempotent => Some(backoff(attempt)),
                // A certificate stays what it is.
                Ok(_) | Err(_) => None,
            };
            match pause {
                Some(pause) if !last => thread::sleep(pause),
                _ => {
                    return outcome.map(|mut response| {
                        if attempt > 1 {
                            response.extensions_mut().insert(Repeated);
                        }
                        response
                    });
                }
            }
            attempt += 1;
        }
    }

    fn attempt(&self, request: &Request<impl AsRef<[u8]>>) -> Result<Response<Vec<u8>>, Unreached> {
        let uri = request.uri();
        let agent = if uri.scheme() == Some(&Scheme::HTTP) {
            self.plain.get_or_init(plain)
        } else {
            self.secure.get_or_init(secure)
        };
        exchange(agent, request).map_err(|error| match Unreached::new(&error) {
            Unreached::Certificate { fault: fault @ CertificateError::UnknownIssuer, .. } => {
                Unreached::Certificate { fault, issuer: issuer::issuer(uri, agent.config().clone()) }
            }
            unreached => unreached,
        })
    }
}

fn plain() -> Agent {
    // Without `proxy`, the environment's would be used.
    configuration().proxy(None).build().into()
}

fn secure() -> Agent {
    configuration().tls_config(certificates::tls()).build().into()
}

fn configuration() -> ConfigBuilder<AgentScope> {
    Agent::config_builder()
        .timeout_global(Some(DEADLINE))
        .http_status_as_error(false)
        // A redirect would take the credential to a server that was not named.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(concat!("ostiary/", env!("CARGO_PKG_VERSION")))
}

fn exchange(agent: &Agent, request: &Request<impl AsRef<[u8]>>) -> Result<Response<Vec<u8>>, ureq::Error> {
    let mut head = Request::builder().method(request.method()).uri(request.uri());
    if let Some(headers) = head.headers_mut() {
        headers.clone_from(request.headers());
    }
    let body = request.body().as_ref();
    let answer = if body.is_empty() { agent.run(head.body(())?) } else { agent.run(head.body(body)?) };
    let (head, mut body) = answer?.into_parts();
    let body = body.with_config().limit(LARGEST_ANSWER).read_to_vec()?;
    Ok(Response::from_parts(head, body))
}

/// What `Retry-After` asks for, in seconds; its form with a date is not used by this API. `None` where that is too
/// long to wait for.
fn pause(response: &Response<Vec<u8>>, attempt: u32) -> Option<Duration> {
    let header =
        response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let pause = header.map_or_else(|| backoff(attempt), Duration::from_secs);
    (pause <= LONGEST_PAUSE).then_some(pause)
}

/// 0.5, 1 and 2 seconds.
fn backoff(attempt: u32) -> Duration {
    Duration::from_millis(250).saturating_mul(1 << attempt.min(8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_is_as_long_as_asked_for_within_bounds() {
        let answer = |retry_after: Option<&str>| {
            let mut response = Response::new(Vec::new());
            if let Some(value) = retry_after {
                response.headers_mut().insert(RETRY_AFTER, value.parse().unwrap());
            }
            response
        };
        assert_eq!(pause(&answer(Some("3")), 1), Some(Duration::from_secs(3)));
        assert_eq!(pause(&answer(Some("3600")), 1), None);
        assert_eq!(pause(&answer(Some("soon")), 1), Some(Duration::from_millis(500)));
        assert_eq!(pause(&answer(None), 3), Some(Duration::from_secs(2)));
    }
}
