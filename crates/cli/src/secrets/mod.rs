//! `ostiary secrets`.

mod creation;
mod deletion;
mod overwriting;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use ostiary_secrets_store::{
    Changes, Direction, Duplicate, NewSecret, Scope, Secret, SecretFilter, SecretId, SecretName, SecretOrder,
};

use crate::age::Age;
use crate::api::{Api, ChosenStore, StoreArguments};
use crate::configuration::ConfigurationArguments;
use crate::failure::Failure;
use crate::output::{Output, Text, Tone};
use crate::printable::Printable;
use crate::scopes::OtherScopes;
use crate::value_check::{ValueArguments, ValueCheck};
use crate::value_source::ValueSource;
use deletion::DeleteArguments;

/// List, create, show, change, copy and delete secrets.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Secrets {
    #[command(flatten)]
    store: StoreArguments,
    #[command(flatten)]
    configuration: ConfigurationArguments,
    #[command(subcommand)]
    operation: Operation,
}

const EXAMPLES: &str = "\
Examples:
  ostiary secrets list --search stripe --order modified
  ostiary secrets create stripe-key                      asks for the value
  printf %s \"$KEY\" | ostiary secrets create stripe-key
  ostiary secrets create --from secrets.json             many; run it again to continue
  ostiary secrets update stripe-key --comment \"of the shop\"
  ostiary secrets duplicate stripe-key stripe-key-2
  ostiary secrets delete stripe-key-2
  ostiary secrets delete stripe-key-2 --delete-bound    although a gateway binds it
  ostiary secrets create stripe-key --local              in the store that `wrangler dev` reads";

#[derive(Subcommand)]
enum Operation {
    /// List secrets, with age and scopes. The API never returns values.
    List(ListArguments),
    /// Create one secret, or all of a file.
    Create(CreateArguments),
    /// Show one secret.
    Get(Which),
    /// Change a secret's value, scopes or comment.
    Update(UpdateArguments),
    /// Delete secrets.
    Delete(DeleteArguments),
    /// Make another secret with the same value.
    Duplicate {
        #[command(flatten)]
        which: Which,
        /// The new secret's name.
        new_name: SecretName,
        #[command(flatten)]
        about: About,
    },
}

