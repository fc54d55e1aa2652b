//! Warns of a log of Cloudflare's that would store what the gateway's own log leaves out.

use super::diagnostic::Findings;
use super::document::{Entry, Table, Value};

/// Warns if the queries of requests, or Cloudflare's log of each request, would be stored. A setting that is written in
/// the file is a decision of its author, and is not reported.
///
/// `environment` has the settings, and is at `path`. An environment without `observability` inherits that of the top
/// level, so one warning is enough.
pub(crate) fn warn_of_stored_urls(environment: &Table<'_>, path: &[&str], findings: &mut Findings<'_>) {
    let Some(Entry { key, value }) = environment.get("observability") else { return };
    let Some(settings) = value.quiet_table() else { return };
    let part = |name: &str| settings.value(name).and_then(Value::quiet_table);
    let (logs, traces) = (part("logs"), part("traces"));
    let enabled = |table: &Table<'_>| table.value("enabled").and_then(Value::quiet_boolean);
    let logs_are_stored = logs.as_ref().and_then(enabled).or_else(|| enabled(&settings)).unwrap_or_default();
    let traces_are_stored = traces.as_ref().and_then(enabled).unwrap_or_default();
    let logs_has = |name: &str| logs.as_ref().is_some_and(|logs| logs.value(name).is_some());

    let notation = findings.file().notation();
    let set = |name: &str, value: &str, table: &[&str]| {
        let keys: Vec<&str> = path.iter().chain(table).copied().collect();
        format!("`{}` in `{}`", notation.pair(name, value), notation.table(&keys))
    };
    let mut lacking = Vec::new();
    if (logs_are_stored || traces_are_stored) && settings.value("redact_query_string").is_none() {
        lacking.push(set("redact_query_string", "true", &["observability"]));
    }
    if logs_are_stored && !logs_has("invocation_logs") {
        lacking.push(set("invocation_logs", "false", &["observability", "logs"]));
    }
    if !lacking.is_empty() {
        let message = "Cloudflare stores the URL of each request, which can contain a caller's token";
        findings.warning(key.span, message, &format!("write {}", lacking.join(", and ")));
    }
}

#[cfg(test)]
mod tests {
    use super::super::example::{GATEWAY, WRANGLER};
    use super::super::{File, read};

    fn warnings(path: &str, wrangler: &str) -> Vec<String> {
        let gateway = File { path: "gateway.toml", text: GATEWAY };
        let checked = read(gateway, File { path, text: wrangler }).unwrap();
        let warnings = checked.warnings.iter().map(ToString::to_string);
        warnings.filter(|warning| warning.contains("URL of each request")).collect()
    }

    #[test]
    fn case_73_a_log_with_urls_is_told_with_the_settings_that_leave_them_out() {
        assert_eq!(
            warnings("wrangler.toml", &format!("{WRANGLER}\n[observability]\nenabled = true\n")),
            [
                "wrangler.toml:25:2: warning: Cloudflare stores the URL of each request, which can contain a caller's \
              token; found `observability`; write `redact_query_string = true` in `[observability]`, and \
              `invocation_logs = false` in `[observability.logs]`"
            ]
        );
        let redacted = "write `invocation_logs = false` in `[observability.logs]`";
        let own = "write `redact_query_string = true` in `[observability]`";
        for (settings, expected) in [
            ("observability = { enabled = true, redact_query_string = true }", Some(redacted)),
            ("observability = { enabled = true, logs.invocation_logs = false }", Some(own)),
            ("observability = { logs = { enabled = true, invocation_logs = false } }", Some(own)),
            ("observability = { traces.enabled = true }", Some(own)),
            (
                "observability = { enabled = true, redact_query_string = true, logs.invocation_logs = false }",
                None,
            ),
            (
                "observability = { enabled = true, redact_query_string = false, logs.invocation_logs = true }",
                None,
            ),
            ("observability = { enabled = false }", None),
            ("observability = { enabled = true, logs.enabled = false }", None),
            ("observability = {}", None),
            ("", None),
        ] {
            // A pair of the top level is before the first table.
            let warnings = warnings("wrangler.toml", &format!("{settings}\n{WRANGLER}"));
            let told = warnings.first().map(|warning| warning.rsplit("; ").next().unwrap());
            assert_eq!(told, expected, "{settings}");
        }
    }

    #[test]
    fn an_environment_with_settings_of_its_own_is_checked_too() {
        let bindings = WRANGLER.split_once("[[").map(|(_, bindings)| format!("[[{bindings}")).unwrap();
        let staging = format!("{WRANGLER}\n[env.staging]\n{}", bindings.replace("[[", "[[env.staging."));
        assert_eq!(warnings("wrangler.toml", &staging), [""; 0]);
        let told =
            warnings("wrangler.toml", &format!("{staging}\n[env.staging.observability]\nenabled = true\n"));
        let [told] = told.as_slice() else { panic!("{told:?}") };
        let settings = "`[env.staging.observability]`, and `invocation_logs = false` in `[env.staging.observability.logs]`";
        assert!(told.ends_with(settings), "{told}");
    }

    #[test]
    fn the_settings_are_shown_in_the_notation_of_the_file() {
        let wrangler = r#"{ "observability": { "enabled": true }, "secrets_store_secrets": [
            { "binding": "STRIPE_KEY", "store_id": "1", "secret_name": "stripe" },
            { "binding": "STRIPE_KEY_2", "store_id": "1", "secret_name": "stripe-2" },
            { "binding": "CHECKOUT_TOKEN", "store_id": "1", "secret_name": "checkout" },
        ] }"#;
        let told = warnings("wrangler.jsonc", wrangler);
        let [told] = told.as_slice() else { panic!("{told:?}") };
        let settings = "`\"redact_query_string\": true` in `observability`, and `\"invocation_logs\": false` in \
                        `observability.logs`";
        assert!(told.ends_with(settings), "{told}");
    }
}
