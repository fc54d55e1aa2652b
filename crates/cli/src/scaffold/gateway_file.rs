//! gateway.toml, edited in place.

use toml_edit::{Array, DocumentMut, Item, Table, Value, value};

use super::new_route::NewRoute;
use crate::failure::Failure;

/// A gateway.toml whose comments and order are kept.
pub struct GatewayFile(DocumentMut);

impl GatewayFile {
    /// # Errors
    /// Returns an error if the text is not TOML.
    pub fn parse(text: &str, path: &str) -> Result<Self, Failure> {
        let document = text.parse();
        document.map(Self).map_err(|error| Failure::usage(format_args!("{path}: this is not TOML: {error}")))
    }

    /// The names of the callers, in the order of the file.
    pub fn callers(&self) -> Vec<String> {
        let callers = self.0.get("callers").and_then(Item::as_table_like);
        callers.into_iter().flat_map(|callers| callers.iter()).map(|(name, _)| name.to_owned()).collect()
    }

    /// Whether there is a route with this name.
    pub fn has_route(&self, name: &str) -> bool {
        self.has("routes", name)
    }

    /// Whether there is any route.
    pub fn has_routes(&self) -> bool {
        let routes = self.0.get("routes").and_then(Item::as_table_like);
        routes.is_some_and(|routes| !routes.is_empty())
    }

    /// Whether there is a caller with this name.
    pub fn has_caller(&self, name: &str) -> bool {
        self.has("callers", name)
    }

    /// Whether there is a secret with this name.
    pub fn has_secret(&self, name: &str) -> bool {
        self.has("secrets", name)
    }

    /// The Secrets Store bindings that are sources of this secret.
    pub fn bindings(&self, secret: &str) -> Vec<String> {
        let sources = self.0.get("secrets").and_then(|secrets| secrets.get(secret)).and_then(Item::as_array);
        let sources = sources.into_iter().flat_map(Array::iter);
        sources.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// The document, for reading.
    pub fn document(&self) -> &DocumentMut {
        &self.0
    }

    /// The sources of this secret.
    pub fn sources_mut(&mut self, secret: &str) -> Option<&mut Array> {
        self.0.get_mut("secrets")?.get_mut(secret)?.as_array_mut()
    }

    /// The Secrets Store bindings of all secrets.
    pub fn all_bindings(&self) -> Vec<String> {
        let secrets = self.0.get("secrets").and_then(Item::as_table_like);
        let names = secrets.into_iter().flat_map(|secrets| secrets.iter()).map(|(name, _)| name.to_owned());
        names.flat_map(|name| self.bindings(&name)).collect()
    }

    /// Adds a caller with this digest of its token.
    ///
    /// # Errors
    /// Returns an error if `callers` is not written as tables.
    pub fn add_caller(&mut self, name: &str, digest: &str) -> Result<(), Failure> {
        let mut caller = Table::new();
        caller.insert("bearer_sha256", value(Array::from_iter([digest])));
        // A blank line between two tables.
        caller.decor_mut().set_prefix("\n");
        self.section("callers")?.insert(name, Item::Table(caller));
        Ok(())
    }

    /// Adds a secret with one source, unless there is one with this name.
    ///
    /// # Errors
    /// Returns an error if `secrets` is not a table.
    pub fn add_secret(&mut self, name: &str, binding: &str) -> Result<(), Failure> {
        let is_new = !self.0.contains_key("secrets");
        let secrets = self.section("secrets")?;
        if is_new {
            secrets.set_implicit(false);
            secrets.decor_mut().set_prefix("\n");
        }
        if !secrets.contains_key(name) {
            secrets.insert(name, value(Array::from_iter([binding])));
        }
        Ok(())
    }

    /// Adds a route. The secret is added by [`Self::add_secret`].
    ///
    /// # Errors
    /// Returns an error if `routes` is not written as tables.
    pub fn add_route(&mut self, route: &NewRoute) -> Result<(), Failure> {
        let mut document = route.document()?;
        let added = document.get_mut("routes").and_then(|routes| routes.get_mut(&route.name));
        let mut added = added.map(std::mem::take).unwrap_or_default();
        if let Some(table) = added.as_table_mut() {
            forget_positions(table);
            let comment = table.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default();
            let prefix = format!("\n{comment}");
            table.decor_mut().set_prefix(prefix);
        }
        self.section("routes")?.insert(&route.name, added);
        Ok(())
    }

    /// The current text of the file.
    pub fn text(&self) -> String {
        self.0.to_string()
    }

    fn has(&self, section: &str, name: &str) -> bool {
        self.0.get(section).and_then(|section| section.get(name)).is_some()
    }

    fn section(&mut self, name: &str) -> Result<&mut Table, Failure> {
        let section = self.0.entry(name).or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        section.as_table_mut().ok_or_else(|| {
            Failure::usage(format_args!("`{name}` is an inline table; write it as `[{name}]` tables first"))
        })
    }
}

/// Removes positions, so that tables of another document follow the existing ones.
fn forget_positions(table: &mut Table) {
    table.set_position(None);
    table.iter_mut().filter_map(|(_, item)| item.as_table_mut()).for_each(forget_positions);
}
