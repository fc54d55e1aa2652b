//! `ostiary add stripe`, `ostiary add --name items --upstream URL`.

use clap::builder::PossibleValuesParser;
use clap::{ArgGroup, Args};
use ostiary_grammar::StoreBinding;

use super::next::next_steps;
use super::report::Report;
use crate::configuration::ConfigurationArguments;
use crate::failure::Failure;
use crate::home::Home;
use crate::output::Output;
use crate::scaffold::{
    BoundSecret, Change, Changes, Credential, GatewayFile, NewBinding, NewRoute, WranglerFile,
    find_known_api, known_api_names,
};

/// The API that is added.
#[derive(Args)]
#[command(group = ArgGroup::new("credential").multiple(false))]
pub struct AddRoute {
    /// An API that Ostiary knows.
    #[arg(value_parser = PossibleValuesParser::new(known_api_names()), required_unless_present = "upstream",
          hide_possible_values = true)]
    api: Option<String>,
    /// The name of the route and of its secret [default: the API's].
    #[arg(long, required_unless_present = "api")]
    name: Option<String>,
    /// The origin and the base path that requests are sent to.
    #[arg(long, value_name = "URL")]
    upstream: Option<String>,
    /// Send the key as `Authorization: Bearer` [default for an unknown API].
    #[arg(long, group = "credential")]
    bearer: bool,
    /// Send the key in this header.
    #[arg(long, value_name = "NAME", group = "credential")]
    header: Option<String>,
    /// Send the key in this query parameter.
    #[arg(long, value_name = "NAME", group = "credential")]
    query: Option<String>,
    /// Send the key as the password of `Authorization: Basic` with this user name.
    #[arg(long, value_name = "USERNAME", group = "credential")]
    basic: Option<String>,
    /// A caller that may use the route; may be given several times [default: the only caller].
    #[arg(long = "caller", value_name = "NAME")]
    callers: Vec<String>,
    /// A rule of each caller; may be given several times [default: the API's, or `GET /**`].
    #[arg(long = "rule", value_name = "RULE")]
    rules: Vec<String>,
    /// The store id of new bindings [default: that of the environment's other bindings].
    #[arg(long, value_name = "ID")]
    store_id: Option<String>,
    /// Show the changes, and write nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    configuration: ConfigurationArguments,
}

impl AddRoute {
    /// # Errors
    /// Returns an error if a file cannot be read or written, or the build would refuse the result.
    pub fn run(self, output: &mut Output) -> Result<(), Failure> {
        let files = self.configuration.files()?;
        let mut gateway = GatewayFile::parse(&files.gateway.text, &files.gateway.name())?;
        let mut wrangler = WranglerFile::parse(&files.wrangler.text, &files.wrangler.name())?;
        let route = self.route(&gateway)?;
        let is_new = !gateway.has_route(&route.name);
        let reused = if is_new { gateway.bindings(&route.name) } else { Vec::new() };
        let bound = add(&route, self.store_id.as_deref(), &mut gateway, &mut wrangler)?;
        let changes = Changes::checked(
            Change::new(&files.gateway.path, Some(files.gateway.text), gateway.text()),
            Change::new(&files.wrangler.path, Some(files.wrangler.text), wrangler.text()),
        )?;
        if !self.dry_run {
            changes.write()?;
        }
        let is_written = !changes.is_empty() && !self.dry_run;
        let next = if changes.is_empty() {
            Vec::new()
        } else {
            let run = Home::find(self.configuration.folder())?.dev_command(&files.gateway.path);
            next_steps(&[(&route, bound)], &self.configuration.given(), run)
        };
        if output.is_json() {
            return output.json(&Report { changed: is_written, changes: changes.shown(), next });
        }
        if changes.is_empty() {
            return output.line(format!("The route `{}` exists already. Nothing is changed.", route.name));
        }
        if self.dry_run {
            changes.print(output)?;
            output.note("Nothing is written.");
            return Ok(());
        }
        let paths = changes.paths().join(" and ");
        output.line(if is_new {
            format!("Added the route `{}` to {paths}.", route.name)
        } else {
            format!("Added what was missing for the route `{}` to {paths}.", route.name)
        })?;
        if !reused.is_empty() {
            let (name, bindings) = (&route.name, reused.join(", "));
            output.line(format!(
                "It sends the key of the secret `{name}`, which existed already: {bindings}."
            ))?;
        }
        output.line("\nNext:")?;
        next.into_iter().try_for_each(|step| output.line(step))
    }

