//! The gateway's operator endpoints.

use std::env;
use std::error::Error;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Args;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Method, Request};
use ostiary_secrets_store::{BaseUrl, SecretValue};
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use crate::api::Api;
use crate::configuration::Environment;
use crate::credentials::OPERATOR_TOKEN;
use crate::deployed::Deployed;
use crate::failure::Failure;
use crate::http_client::HttpClient;
use crate::patience::Tries;
use crate::probed::{Probed, code};

/// The options that select a gateway. Its operator's token is in the environment: `OSTIARY_OPERATOR_TOKEN`.
#[derive(Args)]
#[command(next_help_heading = "Gateway")]
pub struct OperatorArguments {
    /// The operator mount's URL, such as `https://ops.gw.example.com`.
    #[arg(long = "gateway", env = "OSTIARY_GATEWAY_URL", value_name = "URL", value_parser = gateway_url)]
    gateway: Option<BaseUrl>,
    /// The gateway and the API share one store, although only one of them is on this machine: through a tunnel, or
    /// because `wrangler dev` reads the account's store.
    #[arg(long)]
    same_store: bool,
}

/// A client of a gateway's operator endpoints.
pub struct Operator {
    url: BaseUrl,
    token: HeaderValue,
    client: HttpClient,
    is_same_store: bool,
}

/// A refusal of the gateway (RFC 9457).
#[derive(Deserialize)]
struct Problem {
    code: String,
}

/// A request that a route's upstream gets.
#[derive(Clone, Copy, Debug)]
pub struct RouteRequest<'a> {
    /// The route's name.
    pub route: &'a str,
    /// Whose values are put on the request, on a route where each caller has its own.
    pub caller: Option<&'a str>,
    /// GET or HEAD.
    pub method: &'a str,
    /// Below the mount, with its query.
    pub path: &'a str,
}

impl RouteRequest<'_> {
    /// With what is certainly wrong in the place of these secrets' values.
    fn order(&self, wrong: &[&str]) -> serde_json::Value {
        let Self { route, caller, method, path } = self;
        if wrong.is_empty() {
            return json!({ "route": route, "caller": caller, "method": method, "path": path });
        }
        json!({ "route": route, "caller": caller, "method": method, "path": path, "control": wrong })
    }
}

impl OperatorArguments {
    /// Whether a gateway is given.
    pub fn is_given(&self) -> bool {
        self.gateway.is_some()
    }

    /// # Errors
    /// The gateway or the token is missing.
    pub fn open(self) -> Result<Operator, Failure> {
        let url = self.gateway.ok_or_else(|| {
            Failure::usage(
                "no gateway is given: set OSTIARY_GATEWAY_URL to its operator mount, or use --gateway",
            )
        })?;
        let client = HttpClient::for_base(&url)?;
        Ok(Operator { url, token: token()?, client, is_same_store: self.same_store })
    }
}

impl Operator {
    /// Makes the gateway read one source of a secret. Positions start at 0.
    ///
    /// # Errors
    /// Returns an error if the gateway does not answer.
    pub fn read(&self, secret: &str, source: usize) -> Result<Probed, Failure> {
        self.read_with(secret, source, nonce()?)
    }

    /// The same, and reads again if the store failed. It may have failed each time: [`Probed::is_unread`].
    ///
    /// # Errors
    /// Returns an error if the gateway does not answer.
    pub fn read_patiently(&self, secret: &str, source: usize) -> Result<Probed, Failure> {
        let mut tries = Tries::default();
        loop {
            let read = self.read(secret, source)?;
            if !read.is_unread(secret) || !tries.again() {
                return Ok(read);
            }
        }
    }

    /// The same as [`Self::read`], with this nonce, so that the proofs of two sources can be compared.
    ///
    /// # Errors
    /// Returns an error if the gateway does not answer.
    pub fn read_with(&self, secret: &str, source: usize, nonce: [u8; 32]) -> Result<Probed, Failure> {
        self.probe(&json!({ "secret": secret }), source, nonce)
    }

    /// Whether the gateway has read this operator's own token for the secret.
    pub fn is_own(&self, read: &Probed, secret: &str) -> bool {
        let token = self.token.to_str().ok().and_then(|header| header.get(7..)).map(str::to_owned);
        token
            .and_then(|token| SecretValue::parse(token).ok())
            .is_some_and(|token| read.proves(secret, &token))
    }

    /// Makes the gateway send a request with only one source. Positions start at 0.
    ///
    /// # Errors
    /// The gateway refuses. An error of the upstream is in the result.
    pub fn send(&self, request: &RouteRequest<'_>, source: usize) -> Result<Probed, Failure> {
        self.probe(&request.order(&[]), source, nonce()?)
    }

    /// Like [`Self::send`], but with wrong values for these secrets.
    ///
    /// # Errors
    /// The same as [`Self::send`].
    pub fn send_wrong(
        &self,
        request: &RouteRequest<'_>,
        source: usize,
        wrong: &[&str],
    ) -> Result<Probed, Failure> {
        self.probe(&request.order(wrong), source, nonce()?)
    }

