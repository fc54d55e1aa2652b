//! Notices: log lines besides a request's event, for what an operator should know.

use serde::Serialize;

use super::event::{Event, FailoverOutcome, Level};
use crate::request_id::RequestId;
use crate::runtime::reading::Failure;
use crate::secrets::fallback::SourceNote;

/// A notice about a secret or one of its sources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice<'e> {
    event: &'static str,
    level: Level,
    /// The id of the request's event, which has the details.
    request_id: &'e RequestId,
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<&'e str>,
    secret: &'e str,
    /// The source that the notice is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    binding: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// The binding of the source that was used instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    served_by: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    found_in: Option<FoundIn>,
}

/// The part of a response in which a secret was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FoundIn {
    /// In a header.
    Head,
    /// In the body.
    Body,
}

/// The common fields of the notices about a response's body. It outlives the request's event.
#[derive(Clone, Debug)]
pub struct Redacted {
    request_id: RequestId,
    route: Option<String>,
}

impl From<&Event<'_>> for Redacted {
    fn from(event: &Event<'_>) -> Self {
        Self { request_id: event.request_id.clone(), route: event.route.map(str::to_owned) }
    }
}

impl Redacted {
    /// The notice that this secret was found and replaced.
    #[must_use]
    pub fn notice<'e>(&'e self, secret: &'e str, found_in: FoundIn) -> Notice<'e> {
        let Self { request_id, route } = self;
        Notice {
            route: route.as_deref(),
            found_in: Some(found_in),
            ..Notice::new("secret_redacted", request_id, secret)
        }
    }
}

impl<'e> Notice<'e> {
    const fn new(event: &'static str, request_id: &'e RequestId, secret: &'e str) -> Self {
        Self {
            event,
            level: Level::Warn,
            request_id,
            route: None,
            secret,
            binding: None,
            source: None,
            failure: None,
            status: None,
            served_by: None,
            found_in: None,
        }
    }

