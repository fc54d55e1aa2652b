//! The log event of a request.

use serde::Serialize;

use crate::authentication::error::AuthenticationError;
use crate::configuration::Mismatch;
use crate::http::trace_context::TraceId;
use crate::request_id::RequestId;
use crate::secrets::fallback::SourceNote;

/// The log event of a request. It has no path, query, host or header value. Of the caller's texts, it has only the
/// subject of a verified token, and a trace id and a request id in a fixed form.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event<'g> {
    /// Always `request`.
    pub event: &'static str,
    /// The severity.
    pub level: Level,
    /// The id that the response has too.
    pub request_id: RequestId,
    /// Absent for a method that the gateway does not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<&'static str>,
    /// The route's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<&'g str>,
    /// The operator's endpoint that was called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<&'static str>,
    /// The caller's name, or `anyone`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller: Option<&'g str>,
    /// The claim `sub` of the caller's signed token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The rule that admitted the request, as written in `gateway.toml`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'g str>,
    /// The difference between the request and a rule that nearly admits it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mismatch: Option<Mismatch>,
    /// The reason why authentication failed.
    #[serde(rename = "proof", skip_serializing_if = "Option::is_none")]
    pub auth_error: Option<AuthenticationError>,
    /// The sources that were used, and those that failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<SourceNote<'g>>,
    /// The number of attempts; absent where it is 0 or 1.
    #[serde(skip_serializing_if = "is_one")]
    pub attempts: u32,
    /// The outcome of a rejected credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failover: Option<FailoverOutcome>,
    /// Whether a rate limit could not be checked, and the request continued.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub rate_limit_unknown: bool,
    /// The binding of the rate limit that was exceeded; of several, the one with the longest period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<&'g str>,
    /// The key that the limit counts by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counted: Option<&'static str>,
    /// The outcome of a browser's preflight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preflight: Option<PreflightOutcome>,
    /// The names of secrets that were found in the head of the response, for [`Event::notices`].
    #[serde(skip)]
    pub redacted: Vec<String>,
    /// The id of the request's trace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<TraceId>,
    /// The caller's own request id, if it has the form of an id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x_request_id: Option<String>,
    /// The names of secrets that are too short to be looked for in the response's body.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub too_short: Vec<&'g str>,
    /// The status of the response.
    pub status: u16,
    /// The code of the refusal, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// The time until the credential was complete, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secrets_ms: Option<u32>,
    /// The time until the head of the upstream's response arrived, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream_ms: Option<u32>,
    /// The time until the head of the response was ready, in milliseconds.
    pub total_ms: u32,
}

/// The outcome of a credential that the upstream rejected. The words of the log say "refused".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FailoverOutcome {
    /// The upstream accepted the credential of a later source. Each source that it rejected before has to be replaced:
    /// the primary, another one, or several.
    #[serde(rename = "primary_refused")]
    Recovered,
    /// No other credential is left. Callers can cause this.
    #[serde(rename = "all_refused")]
    AllRejected,
    /// Another source is left, but none with a usable value.
    NextUnavailable,
    /// The body of the request is no longer available.
    NotReplayable,
}

impl FailoverOutcome {
    /// The name for the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recovered => "primary_refused",
            Self::AllRejected => "all_refused",
            Self::NextUnavailable => "next_unavailable",
            Self::NotReplayable => "not_replayable",
        }
    }
}

/// The outcome of a browser's preflight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PreflightOutcome {
    /// With the permissions of the route for pages of this origin.
    Granted,
    /// Without any permission: the route's `cors` does not name the page's origin.
    ForeignOrigin,
}

/// The severity of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Normal, including refusals of bad requests.
    Info,
    /// The request was served, and someone should look at something: a source failed, a key was refused, or a value is
    /// too short to be redacted.
    Warn,
    /// The gateway or its upstream failed the caller.
    Error,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_one(attempts: &u32) -> bool {
    *attempts <= 1
}

impl<'g> Event<'g> {
    /// Makes an event for a new request.
    #[must_use]
    pub const fn new(request_id: RequestId) -> Self {
        Self {
            event: "request",
            level: Level::Info,
            request_id,
            method: None,
            route: None,
            operation: None,
            caller: None,
            subject: None,
            rule: None,
            mismatch: None,
            auth_error: None,
            secrets: Vec::new(),
            attempts: 0,
            failover: None,
            rate_limit_unknown: false,
            rate_limit: None,
            counted: None,
            preflight: None,
            redacted: Vec::new(),
            trace_id: None,
            x_request_id: None,
            too_short: Vec::new(),
            status: 0,
            code: None,
            secrets_ms: None,
            upstream_ms: None,
            total_ms: 0,
        }
    }

