//! wrangler's configuration, edited in place: TOML, or JSON with comments.

use jsonc_parser::cst::{CstInputValue, CstObject, CstRootNode};
use ostiary_grammar::{File, StoreBinding, environments, jsonc};
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, TableLike, value};

use super::beside::Row;
use crate::failure::Failure;

pub(super) const BINDINGS: &str = "secrets_store_secrets";

/// The store id for an environment without other bindings. It only works locally, where any id is valid.
pub const LOCAL_STORE: &str = "local";

/// wrangler's configuration, whose comments and order are kept.
pub enum WranglerFile {
    /// wrangler.toml.
    Toml(DocumentMut),
    /// wrangler.json or wrangler.jsonc.
    Json(CstRootNode),
}

/// A Secrets Store binding that is about to be added.
pub struct NewBinding<'n> {
    /// The name of the binding in the Worker.
    pub binding: &'n str,
    /// The name of the secret in the store.
    pub secret_name: &'n str,
    /// The id of the store; `None` for the one of the environment's other bindings.
    pub store_id: Option<&'n str>,
}

/// The target of a binding that was added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundSecret {
    /// The id of the store.
    pub store: String,
    /// The name of the secret in the store.
    pub name: String,
}

impl NewBinding<'_> {
    /// The secret's name in this store. `own` is an environment and the store of the top level. If they share a store,
    /// the environment gets its own secret, so that staging never uses the key of production.
    fn name_in(&self, store: &str, own: Option<(&str, &str)>) -> String {
        match own {
            Some((environment, shared)) if shared == store => format!("{environment}-{}", self.secret_name),
            _ => self.secret_name.to_owned(),
        }
    }
}

impl WranglerFile {
    /// JSON with comments where the path ends in `.json` or `.jsonc`, TOML otherwise.
    ///
    /// # Errors
    /// The text is neither.
    pub fn parse(text: &str, path: &str) -> Result<Self, Failure> {
        let refused = |kind: &str, error: &dyn std::fmt::Display| {
            Failure::usage(format_args!("{path}: this is not {kind}: {error}"))
        };
        let is_json = [".json", ".jsonc"].iter().any(|extension| path.ends_with(extension));
        if !is_json {
            return text
                .parse()
                .map(Self::Toml)
                .map_err(|error: toml_edit::TomlError| refused("TOML", &error));
        }
        let root = CstRootNode::parse(text, &jsonc::OPTIONS).map_err(|error| refused("JSON", &error))?;
        match root.object_value() {
            Some(_) => Ok(Self::Json(root)),
            None => Err(refused("a JSON object", &"write `{ … }`")),
        }
    }

    /// Adds the binding to every environment in which it is missing. Returns the secret of each environment that was
    /// changed.
    ///
    /// # Errors
    /// Returns an error if the file's bindings are not written as a list of tables.
    pub fn add(&mut self, new: &NewBinding<'_>) -> Result<Vec<BoundSecret>, Failure> {
        match self {
            Self::Toml(document) => add_to_toml(document, new),
            Self::Json(root) => match root.object_value() {
                Some(object) => add_to_json(&object, new),
                None => Ok(Vec::new()),
            },
        }
    }

    /// Every Secrets Store binding of every environment; none if the file has errors.
    pub fn bindings(&self) -> Vec<StoreBinding> {
        let path = if matches!(self, Self::Toml(_)) { "wrangler.toml" } else { "wrangler.json" };
        let environments = environments(File { path, text: &self.text() }).unwrap_or_default();
        environments.into_iter().flat_map(|environment| environment.bindings).collect()
    }

    /// The current text of the file.
    pub fn text(&self) -> String {
        match self {
            Self::Toml(document) => document.to_string(),
            Self::Json(root) => root.to_string(),
        }
    }
}

