//! Sends HTTP requests with a deadline and retries, without following redirects.

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

/// The time from the DNS lookup to the last byte of the response.
const DEADLINE: Duration = Duration::from_secs(30);
/// The most attempts of a request.
const ATTEMPTS: u32 = 4;
/// The longest `Retry-After` that is waited for. A longer one is an error for the user.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// In bytes: far more than a page of 100 secrets.
const LARGEST_ANSWER: u64 = 4 << 20;

/// Marks a response to a repeated request: an earlier attempt may have succeeded, and its response was lost.
#[derive(Clone, Copy, Debug)]
pub struct Repeated;

/// Connection pools, which are made when the first request needs them.
#[derive(Default)]
pub struct HttpClient {
    /// For http. Only a base URL of this machine may have that scheme. No proxy is used, because it would send the
    /// request unencrypted to another machine.
    plain: OnceCell<Agent>,
    /// For https, through the proxy of the environment.
    secure: OnceCell<Agent>,
}

impl HttpClient {
    /// Sends the request. Repeats it after 429, or after a failure if the method is idempotent (RFC 9110 §9.2.2). The
    /// response to a repeated request has [`Repeated`] in its extensions.
    ///
    /// # Errors
    /// No response arrived. A response with any status is not an error.
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
                // A retry would get the same certificate.
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
        // A redirect would send the credential to another server.
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

/// The pause that `Retry-After` asks for, in seconds; this API does not use a date. `None` where it is too long.
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
