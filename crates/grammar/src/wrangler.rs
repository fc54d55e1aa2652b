//! The bindings of each environment in wrangler's configuration. The file is longer than others, because it reads and
//! checks every kind of binding.

use std::collections::BTreeMap;

use super::diagnostic::Findings;
use super::document::{Entry, Located, Table, Value};
use super::file::Span;
use super::lacking::{or_nearest, report};
use super::notation::Notation;
use super::observability::warn_of_stored_urls;
use ostiary_core::configuration::{Source, SourceKind};

/// The environments of wrangler's configuration, the top level first.
///
/// Named environments inherit neither bindings nor variables, so each is checked by itself.
pub(crate) struct Deployment<'t> {
    /// The name of its file, for messages.
    file: &'t str,
    environments: Vec<Environment<'t>>,
}

/// One environment.
pub(crate) struct Environment<'t> {
    /// `None` for the top level.
    name: Option<&'t str>,
    notation: Notation,
    store: Vec<StoreBinding<'t>>,
    worker_secrets: Vec<&'t str>,
    /// The rate-limiting bindings with their periods in seconds.
    rate_limits: Vec<(Located<'t>, u32)>,
    /// The Analytics Engine bindings with their datasets.
    datasets: Vec<(&'t str, &'t str)>,
    /// The bindings of `mtls_certificates` and of `services`.
    fetchers: Vec<(FetcherKind, &'t str)>,
    /// The value is `None` if it is not a string.
    variables: BTreeMap<&'t str, Option<&'t str>>,
}

/// A binding that sends requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FetcherKind {
    /// Sends requests with a client certificate.
    Certificate,
    /// Sends requests to another Worker of the account.
    Service,
}

impl FetcherKind {
    /// The key of wrangler's configuration for such bindings, and their name in messages.
    const fn key(self) -> (&'static str, &'static str) {
        match self {
            Self::Certificate => ("mtls_certificates", "client certificate"),
            Self::Service => ("services", "service binding"),
        }
    }
}

/// A Secrets Store binding and its secret. A text is empty if it is missing.
#[derive(Clone, Copy)]
pub(crate) struct StoreBinding<'t> {
    pub(crate) name: Located<'t>,
    pub(crate) store_id: &'t str,
    pub(crate) secret_name: &'t str,
}

impl StoreBinding<'_> {
    /// Whether both have the same secret of the same store.
    pub(crate) fn is_same_secret(&self, other: &Self) -> bool {
        !self.secret_name.is_empty()
            && (self.store_id, self.secret_name) == (other.store_id, other.secret_name)
    }
}

impl<'t> Deployment<'t> {
    /// Reads the parts of the file that the gateway uses.
    pub(crate) fn read(file: &Table<'t>, findings: &mut Findings<'t>) -> Self {
        let notation = findings.file().notation();
        let mut environments = vec![Environment::read(None, file, findings)];
        warn_of_stored_urls(file, &[], findings);
        let named =
            file.value("env").and_then(|value| value.table(&notation.table(&["env", "staging"]), findings));
        for Entry { key, value } in named.iter().flat_map(Table::entries) {
            if let Some(table) = value.table(&notation.table(&["env", key.text]), findings) {
                environments.push(Environment::read(Some(key.text), &table, findings));
                warn_of_stored_urls(&table, &["env", key.text], findings);
            }
        }
        Self { file: findings.file().name(), environments }
    }

