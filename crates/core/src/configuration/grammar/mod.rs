//! Reads `gateway.toml` and `wrangler.toml`, and writes what they say as Rust source.
//!
//! The grammar is described in the project's README. Whatever is wrong is said all at once, each thing with its
//! file, line and column, the offending text, and what to write instead.

mod auth;
mod callers;
mod diagnostic;
mod document;
mod gateway;
mod mount;
mod names;
mod routes;
mod rule;
mod secrets;
mod template;
mod token_in;
mod unit;
mod usage;
mod wrangler;

#[cfg(test)]
mod tests;

use databake::Bake as _;
use toml::de::DeTable;

use self::diagnostic::Report;
pub use self::diagnostic::{Diagnostic, File};
use self::document::{Place, Table};
use super::Gateway;

/// A configuration without errors.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What it says.
    pub gateway: Gateway,
    /// What is worth a look.
    pub warnings: Vec<Diagnostic>,
}

/// Reads both files, and proves the one against the other.
///
/// The errors are in the order of their positions, those of `wrangler.toml` first.
pub fn read(gateway: File<'_>, wrangler: File<'_>) -> Result<Checked, Vec<Diagnostic>> {
    let gateway_report = Report::new(gateway);
    let wrangler_report = Report::new(wrangler);
    let wrangler_document = DeTable::parse(wrangler.text);
    let gateway_document = DeTable::parse(gateway.text);
    let environments = match &wrangler_document {
        Ok(document) => {
            let place = Place::from(document.span());
            Some(wrangler::read(&Table::new(document.get_ref(), place, &wrangler_report)))
        }
        Err(error) => {
            syntax(error, &wrangler_report);
            None
        }
    };
    let read = match (&gateway_document, &environments) {
        (Ok(document), Some(environments)) => {
            let place = Place::from(document.span());
            gateway::read(&Table::new(document.get_ref(), place, &gateway_report), environments, gateway.text)
        }
        (Ok(_), None) => None,
        (Err(error), _) => {
            syntax(error, &gateway_report);
            None
        }
    };
    let (mut errors, mut warnings) = wrangler_report.finish();
    let (more_errors, more_warnings) = gateway_report.finish();
    errors.extend(more_errors);
    warnings.extend(more_warnings);
    match read {
        Some(gateway) if errors.is_empty() => Ok(Checked { gateway, warnings }),
        _ => Err(errors),
    }
}

/// A Rust expression of this value, for a `static` in a crate that has `extern crate alloc`.
#[must_use]
pub fn bake(gateway: &Gateway) -> String {
    gateway.bake(&databake::CrateEnv::default()).to_string()
}

fn syntax(error: &toml::de::Error, report: &Report<'_>) {
    let end = report.text().len();
    let span = error.span().unwrap_or(end..end);
    let message = error.message().lines().collect::<Vec<_>>().join(", ");
    let instead = if message.contains("duplicate key") { "keep one of the two" } else { "write valid TOML" };
    report.error(&span, message, instead);
}
