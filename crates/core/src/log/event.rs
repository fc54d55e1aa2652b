//! The one event of a request.

use serde::Serialize;

use crate::authentication::error::AuthenticationError;
use crate::configuration::Mismatch;
use crate::http::trace_context::TraceId;
use crate::request_id::RequestId;
use crate::secrets::resolver::SourceNote;

/// The one log event of a request. Nothing of the caller's text is in it: no path, query, host or header value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event<'g> {
    /// Always `request`.
    pub event: &'static str,
    /// How bad it is.
    pub level: Level,
    /// The same as in the answer.
    pub request_id: RequestId,
    /// Absent for a method that the gateway does not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<&'static str>,
    /// The route's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<&'g str>,
    /// Which of the operator's endpoints it was for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<&'static str>,
    /// The caller's name, or `anyone`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller: Option<&'g str>,
    /// Which one of the caller's, by the claim `sub` of its signed token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The rule that admitted the request, as `gateway.toml` spells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'g str>,
    /// What keeps the request from a rule that it nearly fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mismatch: Option<Mismatch>,
    /// Why nobody was proved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<AuthenticationError>,
    /// The sources that served, and those that did not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<SourceNote<'g>>,
    /// How often the request was sent; absent where it was once or not at all.
    #[serde(skip_serializing_if = "is_one")]
    pub attempts: u32,
    /// What became of a refused credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failover: Option<FailoverOutcome>,
    /// Whether a rate limit could not be asked, and the request went on.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub rate_limit_unknown: bool,
    /// The binding of the rate limit that was exceeded; of several, the one with the longest period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<&'g str>,
    /// What that limit counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counted: Option<&'static str>,
    /// How a browser's preflight was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preflight: Option<PreflightOutcome>,
    /// The names of secrets that were found in the head of the answer, for [`Event::notices`].
    #[serde(skip)]
    pub redacted: Vec<String>,
    /// The trace that the request is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<TraceId>,
    /// How its caller has named it, where that can only be an id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x_request_id: Option<String>,
    /// The names of values that are too short to be looked for in the answer's body.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub too_short: Vec<&'g str>,
    /// The status of the answer.
    pub status: u16,
    /// The refusal's code, where the gateway itself answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// Until the credential was there, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secrets_ms: Option<u32>,
    /// Until the head of the upstream's answer was there, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream_ms: Option<u32>,
    /// From the request until the head of the answer, in milliseconds.
    pub total_ms: u32,
}

/// What became of a credential that the upstream refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FailoverOutcome {
    /// The upstream accepted the next one: the primary has to be replaced.
    PrimaryRefused,
    /// No other one is left. Callers can bring this about.
    AllRefused,
    /// Another source is left, and none that yields a value that can be used.
    NextUnavailable,
    /// The body of the request is not at hand any more.
    NotReplayable,
}

impl FailoverOutcome {
    /// As it stands in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PrimaryRefused => "primary_refused",
            Self::AllRefused => "all_refused",
            Self::NextUnavailable => "next_unavailable",
            Self::NotReplayable => "not_replayable",
        }
    }
}

/// How a browser's preflight was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PreflightOutcome {
    /// With what the route allows to pages of this origin.
    Granted,
    /// Without any permission: the route's `cors` does not name the page's origin.
    ForeignOrigin,
}

/// How bad an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be, refusals of bad requests included.
    Info,
    /// The request was served, and something wants a look: a source failed, a key was refused, or a value is too
    /// short to be redacted.
    Warn,
    /// The gateway or its upstream failed the caller.
    Error,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_one(attempts: &u32) -> bool {
    *attempts <= 1
}

impl<'g> Event<'g> {
    /// Of a request of which nothing is known yet.
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
            proof: None,
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

    /// Sets the level from what has happened.
    pub fn set_level(&mut self) {
        let failed = self.code.is_some() && self.status >= 500;
        let unreadable = match self.proof {
            Some(AuthenticationError::Jwt(why)) => why.is_unavailable(),
            proof => proof == Some(AuthenticationError::Unreadable),
        };
        let failures = self.secrets.iter().filter_map(|note: &SourceNote<'g>| note.failure);
        let source_failed = failures.into_iter().any(|failure| !failure.can_be_forced());
        let refused = self.failover == Some(FailoverOutcome::PrimaryRefused);
        let too_short = !self.too_short.is_empty();
        let wants_a_look = source_failed || refused || self.rate_limit_unknown || too_short;
        self.level = match (failed || unreadable, wants_a_look) {
            (true, _) => Level::Error,
            (false, true) => Level::Warn,
            (false, false) => Level::Info,
        };
    }

    /// One JSON object on one line.
    #[must_use]
    pub fn line(&self) -> String {
        // Texts and numbers always serialise.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authentication::jwt::JwtError;
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
            proof: Some(AuthenticationError::Unreadable),
            secrets: vec![served],
            attempts: 2,
            failover: Some(FailoverOutcome::PrimaryRefused),
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
            FailoverOutcome::PrimaryRefused,
            FailoverOutcome::AllRefused,
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
            Failure::Refused,
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
        assert_eq!(page.matches("\n| `").count(), words.len() + heads);
    }
}
