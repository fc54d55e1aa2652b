//! What `wrangler.toml` binds, in each of its environments.

use std::collections::BTreeMap;

use super::diagnostic::Findings;
use super::document::{Entry, Located, Table, Value};
use super::file::Span;
use super::name::is_name;
use ostiary_core::configuration::{Source, SourceKind};

/// The environments of `wrangler.toml`, the top level first.
///
/// Named environments inherit neither bindings nor variables, so each is asked by itself.
pub(crate) struct Deployment<'t> {
    environments: Vec<Environment<'t>>,
}

/// One environment.
pub(crate) struct Environment<'t> {
    /// `None` for the top level.
    name: Option<&'t str>,
    store: Vec<Located<'t>>,
    worker_secrets: Vec<&'t str>,
    /// The rate-limiting bindings with their periods in seconds.
    rate_limits: Vec<(Located<'t>, u32)>,
    /// The value is `None` where it is no string.
    variables: BTreeMap<&'t str, Option<&'t str>>,
}

impl<'t> Deployment<'t> {
    /// Reads what concerns the gateway; the rest of the file is wrangler's business.
    pub(crate) fn read(file: &Table<'t>, findings: &mut Findings<'_>) -> Self {
        let mut environments = vec![Environment::read(None, file, findings)];
        let named = file.value("env").and_then(|value| value.table("[env.staging]", findings));
        for Entry { key, value } in named.iter().flat_map(Table::entries) {
            if let Some(table) = value.table(&format!("[env.{}]", key_text(key.text)), findings) {
                environments.push(Environment::read(Some(key.text), &table, findings));
            }
        }
        Self { environments }
    }

    pub(crate) fn environments(&self) -> &[Environment<'t>] {
        &self.environments
    }

    /// The Secrets Store bindings of the top level.
    pub(crate) fn store_bindings(&self) -> &[Located<'t>] {
        self.environments.first().map_or(&[], |environment| &environment.store)
    }

    /// The rate-limiting bindings of the top level.
    pub(crate) fn rate_limits(&self) -> impl Iterator<Item = &Located<'t>> {
        self.environments
            .first()
            .into_iter()
            .flat_map(|environment| &environment.rate_limits)
            .map(|(name, _)| name)
    }

    /// Reports every environment that lacks the source's binding.
    pub(crate) fn check_source(&self, source: &Source, at: Span, findings: &mut Findings<'_>) {
        let binding = source.binding.as_ref();
        for environment in &self.environments {
            let place = environment.place();
            match source.kind {
                SourceKind::SecretsStore if !environment.store.iter().any(|bound| bound.text == binding) => {
                    let message = format!("wrangler.toml has no binding `{binding}` {place}");
                    let table = environment.table("secrets_store_secrets");
                    let instead = format!(
                        "add `[[{table}]]` with `binding = \"{binding}\"`, `store_id` and `secret_name` there"
                    );
                    findings.error(at, &message, &instead);
                }
                SourceKind::WorkerSecret if !environment.worker_secrets.contains(&binding) => {
                    let message = format!("wrangler.toml requires no Worker secret `{binding}` {place}");
                    let table = environment.table("secrets");
                    let instead = format!("add `\"{binding}\"` to `required` in `[{table}]` there");
                    findings.error(at, &message, &instead);
                }
                SourceKind::SecretsStore | SourceKind::WorkerSecret => {}
            }
        }
    }

    /// Reports every environment that lacks the rate limit; the longest period of all others.
    pub(crate) fn check_rate_limit(&self, name: &str, at: Span, findings: &mut Findings<'_>) -> Option<u32> {
        let mut periods = Vec::with_capacity(self.environments.len());
        for environment in &self.environments {
            if let Some((_, period)) = environment.rate_limits.iter().find(|(bound, _)| bound.text == name) {
                periods.push(*period);
                continue;
            }
            let message = format!("wrangler.toml has no rate limit `{name}` {}", environment.place());
            let instead = format!(
                "add `[[{}]]` with `name = \"{name}\"`, `namespace_id` and `simple = {{ limit = 100, period = 60 }}` there",
                environment.table("ratelimits")
            );
            findings.error(at, &message, &instead);
        }
        periods.into_iter().max()
    }

    /// Reports every environment that lacks the variable.
    pub(crate) fn check_variable(&self, name: &str, at: Span, findings: &mut Findings<'_>) {
        for environment in &self.environments {
            let place = environment.place();
            let table = environment.table("vars");
            match environment.variables.get(name) {
                Some(Some(_)) => {}
                Some(None) => {
                    let message = format!("the variable `{name}` of wrangler.toml is no string {place}");
                    findings.error(at, &message, &format!("write `{name} = \"…\"` in `[{table}]` there"));
                }
                None => {
                    let message = format!("wrangler.toml has no variable `{name}` {place}");
                    findings.error(at, &message, &format!("add `{name} = \"…\"` to `[{table}]` there"));
                }
            }
        }
    }
}