fn add_to_toml(document: &mut DocumentMut, new: &NewBinding<'_>) -> Result<Vec<BoundSecret>, Failure> {
    let mut bound = Vec::new();
    let top = store_of(document.as_table());
    let is_first = !document.contains_key(BINDINGS);
    bound.extend(add_to_table(document.as_table_mut(), new, None, None)?);
    if is_first {
        move_before_environments(document);
    }
    let shared = store_of(document.as_table());
    let named = document.get_mut("env").and_then(Item::as_table_like_mut);
    for (name, environment) in named.into_iter().flat_map(|named| named.iter_mut()) {
        if let Some(environment) = environment.as_table_like_mut() {
            let own = shared.as_deref().map(|shared| (name.get(), shared));
            bound.extend(add_to_table(environment, new, top.as_deref(), own)?);
        }
    }
    Ok(bound)
}

/// Moves the first binding of the top level above the environments.
fn move_before_environments(document: &mut DocumentMut) {
    let named = document.get("env").and_then(Item::as_table).into_iter().flat_map(Table::iter);
    let first = named.filter_map(|(_, environment)| environment.as_table()?.position()).min();
    let tables = document.get_mut(BINDINGS).and_then(Item::as_array_of_tables_mut);
    if let (Some(first), Some(tables)) = (first, tables) {
        // Tables with the same position keep their order.
        tables.iter_mut().for_each(|table| table.set_position(Some(first.saturating_sub(1))));
    }
}

fn add_to_table(
    environment: &mut dyn TableLike,
    new: &NewBinding<'_>,
    inherited: Option<&str>,
    own: Option<(&str, &str)>,
) -> Result<Option<BoundSecret>, Failure> {
    let store = store_of(environment);
    let store = new.store_id.or(store.as_deref()).or(inherited).unwrap_or(LOCAL_STORE).to_owned();
    let bindings = environment.entry(BINDINGS).or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    if texts(bindings, "binding").iter().any(|bound| bound == new.binding) {
        return Ok(None);
    }
    let name = new.name_in(&store, own);
    push_table(bindings, binding_table(new.binding, &store, &name))?;
    Ok(Some(BoundSecret { store, name }))
}

/// A binding as a table.
pub(super) fn binding_table(binding: &str, store: &str, secret: &str) -> Table {
    let mut table = Table::new();
    table.insert("binding", value(binding));
    table.insert("store_id", value(store));
    table.insert("secret_name", value(secret));
    table
}

/// Appends the table to a list of tables, or of inline tables.
///
/// # Errors
/// Returns an error if it is another kind of value.
pub(super) fn push_table(bindings: &mut Item, mut table: Table) -> Result<(), Failure> {
    match bindings {
        Item::ArrayOfTables(tables) => {
            table.decor_mut().set_prefix("\n");
            tables.push(table);
        }
        Item::Value(toml_edit::Value::Array(array)) => push_inline(array, table.into_inline_table()),
        _ => return Err(Failure::usage(format_args!("`{BINDINGS}` is not a list; write `[[{BINDINGS}]]`"))),
    }
    Ok(())
}

/// Appends the table on a line of its own if the last one has one.
fn push_inline(array: &mut toml_edit::Array, table: toml_edit::InlineTable) {
    let last = array.iter().last().and_then(|last| last.decor().prefix()?.as_str());
    let prefix = last.filter(|prefix| prefix.contains('\n')).map(str::to_owned);
    array.push(table);
    let added = array.len().checked_sub(1).and_then(|last| array.get_mut(last));
    if let (Some(added), Some(prefix)) = (added, prefix) {
        let indentation = prefix.rsplit_once('\n').map_or("", |(_, spaces)| spaces);
        added.decor_mut().set_prefix(format!("\n{indentation}"));
    }
}

/// The bindings of an environment.
pub(super) fn rows(bindings: &Item) -> Vec<Row> {
    let row = |table: &dyn TableLike| {
        let text = |key: &str| table.get(key)?.as_str().map(str::to_owned);
        Some(Row { binding: text("binding")?, store: text("store_id")?, secret: text("secret_name")? })
    };
    let in_tables = bindings.as_array_of_tables().into_iter().flat_map(ArrayOfTables::iter);
    let in_tables = in_tables.filter_map(|table| row(table));
    let inline = bindings.as_array().into_iter().flat_map(toml_edit::Array::iter);
    in_tables.chain(inline.filter_map(|element| row(element.as_inline_table()?))).collect()
}

