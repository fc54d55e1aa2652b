//! `POST explain`: what the gateway would do with a request, decided by the code that serves requests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::report::Report;
use super::request_body::read_json;
use crate::configuration::{CallerAuthentication, Gateway, List, TokenPlace};
use crate::digest::digest;
use crate::http::header_name::HeaderName;
use crate::http::{query, subprotocol};
use crate::refusal::Code;
use crate::request::admission::admit;
use crate::request::routing;
use crate::runtime::{OperatorRuntime, RehearsalRequest, Rehearsed, RehearsedSend, RequestHead};

/// The token of the named caller. It is only valid within the rehearsal.
const TOKEN: &str = "a-token-for-a-rehearsal";

/// The body of the request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExplainRequest {
    method: String,
    url: String,
    /// The caller; without it, the request has no token.
    caller: Option<String>,
    #[serde(default)]
    headers: Vec<(String, String)>,
}

/// The body of the response, except the request's event, which is JSON already.
#[derive(Serialize)]
struct Explanation<'r> {
    decision: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'static str>,
    reads: &'r [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    sent: Option<&'r RehearsedSend>,
}

/// 1. The body is read and parsed. 413, 400
/// 2. The caller is known by a token of the rehearsal's, and shows it in the first place where the route looks for one.
/// 3. The request is handled where nothing is read and nothing is sent.
pub(super) async fn report(
    gateway: &Gateway,
    token_in: &[TokenPlace],
    runtime: &impl OperatorRuntime,
) -> Result<Report, Code> {
    let request: ExplainRequest = read_json(runtime).await?;
    let ExplainRequest { method, url, caller, headers } = request;
    let headers = headers.into_iter().map(|(name, value)| {
        let name = HeaderName::parse(name.trim()).map_err(|_| Code::OperationInvalid)?;
        Ok((name.as_str().to_owned(), value.trim().to_owned()))
    });
    let headers = headers.collect::<Result<_, Code>>()?;
    let mut request = RehearsalRequest { method, url, headers };
    request.name_host().ok_or(Code::OperationInvalid)?;
    let known = match &caller {
        Some(name) => Some(knowing(gateway, name).ok_or(Code::OperationInvalid)?),
        None => None,
    };
    if known.is_some() {
        request.show(gateway, token_in);
    }
    let rehearsed = runtime.rehearse(known.as_ref().unwrap_or(gateway), &request).await;
    let Rehearsed { line, code, reads, sent } = rehearsed.ok_or(Code::OperationInvalid)?;
    let decision = match (code, &sent) {
        (Some(_), _) => "refused",
        (None, Some(_)) => "forwarded",
        (None, None) => "answered",
    };
    let explanation =
        Explanation { decision, title: code.map(Code::title), reads: &reads, sent: sent.as_ref() };
    // Serialising texts cannot fail.
    let mut body = serde_json::to_string(&explanation).unwrap_or_default();
    body.pop();
    Ok(Report::json(200, format!("{body},\"event\":{line}}}")))
}

/// The gateway, with [`TOKEN`] as the token of this caller; `None` if there is no such caller.
fn knowing(gateway: &Gateway, name: &str) -> Option<Gateway> {
    let mut callers = gateway.callers.to_vec();
    let caller = callers.iter_mut().find(|caller| caller.name == name)?;
    caller.authentication = CallerAuthentication::Digests(vec![digest(TOKEN.as_bytes())].into());
    Some(Gateway { callers: List::Owned(callers), ..gateway.clone() })
}

impl RequestHead for RehearsalRequest {
    fn method(&self) -> &str {
        &self.method
    }

    fn url(&self) -> &str {
        &self.url
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn header_names(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().map(|(name, _)| name.as_str())
    }
}

impl RehearsalRequest {
    /// Sets `Host` to the URL's host, as every client does; `None` if the URL is not absolute.
    fn name_host(&mut self) -> Option<()> {
        let (_, rest) = self.url.split_once("://")?;
        let host = rest.split(['/', '?']).next().filter(|host| !host.is_empty())?.to_owned();
        if rest.len() == host.len() {
            self.url.push('/');
        }
        self.set("host", host);
        Some(())
    }

    fn set(&mut self, name: &str, value: String) {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value));
    }

    /// Puts the token into the first token place of the request's route.
    fn show(&mut self, gateway: &Gateway, of_operators: &[TokenPlace]) {
        let admitted = admit(self).ok();
        let arrival = admitted.as_ref().and_then(|admitted| routing::find(gateway, &admitted.target));
        let route = arrival.and_then(|arrival| arrival.route);
        let place = route.map_or(of_operators, |route| &route.token_in).first().cloned();
        match place.unwrap_or(TokenPlace::Bearer) {
            TokenPlace::Bearer => self.set("authorization", format!("Bearer {TOKEN}")),
            TokenPlace::Basic => {
                self.set("authorization", format!("Basic {}", STANDARD.encode(format!(":{TOKEN}"))));
            }
            TokenPlace::SigV4 => self.set(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential={TOKEN}/date/region/service/aws4_request, Signature=0"),
            ),
            TokenPlace::Header { name, before, after } => {
                self.set(name.as_str(), format!("{before}{TOKEN}{after}"));
            }
            TokenPlace::Query { name, before, after } => {
                let (path, given) = self.url.split_once('?').unwrap_or((&self.url, ""));
                let mut parameters = given.to_owned();
                query::append(&mut parameters, &name, &format!("{before}{TOKEN}{after}"));
                self.url = format!("{path}?{parameters}");
            }
            TokenPlace::Subprotocol { prefix } => self.set(subprotocol::HEADER, format!("{prefix}{TOKEN}")),
            TokenPlace::NextSubprotocol { name } => self.set(subprotocol::HEADER, format!("{name}, {TOKEN}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rehearsal_is_of_the_request_that_the_operator_describes() {
        let mut request = RehearsalRequest {
            method: "POST".to_owned(),
            url: "https://gw.example.com".to_owned(),
            headers: vec![
                ("host".to_owned(), "other.example.com".to_owned()),
                ("accept".to_owned(), "a".to_owned()),
            ],
        };
        assert_eq!(request.name_host(), Some(()));
        assert_eq!((request.method(), request.url()), ("POST", "https://gw.example.com/"));
        assert_eq!(request.header("host"), Some("gw.example.com"));
        assert_eq!((request.header("accept"), request.header("cookie")), (Some("a"), None));
        assert_eq!(request.header_names().collect::<Vec<_>>(), ["accept", "host"]);
    }
}
