//! A valid pair of files for tests, to be broken one piece at a time.

use super::{Checked, File, read};

pub(super) const GATEWAY: &str = r#"version = 1

[secrets]
stripe = ["STRIPE_KEY", "STRIPE_KEY_PREVIOUS"]
checkout = ["CHECKOUT_TOKEN"]

[callers.checkout]
bearer = "${checkout}"

[callers.ci]
bearer_sha256 = ["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]

[routes.stripe]
mount = "/stripe"
upstream = "https://api.stripe.com"
auth = { bearer = "${stripe}" }

[routes.stripe.allow]
checkout = ["GET /v1/**"]
ci = ["GET /v1/balance"]
"#;

pub(super) const WRANGLER: &str = r#"name = "gateway"

[vars]
ACCOUNT = "acct_1"
LIMIT = 3

[secrets]
required = ["LEGACY_KEY"]

[[secrets_store_secrets]]
binding = "STRIPE_KEY"
store_id = "1"
secret_name = "stripe"

[[secrets_store_secrets]]
binding = "STRIPE_KEY_PREVIOUS"
store_id = "1"
secret_name = "stripe_previous"

[[secrets_store_secrets]]
binding = "CHECKOUT_TOKEN"
store_id = "1"
secret_name = "checkout"
"#;

/// The text with this piece of it, which it holds exactly once, written otherwise.
pub(super) fn replaced(text: &str, piece: &str, by: &str) -> String {
    assert_eq!(text.matches(piece).count(), 1, "{piece:?}");
    text.replace(piece, by)
}

pub(super) fn outcome(gateway: &str, wrangler: &str) -> Result<Checked, Vec<String>> {
    let gateway = File { path: "gateway.toml", text: gateway };
    let wrangler = File { path: "wrangler.toml", text: wrangler };
    read(gateway, wrangler).map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

/// The configuration, with a piece of [`GATEWAY`] written otherwise.
pub(super) fn accepted(piece: &str, by: &str) -> Checked {
    outcome(&replaced(GATEWAY, piece, by), WRANGLER).unwrap_or_else(|errors| panic!("{by}: {errors:#?}"))
}

/// Asserts what each row's change of [`GATEWAY`] is told: the piece, what stands in its place, and the errors,
/// without the file's name that starts each.
pub(super) fn assert_errors(rows: &[(&str, &str, &[&str])]) {
    for (piece, by, expected) in rows {
        assert_told(outcome(&replaced(GATEWAY, piece, by), WRANGLER), "gateway.toml", by, expected);
    }
}

/// As [`assert_errors`], for [`WRANGLER`] and errors in either file.
pub(super) fn assert_wrangler_errors(rows: &[(&str, &str, &[&str])]) {
    for (piece, by, expected) in rows {
        assert_told(outcome(GATEWAY, &replaced(WRANGLER, piece, by)), "", by, expected);
    }
}

fn assert_told(outcome: Result<Checked, Vec<String>>, file: &str, change: &str, expected: &[&str]) {
    let errors = outcome.expect_err(change);
    let told: Vec<&str> = errors
        .iter()
        .map(|error| error.strip_prefix(file).map_or(error.as_str(), |error| error.trim_start_matches(':')))
        .collect();
    assert_eq!(told, expected, "{change}");
}