    fn route(&self, gateway: &GatewayFile) -> Result<NewRoute, Failure> {
        let known = self.api.as_deref().and_then(find_known_api);
        let mut route = match (known, &self.name, &self.upstream) {
            (Some(api), _, _) => NewRoute::known(api),
            (None, Some(name), Some(upstream)) => NewRoute::unknown(name, upstream),
            _ => return Err(Failure::usage("name an API, or write both `--name` and `--upstream`")),
        };
        if let Some(name) = &self.name {
            route.name.clone_from(name);
        }
        if let Some(upstream) = &self.upstream {
            route.upstream.clone_from(upstream);
        }
        if let Some(credential) = self.credential() {
            route.credential = credential;
        }
        if !self.rules.is_empty() {
            route.rules.clone_from(&self.rules);
        }
        route.callers = if self.callers.is_empty() && !gateway.has_route(&route.name) {
            only_caller(gateway)?
        } else {
            self.callers.clone()
        };
        route.check_name()?;
        Ok(route)
    }

    fn credential(&self) -> Option<Credential> {
        let header = self.header.clone().map(|name| Credential::Header { name, before: String::new() });
        let query = self.query.clone().map(|name| Credential::Query { name });
        let basic = self.basic.clone().map(|username| Credential::Basic { username });
        header.or(query).or(basic).or(self.bearer.then_some(Credential::Bearer))
    }
}

/// Adds the route, its secret and its bindings. Returns the secrets of new bindings.
///
/// # Errors
/// Returns an error if a file is written in a form that cannot be added to.
pub fn add(
    route: &NewRoute,
    store_id: Option<&str>,
    gateway: &mut GatewayFile,
    wrangler: &mut WranglerFile,
) -> Result<Vec<BoundSecret>, Failure> {
    let present = wrangler.bindings();
    if !gateway.has_secret(&route.name) {
        check_binding(route, &present)?;
    }
    gateway.add_secret(&route.name, &route.binding())?;
    let mut bound = Vec::new();
    for binding in gateway.bindings(&route.name) {
        let own = route.secret_name();
        let other = binding.to_ascii_lowercase().replace('_', "-");
        let secret_name = if binding == route.binding() { own } else { other };
        let new = wrangler.add(&NewBinding { binding: &binding, secret_name: &secret_name, store_id })?;
        new.iter().try_for_each(|secret| check_secret(&binding, secret, &present))?;
        bound.extend(new);
    }
    if !gateway.has_route(&route.name) {
        gateway.add_route(route)?;
    }
    Ok(bound)
}

/// Checks that a new secret gets a binding of its own. Otherwise the route would send a key that was meant for another
/// upstream.
fn check_binding(route: &NewRoute, present: &[StoreBinding]) -> Result<(), Failure> {
    let (name, binding) = (&route.name, route.binding());
    let Some(StoreBinding { store_id, secret_name, .. }) = present.iter().find(|row| row.name == binding)
    else {
        return Ok(());
    };
    Err(Failure::usage(format_args!(
        "wrangler's configuration has the binding `{binding}` already, for the secret `{secret_name}` of the store \
         {store_id}, which may be the key of another API; choose another --name, remove the binding, or write `{name} = \
         [\"{binding}\"]` in `[secrets]` of gateway.toml, if the route has to send that key"
    )))
}

/// Checks that no other binding has the secret of the store that a new binding would get.
fn check_secret(binding: &str, new: &BoundSecret, present: &[StoreBinding]) -> Result<(), Failure> {
    let BoundSecret { store, name } = new;
    let is_same =
        |row: &&StoreBinding| row.name != binding && row.store_id == *store && row.secret_name == *name;
    let Some(other) = present.iter().find(is_same) else { return Ok(()) };
    Err(Failure::usage(format_args!(
        "`{binding}` would be bound to the secret `{name}` of the store {store}, which `{}` is bound to already, and which \
         may be a caller's token or the key of another API; choose another --name",
        other.name
    )))
}

fn only_caller(gateway: &GatewayFile) -> Result<Vec<String>, Failure> {
    let callers = gateway.callers();
    match callers.as_slice() {
        [_] => Ok(callers),
        [] => Err(Failure::usage("there is no caller yet; add one first: `ostiary add caller web`")),
        _ => Err(Failure::usage(format_args!(
            "name the callers of the route: `--caller NAME`, where NAME is one of {}",
            callers.join(", ")
        ))),
    }
}