    /// The name of its file, for messages.
    pub(crate) const fn file(&self) -> &'t str {
        self.file
    }

    pub(crate) fn environments(&self) -> &[Environment<'t>] {
        &self.environments
    }

    /// The Secrets Store bindings of the top level.
    pub(crate) fn store_bindings(&self) -> &[StoreBinding<'t>] {
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

    /// Whether an environment has a variable with this name.
    pub(crate) fn has_variable(&self, name: &str) -> bool {
        self.environments.iter().any(|environment| environment.variables.contains_key(name))
    }

    /// Reports the environments in which the source's binding is missing.
    pub(crate) fn check_source(&self, source: &Source, at: Span, findings: &mut Findings<'_>) {
        let (file, binding) = (self.file, source.binding.as_ref());
        match source.kind {
            SourceKind::SecretsStore => {
                let is_bound = |environment: &&Environment<'_>| {
                    environment.store.iter().any(|bound| bound.name.text == binding)
                };
                let lacking = self.environments.iter().filter(|environment| !is_bound(environment));
                let lacking =
                    lacking.map(|environment| (environment.place(), environment.one_more_binding(binding)));
                report(
                    &format!("{file} has no binding `{binding}`"),
                    &lacking.collect::<Vec<_>>(),
                    at,
                    findings,
                );
            }
            SourceKind::WorkerSecret => {
                let lacking = self.environments.iter();
                let lacking = lacking.filter(|environment| !environment.worker_secrets.contains(&binding));
                let lacking = lacking.map(|environment| {
                    let table = environment.notation.table(&environment.keys(&["secrets"]));
                    let add = format!("add `\"{binding}\"` to `required` in `{table}` there");
                    (
                        environment.place(),
                        or_nearest(binding, environment.worker_secrets.iter().copied(), add),
                    )
                });
                let message = format!("{file} requires no Worker secret `{binding}`");
                report(&message, &lacking.collect::<Vec<_>>(), at, findings);
            }
        }
    }

    /// Reports the environments in which the rate limit is missing. Returns the longest period in the others.
    pub(crate) fn check_rate_limit(&self, name: &str, at: Span, findings: &mut Findings<'_>) -> Option<u32> {
        let mut periods = Vec::with_capacity(self.environments.len());
        let mut lacking = Vec::new();
        for environment in &self.environments {
            if let Some((_, period)) = environment.rate_limits.iter().find(|(bound, _)| bound.text == name) {
                periods.push(*period);
                continue;
            }
            let (notation, quoted) = (environment.notation, format!("\"{name}\""));
            let simple = notation.inline_table(&[("limit", "100"), ("period", "60")]);
            let pairs = [("name", &*quoted), ("namespace_id", "\"…\""), ("simple", &*simple)];
            let keys = environment.keys(&["ratelimits"]);
            let names = environment.rate_limits.iter().map(|(bound, _)| bound.text);
            lacking.push((environment.place(), or_nearest(name, names, notation.one_more(&keys, &pairs))));
        }
        report(&format!("{} has no rate limit `{name}`", self.file), &lacking, at, findings);
        periods.into_iter().max()
    }

    /// Reports the environments in which this Analytics Engine binding is missing, or its dataset is not a valid SQL
    /// identifier.
    pub(crate) fn check_dataset(&self, name: &str, at: Span, findings: &mut Findings<'_>) {
        let mut lacking = Vec::new();
        for environment in &self.environments {
            let place = environment.place();
            let Some(dataset) = environment.dataset(name) else {
                let quoted = format!("\"{name}\"");
                let keys = environment.keys(&["analytics_engine_datasets"]);
                let add = environment
                    .notation
                    .one_more(&keys, &[("binding", &*quoted), ("dataset", "\"ostiary\"")]);
                lacking
                    .push((place, or_nearest(name, environment.datasets.iter().map(|(name, _)| *name), add)));
                continue;
            };
            let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            if !dataset.bytes().all(is_word)
                || dataset.is_empty()
                || dataset.starts_with(|first: char| first.is_ascii_digit())
            {
                let message = format!(
                    "the dataset `{dataset}` of the binding `{name}` {place} is not a valid SQL identifier"
                );
                findings.error(at, &message, "give it a name of letters, digits and `_` there");
            }
        }
        let message = format!("{} has no binding `{name}` of Analytics Engine", self.file);
        report(&message, &lacking, at, findings);
    }

    /// Reports the environments in which the binding is missing.
    pub(crate) fn check_fetcher(&self, kind: FetcherKind, name: &str, at: Span, findings: &mut Findings<'_>) {
        let (key, what) = kind.key();
        let lacks = |environment: &&Environment<'_>| !environment.fetchers.contains(&(kind, name));
        let lacking = self.environments.iter().filter(lacks).map(|environment| {
            let quoted = format!("\"{name}\"");
            let second = if kind == FetcherKind::Service { "service" } else { "certificate_id" };
            let pairs = [("binding", &*quoted), (second, "\"…\"")];
            let names = environment.fetchers.iter().filter(|(of, _)| *of == kind).map(|(_, name)| *name);
            let add = environment.notation.one_more(&environment.keys(&[key]), &pairs);
            (environment.place(), or_nearest(name, names, add))
        });
        let lacking: Vec<_> = lacking.collect();
        report(&format!("{} has no {what} `{name}`", self.file), &lacking, at, findings);
    }

    /// Reports the environments in which the variable is missing.
    pub(crate) fn check_variable(&self, name: &str, at: Span, findings: &mut Findings<'_>) {
        let file = self.file;
        let mut lacking = Vec::new();
        for environment in &self.environments {
            let table = environment.notation.table(&environment.keys(&["vars"]));
            let pair = environment.notation.pair(name, "\"…\"");
            match environment.variables.get(name) {
                Some(Some(_)) => {}
                Some(None) => {
                    let place = environment.place();
                    let message = format!("the variable `{name}` of {file} is not a string {place}");
                    findings.error(at, &message, &format!("write `{pair}` in `{table}` there"));
                }
                None => {
                    let add = format!("add `{pair}` to `{table}` there");
                    lacking.push((
                        environment.place(),
                        or_nearest(name, environment.variables.keys().copied(), add),
                    ));
                }
            }
        }
        report(&format!("{file} has no variable `{name}`"), &lacking, at, findings);
    }
}

