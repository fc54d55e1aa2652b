//! Reads `gateway.toml`, checks it against wrangler's configuration, and writes the result as Rust source.
//!
//! 1. Both files are parsed, wrangler's as TOML or as JSON with comments (`document`).
//! 2. The bindings of wrangler's configuration are read for every environment (`wrangler`).
//! 3. Secrets are read first, then callers, and then the routes that use them. An entry with an error still declares
//!    its name, so that one mistake causes one diagnostic.
//! 4. Relations across the whole file are checked last (`usage`).
//!
//! Reading does not stop at the first mistake. It returns all diagnostics, in order of position.

mod account_api;
mod allow;
mod auth;
mod bake;
mod body_places;
mod caller_values;
mod callers;
#[cfg(test)]
mod complete;
mod copy_bucket;
mod cors;
mod deployable;
mod diagnostic;
mod document;
mod environments;
#[cfg(test)]
mod example;
mod exchange;
mod failover;
mod file;
mod header;
mod hmac;
mod hmac_caller;
mod issued_caller;
pub mod jsonc;
mod jwt;
mod jwt_caller;
pub mod keys;
mod lacking;
mod mount;
mod name;
mod nearest;
mod notation;
mod oauth2;
mod observability;
mod operator;
mod output;
mod own_host;
#[cfg(test)]
mod properties;
mod rate_limit;
mod redact;
#[cfg(feature = "report")]
mod report;
mod request_value;
mod rewrite_body;
mod route;
mod routes;
mod rule;
mod secrets;
mod sigv4;
mod template;
mod token_in;
mod unit;
mod upstream;
mod usage;
mod wrangler;
mod wrangler_file;

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

pub use bake::{bake, bake_forms, bake_instruments};
use diagnostic::Findings;
pub use diagnostic::{Diagnostic, Severity};
use document::Table;
pub use environments::{Environment, StoreBinding, environments};
pub use file::File;
use file::Span;
pub use nearest::nearest;
#[cfg(feature = "report")]
pub use report::report;
pub use wrangler_file::{WranglerFileError, find_wrangler};

use callers::Callers;
use ostiary_core::configuration::{Gateway, Text};
use routes::Routes;
use secrets::Secrets;
use template::Declared;
use usage::CrossChecks;
use wrangler::Deployment;

const DEFAULT_SECRET_TIMEOUT: u32 = 2_000;
const SECRET_TIMEOUT: &str = "secret_timeout = \"2s\"";

/// A configuration that may be deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The configuration.
    pub gateway: Gateway,
    /// Warnings about either file, which do not stop the build.
    pub warnings: Vec<Diagnostic>,
}

/// Reads `gateway.toml`, and checks it against wrangler's configuration: JSON with comments if its path ends in `.json`
/// or `.jsonc`, and TOML otherwise.
///
/// # Errors
/// All errors in both files, those of `gateway.toml` first.
pub fn read(gateway: File<'_>, wrangler: File<'_>) -> Result<Checked, Vec<Diagnostic>> {
    let mut ours = Findings::new(gateway);
    let mut theirs = Findings::new(wrangler);
    let document = document::parse(gateway.text, &mut ours);
    let deployment = document::parse(wrangler.text, &mut theirs);
    let checked = document.as_ref().zip(deployment.as_ref()).and_then(|(document, deployment)| {
        let deployment = Deployment::read(&Table::root(deployment, wrangler.text), &mut theirs);
        read_gateway(&Table::root(document, gateway.text), deployment, gateway.text, &mut ours, &mut theirs)
    });
    let (mut errors, mut warnings) = ours.into_parts();
    let (more_errors, more_warnings) = theirs.into_parts();
    errors.extend(more_errors);
    warnings.extend(more_warnings);
    match checked {
        Some(gateway) if errors.is_empty() => Ok(Checked { gateway, warnings }),
        _ => Err(errors),
    }
}

/// The message of a gateway that has no route yet.
pub const NO_ROUTE: &str = "there is no route";

/// Reads the configuration; `None` if there is no route.
fn read_gateway<'t>(
    file: &Table<'t>,
    deployment: Deployment<'t>,
    text: &str,
    ours: &mut Findings<'_>,
    theirs: &mut Findings<'_>,
) -> Option<Gateway> {
    file.reject_unknown_keys(&keys::ROOT, &[], ours);
    check_version(file, ours);
    let secrets = file.value("secrets").and_then(|value| value.table("[secrets]", ours));
    let secrets = Secrets::read(secrets.as_ref(), &deployment, ours);
    let declared = Declared { secrets, deployment };
    let callers = file.value("callers").and_then(|value| value.table("[callers.NAME]", ours));
    let callers = Callers::read(callers.as_ref(), &declared, ours);
    let settings = file.value("gateway").and_then(|value| value.table("[gateway]", ours));
    let secret_timeout = settings.as_ref().and_then(|table| secret_timeout(table, ours));
    let trace = settings.as_ref().and_then(|table| table.value("trace")?.boolean(ours));
    let metrics = settings.as_ref().and_then(|table| metrics(table, &declared.deployment, ours));
    let routes = routes_table(file, ours)?;
    let routes = Routes::read(&routes, &callers, &declared, ours);
    let operator = file
        .get("operator")
        .and_then(|entry| operator::read(entry, &callers, &routes, &declared, metrics.as_deref(), ours));
    let (place, operator) = operator.unzip();
    let whole =
        CrossChecks { declared: &declared, callers: &callers, routes: &routes, operator: operator.as_ref() };
    whole.check_trust(ours);
    whole.warn(ours);
    whole.warn_of_bindings(theirs);
    deployable::warn_of_digests(&callers, &declared.deployment, ours);
    let (mounts, routes) = routes.into_lists(place);
    Some(Gateway {
        digest: Text::Owned(digest(text)),
        secrets: declared.secrets.to_list(),
        callers: callers.to_list(),
        routes: routes.into(),
        operator,
        mounts: mounts.into(),
        metrics: metrics.map(Text::Owned),
        trace: trace.unwrap_or_default(),
        secret_timeout: secret_timeout.unwrap_or(DEFAULT_SECRET_TIMEOUT),
    })
}

