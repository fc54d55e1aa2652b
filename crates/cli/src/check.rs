//! `ostiary check`.

use clap::Args;
use ostiary_grammar::{Diagnostic, File, Severity, report};
use serde::Serialize;

use crate::configuration::ConfigurationArguments;
use crate::failure::Failure;
use crate::output::{Output, Text, Tone};

/// Check gateway.toml against every environment of wrangler's configuration, as the build does.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Check {
    #[command(flatten)]
    configuration: ConfigurationArguments,
    /// Exit with code 1 for a warning too.
    #[arg(long)]
    strict: bool,
}

const EXAMPLES: &str = "\
Examples:
  ostiary check
  ostiary check --strict
  ostiary check --config deploy/gateway.toml --wrangler deploy/wrangler.toml --json";

#[derive(Serialize)]
struct Verdict {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    configuration: Option<String>,
    diagnostics: Vec<Remark>,
}

#[derive(Serialize)]
struct Remark {
    severity: &'static str,
    path: String,
    line: usize,
    column: usize,
    found: String,
    message: String,
    instead: String,
}

impl Check {
    /// # Errors
    /// [`Failure::Found`] if the build would fail, or with `--strict` if it would warn.
    pub fn run(self, output: &mut Output) -> Result<(), Failure> {
        let checked = self.configuration.checked()?;
        let (gateway, diagnostics) = match checked {
            Ok(checked) => (Some(checked.gateway), checked.warnings),
            Err(errors) => (None, errors),
        };
        let ok = gateway.is_some() && (!self.strict || diagnostics.is_empty());
        if output.is_json() {
            let configuration = gateway.map(|gateway| gateway.digest.into_owned());
            let diagnostics = diagnostics.into_iter().map(Remark::from).collect();
            output.json(&Verdict { ok, configuration, diagnostics })?;
        } else {
            let files = self.configuration.files()?;
            let [gateway_path, wrangler_path] = [files.gateway.name(), files.wrangler.name()];
            let report = report(
                &diagnostics,
                File { path: &gateway_path, text: &files.gateway.text },
                File { path: &wrangler_path, text: &files.wrangler.text },
            );
            if let Some(report) = report.strip_suffix('\n') {
                output.line(report)?;
            }
            if let Some(gateway) = gateway {
                let count =
                    |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
                let said = format!(
                    "{}, {} and {} hold together.",
                    count(gateway.routes.len(), "route"),
                    count(gateway.callers.len(), "caller"),
                    count(gateway.secrets.len(), "secret"),
                );
                output.line(Text::default().toned(if ok { Tone::Good } else { Tone::Odd }, said))?;
            }
        }
        if ok { Ok(()) } else { Err(Failure::Found) }
    }
}

impl From<Diagnostic> for Remark {
    fn from(diagnostic: Diagnostic) -> Self {
        let Diagnostic { severity, path, line, column, found, message, instead, .. } = diagnostic;
        let severity = match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        Self { severity, path, line, column, found, message, instead }
    }
}