/// The store of the last binding.
fn store_of(environment: &dyn TableLike) -> Option<String> {
    environment.get(BINDINGS).and_then(|bindings| texts(bindings, "store_id").pop())
}

fn texts(bindings: &Item, key: &str) -> Vec<String> {
    let in_tables = bindings.as_array_of_tables().into_iter().flat_map(ArrayOfTables::iter);
    let in_tables = in_tables.filter_map(|table| table.get(key)?.as_str());
    let inline = bindings.as_array().into_iter().flat_map(toml_edit::Array::iter);
    let inline = inline.filter_map(|element| element.as_inline_table()?.get(key)?.as_str());
    in_tables.chain(inline).map(str::to_owned).collect()
}

fn add_to_json(root: &CstObject, new: &NewBinding<'_>) -> Result<Vec<BoundSecret>, Failure> {
    let top = json_texts(root, "store_id").pop();
    let mut bound = Vec::new();
    bound.extend(add_to_object(root, new, None, None)?);
    let shared = json_texts(root, "store_id").pop();
    let named = root.object_value("env").map(|named| named.properties()).unwrap_or_default();
    for property in &named {
        let Some(environment) = property.value().and_then(|value| value.as_object()) else { continue };
        let name = property.name().and_then(|name| name.decoded_value().ok());
        let own = name.as_deref().zip(shared.as_deref());
        bound.extend(add_to_object(&environment, new, top.as_deref(), own)?);
    }
    Ok(bound)
}

fn add_to_object(
    environment: &CstObject,
    new: &NewBinding<'_>,
    inherited: Option<&str>,
    own: Option<(&str, &str)>,
) -> Result<Option<BoundSecret>, Failure> {
    if json_texts(environment, "binding").iter().any(|bound| bound == new.binding) {
        return Ok(None);
    }
    let store = json_texts(environment, "store_id").pop();
    let store = new.store_id.or(store.as_deref()).or(inherited).unwrap_or(LOCAL_STORE).to_owned();
    let Some(bindings) = environment.array_value_or_create(BINDINGS) else {
        return Err(Failure::usage(format_args!("`{BINDINGS}` is not an array")));
    };
    let name = new.name_in(&store, own);
    bindings.append(binding_object(new.binding, &store, &name));
    Ok(Some(BoundSecret { store, name }))
}

/// A binding as a JSON object.
pub(super) fn binding_object(binding: &str, store: &str, secret: &str) -> CstInputValue {
    let pairs = [("binding", binding), ("store_id", store), ("secret_name", secret)];
    let pairs = pairs.map(|(key, text)| (key.to_owned(), CstInputValue::String(text.to_owned())));
    CstInputValue::Object(pairs.into())
}

