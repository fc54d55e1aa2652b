//! `[secrets]`: names and their sources.

use super::document::{Entry, Node, Table};
use super::names;
use super::wrangler::{Environment, Wrangler};
use crate::configuration::{List, Secret, Source, SourceKind, Text};

const INSTEAD: &str = "write `[\"BINDING\"]` or `[{ worker_secret = \"NAME\" }]`, the primary first";

/// First parts of placeholders that are no secrets.
const RESERVED: [&str; 3] = ["var", "request", "caller"];

/// The secrets that the table declares, each with its key.
pub(super) fn read<'d, 'r>(
    table: &Table<'d, 'r>,
    wrangler: &Wrangler<'_, '_>,
) -> Vec<(Entry<'d, 'r>, Secret)> {
    let mut secrets = Vec::with_capacity(table.entries().len());
    for entry in table.entries() {
        let name = entry.key.text;
        if RESERVED.contains(&name) {
            let message = format!("a secret cannot be named `{name}`: `${{{name}.…}}` means something else");
            entry.key.error(message, "give it another name");
        } else {
            names::check(&entry.key);
        }
        let members = entry.value.array(INSTEAD).unwrap_or_default();
        let mut sources: Vec<Source> = Vec::with_capacity(members.len());
        for member in &members {
            let Some(source) = source(member, wrangler) else { continue };
            if sources.contains(&source) {
                member.error("this source is there twice", "name each source once");
            }
            sources.push(source);
        }
        secrets.push((entry, Secret { name: Text::Owned(name.to_owned()), sources: List::Owned(sources) }));
    }
    secrets
}

fn source(member: &Node<'_, '_>, wrangler: &Wrangler<'_, '_>) -> Option<Source> {
    let (kind, binding) = if member.is_text() {
        (SourceKind::SecretsStore, member.text(INSTEAD)?)
    } else {
        let table = member.table(INSTEAD)?;
        table.only(&["worker_secret"], &[]);
        let name = table.get("worker_secret");
        if name.is_none() {
            member.error("this names no secret", INSTEAD);
        }
        (SourceKind::WorkerSecret, name?.text(INSTEAD)?)
    };
    for environment in &wrangler.environments {
        let lacks = |bound: bool| !bound;
        if kind == SourceKind::SecretsStore && lacks(environment.store.contains(binding.text)) {
            binding.error(
                format!("wrangler.toml does not bind `{}` {}", binding.text, environment.title()),
                add_store(environment, binding.text),
            );
        }
        if kind == SourceKind::WorkerSecret && lacks(environment.worker_secrets.contains(binding.text)) {
            binding.error(
                format!(
                    "wrangler.toml does not require the secret `{}` {}",
                    binding.text,
                    environment.title()
                ),
                format!("add `\"{}\"` to `required` under `[{}secrets]`", binding.text, environment.prefix()),
            );
        }
    }
    Some(Source { kind, binding: Text::Owned(binding.text.to_owned()) })
}

fn add_store(environment: &Environment, binding: &str) -> String {
    format!(
        "add `[[{}secrets_store_secrets]]` with `binding = \"{binding}\"`, `store_id` and `secret_name`",
        environment.prefix()
    )
}