    /// Sets the level.
    pub fn set_level(&mut self) {
        let failed = self.code.is_some() && self.status >= 500;
        let failures = self.secrets.iter().filter_map(|note: &SourceNote<'g>| note.failure);
        let source_failed = failures.into_iter().any(|failure| !failure.can_be_forced());
        let rejected = self.failover == Some(FailoverOutcome::Recovered);
        let too_short = !self.too_short.is_empty();
        let wants_a_look = source_failed || rejected || self.rate_limit_unknown || too_short;
        self.level = match (failed, wants_a_look) {
            (true, _) => Level::Error,
            (false, true) => Level::Warn,
            (false, false) => Level::Info,
        };
    }

    /// The event as one JSON object on one line.
    #[must_use]
    pub fn line(&self) -> String {
        // Serialising texts and numbers cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authentication::jwt::JwtError;
    use crate::authentication::signature_error::SignatureError;
    use crate::request::rate_limit::Subject;
    use crate::runtime::reading::Failure;

    fn full() -> Event<'static> {
        let served = SourceNote {
            secret: "api",
            binding: "API_KEY",
            source: 1,
            failure: None,
            status: None,
            error: None,
        };
        Event {
            method: Some("GET"),
            route: Some("api"),
            operation: Some("health"),
            caller: Some("checkout"),
            subject: Some("repo:acme/shop".to_owned()),
            rule: Some("GET /**"),
            mismatch: Some(Mismatch::Method),
            auth_error: Some(AuthenticationError::Unreadable),
            secrets: vec![served],
            attempts: 2,
            failover: Some(FailoverOutcome::Recovered),
            rate_limit_unknown: true,
            rate_limit: Some("RPM"),
            counted: Some("caller"),
            preflight: Some(PreflightOutcome::Granted),
            trace_id: Some(TraceId::new(1)),
            x_request_id: Some("1".to_owned()),
            too_short: vec!["api"],
            code: Some("no_route"),
            secrets_ms: Some(1),
            upstream_ms: Some(1),
            ..Event::new(RequestId::new(1))
        }
    }

    #[test]
    fn every_field_and_every_word_has_its_row_in_the_documentation() {
        let page =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/log.md")).unwrap();
        let event: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&full().line()).unwrap();
        let all_failovers = [
            FailoverOutcome::Recovered,
            FailoverOutcome::AllRejected,
            FailoverOutcome::NextUnavailable,
            FailoverOutcome::NotReplayable,
        ];
        let failovers =
            all_failovers.map(|word| serde_json::to_value(word).unwrap().as_str().unwrap().to_owned());
        assert_eq!(failovers, all_failovers.map(FailoverOutcome::as_str));
        let failures = [
            Failure::Missing,
            Failure::Empty,
            Failure::Invalid,
            Failure::Error,
            Failure::Timeout,
            Failure::Exchange,
            Failure::Rejected,
            Failure::Repeated,
            Failure::Unanswered,
        ];
        let proofs = [
            AuthenticationError::Absent,
            AuthenticationError::Unknown,
            AuthenticationError::Contradictory,
            AuthenticationError::Unreadable,
        ];
        let proofs = proofs.into_iter().chain(JwtError::ALL.map(AuthenticationError::Jwt));
        let proofs = proofs.chain(SignatureError::ALL.map(AuthenticationError::Signature));
        let proofs: Vec<String> =
            proofs.map(|word| serde_json::to_value(word).unwrap().as_str().unwrap().to_owned()).collect();
        let levels = ["info", "warn", "error"];
        let counted = [Subject::Address, Subject::Caller("", None), Subject::Anyone].map(Subject::as_str);
        let preflights = ["granted", "foreign_origin"];
        let notices =
            ["fallback_served", "failover_served", "source_invalid", "credential_refused", "secret_redacted"];
        let words = event.keys().map(String::as_str);
        let words = words
            .chain(failovers.iter().map(String::as_str))
            .chain(failures.map(Failure::as_str))
            .chain(Mismatch::ALL.map(Mismatch::as_str))
            .chain(proofs.iter().map(String::as_str))
            .chain(levels)
            .chain(counted)
            .chain(preflights)
            .chain(notices);
        let words: Vec<_> = words.collect();
        for word in &words {
            assert!(page.contains(&format!("\n| `{word}` | ")), "{word}");
        }
        let heads = ["failure", "failover", "mismatch", "proof", "counted", "preflight", "event"].len();
        let settings = ["invocation_logs = false", "redact_query_string = true"].len();
        assert_eq!(page.matches("\n| `").count(), words.len() + heads + settings);
    }
}
