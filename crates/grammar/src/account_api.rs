//! The APIs of the account that the operator's endpoints ask: `metrics` and `secrets_store` of `[operator]`.

use super::callers::{Callers, LocatedProof};
use super::diagnostic::Findings;
use super::document::Value;
use super::keys;
use super::template::{self, Declared};
use super::upstream;
use ostiary_core::configuration::{AccountApi, Part, SecretId};

/// A table with the URL of an API and the token that may read there.
pub(crate) struct ApiTable {
    /// What messages call it.
    name: &'static str,
    keys: &'static keys::KeyTable,
    example: &'static str,
}

pub(crate) const METRICS: ApiTable = ApiTable {
    name: "`metrics`",
    keys: &keys::METRICS,
    example: "metrics = { url = \"https://api.cloudflare.com/client/v4/accounts/${var.ACCOUNT_ID}/analytics_engine/sql\", token = \"${analytics}\" }",
};

pub(crate) const SECRETS_STORE: ApiTable = ApiTable {
    name: "`secrets_store`",
    keys: &keys::SECRETS_STORE,
    example: "secrets_store = { url = \"https://api.cloudflare.com/client/v4/accounts/${var.ACCOUNT_ID}/secrets_store\", token = \"${store_reader}\" }",
};

/// The URL and the token; `None` where one of them has a fault.
pub(crate) fn read(
    value: Value<'_>,
    of: &ApiTable,
    callers: &Callers<'_>,
    declared: &Declared<'_>,
    findings: &mut Findings<'_>,
) -> Option<AccountApi> {
    let table = value.table(of.example, findings)?;
    table.reject_unknown_keys(of.keys, &[], findings);
    let url = table
        .required("url", of.name, value.span(), of.example, findings)
        .and_then(|value| upstream::read(value, declared, findings));
    let token = table
        .required("token", of.name, value.span(), of.example, findings)
        .and_then(|value| token(value, of.example, callers, declared, findings));
    Some(AccountApi { url: url?, token: token? })
}

/// Exactly one secret, which nobody else shows to the gateway.
fn token(
    value: Value<'_>,
    example: &str,
    callers: &Callers<'_>,
    declared: &Declared<'_>,
    findings: &mut Findings<'_>,
) -> Option<SecretId> {
    let text = value.template(example, findings)?;
    let parsed = template::parse(&text, declared, findings)?;
    let [(Part::Secret(token), at)] = parsed.parts.as_slice() else {
        findings.error_without_text(
            text.span,
            "a `token` is exactly one secret",
            "write `token = \"${secret}\"`",
        );
        return None;
    };
    if callers.all().any(|(_, caller)| {
        caller.proof.as_ref().and_then(LocatedProof::secret).is_some_and(|(proof, _)| proof == *token)
    }) {
        let message = "the secret authenticates a caller, so it must not be used elsewhere";
        findings.error(*at, message, "write another secret");
    }
    Some(*token)
}
