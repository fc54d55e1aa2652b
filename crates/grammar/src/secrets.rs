//! `[secrets]`: names and their sources.

use super::diagnostic::Findings;
use super::document::{Entry, Located, Table, Value};
use super::file::Span;
use super::keys;
use super::name;
use super::wrangler::Deployment;
use ostiary_core::configuration::{List, Secret, SecretId, Source, SourceKind, Text};

const WORKER_SECRET: &str = "{ worker_secret = \"LEGACY_KEY\" }";
const RESERVED: [&str; 3] = ["var", "request", "caller"];

/// The declared secrets; [`SecretId`] is a position here.
pub(crate) struct Secrets<'t> {
    declared: Vec<Declared<'t>>,
}

struct Declared<'t> {
    name: Located<'t>,
    sources: Vec<Source>,
}

impl<'t> Secrets<'t> {
    /// Reads the table. A secret with an error is declared too, so that its uses are not reported.
    pub(crate) fn read(
        table: Option<&Table<'t>>,
        deployment: &Deployment<'_>,
        findings: &mut Findings<'_>,
    ) -> Self {
        let mut declared = Vec::new();
        for Entry { key, value } in table.into_iter().flat_map(Table::entries) {
            name::check(key, "a secret", findings);
            if RESERVED.contains(&key.text) {
                let message = format!("`{}` is reserved in placeholders", key.text);
                findings.error(key.span, &message, "give the secret another name");
            }
            let mut sources: Vec<Source> = Vec::new();
            let example = format!("{} = [\"BINDING\"]", key.text);
            for element in value.filled_array(&example, findings).unwrap_or_default() {
                let Some((source, binding)) = source(element, &example, findings) else { continue };
                if sources.contains(&source) {
                    let message = format!("the source `{}` is written twice in one secret", source.binding);
                    findings.error(binding.span, &message, "remove one of the two");
                    continue;
                }
                // One key under two names would be sent where only the other one is meant to go.
                let is_used = |other: &&Declared<'_>| other.sources.contains(&source);
                if let Some(Declared { name: other, .. }) = declared.iter().find(is_used) {
                    let (name, other) = (source.binding.as_ref(), other.text);
                    let message = format!("the binding `{name}` is a source of the secret `{other}` already");
                    let instead =
                        format!("write `${{{other}}}` where that one is meant, or bind a secret of its own");
                    findings.error(binding.span, &message, &instead);
                }
                deployment.check_source(&source, binding.span, findings);
                sources.push(source);
            }
            declared.push(Declared { name: *key, sources });
        }
        Self { declared }
    }

    pub(crate) fn find(&self, name: &str) -> Option<SecretId> {
        self.names().find(|(_, declared)| declared.text == name).map(|(id, _)| id)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = (SecretId, &Located<'t>)> {
        (0..u16::MAX).map(SecretId).zip(self.declared.iter().map(|declared| &declared.name))
    }

    pub(crate) fn name(&self, id: SecretId) -> &'t str {
        self.declared.get(usize::from(id.0)).map_or("", |declared| declared.name.text)
    }

    /// The position of its name.
    pub(crate) fn span(&self, id: SecretId) -> Option<Span> {
        self.declared.get(usize::from(id.0)).map(|declared| declared.name.span)
    }

    pub(crate) fn sources(&self, id: SecretId) -> &[Source] {
        self.declared.get(usize::from(id.0)).map_or(&[], |declared| &declared.sources)
    }

    pub(crate) fn to_list(&self) -> List<Secret> {
        self.declared
            .iter()
            .map(|Declared { name, sources }| Secret {
                name: Text::Owned(name.text.to_owned()),
                sources: sources.clone().into(),
            })
            .collect()
    }
}

/// One source, and the position of its binding.
fn source<'t>(
    element: Value<'t>,
    example: &str,
    findings: &mut Findings<'_>,
) -> Option<(Source, Located<'t>)> {
    let (kind, binding) = if element.is_string() {
        (SourceKind::SecretsStore, element.string(example, findings)?)
    } else if !element.is_table() {
        element.wants("strings and tables", example, findings);
        return None;
    } else {
        let table = element.table(WORKER_SECRET, findings)?;
        let all_known = table.reject_unknown_keys(&keys::WORKER_SECRET, &[], findings);
        let Some(value) = table.value("worker_secret") else {
            if all_known {
                findings.error(table.span, "the source names no secret", &format!("write `{WORKER_SECRET}`"));
            }
            return None;
        };
        (SourceKind::WorkerSecret, value.string(WORKER_SECRET, findings)?)
    };
    // Data points list bindings separated by commas and line ends, so a name cannot have these characters.
    name::check(&binding, "a binding", findings);
    Some((Source { kind, binding: Text::Owned(binding.text.to_owned()) }, binding))
}

#[cfg(test)]
mod tests {
    use super::super::example::{accepted, assert_diagnostics};
    use super::*;

    #[test]
    fn tells_what_is_wrong_with_a_secret() {
        assert_diagnostics(include_str!("diagnostics/secrets.txt"));
    }

    #[test]
    fn a_source_is_a_store_binding_or_a_worker_secret() {
        let sources = r#"["CHECKOUT_TOKEN", { worker_secret = "LEGACY_KEY" }]"#;
        let checked = accepted("checkout = [\"CHECKOUT_TOKEN\"]", &format!("checkout = {sources}"));
        let source = |kind, binding| Source { kind, binding: Text::Borrowed(binding) };
        assert_eq!(
            checked.gateway.secrets[1].sources.as_ref(),
            [
                source(SourceKind::SecretsStore, "CHECKOUT_TOKEN"),
                source(SourceKind::WorkerSecret, "LEGACY_KEY")
            ]
        );
    }
}
