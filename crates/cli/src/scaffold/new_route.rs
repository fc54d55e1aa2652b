//! A new route, with its names.

use toml_edit::{DocumentMut, InlineTable, Value};

use super::credential::Credential;
use super::known_api::KnownApi;
use crate::failure::Failure;

/// A route, and the secret that it sends upstream.
#[derive(Clone, Debug)]
pub struct NewRoute {
    /// The name of the route, of its secret and of its mount.
    pub name: String,
    /// The comment above the route, one line each.
    pub comment: Vec<String>,
    /// The origin and the base path.
    pub upstream: String,
    /// How the key is sent.
    pub credential: Credential,
    /// The callers that get the rules.
    pub callers: Vec<String>,
    /// The rules.
    pub rules: Vec<String>,
}

impl NewRoute {
    /// A route to a known API.
    pub fn known(api: &KnownApi) -> Self {
        Self {
            name: api.name.to_owned(),
            comment: vec![format!("{}: {}", api.title, api.documentation)],
            upstream: api.upstream.to_owned(),
            credential: api.credential(),
            callers: Vec::new(),
            rules: api.rules.iter().map(|rule| (*rule).to_owned()).collect(),
        }
    }

    /// A route to an unknown API: with a bearer token, and permission to read everything.
    pub fn unknown(name: &str, upstream: &str) -> Self {
        Self {
            name: name.to_owned(),
            comment: Vec::new(),
            upstream: upstream.to_owned(),
            credential: Credential::Bearer,
            callers: Vec::new(),
            rules: vec!["GET /**".to_owned()],
        }
    }

    /// # Errors
    /// The name cannot be used in the name of a binding.
    pub fn check_name(&self) -> Result<(), Failure> {
        let is_named = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        if self.name.starts_with(|first: char| first.is_ascii_alphabetic()) && self.name.bytes().all(is_named)
        {
            return Ok(());
        }
        Err(Failure::usage(format_args!(
            "`{}` cannot be the name of a route and of a binding; write a letter, then letters, digits, `_` and `-`",
            self.name
        )))
    }

    /// The Secrets Store binding of its secret: `ITEMS_KEY` for `items`.
    pub fn binding(&self) -> String {
        format!("{}_KEY", self.name.to_ascii_uppercase().replace('-', "_"))
    }

    /// The name of its secret in the store: `items-key` for `items`.
    pub fn secret_name(&self) -> String {
        format!("{}-key", self.name.to_ascii_lowercase().replace('_', "-"))
    }

    /// A description of the secret's value, for messages.
    pub fn value(&self) -> String {
        match &self.credential {
            Credential::BasicFields { username, password } => {
                format!("a JSON object such as {{\"{username}\":\"…\",\"{password}\":\"…\"}}")
            }
            _ => "the API key".to_owned(),
        }
    }

    /// The route in the form for gateway.toml.
    ///
    /// # Errors
    /// A part of the route cannot be written as TOML.
    pub fn document(&self) -> Result<DocumentMut, Failure> {
        let name = toml_edit::Key::new(&self.name).display_repr().into_owned();
        let comment = self.comment.iter().map(|line| format!("# {}\n", line.replace(char::is_control, " ")));
        let (mount, upstream) = (quoted(&format!("/{}", self.name)), quoted(&self.upstream));
        let auth = self.auth();
        let route = format!(
            "[routes.{name}]\nmount    = {mount}\nupstream = {upstream}\nauth     = {auth}\n\n[routes.{name}.allow]\n"
        );
        let rules = self.rules.iter().map(|rule| quoted(rule)).collect::<Vec<_>>().join(", ");
        let grants = self.callers.iter().map(|caller| {
            let caller = toml_edit::Key::new(caller).display_repr().into_owned();
            format!("{caller} = [{rules}]\n")
        });
        let text: String = comment.chain([route]).chain(grants).collect();
        text.parse().map_err(|error| Failure::failed(format_args!("the route cannot be written: {error}")))
    }

    fn auth(&self) -> String {
        let secret = format!("${{{}}}", self.name);
        let field = |field: &str| format!("${{{}.{field}}}", self.name);
        let table = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(key, value)| (*key, Value::from(*value))).collect::<InlineTable>()
        };
        let table = match &self.credential {
            Credential::Bearer => table(&[("bearer", &secret)]),
            Credential::Basic { username } => {
                let basic = table(&[("username", username), ("password", &secret)]);
                std::iter::once(("basic", Value::from(basic))).collect()
            }
            Credential::BasicFields { username, password } => {
                let basic = table(&[("username", &field(username)), ("password", &field(password))]);
                std::iter::once(("basic", Value::from(basic))).collect()
            }
            Credential::Header { name, before } => {
                table(&[("header", name), ("value", &format!("{}{secret}", before.replace("${", "$${")))])
            }
            Credential::Query { name } => table(&[("query", name), ("value", &secret)]),
        };
        table.to_string()
    }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