    /// The notice as one JSON object on one line.
    #[must_use]
    pub fn line(&self) -> String {
        // Serialising texts and numbers cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl<'g> Event<'g> {
    /// The notices of a finished request. Each secret has at most one notice of each name.
    #[must_use]
    pub fn notices(&self) -> Vec<Notice<'_>> {
        let mut notices: Vec<Notice<'_>> = Vec::new();
        for note in &self.secrets {
            let Some(failure) = note.failure else { continue };
            // A source whose token was used has a second note if that token could not be renewed.
            let replaces = |other: &&SourceNote<'_>| {
                other.secret == note.secret && other.failure.is_none() && other.binding != note.binding
            };
            let served = self.secrets.iter().find(replaces);
            if let Some(event) = self.name(failure, served) {
                self.add(&mut notices, event, note, served);
            }
            if matches!(failure, Failure::Empty | Failure::Invalid) {
                self.add(&mut notices, "source_invalid", note, None);
            }
        }
        let found = self.redacted.iter().map(|secret| Notice {
            route: self.route,
            found_in: Some(FoundIn::Head),
            ..Notice::new("secret_redacted", &self.request_id, secret)
        });
        notices.extend(found);
        notices
    }

    /// The name of the notice about a source that failed.
    fn name(&self, failure: Failure, served: Option<&SourceNote<'g>>) -> Option<&'static str> {
        match (failure, self.failover) {
            (Failure::Rejected, Some(FailoverOutcome::Recovered)) => Some("failover_served"),
            (Failure::Rejected, Some(FailoverOutcome::AllRejected)) => Some("credential_refused"),
            (Failure::Rejected | Failure::Repeated | Failure::Unanswered, _) => None,
            _ => served.map(|_| "fallback_served"),
        }
    }

    fn add<'e>(
        &'e self,
        notices: &mut Vec<Notice<'e>>,
        event: &'static str,
        note: &'e SourceNote<'g>,
        served: Option<&'e SourceNote<'g>>,
    ) {
        if notices.iter().any(|known| known.event == event && known.secret == note.secret) {
            return;
        }
        notices.push(Notice {
            route: self.route,
            binding: Some(note.binding),
            source: Some(note.source),
            failure: note.failure,
            status: note.status,
            served_by: served.map(|served| served.binding),
            ..Notice::new(event, &self.request_id, note.secret)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(binding: &'static str, source: usize, failure: Option<Failure>) -> SourceNote<'static> {
        let status = (failure == Some(Failure::Rejected)).then_some(401);
        SourceNote { secret: "api", binding, source, failure, status, error: None }
    }

    /// The name, binding and `served_by` of each notice.
    fn told(
        failover: Option<FailoverOutcome>,
        secrets: &[SourceNote<'static>],
    ) -> Vec<(&'static str, Option<String>, Option<String>)> {
        let event = Event { secrets: secrets.to_vec(), failover, ..Event::new(RequestId::new(1)) };
        let told = |notice: &Notice<'_>| {
            (notice.event, notice.binding.map(str::to_owned), notice.served_by.map(str::to_owned))
        };
        event.notices().iter().map(told).collect()
    }

    fn row(
        event: &'static str,
        binding: &str,
        served_by: Option<&str>,
    ) -> (&'static str, Option<String>, Option<String>) {
        (event, Some(binding.to_owned()), served_by.map(str::to_owned))
    }

    #[test]
    fn a_request_without_a_fault_has_none() {
        assert_eq!(told(None, &[]), []);
        assert_eq!(told(None, &[note("A", 1, None)]), []);
        // A failure without a replacement is a refusal, which the request's event reports.
        assert_eq!(told(None, &[note("A", 1, Some(Failure::Missing))]), []);
    }

    #[test]
    fn a_fallback_is_told_with_what_failed_and_what_served() {
        for failure in [Failure::Missing, Failure::Error, Failure::Timeout] {
            let secrets = [note("A", 1, Some(failure)), note("B", 2, None)];
            assert_eq!(told(None, &secrets), [row("fallback_served", "A", Some("B"))], "{failure:?}");
        }
        let secrets =
            [note("A", 1, Some(Failure::Missing)), note("B", 2, Some(Failure::Error)), note("C", 3, None)];
        assert_eq!(told(None, &secrets), [row("fallback_served", "A", Some("C"))]);
    }

    #[test]
    fn a_source_does_not_replace_itself() {
        // A token was used, and could not be renewed with the same source.
        let secrets = [note("A", 1, None), note("A", 1, Some(Failure::Exchange))];
        assert_eq!(told(None, &secrets), []);
        let secrets = [note("A", 1, None), note("A", 1, Some(Failure::Exchange)), note("B", 2, None)];
        assert_eq!(told(None, &secrets), [row("fallback_served", "A", Some("B"))]);
    }

    #[test]
    fn a_value_that_cannot_be_used_is_told_whether_or_not_another_one_served() {
        for failure in [Failure::Invalid, Failure::Empty] {
            let secrets = [note("A", 1, Some(failure))];
            assert_eq!(told(None, &secrets), [row("source_invalid", "A", None)]);
            let secrets = [note("A", 1, Some(failure)), note("B", 2, None)];
            let expected = [row("fallback_served", "A", Some("B")), row("source_invalid", "A", None)];
            assert_eq!(told(None, &secrets), expected);
        }
    }

    #[test]
    fn a_refused_credential_is_told_by_what_became_of_it() {
        let refused = |binding, source| note(binding, source, Some(Failure::Rejected));
        let secrets = [refused("A", 1), note("B", 2, None)];
        let served = told(Some(FailoverOutcome::Recovered), &secrets);
        assert_eq!(served, [row("failover_served", "A", Some("B"))]);
        let secrets = [refused("A", 1), refused("B", 2)];
        assert_eq!(
            told(Some(FailoverOutcome::AllRejected), &secrets),
            [row("credential_refused", "A", None)]
        );
        assert_eq!(told(Some(FailoverOutcome::NotReplayable), &secrets), []);
        assert_eq!(told(None, &[refused("A", 1), note("B", 2, Some(Failure::Unanswered))]), []);
    }

    #[test]
    fn every_name_has_its_row_with_its_queries_in_the_documentation() {
        let page =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/log.md")).unwrap();
        for name in
            ["fallback_served", "failover_served", "source_invalid", "credential_refused", "secret_redacted"]
        {
            let row = page.lines().find(|line| line.starts_with(&format!("| `{name}` | ")));
            let row = row.unwrap_or_else(|| panic!("{name}"));
            for query in [
                format!("`event = \"{name}\"`"),
                format!("`ostiary/scripts/wrangler tail --search {name}`"),
                format!("`zgrep -h {name} *.log.gz`"),
            ] {
                assert!(row.contains(&query), "{query} in {row}");
            }
        }
    }

    #[test]
    fn a_line_holds_names_and_numbers() {
        let redacted = Redacted { request_id: RequestId::new(1), route: Some("api".to_owned()) };
        let line = redacted.notice("stripe", FoundIn::Body).line();
        let expected = r#"{"event":"secret_redacted","level":"warn","request_id":"00000000000000000000000000000001","route":"api","secret":"stripe","found_in":"body"}"#;
        assert_eq!(line, expected);
    }
}