fn check_version(file: &Table<'_>, findings: &mut Findings<'_>) {
    let Some(value) = file.value("version") else { return };
    if value.integer("version = 1", findings).is_some_and(|version| version != "1") {
        findings.error(value.span(), "the format has version 1", "write `version = 1`");
    }
}

fn secret_timeout(table: &Table<'_>, findings: &mut Findings<'_>) -> Option<u32> {
    table.reject_unknown_keys(&keys::GATEWAY, &[], findings);
    let text = table.value("secret_timeout")?.string(SECRET_TIMEOUT, findings)?;
    unit::duration(&text, findings)
}

/// The Analytics Engine binding, which must exist in every environment.
fn metrics(table: &Table<'_>, deployment: &Deployment<'_>, findings: &mut Findings<'_>) -> Option<String> {
    let text = table.value("metrics")?.string("metrics = \"METRICS\"", findings)?;
    deployment.check_dataset(text.text, text.span, findings);
    Some(text.text.to_owned())
}

fn routes_table<'t>(file: &Table<'t>, findings: &mut Findings<'_>) -> Option<Table<'t>> {
    const EXAMPLE: &str = "[routes.NAME]";
    let Some(value) = file.value("routes") else {
        report_no_route(file.span, findings);
        return None;
    };
    let routes = value.table(EXAMPLE, findings)?;
    if routes.entries().is_empty() {
        report_no_route(routes.span, findings);
    }
    Some(routes)
}

fn report_no_route(at: Span, findings: &mut Findings<'_>) {
    let instead = "add `[routes.NAME]` with `mount`, `upstream` and `auth`, and `[routes.NAME.allow]`";
    findings.error(at, NO_ROUTE, instead);
}

fn digest(text: &str) -> String {
    let mut hexadecimal = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        // Writing to a `String` cannot fail.
        let _ = write!(hexadecimal, "{byte:02x}");
    }
    hexadecimal
}

#[cfg(test)]
mod tests {
    use super::example::{GATEWAY, WRANGLER, accepted, assert_diagnostics, outcome};

    #[test]
    fn reads_the_valid_pair_without_a_word() {
        assert_eq!(outcome(GATEWAY, WRANGLER).unwrap().warnings, []);
    }

    #[test]
    fn tells_what_is_wrong_at_the_top_level() {
        assert_diagnostics(include_str!("diagnostics/gateway.txt"));
    }

    #[test]
    fn a_gateway_has_a_route() {
        let told = "error: there is no route; found nothing; add `[routes.NAME]` with `mount`, `upstream` and `auth`, \
                    and `[routes.NAME.allow]`";
        assert_eq!(outcome("", ""), Err(vec![format!("gateway.toml:1:1: {told}")]));
        assert_eq!(outcome("version = 1\n", ""), Err(vec![format!("gateway.toml:2:1: {told}")]));
        let told = told.replace("nothing", "`[routes]`");
        assert_eq!(outcome("[routes]", ""), Err(vec![format!("gateway.toml:1:1: {told}")]));
    }

    #[test]
    fn the_timeout_of_a_source_is_two_seconds_unless_it_is_written() {
        assert_eq!(outcome(GATEWAY, WRANGLER).unwrap().gateway.secret_timeout, 2_000);
        let checked = accepted("version = 1\n", "gateway.secret_timeout = \"500ms\"\n");
        assert_eq!(checked.gateway.secret_timeout, 500);
    }

    #[test]
    fn the_digest_is_that_of_the_text() {
        let digest = super::digest("abc");
        assert_eq!(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(outcome(GATEWAY, WRANGLER).unwrap().gateway.digest, super::digest(GATEWAY));
    }

    #[test]
    fn all_errors_come_at_once_in_order_of_position() {
        let gateway = GATEWAY.replace("/stripe", "stripe/").replace("version = 1", "version = 2");
        let wrangler = WRANGLER.replace("binding = \"CHECKOUT_TOKEN\"", "binding = 1");
        let errors = outcome(&gateway, &wrangler).unwrap_err();
        let places: Vec<_> = errors.iter().map(|error| error.split(": ").next().unwrap()).collect();
        assert_eq!(
            places,
            ["gateway.toml:1:11", "gateway.toml:5:13", "gateway.toml:14:16", "wrangler.toml:21:11"]
        );
    }
}