impl<'t> Environment<'t> {
    /// Its place in the file, for messages.
    pub(crate) fn place(&self) -> String {
        match self.name {
            Some(name) => format!("in `{}`", self.notation.table(&["env", name])),
            None => "at its top level".to_owned(),
        }
    }

    /// `None` for the top level.
    pub(crate) const fn name(&self) -> Option<&'t str> {
        self.name
    }

    /// The dataset of this Analytics Engine binding.
    pub(crate) fn dataset(&self, binding: &str) -> Option<&'t str> {
        self.datasets.iter().find(|(name, _)| *name == binding).map(|(_, dataset)| *dataset)
    }

    /// The instruction that makes this variable name the environment.
    pub(crate) fn naming(&self, variable: &str) -> String {
        let table = self.notation.table(&self.keys(&["vars"]));
        match self.name {
            Some(name) => {
                let pair = self.notation.pair(variable, &format!("{name:?}"));
                format!("write `{pair}` in `{table}` there")
            }
            None => format!("remove it from `{table}` there"),
        }
    }

    pub(crate) fn store(&self) -> &[StoreBinding<'t>] {
        &self.store
    }

    /// The variables that are strings.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&'t str, &'t str)> {
        self.variables.iter().filter_map(|(name, value)| Some((*name, (*value)?)))
    }

    /// The variable's value, if it is there and a string.
    pub(crate) fn variable(&self, name: &str) -> Option<&'t str> {
        self.variables.get(name).copied().flatten()
    }

    /// The instruction that adds this binding to the environment.
    fn one_more_binding(&self, binding: &str) -> String {
        let quoted = format!("\"{binding}\"");
        let pairs = [("binding", &*quoted), ("store_id", "\"…\""), ("secret_name", "\"…\"")];
        let add = self.notation.one_more(&self.keys(&["secrets_store_secrets"]), &pairs);
        or_nearest(binding, self.store.iter().map(|bound| bound.name.text), add)
    }

    /// The path of a key of this environment.
    fn keys<'k>(&self, keys: &[&'k str]) -> Vec<&'k str>
    where
        't: 'k,
    {
        self.name.into_iter().flat_map(|name| ["env", name]).chain(keys.iter().copied()).collect()
    }

    fn read(name: Option<&'t str>, table: &Table<'t>, findings: &mut Findings<'t>) -> Self {
        let notation = findings.file().notation();
        let example = |key| notation.table(&[key]);
        let secrets = table.value("secrets").and_then(|value| value.table(&example("secrets"), findings));
        let required = secrets.as_ref().and_then(|secrets| secrets.value("required"));
        let variables = table.value("vars").and_then(|value| value.table(&example("vars"), findings));
        let strings = |value: Value<'t>| value.strings(&notation.pair("required", "[\"NAME\"]"), findings);
        let worker_secrets = required.map(strings).unwrap_or_default();
        Self {
            name,
            notation,
            store: table
                .value("secrets_store_secrets")
                .map(|value| store(value, findings))
                .unwrap_or_default(),
            worker_secrets: worker_secrets.iter().map(|required| required.text).collect(),
            rate_limits: rate_limits(table, findings),
            datasets: datasets(table),
            fetchers: [FetcherKind::Certificate, FetcherKind::Service]
                .into_iter()
                .flat_map(|kind| fetchers(table, kind).into_iter().map(move |name| (kind, name)))
                .collect(),
            variables: variables
                .iter()
                .flat_map(Table::entries)
                .map(|Entry { key, value }| (key.text, value.as_str()))
                .collect(),
        }
    }
}

