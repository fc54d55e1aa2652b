//! Renders a diagnostic with its line and a mark under the text, like rustc.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use ostiary_grammar::{Diagnostic, Severity};

/// The diagnostic for a terminal. The line is not shown if one of `all` hides a text on it that could be a credential.
pub fn snippet(diagnostic: &Diagnostic, text: &str, all: &[Diagnostic]) -> String {
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
fn marked(diagnostic: &Diagnostic, text: &str) -> std::ops::Range<usize> {
    let start = diagnostic.span.start.min(text.len());
    let end = diagnostic.span.end.clamp(start, text.len());
    let length = text.get(start..end).map_or(0, |found| found.lines().next().unwrap_or_default().len());
    start..start.saturating_add(length)
}

#[cfg(test)]
mod tests {
    use ostiary_grammar::{File, read};

    use super::*;

    fn shown(gateway: &str) -> Vec<String> {
        let wrangler = File { path: "wrangler.toml", text: "name = \"x\"\n" };
        let told = read(File { path: "gateway.toml", text: gateway }, wrangler).unwrap_err();
        told.iter().map(|diagnostic| snippet(diagnostic, gateway, &told)).collect()
    }

    #[test]
    fn the_text_is_marked_in_its_line() {
        let shown = shown("version = 1\n\n[secrets]\nstripe = [\"STRIPE_KEY\"]   # the shop's\n");
        let expected = "\
error: wrangler.toml has no binding `STRIPE_KEY` at its top level
 --> gateway.toml:4:11
  |
4 | stripe = [\"STRIPE_KEY\"]   # the shop's
  |           ^^^^^^^^^^^^
  |
  = help: add `[[secrets_store_secrets]]` with `binding = \"STRIPE_KEY\"`, `store_id` and `secret_name` there";
        assert!(shown.contains(&expected.to_owned()), "{}", shown.join("\n"));
    }

    #[test]
    fn a_line_that_may_hold_a_credential_is_not_shown() {
        let pasted = "sk_live_0123456789abcdef";
        let gateway = format!("[routes.a]\nmount = 1\nupstream = \"https://u:{pasted}@a.example\"\n");
        let shown = shown(&gateway);
        assert!(shown.iter().any(|report| report.contains("user name or password")), "{shown:?}");
        assert!(!shown.concat().contains(pasted), "{shown:?}");
    }
}
