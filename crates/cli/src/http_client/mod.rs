//! Sends HTTP requests with a deadline and retries, without following redirects.

mod certificates;
mod environment;
mod issuer;
mod proxy;
mod unreached;

use std::cell::{Cell, OnceCell};
use std::thread;
use std::time::{Duration, Instant};

use http::header::RETRY_AFTER;
use http::uri::Scheme;
use http::{Method, Request, Response, StatusCode};
use ostiary_secrets_store::BaseUrl;
use rustls::CertificateError;
use ureq::Agent;
use ureq::config::ConfigBuilder;
use ureq::typestate::AgentScope;

use crate::failure::Failure;
use environment::EnvironmentError;
pub use unreached::Unreached;

/// The most attempts of a request.
const ATTEMPTS: u32 = 4;
/// The longest `Retry-After` that is waited for. A longer one is an error for the user.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// In bytes: far more than a page of 100 secrets.
const LARGEST_ANSWER: u64 = 4 << 20;

/// Marks a response to a repeated request: an earlier attempt may have succeeded, and its response was lost.
#[derive(Clone, Copy, Debug)]
pub struct Repeated;

/// The time limits.
#[derive(Clone, Copy, Debug)]
struct Patience {
    /// For one attempt, from the DNS query to the last byte of the response.
    attempt: Duration,
    /// For all attempts of one request together, including the pauses.
    request: Duration,
    /// For all requests of a list together.
    list: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let [attempt, request, list] = [30, 60, 300].map(Duration::from_secs);
        Self { attempt, request, list }
    }
}

/// Connection pools, which are made when the first request needs them.
#[derive(Default)]
pub struct HttpClient {
    /// For http. Only a base URL of this machine may have that scheme. No proxy is used, because it would send the
    /// request unencrypted to another machine.
    plain: OnceCell<Agent>,
    /// For https, through the proxy of the environment.
    secure: OnceCell<Agent>,
    patience: Patience,
    /// The end of the limit for a list.
    end: Cell<Option<Instant>>,
}

impl HttpClient {
    /// Makes a client for this URL, and reads the environment variables for its proxy and certificates.
    ///
    /// # Errors
    /// Returns an error if the environment has a proxy or certificates that cannot be used.
    pub fn for_base(base: &BaseUrl) -> Result<Self, Failure> {
        let client = Self::default();
        if base.as_str().starts_with("https:") {
            client.secure().map_err(Failure::usage)?;
        }
        Ok(client)
    }

    /// Starts a limit of five minutes for all later requests together, so that the wait for a slow server has an end.
    pub fn begin_list(&self) {
        self.end.set(Some(Instant::now() + self.patience.list));
    }

    /// Sends the request. It is sent again after a 429 response, if nothing was sent, and after a failure if the method
    /// is idempotent (RFC 9110 §9.2.2). The response to a repeated request has the extension [`Repeated`].
    ///
    /// # Errors
    /// No response arrived. A response with any status is not an error.
    pub fn send(&self, request: &Request<impl AsRef<[u8]>>) -> Result<Response<Vec<u8>>, Unreached> {
        let idempotent = *request.method() != Method::POST;
        let end = Instant::now() + self.patience.request;
        let end = self.end.get().map_or(end, |list| list.min(end));
        let (mut attempt, mut may_be_done) = (1, false);
        loop {
            let outcome = self.attempt(request, end);
            let last = attempt == ATTEMPTS;
            let pause = match &outcome {
                Ok(response) if response.status() == StatusCode::TOO_MANY_REQUESTS => {
                    pause(response, attempt)
                }
                Ok(response) if idempotent && response.status().is_server_error() => Some(backoff(attempt)),
                Err(Unreached::Failed(_)) if idempotent => Some(backoff(attempt)),
                Err(Unreached::Unsent(_)) => Some(backoff(attempt)),
                // A retry would get the same certificate.
                Ok(_) | Err(_) => None,
            };
            match pause {
                Some(pause) if !last && Instant::now() + pause < end => thread::sleep(pause),
                _ => return finished(outcome, attempt, may_be_done),
            }
            may_be_done |= match &outcome {
                Ok(response) => response.status().is_server_error(),
                Err(unreached) => unreached.may_be_done(),
            };
            attempt += 1;
        }
    }

    fn attempt(
        &self,
        request: &Request<impl AsRef<[u8]>>,
        end: Instant,
    ) -> Result<Response<Vec<u8>>, Unreached> {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Unreached::Unsent("the time for all of it together is over".to_owned()));
        }
        let uri = request.uri();
        let agent = if uri.scheme() == Some(&Scheme::HTTP) {
            self.plain.get_or_init(plain)
        } else {
            self.secure().map_err(|error| Unreached::Unsent(error.to_string()))?
        };
        exchange(agent, request, left.min(self.patience.attempt)).map_err(|error| {
            match Unreached::new(&error) {
                Unreached::Certificate { fault: fault @ CertificateError::UnknownIssuer, .. } => {
                    let configuration = agent.config().clone();
                    Unreached::Certificate { fault, issuer: issuer::issuer(uri, configuration) }
                }
                unreached => unreached,
            }
        })
    }

    fn secure(&self) -> Result<&Agent, EnvironmentError> {
        if let Some(agent) = self.secure.get() {
            return Ok(agent);
        }
        let agent = secure()?;
        Ok(self.secure.get_or_init(|| agent))
    }
}

