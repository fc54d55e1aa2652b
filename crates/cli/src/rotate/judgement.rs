//! Decides from one response to a probe whether the credential works.
//!
//! One response proves nothing yet: `trial.rs` repeats the probe until enough responses in a row agree, and
//! `execution.rs` waits until the gateway reads the new value.

use super::found::{Refusal, Verdict};
use crate::failure::Failure;
use crate::operator::{Operator, RouteRequest};
use crate::probed::{FailedExchange, Probed};

/// The error codes for a wrong credential from a token endpoint (RFC 6749 §5.2).
const NO_CREDENTIAL: [&str; 2] = ["invalid_client", "invalid_grant"];

/// A request that shows whether a credential works.
#[derive(Clone)]
pub struct ProbeRequest {
    /// The route that uses the credential.
    pub route: String,
    /// Whose values are put on the request, where each caller has its own.
    pub caller: Option<String>,
    /// GET or HEAD.
    pub method: String,
    /// The path below the mount, with its query.
    pub path: String,
    /// The status for a valid credential.
    pub expected: u16,
    /// The statuses for a wrong credential. Other statuses tell nothing about it.
    pub refused: Vec<u16>,
}

/// The meaning of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// The credential works.
    Accepted,
    /// The credential is wrong.
    Refused(Refusal),
    /// Unknown, and a retry would not help: a status that is neither in `failover` nor in `--refused`.
    Foreign(u16),
    /// Unknown; a retry may help.
    Undecided,
}

impl ProbeRequest {
    /// Makes the gateway send it with only this source.
    ///
    /// # Errors
    /// Returns an error if the gateway does not send it.
    pub fn send(&self, operator: &Operator, source: usize) -> Result<Probed, Failure> {
        operator.send(&self.as_route_request(), source)
    }

    /// Makes the gateway send it with wrong values for these secrets.
    ///
    /// # Errors
    /// Returns an error if the gateway does not send it.
    pub fn send_wrong(&self, operator: &Operator, source: usize, wrong: &[&str]) -> Result<Probed, Failure> {
        operator.send_wrong(&self.as_route_request(), source, wrong)
    }

    fn as_route_request(&self) -> RouteRequest<'_> {
        let Self { route, caller, method, path, .. } = self;
        RouteRequest { route, caller: caller.as_deref(), method, path }
    }

    /// Classifies the response.
    pub fn judge(&self, probed: &Probed) -> Judgement {
        let refusal = |status, is_certain| Refusal { is_of_token_endpoint: false, status, is_certain };
        match (probed.status, &probed.exchange) {
            // `failover` may include a used-up quota, which does not mean that the key is wrong.
            (Some(status), _) if is_passing(status) && !self.refused.contains(&status) => {
                Judgement::Undecided
            }
            (Some(_), _) if probed.undecided => Judgement::Undecided,
            (Some(status), _) if probed.refused => Judgement::Refused(refusal(status, true)),
            (Some(status), _) if status == self.expected => Judgement::Accepted,
            (Some(status), _) if self.refused.contains(&status) => Judgement::Refused(refusal(status, false)),
            (Some(status), _) => Judgement::Foreign(status),
            (None, Some(exchange)) => self.judge_exchange(exchange),
            (None, None) => Judgement::Undecided,
        }
    }

    fn judge_exchange(&self, exchange: &FailedExchange) -> Judgement {
        let Some(status) = exchange.status.filter(|status| !is_passing(*status)) else {
            return Judgement::Undecided;
        };
        let is_certain = NO_CREDENTIAL.contains(&exchange.error.as_str());
        if is_certain || self.refused.contains(&status) {
            return Judgement::Refused(Refusal { is_of_token_endpoint: true, status, is_certain });
        }
        Judgement::Foreign(status)
    }
}

impl Judgement {
    /// The verdict on the source that was probed.
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Accepted => Verdict::Accepted,
            Self::Refused(refusal) => Verdict::RefusedAs(refusal),
            Self::Foreign(_) | Self::Undecided => Verdict::Undecided,
        }
    }
}

/// Whether a status is temporary and does not depend on the request (RFC 9110 §15.6, RFC 6585 §4, RFC 8470 §5.2).
fn is_passing(status: u16) -> bool {
    status >= 500 || matches!(status, 408 | 425 | 429)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn judge(report: &Value) -> Judgement {
        let request = ProbeRequest {
            route: "r".to_owned(),
            caller: None,
            method: "GET".to_owned(),
            path: "/".to_owned(),
            expected: 200,
            refused: vec![401, 403],
        };
        request.judge(&Probed::read(report.to_string().as_bytes(), [0; 32]).unwrap())
    }

    #[test]
    fn a_status_says_what_it_is_named_for_and_nothing_else() {
        let refused = |status, is_certain| {
            Judgement::Refused(Refusal { is_of_token_endpoint: false, status, is_certain })
        };
        for (status, named, expected) in [
            (200, false, Judgement::Accepted),
            (200, true, refused(200, true)),
            (401, false, refused(401, false)),
            (401, true, refused(401, true)),
            (403, false, refused(403, false)),
            (400, false, Judgement::Foreign(400)),
            (302, false, Judgement::Foreign(302)),
            (404, false, Judgement::Foreign(404)),
            (429, false, Judgement::Undecided),
            (429, true, Judgement::Undecided),
            (503, true, Judgement::Undecided),
            (500, false, Judgement::Undecided),
            (503, false, Judgement::Undecided),
        ] {
            assert_eq!(judge(&json!({ "status": status, "refused": named })), expected, "{status} {named}");
        }
        assert_eq!(judge(&json!({ "failure": "upstream_timeout" })), Judgement::Undecided);
        // The refusal depends on a part of the body that was not read.
        let unread = json!({ "status": 200, "refused": false, "undecided": true });
        assert_eq!(judge(&unread), Judgement::Undecided);
        assert_eq!(judge(&json!({ "failure": "secret_unavailable" })), Judgement::Undecided);
    }

    #[test]
    fn a_token_endpoint_refuses_by_its_code_or_by_a_status_that_is_named() {
        let refused = |status, is_certain| {
            Judgement::Refused(Refusal { is_of_token_endpoint: true, status, is_certain })
        };
        for (error, status, expected) in [
            ("invalid_client", Some(400), refused(400, true)),
            ("invalid_client", Some(401), refused(401, true)),
            ("invalid_grant", Some(400), refused(400, true)),
            ("refused", Some(401), refused(401, false)),
            ("invalid_scope", Some(400), Judgement::Foreign(400)),
            ("unauthorized_client", Some(400), Judgement::Foreign(400)),
            ("no_token", Some(200), Judgement::Foreign(200)),
            ("invalid_client", Some(503), Judgement::Undecided),
            ("refused", Some(429), Judgement::Undecided),
            ("timeout", None, Judgement::Undecided),
        ] {
            let report =
                json!({ "failure": "secret_unavailable", "exchange": { "error": error, "status": status } });
            assert_eq!(judge(&report), expected, "{error} {status:?}");
        }
    }
}