impl<'t> Environment<'t> {
    /// Where it stands in `wrangler.toml`, for a sentence.
    pub(crate) fn place(&self) -> String {
        self.name.map_or("at its top level".to_owned(), |name| format!("in `[env.{}]`", key_text(name)))
    }

    /// The variable's value, if it is there and a string.
    pub(crate) fn variable(&self, name: &str) -> Option<&'t str> {
        self.variables.get(name).copied().flatten()
    }

    fn table(&self, name: &str) -> String {
        self.name.map_or(name.to_owned(), |environment| format!("env.{}.{name}", key_text(environment)))
    }

    fn read(name: Option<&'t str>, table: &Table<'t>, findings: &mut Findings<'_>) -> Self {
        let secrets = table.value("secrets").and_then(|value| value.table("[secrets]", findings));
        let required = secrets.as_ref().and_then(|secrets| secrets.value("required"));
        let variables = table.value("vars").and_then(|value| value.table("[vars]", findings));
        Self {
            name,
            store: table
                .value("secrets_store_secrets")
                .map(|value| store(value, findings))
                .unwrap_or_default(),
            worker_secrets: required
                .map(|value| value.strings("required = [\"NAME\"]", findings))
                .unwrap_or_default()
                .iter()
                .map(|required| required.text)
                .collect(),
            rate_limits: rate_limits(table, findings),
            variables: variables
                .iter()
                .flat_map(Table::entries)
                .map(|Entry { key, value }| (key.text, value.as_str()))
                .collect(),
        }
    }
}