fn json_texts(environment: &CstObject, key: &str) -> Vec<String> {
    let bindings = environment.array_value(BINDINGS).map(|bindings| bindings.elements()).unwrap_or_default();
    let texts = bindings
        .iter()
        .filter_map(|element| element.as_object()?.get(key)?.value()?.as_string_lit()?.decoded_value().ok());
    texts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: NewBinding<'static> =
        NewBinding { binding: "ITEMS_KEY", secret_name: "items-key", store_id: None };

    /// The text of the file, and each secret as `STORE/NAME`.
    fn added(text: &str, path: &str) -> (String, Vec<String>) {
        let mut file = WranglerFile::parse(text, path).unwrap();
        let bound = file.add(&NEW).unwrap();
        (file.text(), bound.into_iter().map(|secret| format!("{}/{}", secret.store, secret.name)).collect())
    }

    const TOML: &str = "\
# Mine.
name = \"x\"   # a name

[[secrets_store_secrets]]
binding = \"A\"
store_id = \"one\"
secret_name = \"a\"

# Staging.
[env.staging.vars]
B = \"1\"

[[env.staging.secrets_store_secrets]]
binding = \"A\"
store_id = \"two\"
secret_name = \"a\"
";

    #[test]
    fn an_environment_of_the_same_store_gets_a_secret_of_its_own() {
        let toml = TOML.replace("store_id = \"two\"", "store_id = \"one\"");
        let json = "{ \"env\": { \"staging\": {} } }";
        for (text, path) in [(&*toml, "wrangler.toml"), (json, "wrangler.json")] {
            let (text, bound) = added(text, path);
            assert!(matches!(&*bound, [_, second] if second.ends_with("/staging-items-key")), "{bound:?}");
            let mut names: Vec<&str> = text.split('"').filter(|piece| piece.ends_with("items-key")).collect();
            names.sort_unstable();
            assert_eq!(names, ["items-key", "staging-items-key"], "{text}");
        }
    }

    #[test]
    fn every_environment_gets_the_binding_in_its_own_store() {
        let (text, bound) = added(TOML, "wrangler.toml");
        let binding = |place: &str, store: &str| {
            format!(
                "\n[[{place}secrets_store_secrets]]\nbinding = \"ITEMS_KEY\"\nstore_id = \"{store}\"\n\
                 secret_name = \"items-key\"\n"
            )
        };
        let expected = TOML.replace("\n# Staging.", &format!("{}\n# Staging.", binding("", "one")));
        assert_eq!(text, expected + &binding("env.staging.", "two"));
        assert_eq!(bound, ["one/items-key", "two/items-key"]);
        assert_eq!(added(&text, "wrangler.toml"), (text.clone(), vec![]));
    }

    #[test]
    fn an_environment_without_bindings_gets_its_first() {
        let (text, bound) = added("name = \"x\"\n[env.bare]\n", "wrangler.toml");
        assert_eq!(bound, ["local/items-key", "local/bare-items-key"]);
        let document: DocumentMut = text.parse().unwrap();
        assert_eq!(texts(&document["secrets_store_secrets"], "binding"), ["ITEMS_KEY"]);
        assert_eq!(texts(&document["env"]["bare"]["secrets_store_secrets"], "binding"), ["ITEMS_KEY"]);
        assert!(text.starts_with("name = \"x\"\n"), "{text}");
        assert!(text.find("[[secrets_store_secrets]]") < text.find("[env.bare]"), "{text}");
    }

    #[test]
    fn bindings_in_one_line_stay_in_one_line() {
        let line = "secrets_store_secrets = [{ binding = \"A\", store_id = \"one\", secret_name = \"a\" }]\n";
        let (text, bound) = added(line, "wrangler.toml");
        assert_eq!(bound, ["one/items-key"]);
        assert_eq!(text.lines().count(), 1);
        assert!(
            text.contains("{ binding = \"ITEMS_KEY\", store_id = \"one\", secret_name = \"items-key\" }]"),
            "{text}"
        );
    }

    #[test]
    fn json_keeps_its_comments() {
        let json = "{\n  // Mine.\n  \"name\": \"x\",\n  \"secrets_store_secrets\": [\n    { \"binding\": \"A\", \
                    \"store_id\": \"one\", \"secret_name\": \"a\" }, // the first\n  ],\n  \"env\": {\n    \
                    /* Staging. */\n    \"staging\": {}\n  }\n}\n";
        let (text, bound) = added(json, "wrangler.jsonc");
        assert_eq!(bound, ["one/items-key", "one/staging-items-key"]);
        for kept in ["// Mine.", "// the first", "/* Staging. */", "\"name\": \"x\""] {
            assert!(text.contains(kept), "{text}");
        }
        assert_eq!(text.matches("\"binding\": \"ITEMS_KEY\"").count(), 2, "{text}");
        assert_eq!(added(&text, "wrangler.jsonc"), (text.clone(), vec![]));
    }

    #[test]
    fn what_is_no_list_is_left_alone() {
        for (text, path) in [
            ("secrets_store_secrets = 1\n", "wrangler.toml"),
            ("{ \"secrets_store_secrets\": 1 }", "wrangler.json"),
        ] {
            let mut file = WranglerFile::parse(text, path).unwrap();
            assert!(file.add(&NEW).is_err());
            assert_eq!(file.text(), text);
        }
        assert!(WranglerFile::parse("[]", "wrangler.json").is_err());
        assert!(WranglerFile::parse("a = ", "wrangler.toml").is_err());
    }
}