    /// Checks that this is the gateway of the environment, and that it reads what is written through this API. With a
    /// digest of `gateway.toml`, also checks that it was built from that.
    ///
    /// # Errors
    /// The same as [`Deployed::confirm`], and an error if only one of the two is on this machine.
    pub fn confirm(
        &self,
        environment: &Environment,
        api: &Api,
        configuration: Option<&str>,
    ) -> Result<(), Failure> {
        let (ours, theirs) = (&self.url, &api.account.base);
        if ours.is_loopback() != theirs.is_loopback() && !self.is_same_store {
            let place = |url: &BaseUrl| if url.is_loopback() { "on this machine" } else { "elsewhere" };
            return Err(Failure::usage(format_args!(
                "the gateway is {} ({}) and the API is {} ({}), so that the gateway would not read what is written; \
                 write --same-store where they do share one store",
                place(ours),
                ours.as_str(),
                place(theirs),
                theirs.as_str()
            )));
        }
        let deployed = Deployed::ask(ours)?;
        deployed.confirm(ours, environment)?;
        configuration.map_or(Ok(()), |digest| deployed.confirm_configuration(ours, digest))
    }

    fn probe(&self, subject: &serde_json::Value, source: usize, nonce: [u8; 32]) -> Result<Probed, Failure> {
        let mut order = subject.clone();
        if let Some(order) = order.as_object_mut() {
            order.insert("source".to_owned(), source.saturating_add(1).into());
            order.insert("nonce".to_owned(), URL_SAFE_NO_PAD.encode(nonce).into());
        }
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("{}/probe", self.url.as_str()))
            .header(AUTHORIZATION, &self.token)
            .header(CONTENT_TYPE, "application/json")
            .body(order.to_string())
            .map_err(Failure::failed)?;
        let answer = self
            .client
            .send(&request)
            .map_err(|error| Failure::failed(format_args!("the gateway: {error}")))?;
        if !answer.status().is_success() {
            return Err(refused(answer.status().as_u16(), answer.body()));
        }
        Probed::read(answer.body(), nonce)
    }
}

/// A nonce for a proof.
///
/// # Errors
/// Returns an error if the system has no random bytes.
pub fn nonce() -> Result<[u8; 32], Failure> {
    let mut nonce = [0; 32];
    getrandom::fill(&mut nonce).map_err(|error| Failure::failed(format_args!("no random bytes: {error}")))?;
    Ok(nonce)
}

/// The `Authorization` header of the operator whose token is in the environment.
fn token() -> Result<HeaderValue, Failure> {
    let wrong = |fault: &str| Failure::usage(format_args!("OSTIARY_OPERATOR_TOKEN is not valid: {fault}"));
    let token = env::var_os(OPERATOR_TOKEN).filter(|token| !token.is_empty());
    let token = token
        .ok_or_else(|| Failure::usage(format_args!("set {OPERATOR_TOKEN} to the token of an operator")))?;
    let token = token.into_string().map(Zeroizing::new).map_err(|_| wrong("it is not UTF-8"))?;
    if token.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("bearer ")) {
        return Err(wrong("it begins with `Bearer `; write the token alone"));
    }
    if token.contains(['\r', '\n']) {
        return Err(wrong("it has a line end"));
    }
    let header = Zeroizing::new(format!("Bearer {}", token.as_str()));
    let mut header = HeaderValue::from_str(&header)
        .map_err(|_| wrong("it has a character that is not allowed in a header"))?;
    header.set_sensitive(true);
    Ok(header)
}

fn refused(status: u16, body: &[u8]) -> Failure {
    let problem = serde_json::from_slice::<Problem>(body).map(|problem| problem.code).unwrap_or_default();
    let code = code(&problem);
    let instead = match (status, code) {
        (401, _) => "; OSTIARY_OPERATOR_TOKEN is not a token of a caller in `[operator] allow`",
        (403, _) => "; no rule of the route admits the probe's method and path",
        (404, _) => "; the URL does not lead to the operator mount",
        (400, _) => "; the deployed gateway does not know this route, secret or source: deploy first",
        _ => "",
    };
    Failure::failed(format_args!("the gateway answered {status} {code}{instead}"))
}

/// Parses the URL of an operator mount.
///
/// # Errors
/// The URL would send the operator's token unencrypted over a network.
pub fn gateway_url(text: &str) -> Result<BaseUrl, InvalidGatewayUrl> {
    BaseUrl::parse(text).map_err(|_| InvalidGatewayUrl)
}

/// The text is not the URL of an operator mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidGatewayUrl;

impl fmt::Display for InvalidGatewayUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .write_str("it must be an https URL such as https://ops.gw.example.com, or http to this machine")
    }
}

impl Error for InvalidGatewayUrl {}