/// The bindings of `[[ratelimits]]`, and of `[[unsafe.bindings]]`, where wrangler wanted them before.
fn rate_limits<'t>(environment: &Table<'t>, findings: &mut Findings<'_>) -> Vec<(Located<'t>, u32)> {
    const EXAMPLE: &str = "[[ratelimits]]";
    let current = environment.value("ratelimits").and_then(|value| value.array(EXAMPLE, findings));
    let current =
        current.unwrap_or_default().into_iter().filter_map(|element| element.table(EXAMPLE, findings));
    let current: Vec<Table<'t>> = current.collect();
    // What else is unsafe is wrangler's business, odd shapes too.
    let former = environment.value("unsafe").and_then(|value| value.quiet_table()?.value("bindings"));
    let former = former.map(Value::quiet_array).unwrap_or_default();
    let former = former.into_iter().filter_map(Value::quiet_table);
    let former = former.filter(|table| table.value("type").and_then(Value::as_str) == Some("ratelimit"));
    let mut limits: Vec<(Located<'t>, u32)> = Vec::new();
    for table in current.into_iter().chain(former) {
        let Some(name) = table.value("name") else {
            findings.error(table.span, "a rate limit has no `name`", "add `name = \"…\"`");
            continue;
        };
        let Some(name) = name.template("name = \"…\"", findings) else { continue };
        let simple = table.value("simple").and_then(Value::quiet_table);
        let period = simple.as_ref().and_then(|simple| simple.value("period"));
        // 10 and 60 are all that Cloudflare takes.
        let period = match period.and_then(Value::quiet_integer) {
            Some("10") => 10,
            Some("60") => 60,
            _ => {
                let at = period.map_or(table.span, Value::span);
                let instead = "write `simple = { limit = 100, period = 60 }`, or a period of 10";
                findings.error(at, "the period of a rate limit is 10 or 60 seconds", instead);
                60
            }
        };
        limits.push((name, period));
    }
    limits
}

/// The bindings of one `[[secrets_store_secrets]]`.
fn store<'t>(value: Value<'t>, findings: &mut Findings<'_>) -> Vec<Located<'t>> {
    const EXAMPLE: &str = "[[secrets_store_secrets]]";
    let mut bindings: Vec<Located<'t>> = Vec::new();
    for element in value.array(EXAMPLE, findings).unwrap_or_default() {
        let Some(table) = element.table(EXAMPLE, findings) else { continue };
        for key in ["binding", "store_id", "secret_name"] {
            let example = format!("{key} = \"…\"");
            let Some(value) = table.value(key) else {
                let message = format!("a Secrets Store binding has no `{key}`");
                findings.error(table.span, &message, &format!("add `{example}`"));
                continue;
            };
            let Some(string) = value.template(&example, findings) else { continue };
            if string.text.is_empty() {
                findings.error(string.span, &format!("`{key}` is empty"), &format!("write `{example}`"));
            }
            if key != "binding" {
                continue;
            }
            if bindings.iter().any(|earlier| earlier.text == string.text) {
                let message = format!("the binding `{}` stands twice in one environment", string.text);
                findings.error(string.span, &message, "remove one of the two");
            } else {
                bindings.push(string);
            }
        }
    }
    bindings
}

/// A key as TOML spells it.
fn key_text(key: &str) -> String {
    if is_name(key) { key.to_owned() } else { format!("{key:?}") }
}

#[cfg(test)]
mod tests {
    use super::super::example::{GATEWAY, WRANGLER, assert_diagnostics, outcome, replaced};

    #[test]
    fn tells_what_each_environment_lacks() {
        assert_diagnostics(include_str!("diagnostics/wrangler.txt"));
    }

    #[test]
    fn an_environment_inherits_neither_variables_nor_secrets() {
        let gateway = replaced(GATEWAY, "\"CHECKOUT_TOKEN\"", "{ worker_secret = \"LEGACY_KEY\" }");
        let gateway = replaced(&gateway, "api.stripe.com", "api.stripe.com/${var.ACCOUNT}");
        let bindings = WRANGLER.split_once("[[").map(|(_, bindings)| format!("[[{bindings}")).unwrap();
        let bindings = bindings.replace("[[", "[[env.staging.");
        assert_eq!(
            outcome(&gateway, &format!("{WRANGLER}{bindings}")).unwrap_err(),
            [
                "gateway.toml:5:31: error: wrangler.toml requires no Worker secret `LEGACY_KEY` in `[env.staging]`; \
                 found `\"LEGACY_KEY\"`; add `\"LEGACY_KEY\"` to `required` in `[env.staging.secrets]` there",
                "gateway.toml:15:36: error: wrangler.toml has no variable `ACCOUNT` in `[env.staging]`; found \
                 `${var.ACCOUNT}`; add `ACCOUNT = \"…\"` to `[env.staging.vars]` there",
            ]
        );
        let own = "[env.staging]\nvars.ACCOUNT = \"a\"\nsecrets.required = [\"LEGACY_KEY\"]\n";
        assert!(outcome(&gateway, &format!("{WRANGLER}{own}{bindings}")).is_ok());
    }
}
