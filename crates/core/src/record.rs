//! What the log says of a request: names, outcomes and times, never a value.

use serde::Serialize;

use crate::credential::SourceNote;
use crate::proof::Unproven;
use crate::refusal::RequestId;

/// The one log event of a request. Nothing of the caller's text is in it: no path, query, host or header value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record<'g> {
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
    /// The caller's name, or `anyone`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller: Option<&'g str>,
    /// The rule that admitted the request, as `gateway.toml` spells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'g str>,
    /// Why nobody was proved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<Unproven>,
    /// The sources that served, and those that did not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<SourceNote<'g>>,
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

/// How bad an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be, refusals of bad requests included.
    Info,
    /// The request was served, and something wants a look: a source failed, or a value is too short to be redacted.
    Warn,
    /// The gateway or its upstream failed the caller.
    Error,
}

impl<'g> Record<'g> {
    /// Of a request of which nothing is known yet.
    #[must_use]
    pub const fn new(request_id: RequestId) -> Self {
        Self {
            event: "request",
            level: Level::Info,
            request_id,
            method: None,
            route: None,
            caller: None,
            rule: None,
            proof: None,
            secrets: Vec::new(),
            too_short: Vec::new(),
            status: 0,
            code: None,
            secrets_ms: None,
            upstream_ms: None,
            total_ms: 0,
        }
    }

    /// Sets the level from what has happened.
    pub fn rate(&mut self) {
        let failed = self.code.is_some() && self.status >= 500;
        let unreadable = self.proof == Some(Unproven::Unreadable);
        let moved_on = self.secrets.iter().any(|note: &SourceNote<'g>| note.failure.is_some());
        self.level = match (failed || unreadable, moved_on || !self.too_short.is_empty()) {
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
