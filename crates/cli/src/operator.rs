//! The gateway's operator endpoints.

use std::env;
use std::error::Error;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Args;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Method, Request};
use ostiary_secrets_store::{BaseUrl, SecretValue};
use serde::Deserialize;
use serde_json::json;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::configuration::Environment;
use crate::deployed::Deployed;
use crate::failure::Failure;
use crate::http_client::HttpClient;

const TOKEN: &str = "OSTIARY_OPERATOR_TOKEN";
/// Longer than any code of the gateway's.
const LONGEST_CODE: usize = 40;

/// Which gateway is meant. Its operator's token is in the environment: `OSTIARY_OPERATOR_TOKEN`.
#[derive(Args)]
#[command(next_help_heading = "Gateway")]
pub struct OperatorArguments {
    /// The operator mount's URL, such as `https://ops.gw.example.com`.
    #[arg(long = "gateway", env = "OSTIARY_GATEWAY_URL", value_name = "URL", value_parser = gateway_url)]
    gateway: Option<BaseUrl>,
}

/// A gateway whose operator we are.
pub struct Operator {
    url: BaseUrl,
    token: HeaderValue,
    client: HttpClient,
}

/// What one source comes to.
pub struct Probed {
    /// The upstream's, where a request was sent and answered.
    pub status: Option<u16>,
    /// Whether the upstream's response refuses the credential, as the route's `failover` has it.
    pub refused: bool,
    /// Why there is no status, where one was to be had.
    pub failure: Option<String>,
    secrets: Vec<Proved>,
    nonce: [u8; 32],
}

#[derive(Deserialize)]
struct ProbeReport {
    status: Option<u16>,
    #[serde(default)]
    refused: bool,
    failure: Option<String>,
    #[serde(default)]
    secrets: Vec<Proved>,
}

#[derive(Deserialize)]
struct Proved {
    name: String,
    binding: String,
    outcome: String,
    hmac: Option<String>,
}

/// A refusal of the gateway's (RFC 9457).
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
    fn order(&self) -> serde_json::Value {
        let Self { route, caller, method, path } = self;
        let mut order = json!({ "route": route, "method": method, "path": path });
        if let Some(caller) = caller {
            order["caller"] = (*caller).into();
        }
        order
    }
}

impl OperatorArguments {
    /// Whether a gateway is named.
    pub fn is_given(&self) -> bool {
        self.gateway.is_some()
    }

    /// # Errors
    /// Where the gateway or the token is missing.
    pub fn open(self) -> Result<Operator, Failure> {
        let url = self.gateway.ok_or_else(|| {
            Failure::usage(
                "no gateway is named: set OSTIARY_GATEWAY_URL to its operator mount, or write --gateway",
            )
        })?;
        Ok(Operator { url, token: token()?, client: HttpClient::default() })
    }
}

impl Operator {
    /// Asks what the gateway reads from one source of a secret; positions are from 0.
    ///
    /// # Errors
    /// Where the gateway does not say.
    pub fn read(&self, secret: &str, source: usize) -> Result<Probed, Failure> {
        self.probe(&json!({ "secret": secret }), source)
    }

    /// Has a request sent with one source alone; positions are from 0.
    ///
    /// # Errors
    /// Where the gateway does not do it. What goes wrong behind it is in the result.
    pub fn send(&self, request: &RouteRequest<'_>, source: usize) -> Result<Probed, Failure> {
        self.probe(&request.order(), source)
    }

    /// As [`Self::send`], with values in the place of the source's that are certainly wrong.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub fn send_wrong(&self, request: &RouteRequest<'_>, source: usize) -> Result<Probed, Failure> {
        let mut order = request.order();
        order["control"] = true.into();
        self.probe(&order, source)
    }

    /// Whether this is the gateway of the environment that is meant, and reads what is written there.
    ///
    /// # Errors
    /// As [`Deployed::confirm`].
    pub fn confirm(&self, environment: &Environment) -> Result<(), Failure> {
        Deployed::ask(&self.url)?.confirm(&self.url, environment)
    }

    fn probe(&self, subject: &serde_json::Value, source: usize) -> Result<Probed, Failure> {
        let mut nonce = [0; 32];
        getrandom::fill(&mut nonce)
            .map_err(|error| Failure::failed(format_args!("no random bytes: {error}")))?;
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
        let ProbeReport { status, refused, failure, secrets } = serde_json::from_slice(answer.body())
            .map_err(|_| {
                Failure::failed(
                    "the gateway's answer to a probe is none; does its URL lead to the operator mount?",
                )
            })?;
        let failure = failure.map(|failure| code(&failure).to_owned());
        Ok(Probed { status, refused, failure, secrets, nonce })
    }
}

