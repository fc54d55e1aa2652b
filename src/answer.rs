//! Answers: the upstream's own with edits, or a refusal.

use ostiary_core::answer::{ANSWER_HEADERS_READ, Edits};
use ostiary_core::refusal::Refusal;
use ostiary_core::runtime::Answer;
use web_sys::Response;

use crate::glue;
use crate::head::{names, present};

/// The head of an upstream's answer, in one crossing.
pub(crate) struct UpstreamAnswer {
    response: Response,
    description: String,
}

impl UpstreamAnswer {
    pub(crate) fn of(response: Response) -> Self {
        let description = glue::describe_answer(&response, &ANSWER_HEADERS_READ.join("\n"));
        Self { response, description }
    }

    /// Lines: status, `1` for a WebSocket, the names of all headers, then a line for each wanted header.
    fn line(&self, at: usize) -> &str {
        self.description.split('\n').nth(at).unwrap_or_default()
    }
}

impl Answer for UpstreamAnswer {
    fn status(&self) -> u16 {
        self.line(0).parse().unwrap_or_default()
    }

    fn is_web_socket(&self) -> bool {
        self.line(1) == "1"
    }

    fn header(&self, name: &str) -> Option<&str> {
        let at = ANSWER_HEADERS_READ.iter().position(|wanted| *wanted == name)?;
        present(self.line(3 + at))
    }

    fn header_names(&self) -> impl Iterator<Item = &str> {
        names(self.line(2))
    }

    fn set_cookies(&self) -> Vec<String> {
        glue::set_cookies(&self.response)
    }

    fn resolve(&self, reference: &str, base: &str) -> Option<String> {
        glue::resolve(reference, base)
    }
}

/// The upstream's answer with the edits made. Its body is the runtime's own and never seen here.
pub(crate) fn apply(answer: &UpstreamAnswer, edits: &Edits) -> Response {
    let mut lines = edits.remove.join(",");
    for (name, value) in &edits.add {
        lines.extend(["\n", name, "\n", value]);
    }
    glue::answer(&answer.response, &lines)
}

/// The refusal as an answer.
pub(crate) fn refuse(refusal: &Refusal) -> Response {
    let headers: Vec<&str> = refusal.headers().into_iter().flat_map(|(name, value)| [name, value]).collect();
    glue::refuse(refusal.status(), &headers.join("\n"), &refusal.body())
}