/// The result of the last attempt; it also depends on whether there were earlier ones.
fn finished(
    outcome: Result<Response<Vec<u8>>, Unreached>,
    attempts: u32,
    may_be_done: bool,
) -> Result<Response<Vec<u8>>, Unreached> {
    match outcome {
        Ok(mut response) => {
            if attempts > 1 {
                response.extensions_mut().insert(Repeated);
            }
            Ok(response)
        }
        Err(Unreached::Unsent(reason)) if may_be_done => Err(Unreached::Failed(reason)),
        Err(unreached) => Err(unreached),
    }
}

fn plain() -> Agent {
    // Without `proxy`, the environment's would be used.
    configuration().proxy(None).build().into()
}

fn secure() -> Result<Agent, EnvironmentError> {
    let (proxy, tls) = (proxy::proxy()?, certificates::tls()?);
    Ok(configuration().proxy(proxy).tls_config(tls).build().into())
}

fn configuration() -> ConfigBuilder<AgentScope> {
    Agent::config_builder()
        // For the connection that reads the issuer of a certificate; each request sets its own limit.
        .timeout_global(Some(Patience::default().attempt))
        .http_status_as_error(false)
        // A redirect would send the credential to another server.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(concat!("ostiary/", env!("CARGO_PKG_VERSION")))
}

fn exchange(
    agent: &Agent,
    request: &Request<impl AsRef<[u8]>>,
    limit: Duration,
) -> Result<Response<Vec<u8>>, ureq::Error> {
    let mut head = Request::builder().method(request.method()).uri(request.uri());
    if let Some(headers) = head.headers_mut() {
        headers.clone_from(request.headers());
    }
    let body = request.body().as_ref();
    let limit = Some(limit);
    let answer = if body.is_empty() {
        agent.run(agent.configure_request(head.body(())?).timeout_global(limit).build())
    } else {
        agent.run(agent.configure_request(head.body(body)?).timeout_global(limit).build())
    };
    let (head, mut body) = answer?.into_parts();
    let body = body.with_config().limit(LARGEST_ANSWER).read_to_vec()?;
    Ok(Response::from_parts(head, body))
}

/// The pause that `Retry-After` asks for, in seconds; this API does not use a date. `None` if it is too long.
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
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// A server that answers each request with this text, or never if the text is empty; and the number of its
    /// requests.
    fn server(answer: &'static str) -> (String, Arc<AtomicU32>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let count = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&count);
        thread::spawn(move || {
            let mut open = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 4096]);
                counted.fetch_add(1, Ordering::SeqCst);
                let _ = stream.write_all(answer.as_bytes());
                if answer.is_empty() {
                    open.push(stream);
                }
            }
        });
        (url, count)
    }

    fn impatient(attempt: u64, request: u64, list: u64) -> HttpClient {
        let [attempt, request, list] = [attempt, request, list].map(Duration::from_millis);
        HttpClient { patience: Patience { attempt, request, list }, ..HttpClient::default() }
    }

    fn request(method: Method, url: &str) -> Request<&'static str> {
        Request::builder().method(method).uri(url).body("").unwrap()
    }

    #[test]
    fn a_request_is_not_repeated_beyond_its_own_time() {
        let (url, count) = server("");
        let client = impatient(100, 200, 60_000);
        let outcome = client.send(&request(Method::GET, &url));
        // The pause of half a second would end later.
        assert!(outcome.unwrap_err().may_be_done());
        assert_eq!(count.load(Ordering::SeqCst), 1);
        let (url, count) =
            server("HTTP/1.1 429 Slow\r\nretry-after: 9\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        let answer = impatient(5_000, 2_000, 60_000).send(&request(Method::POST, &url)).unwrap();
        assert_eq!((answer.status().as_u16(), count.load(Ordering::SeqCst)), (429, 1));
    }

    #[test]
    fn a_list_has_one_end_for_all_of_its_requests() {
        let (url, count) = server("");
        let client = impatient(60_000, 60_000, 100);
        client.begin_list();
        let first = client.send(&request(Method::POST, &url)).unwrap_err();
        let second = client.send(&request(Method::POST, &url)).unwrap_err();
        assert_eq!((first.may_be_done(), second.may_be_done()), (true, false), "{second}");
        assert_eq!(count.load(Ordering::SeqCst), 1);
        client.begin_list();
        assert!(client.send(&request(Method::POST, &url)).unwrap_err().may_be_done());
    }

    #[test]
    fn what_was_never_sent_is_told_from_what_was_not_answered() {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let client = impatient(5_000, 100, 60_000);
        let unsent = client.send(&request(Method::POST, &format!("http://{closed}/"))).unwrap_err();
        assert!(!unsent.may_be_done(), "{unsent}");
        let cut = finished(Err(Unreached::Unsent("later".to_owned())), 2, true).unwrap_err();
        assert!(cut.may_be_done());
    }

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