impl Probed {
    /// Whether the gateway has read exactly this value. Only who has it can say so.
    pub fn proves(&self, secret: &str, value: &SecretValue) -> bool {
        let proof = self.secret(secret).and_then(|proved| proved.hmac.as_deref());
        let proof = proof.and_then(|proof| URL_SAFE_NO_PAD.decode(proof).ok());
        let code = Hmac::<Sha256>::new_from_slice(value.expose().as_bytes());
        code.is_ok_and(|code| {
            proof.is_some_and(|proof| code.chain_update(self.nonce).verify_slice(&proof).is_ok())
        })
    }

    /// `ok`, or what is wrong with what was read: `missing`, `empty`, `invalid`, `error`, `timeout`.
    pub fn outcome(&self, secret: &str) -> &str {
        self.secret(secret).map_or("error", |proved| &proved.outcome)
    }

    /// What the gateway read; `None` where it does not speak of the secret.
    pub fn binding(&self, secret: &str) -> Option<&str> {
        self.secret(secret).map(|proved| proved.binding.as_str())
    }

    fn secret(&self, name: &str) -> Option<&Proved> {
        self.secrets.iter().find(|proved| proved.name == name)
    }
}

/// The `Authorization` header of the operator whose token is in the environment.
fn token() -> Result<HeaderValue, Failure> {
    let wrong = |fault: &str| {
        Failure::usage(format_args!("OSTIARY_OPERATOR_TOKEN cannot be what it is meant to be: {fault}"))
    };
    let token = env::var_os(TOKEN).filter(|token| !token.is_empty());
    let token =
        token.ok_or_else(|| Failure::usage(format_args!("set {TOKEN} to the token of an operator")))?;
    let token = token.into_string().map(Zeroizing::new).map_err(|_| wrong("it is not UTF-8"))?;
    if token.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("bearer ")) {
        return Err(wrong("it begins with `Bearer `; write the token alone"));
    }
    if token.contains(['\r', '\n']) {
        return Err(wrong("it has a line end"));
    }
    let header = Zeroizing::new(format!("Bearer {}", token.as_str()));
    let mut header = HeaderValue::from_str(&header).map_err(|_| wrong("no header can hold it"))?;
    header.set_sensitive(true);
    Ok(header)
}

/// A code of the gateway's, as in [`Problem::code`]; what has another form is somebody else's and is not repeated.
fn code(text: &str) -> &str {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    if !text.is_empty() && text.len() <= LONGEST_CODE && text.bytes().all(known) { text } else { "unknown" }
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

/// Reads the URL of an operator mount.
///
/// # Errors
/// Where it would carry the operator's token over a network in clear.
pub fn gateway_url(text: &str) -> Result<BaseUrl, InvalidGatewayUrl> {
    BaseUrl::parse(text).map_err(|_| InvalidGatewayUrl)
}

/// A text that is no URL of an operator mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidGatewayUrl;

impl fmt::Display for InvalidGatewayUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .write_str("it must be an https URL such as https://ops.gw.example.com, or http to this machine")
    }
}

impl Error for InvalidGatewayUrl {}

#[cfg(test)]
mod tests {
    use super::*;

    fn probed(hmac: &str) -> Probed {
        let proved = Proved {
            name: "stripe".to_owned(),
            binding: "STRIPE_KEY".to_owned(),
            outcome: "ok".to_owned(),
            hmac: Some(hmac.to_owned()),
        };
        Probed {
            status: None,
            refused: false,
            failure: None,
            secrets: vec![proved],
            nonce: *b"0123456789abcdef0123456789abcdef",
        }
    }

    #[test]
    fn only_the_value_itself_is_proved() {
        let value = |text: &str| SecretValue::parse(text.to_owned()).unwrap();
        let mut code = Hmac::<Sha256>::new_from_slice(b"new").unwrap();
        code.update(b"0123456789abcdef0123456789abcdef");
        let proof = URL_SAFE_NO_PAD.encode(code.finalize().into_bytes());
        assert!(probed(&proof).proves("stripe", &value("new")));
        assert!(!probed(&proof).proves("stripe", &value("old")));
        assert!(!probed(&proof).proves("other", &value("new")));
        for proof in [String::new(), "!".to_owned(), proof.chars().take(20).collect()] {
            assert!(!probed(&proof).proves("stripe", &value("new")), "{proof}");
        }
    }
}