#[derive(Args)]
struct ListArguments {
    /// Only those with this text in the name or comment.
    #[arg(long)]
    search: Option<String>,
    /// Only those with this scope; may be repeated.
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<Scope>,
    /// The sort order.
    #[arg(long, value_enum, default_value = "name")]
    order: Order,
    /// In descending order.
    #[arg(long)]
    descending: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Order {
    Name,
    Comment,
    Created,
    Modified,
    Status,
}

#[derive(Args)]
struct CreateArguments {
    /// The secret's name.
    #[arg(required_unless_present = "from", conflicts_with = "from")]
    name: Option<SecretName>,
    /// Create every secret of this JSON or dotenv file that does not exist yet; `-` is standard input.
    #[arg(long, value_name = "PATH", conflicts_with = "value_file")]
    from: Option<PathBuf>,
    #[command(flatten)]
    value: ValueSource,
    #[command(flatten)]
    check: ValueArguments,
    #[command(flatten)]
    about: About,
}

#[derive(Args)]
struct UpdateArguments {
    #[command(flatten)]
    which: Which,
    /// Change the value too, which is read from standard input or a hidden prompt.
    #[arg(long)]
    value: bool,
    #[command(flatten)]
    source: ValueSource,
    #[command(flatten)]
    check: ValueArguments,
    /// The new scopes, separated by commas; they replace all others.
    #[arg(long, value_delimiter = ',', value_name = "SCOPES")]
    scopes: Option<Vec<Scope>>,
    #[command(flatten)]
    others: OtherScopes,
    /// The new comment.
    #[arg(long)]
    comment: Option<String>,
}

/// One secret.
#[derive(Args)]
struct Which {
    /// The secret's name, or with --id its id.
    name: String,
    /// The name is an id.
    #[arg(long)]
    id: bool,
}

/// The scopes and the comment of a new secret.
#[derive(Args)]
struct About {
    /// The services that may use it, separated by commas.
    #[arg(long, value_delimiter = ',', default_value = "workers", value_name = "SCOPES")]
    scopes: Vec<Scope>,
    #[command(flatten)]
    others: OtherScopes,
    /// A comment.
    #[arg(long)]
    comment: Option<String>,
}

impl Secrets {
    /// # Errors
    /// Returns an error if the API refuses.
    pub fn run(self, output: &mut Output) -> Result<(), Failure> {
        let (api, store) = self.store.open_for(&self.configuration)?;
        match self.operation {
            Operation::List(list) => {
                show_all(&api.all(&api.account.secrets(&store.id, &list.filter()))?, output)
            }
            Operation::Create(create) => {
                let check = ValueCheck::new(&self.configuration, &create.check, output)?;
                check.store(&store, false, output)?;
                create.run(&api, &store, &check, output)
            }
            Operation::Get(which) => {
                let id = which.find(&api, &store)?;
                show(&api.send(&api.account.secret(&store.id, &id))?, output)
            }
            Operation::Update(update) => {
                let check = ValueCheck::new(&self.configuration, &update.check, output)?;
                check.store(&store, true, output)?;
                update.run(&api, &store, &check, output)
            }
            Operation::Delete(delete) => delete.run(&api, &store, &self.configuration, output),
            Operation::Duplicate { which, new_name, about } => {
                let scopes = about.others.added_to(about.scopes);
                let duplicate = Duplicate { name: new_name, scopes, comment: about.comment };
                let id = which.find(&api, &store)?;
                let result = api.send(&api.account.duplicate_secret(&store.id, &id, &duplicate));
                show(
                    &result.map_err(|failure| {
                        store.failure(&api, "duplicate", duplicate.name.as_str(), &failure)
                    })?,
                    output,
                )
            }
        }
    }
}

impl ListArguments {
    fn filter(self) -> SecretFilter {
        let order = match self.order {
            Order::Name => SecretOrder::Name,
            Order::Comment => SecretOrder::Comment,
            Order::Created => SecretOrder::Created,
            Order::Modified => SecretOrder::Modified,
            Order::Status => SecretOrder::Status,
        };
        let direction = if self.descending { Direction::Descending } else { Direction::Ascending };
        SecretFilter { search: self.search, scopes: self.scopes, order: Some((order, direction)) }
    }
}

impl CreateArguments {
    fn run(
        self,
        api: &Api,
        store: &ChosenStore,
        check: &ValueCheck,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let scopes = self.about.others.added_to(self.about.scopes);
        if let Some(path) = self.from {
            return creation::from_file(api, &store.id, &path, &scopes, check, output);
        }
        let name = self.name.ok_or_else(|| Failure::usage("a new secret has a name"))?;
        let value = self.value.read(name.as_str())?;
        check.stored(&store.id, &name, &value)?;
        let secret = NewSecret { name, value, scopes, comment: self.about.comment };
        let result = api.send(&api.account.create_secret(&store.id, &secret));
        show(&result.map_err(|failure| store.failure(api, "create", secret.name.as_str(), &failure))?, output)
    }
}

impl UpdateArguments {
    fn run(
        self,
        api: &Api,
        store: &ChosenStore,
        check: &ValueCheck,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let value = if self.value || self.source.is_file() {
            Some(self.source.read(&self.which.name)?)
        } else {
            None
        };
        let is_scoped = self.scopes.is_some() || !self.others.is_empty();
        if value.is_none() && !is_scoped && self.comment.is_none() {
            return Err(Failure::usage(
                "nothing is to change: write --value, --value-file, --scopes or --comment",
            ));
        }
        let id = self.which.find(api, store)?;
        if let Some(value) = &value {
            // Bindings have names, so an id needs its name first.
            let name = if self.which.id {
                api.send(&api.account.secret(&store.id, &id))?.name
            } else {
                self.which.name.clone()
            };
            if let Ok(name) = SecretName::parse(&name) {
                check.stored(&store.id, &name, value)?;
            }
            let consequence = || overwriting::consequence(check.uses(&store.id, &name), api.given());
            if let Some((places, consequence)) = check.bindings(&store.id, &name).zip(consequence()) {
                let warning = format!(" `{}` is bound by {places}: {consequence}", Printable(&name));
                output.note(Text::default().toned(Tone::Odd, "warning:").plain(warning));
            }
        }
        let scopes = is_scoped.then(|| self.others.added_to(self.scopes.unwrap_or_default()));
        let changes = Changes { value, scopes, comment: self.comment };
        let result = api.send(&api.account.update_secret(&store.id, &id, &changes));
        show(&result.map_err(|failure| store.failure(api, "change", &self.which.name, &failure))?, output)
    }
}

impl Which {
    fn find(&self, api: &Api, store: &ChosenStore) -> Result<SecretId, Failure> {
        if self.id {
            self.name.parse().map_err(Failure::usage)
        } else {
            Ok(api.secret_named(store, &self.name)?.id)
        }
    }
}

fn show(secret: &Secret, output: &mut Output) -> Result<(), Failure> {
    if output.is_json() { output.json(secret) } else { table(std::slice::from_ref(secret), output) }
}

fn show_all(secrets: &[Secret], output: &mut Output) -> Result<(), Failure> {
    if output.is_json() { output.json(&secrets) } else { table(secrets, output) }
}

fn table(secrets: &[Secret], output: &mut Output) -> Result<(), Failure> {
    let age = |time: &str| Age::since(time).map_or("?".to_owned(), |age| age.to_string());
    let row = |secret: &Secret| {
        vec![
            secret.name.clone(),
            secret.status.to_string(),
            secret.scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
            age(&secret.created),
            age(&secret.modified),
            secret.comment.clone().unwrap_or_default(),
            secret.id.to_string(),
        ]
    };
    let header = ["NAME", "STATUS", "SCOPES", "AGE", "CHANGED", "COMMENT", "ID"];
    output.table(&header, &secrets.iter().map(row).collect::<Vec<_>>())
}
