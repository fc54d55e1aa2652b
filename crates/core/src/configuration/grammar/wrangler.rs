//! What `wrangler.toml` binds, in each environment.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{Entry, Node, Table, TextNode};

/// The top level, or one `[env.*]`. Wrangler hands no binding and no variable on from the one to the other.
#[derive(Debug, Default)]
pub(super) struct Environment {
    /// `None` for the top level.
    pub(super) name: Option<String>,
    /// Bindings of `[[secrets_store_secrets]]`.
    pub(super) store: BTreeSet<String>,
    /// Names in `[secrets] required`.
    pub(super) worker_secrets: BTreeSet<String>,
    /// `[vars]` that are strings.
    pub(super) variables: BTreeMap<String, String>,
}

/// All environments, the top level first.
pub(super) struct Wrangler<'d, 'r> {
    pub(super) environments: Vec<Environment>,
    /// The bindings of the top level, where they stand.
    pub(super) store_nodes: Vec<TextNode<'d, 'r>>,
}

impl Environment {
    /// As an error says it.
    pub(super) fn title(&self) -> String {
        self.name.as_ref().map_or_else(|| "at its top level".to_owned(), |name| format!("in `[env.{name}]`"))
    }

    /// What stands before a table's name.
    pub(super) fn prefix(&self) -> String {
        self.name.as_ref().map(|name| format!("env.{name}.")).unwrap_or_default()
    }
}

/// Reads what of the file is about secrets and variables; all else in it is wrangler's own.
pub(super) fn read<'d, 'r>(document: &Table<'d, 'r>) -> Wrangler<'d, 'r> {
    let (top, store_nodes) = environment(None, document);
    let mut environments = vec![top];
    let named = document.get("env").and_then(|node| node.table("write `[env.NAME]`"));
    for Entry { key, value } in named.iter().flat_map(Table::entries) {
        if let Some(table) = value.table("write `[env.NAME]`") {
            environments.push(environment(Some(key.text.to_owned()), &table).0);
        }
    }
    Wrangler { environments, store_nodes }
}

fn environment<'d, 'r>(name: Option<String>, table: &Table<'d, 'r>) -> (Environment, Vec<TextNode<'d, 'r>>) {
    let nodes = table.get("secrets_store_secrets").map(|node| store(&node)).unwrap_or_default();
    let environment = Environment {
        name,
        store: nodes.iter().map(|node| node.text.to_owned()).collect(),
        worker_secrets: table.get("secrets").map(|node| worker_secrets(&node)).unwrap_or_default(),
        variables: table.get("vars").map(|node| variables(&node)).unwrap_or_default(),
    };
    (environment, nodes)
}

fn store<'d, 'r>(node: &Node<'d, 'r>) -> Vec<TextNode<'d, 'r>> {
    const INSTEAD: &str =
        "write `[[secrets_store_secrets]]` with `binding`, `store_id` and `secret_name`, each a string";
    let Some(members) = node.members() else {
        node.error("this must be an array of tables", INSTEAD);
        return Vec::new();
    };
    let mut bindings: Vec<TextNode<'d, 'r>> = Vec::new();
    for table in members.iter().filter_map(|member| member.table(INSTEAD)) {
        let mut texts = ["binding", "store_id", "secret_name"].map(|key| {
            let found = table.get(key);
            if found.is_none() {
                table.error(format!("`{key}` is missing"), INSTEAD);
            }
            found.and_then(|node| node.text(INSTEAD))
        });
        let Some(binding) = texts.first_mut().and_then(Option::take) else { continue };
        if bindings.iter().any(|known| known.text == binding.text) {
            binding.error("two secrets have this binding", "give each a binding of its own");
        }
        bindings.push(binding);
    }
    bindings
}

fn worker_secrets(node: &Node<'_, '_>) -> BTreeSet<String> {
    const INSTEAD: &str = "write `required = [\"NAME\"]` under `[secrets]`";
    let required = node.table(INSTEAD).and_then(|table| table.get("required"));
    let members = required.and_then(|node| {
        let members = node.members();
        if members.is_none() {
            node.error("this must be an array", INSTEAD);
        }
        members
    });
    let names = members.unwrap_or_default();
    names.iter().filter_map(|name| name.text(INSTEAD)).map(|name| name.text.to_owned()).collect()
}

fn variables(node: &Node<'_, '_>) -> BTreeMap<String, String> {
    let table = node.table("write `NAME = \"value\"` under `[vars]`");
    let entries = table.iter().flat_map(Table::entries).filter(|entry| entry.value.is_text());
    let texts =
        entries.filter_map(|entry| Some((entry.key.text.to_owned(), entry.value.text("")?.text.to_owned())));
    texts.collect()
}