/// The bindings of `ratelimits`, and of `unsafe.bindings`, their former place.
fn rate_limits<'t>(environment: &Table<'t>, findings: &mut Findings<'t>) -> Vec<(Located<'t>, u32)> {
    let notation = findings.file().notation();
    let example = notation.array_of_tables(&["ratelimits"]);
    let current = environment.value("ratelimits").and_then(|value| value.array(&example, findings));
    let current =
        current.unwrap_or_default().into_iter().filter_map(|element| element.table(&example, findings));
    let current: Vec<Table<'t>> = current.collect();
    // Other entries of `unsafe` are not checked.
    let former = environment.value("unsafe").and_then(|value| value.quiet_table()?.value("bindings"));
    let former = former.map(Value::quiet_array).unwrap_or_default();
    let former = former.into_iter().filter_map(Value::quiet_table);
    let former = former.filter(|table| table.value("type").and_then(Value::as_str) == Some("ratelimit"));
    let mut limits: Vec<(Located<'t>, u32)> = Vec::new();
    for table in current.into_iter().chain(former) {
        let name = notation.pair("name", "\"…\"");
        let Some(value) = table.value("name") else {
            findings.error(table.span, "a rate limit has no `name`", &format!("add `{name}`"));
            continue;
        };
        let Some(name) = value.template(&name, findings) else { continue };
        let simple = table.value("simple").and_then(Value::quiet_table);
        let period = simple.as_ref().and_then(|simple| simple.value("period"));
        // Cloudflare only allows 10 and 60.
        let period = match period.and_then(Value::quiet_integer) {
            Some("10") => 10,
            Some("60") => 60,
            _ => {
                let at = period.map_or(table.span, Value::span);
                let simple = notation.inline_table(&[("limit", "100"), ("period", "60")]);
                let instead = format!("write `{}`, or a period of 10", notation.pair("simple", &simple));
                findings.error(at, "the period of a rate limit is 10 or 60 seconds", &instead);
                60
            }
        };
        limits.push((name, period));
    }
    limits
}

/// The bindings of `analytics_engine_datasets`. A dataset without a name has the name of its binding. Other keys are
/// not checked.
fn datasets<'t>(environment: &Table<'t>) -> Vec<(&'t str, &'t str)> {
    let elements = environment.value("analytics_engine_datasets").map(Value::quiet_array).unwrap_or_default();
    let tables = elements.into_iter().filter_map(Value::quiet_table);
    let bindings = tables.filter_map(|table| {
        let binding = table.value("binding")?.as_str()?;
        Some((binding, table.value("dataset").and_then(Value::as_str).unwrap_or(binding)))
    });
    bindings.collect()
}

/// The names of the bindings of one kind. Their other keys are not checked.
fn fetchers<'t>(environment: &Table<'t>, kind: FetcherKind) -> Vec<&'t str> {
    let bindings = environment.value(kind.key().0).map(Value::quiet_array).unwrap_or_default();
    let tables = bindings.into_iter().filter_map(Value::quiet_table);
    tables.filter_map(|table| table.value("binding").and_then(Value::as_str)).collect()
}

/// The bindings of one `secrets_store_secrets`.
fn store<'t>(value: Value<'t>, findings: &mut Findings<'t>) -> Vec<StoreBinding<'t>> {
    let notation = findings.file().notation();
    let example = notation.array_of_tables(&["secrets_store_secrets"]);
    let mut bindings: Vec<StoreBinding<'t>> = Vec::new();
    for element in value.array(&example, findings).unwrap_or_default() {
        let Some(table) = element.table(&example, findings) else { continue };
        let [name, store_id, secret_name] =
            ["binding", "store_id", "secret_name"].map(|key| store_text(&table, key, findings));
        warn_of_remote(&table, findings);
        let Some(name) = name else { continue };
        if bindings.iter().any(|earlier| earlier.name.text == name.text) {
            let message = format!("the binding `{}` is written twice in one environment", name.text);
            findings.error(name.span, &message, "remove one of the two");
            continue;
        }
        let text = |located: Option<Located<'t>>| located.map_or("", |located| located.text);
        bindings.push(StoreBinding { name, store_id: text(store_id), secret_name: text(secret_name) });
    }
    bindings
}

fn store_text<'t>(table: &Table<'t>, key: &str, findings: &mut Findings<'t>) -> Option<Located<'t>> {
    let example = findings.file().notation().pair(key, "\"…\"");
    let Some(value) = table.value(key) else {
        let message = format!("a Secrets Store binding has no `{key}`");
        findings.error(table.span, &message, &format!("add `{example}`"));
        return None;
    };
    let string = value.template(&example, findings)?;
    if string.text.is_empty() {
        findings.error(string.span, &format!("`{key}` is empty"), &format!("write `{example}`"));
    }
    Some(string)
}

/// Other bindings have a `remote`, so users may write it here too.
fn warn_of_remote(table: &Table<'_>, findings: &mut Findings<'_>) {
    if let Some(remote) = table.get("remote") {
        let message = "`remote` does nothing on a Secrets Store binding: wrangler says \"Unexpected fields found\", \
                       and `wrangler dev` still reads the local store";
        let instead = "remove it; `wrangler dev --remote` runs the Worker beside the account's store";
        findings.warning(remote.key.span, message, instead);
    }
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
