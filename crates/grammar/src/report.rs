//! Renders diagnostics with their lines and a mark under the text, like rustc.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::diagnostic::{Diagnostic, Severity};
use super::file::File;

/// The diagnostics of the two files for a terminal, with an empty line after each; empty if there is none.
#[must_use]
pub fn report(diagnostics: &[Diagnostic], gateway: File<'_>, wrangler: File<'_>) -> String {
    let rendered = diagnostics.iter().map(|diagnostic| {
        let file = if diagnostic.path == gateway.path { gateway } else { wrangler };
        snippet(diagnostic, file.text, diagnostics) + "\n\n"
    });
    rendered.collect()
}

/// One diagnostic. The line is not shown if one of `all` hides a text on it that could be a credential.
fn snippet(diagnostic: &Diagnostic, text: &str, all: &[Diagnostic]) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let is_hidden = all.iter().any(|other| {
        other.is_hidden && (other.path.as_str(), other.line) == (diagnostic.path.as_str(), diagnostic.line)
    });
    if is_hidden {
        let Diagnostic { path, line, column, message, instead, .. } = diagnostic;
        let word = if diagnostic.severity == Severity::Error { "error" } else { "warning" };
        return format!("{word}: {message}\n --> {path}:{line}:{column}\n  = help: {instead}");
    }
    let source = Snippet::source(text)
        .path(diagnostic.path.as_str())
        .annotation(AnnotationKind::Primary.span(marked(diagnostic, text)));
    let help = Level::HELP.message(diagnostic.instead.as_str());
    let report = level.primary_title(diagnostic.message.as_str()).element(source).element(help);
    Renderer::plain().render(&[report])
}

/// The marked bytes: the first of several lines, or the next character if something is missing.
fn marked(diagnostic: &Diagnostic, text: &str) -> Range<usize> {
    let start = diagnostic.span.start.min(text.len());
    let end = diagnostic.span.end.clamp(start, text.len());
    let length = text.get(start..end).map_or(0, |found| found.lines().next().unwrap_or_default().len());
    start..start.saturating_add(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read;

    fn shown(gateway: &str, wrangler: &str) -> String {
        let gateway = File { path: "gateway.toml", text: gateway };
        let wrangler = File { path: "wrangler.toml", text: wrangler };
        report(&read(gateway, wrangler).unwrap_err(), gateway, wrangler)
    }

    #[test]
    fn the_text_is_marked_in_its_line() {
        let gateway = "version = 1\n\n[secrets]\nstripe = [\"STRIPE_KEY\"]   # the shop's\n";
        let expected = "\
error: wrangler.toml has no binding `STRIPE_KEY` at its top level
 --> gateway.toml:4:11
  |
4 | stripe = [\"STRIPE_KEY\"]   # the shop's
  |           ^^^^^^^^^^^^
  |
  = help: add `[[secrets_store_secrets]]` with `binding = \"STRIPE_KEY\"`, `store_id` and `secret_name` there

";
        let shown = shown(gateway, "name = \"x\"\n");
        assert!(shown.contains(expected), "{shown}");
    }

    #[test]
    fn each_line_is_that_of_its_own_file() {
        let shown = shown("version = 2\n", "name = \"x\"\n\n[[secrets_store_secrets]]\nbinding = 1\n");
        assert!(shown.contains("1 | version = 2\n"), "{shown}");
        assert!(
            shown.contains(" --> wrangler.toml:4:11\n") && shown.contains("4 | binding = 1\n"),
            "{shown}"
        );
    }

    #[test]
    fn a_line_with_a_credential_hides_no_other_line() {
        let pasted = "sk_live_0123456789abcdef";
        let gateway =
            format!("version = 2\nroutes.a = {{ mount = 1, upstream = \"https://u:{pasted}@a.example\" }}\n");
        let shown = shown(&gateway, "name = \"x\"\n\n[[secrets_store_secrets]]\nbinding = 1\n");
        assert!(
            shown.contains("error: an upstream cannot have a user name or password\n --> gateway.toml:2:"),
            "{shown}"
        );
        assert!(shown.contains(" --> gateway.toml:2:22\n"), "{shown}");
        assert!(!shown.contains(pasted), "{shown}");
        assert!(shown.contains("1 | version = 2\n") && shown.contains("4 | binding = 1\n"), "{shown}");
    }

    #[test]
    fn a_line_that_may_hold_a_credential_is_not_shown() {
        let pasted = "sk_live_0123456789abcdef";
        let gateway = format!("[routes.a]\nmount = 1\nupstream = \"https://u:{pasted}@a.example\"\n");
        let shown = shown(&gateway, "name = \"x\"\n");
        assert!(shown.contains("user name or password"), "{shown}");
        assert!(!shown.contains(pasted), "{shown}");
    }
}
