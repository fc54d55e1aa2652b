//! A second binding beside another one, in every environment of wrangler's configuration.

use jsonc_parser::cst::{CstArray, CstObject};
use toml_edit::{Item, TableLike};

use super::wrangler_file::{BINDINGS, WranglerFile, binding_object, binding_table, push_table, rows};
use crate::failure::Failure;

/// A secret that a new binding leads to, and the one whose value it begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiedSecret {
    /// The id of the store of both.
    pub store: String,
    /// The name of the secret that exists.
    pub from: String,
    /// The name of the new one.
    pub name: String,
}

/// The parts of a binding.
pub struct Row {
    /// The name of the binding.
    pub binding: String,
    /// The id of the store.
    pub store: String,
    /// The name of the secret in the store.
    pub secret: String,
}

impl WranglerFile {
    /// Adds a binding to every environment that has the first one and lacks this. Its secret is in the same store; its
    /// name is that of the first with the suffix. Returns the new secrets.
    ///
    /// # Errors
    /// Returns an error if the file's bindings are not written as a list of tables.
    pub fn add_beside(
        &mut self,
        first: &str,
        binding: &str,
        suffix: &str,
    ) -> Result<Vec<CopiedSecret>, Failure> {
        let mut copied = Vec::new();
        let copy = |rows: &[Row]| copy(rows, first, binding, suffix);
        match self {
            Self::Toml(document) => {
                copied.extend(add_to_table(document.as_table_mut(), binding, copy)?);
                let named = document.get_mut("env").and_then(Item::as_table_like_mut);
                for (_, environment) in named.into_iter().flat_map(|named| named.iter_mut()) {
                    if let Some(environment) = environment.as_table_like_mut() {
                        copied.extend(add_to_table(environment, binding, copy)?);
                    }
                }
            }
            Self::Json(root) => {
                let top = root.object_value();
                let named = top.as_ref().and_then(|top| top.object_value("env"));
                let named = named.map(|named| named.properties()).unwrap_or_default();
                let named = named.iter().filter_map(|property| property.value()?.as_object());
                let environments = top.iter().cloned().chain(named);
                copied.extend(
                    environments.filter_map(|environment| add_to_object(&environment, binding, copy)),
                );
            }
        }
        Ok(copied)
    }
}

/// The new secret of an environment with these bindings; `None` if it has the binding, or lacks the first one.
fn copy(rows: &[Row], first: &str, binding: &str, suffix: &str) -> Option<CopiedSecret> {
    if rows.iter().any(|row| row.binding == binding) {
        return None;
    }
    let Row { store, secret, .. } = rows.iter().find(|row| row.binding == first)?;
    Some(CopiedSecret { store: store.clone(), from: secret.clone(), name: format!("{secret}{suffix}") })
}

fn add_to_table(
    environment: &mut dyn TableLike,
    binding: &str,
    copy: impl Fn(&[Row]) -> Option<CopiedSecret>,
) -> Result<Option<CopiedSecret>, Failure> {
    let Some(bindings) = environment.get_mut(BINDINGS) else { return Ok(None) };
    let Some(copied) = copy(&rows(bindings)) else { return Ok(None) };
    push_table(bindings, binding_table(binding, &copied.store, &copied.name))?;
    Ok(Some(copied))
}

fn add_to_object(
    environment: &CstObject,
    binding: &str,
    copy: impl Fn(&[Row]) -> Option<CopiedSecret>,
) -> Option<CopiedSecret> {
    let bindings = environment.array_value(BINDINGS)?;
    let copied = copy(&json_rows(&bindings))?;
    bindings.append(binding_object(binding, &copied.store, &copied.name));
    Some(copied)
}

fn json_rows(bindings: &CstArray) -> Vec<Row> {
    let row = |object: CstObject| {
        let text = |key: &str| object.get(key)?.value()?.as_string_lit()?.decoded_value().ok();
        Some(Row { binding: text("binding")?, store: text("store_id")?, secret: text("secret_name")? })
    };
    bindings.elements().iter().filter_map(|element| row(element.as_object()?)).collect()
}
