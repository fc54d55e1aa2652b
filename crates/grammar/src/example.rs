//! A valid pair of files for tests, which replace one piece at a time.

use super::{Checked, File, read};

pub(crate) const GATEWAY: &str = r#"version = 1

[secrets]
stripe = ["STRIPE_KEY", "STRIPE_KEY_2"]
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

pub(crate) const WRANGLER: &str = r#"name = "gateway"

[vars]
ACCOUNT = "acct_1"
LIMIT = 3

[secrets]
required = ["LEGACY_KEY", "SPARE_KEY", "THIRD_KEY"]

[[secrets_store_secrets]]
binding = "STRIPE_KEY"
store_id = "1"
secret_name = "stripe"

[[secrets_store_secrets]]
binding = "STRIPE_KEY_2"
store_id = "1"
secret_name = "stripe_previous"

[[secrets_store_secrets]]
binding = "CHECKOUT_TOKEN"
store_id = "1"
secret_name = "checkout"
"#;

pub(crate) fn outcome(gateway: &str, wrangler: &str) -> Result<Checked, Vec<String>> {
    let gateway = File { path: "gateway.toml", text: gateway };
    let wrangler = File { path: "wrangler.toml", text: wrangler };
    read(gateway, wrangler).map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

/// The text with this piece replaced. The piece has to occur exactly once.
pub(crate) fn replaced(text: &str, piece: &str, by: &str) -> String {
    assert_eq!(text.matches(piece).count(), 1, "{piece:?}");
    text.replace(piece, by)
}

/// The result for the valid pair with a piece of [`GATEWAY`] replaced.
pub(crate) fn accepted(piece: &str, by: &str) -> Checked {
    let gateway = replaced(GATEWAY, piece, by);
    outcome(&gateway, WRANGLER).unwrap_or_else(|errors| panic!("{gateway}\n{errors:#?}"))
}

/// Checks a file of `diagnostics/`. Each block has a change to the valid pair, written as a diff, and the exact errors
/// that it causes. A block without `-` lines replaces the same piece as the block before.
pub(crate) fn assert_diagnostics(blocks: &str) {
    let mut piece = String::new();
    for block in blocks.trim_end().split("\n\n") {
        let marked = |mark: char| {
            let lines = block.lines().filter_map(|line| line.strip_prefix(mark));
            lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>()
        };
        let removed = marked('-');
        if !removed.is_empty() {
            piece = removed.join("\n");
        }
        let by = marked('+').join("\n");
        let outcome = if GATEWAY.contains(&piece) {
            outcome(&replaced(GATEWAY, &piece, &by), WRANGLER)
        } else {
            outcome(GATEWAY, &replaced(WRANGLER, &piece, &by))
        };
        let expected: Vec<_> = block.lines().filter(|line| !line.starts_with(['-', '+'])).collect();
        assert_eq!(outcome.expect_err(block), expected, "{block}");
    }
}
