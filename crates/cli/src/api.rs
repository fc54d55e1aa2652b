//! Calls the Secrets Store API.
//!
//! The file is longer than others, because it has the error messages of all operations.

use std::cell::RefCell;
use std::env;
use std::ffi::OsString;

use clap::Args;
use http::Method;
use ostiary_secrets_store::{
    Account, AccountId, BaseUrl, Call, Credential, CredentialPart, Error, List, Secret, SecretFilter,
    SecretId, SentValues, Status, Store, StoreId,
};
use serde::de::DeserializeOwned;

pub use crate::api_failure::ApiFailure;
use crate::configuration::ConfigurationArguments;
use crate::credentials::{API_EMAIL, API_KEY, API_TOKEN};
use crate::failure::Failure;
use crate::http_client::{HttpClient, Repeated, Unreached};
use crate::local_api::LocalApi;
use crate::printable::Printable;
use crate::shell::{GivenOptions, ShellCommand};

const ACCOUNT_ID: &str = "CLOUDFLARE_ACCOUNT_ID";
const BASE_URL: &str = "CLOUDFLARE_API_BASE_URL";
const STORE_ID: &str = "OSTIARY_STORE_ID";

/// The account, and the URL of its API. The credential is in the environment, because lists of processes show
/// arguments: `CLOUDFLARE_API_TOKEN`, or `CLOUDFLARE_EMAIL` and `CLOUDFLARE_API_KEY`.
#[derive(Args)]
#[command(next_help_heading = "Account")]
pub struct AccountArguments {
    /// Use the local store, which `wrangler dev` reads; no account is needed.
    #[arg(long, global = true)]
    local: bool,
    /// The account's id.
    #[arg(long, global = true, env = ACCOUNT_ID, value_name = "ID")]
    account_id: Option<AccountId>,
    /// The URL of the API, including /client/v4.
    #[arg(long, global = true, env = BASE_URL, value_name = "URL", value_parser = BaseUrl::parse)]
    api_base_url: Option<BaseUrl>,
}

/// The options that select a store.
#[derive(Args)]
pub struct StoreArguments {
    #[command(flatten)]
    account: AccountArguments,
    /// The store's name or id. Without it, the account's only store.
    #[arg(long, global = true, value_name = "STORE")]
    store: Option<String>,
    /// The store's id, which is not checked.
    #[arg(long, global = true, env = STORE_ID, value_name = "ID")]
    store_id: Option<StoreId>,
}

/// The selected store.
pub struct ChosenStore {
    /// Its id, for calls.
    pub id: StoreId,
    /// Its name, or its id if that was given.
    pub name: String,
    /// Whether only the variable names it, which may be set for another project.
    pub is_of_variable: bool,
}

impl ChosenStore {
    /// The failure of an operation on a secret of the store.
    pub fn failure(&self, api: &Api, verb: &str, secret: &str, failure: &ApiFailure) -> Failure {
        let instead = match failure {
            ApiFailure::Refused { error, .. } if error.is_name_taken() => {
                if verb != "create" {
                    return Failure::failed(format_args!(
                        "cannot {verb} `{}` in the store `{}`: {failure}; it exists already",
                        Printable(secret),
                        Printable(&self.name)
                    ));
                }
                let update = api.secrets_command("update --value").operands(&[secret]);
                format!(
                    "; it exists already: `{update}` overwrites its value, and `ostiary rotate` changes a key that is in \
                     use"
                )
            }
            _ => String::new(),
        };
        Failure::failed(format_args!(
            "cannot {verb} `{}` in the store `{}`: {failure}{instead}",
            Printable(secret),
            Printable(&self.name)
        ))
    }
}

impl From<StoreId> for ChosenStore {
    fn from(id: StoreId) -> Self {
        let name = id.to_string();
        Self { id, name, is_of_variable: false }
    }
}

/// An account's Secrets Store.
pub struct Api {
    /// The account for calls.
    pub account: Account,
    client: HttpClient,
    /// The values that were sent, which no later message may show.
    sent: RefCell<SentValues>,
    given: GivenOptions,
    given_store: GivenOptions,
    /// The server of a local store ends when this is dropped.
    _server: Option<LocalApi>,
}

impl AccountArguments {
    /// Opens the account, or the local store of the configured gateway.
    ///
    /// # Errors
    /// Returns an error if the environment has no account or no credential, or a proxy or certificates that cannot be
    /// used.
    pub fn open_for(self, configuration: &ConfigurationArguments) -> Result<Api, Failure> {
        let given = self.given().and(configuration.given());
        if self.local {
            return open_local(configuration, given);
        }
        let id = self.account_id.ok_or_else(|| {
            Failure::usage(
                "no account is given: set CLOUDFLARE_ACCOUNT_ID, or use --account-id; --local uses the local store",
            )
        })?;
        let account = Account { base: self.api_base_url.unwrap_or_default(), id, credential: credential()? };
        let client = HttpClient::for_base(&account.base)?;
        Ok(Api::new(account, client, given, None))
    }

    fn given(&self) -> GivenOptions {
        if self.local {
            return GivenOptions::default().flag("--local", true);
        }
        let id = self.account_id.as_ref().map(ToString::to_string);
        let url = self.api_base_url.as_ref().map(|url| url.as_str().to_owned());
        GivenOptions::default().option("--account-id", id, Some(ACCOUNT_ID)).option(
            "--api-base-url",
            url,
            Some(BASE_URL),
        )
    }
}

/// The local API accepts any account and any token.
fn open_local(configuration: &ConfigurationArguments, given: GivenOptions) -> Result<Api, Failure> {
    const ANY: &str = "local";
    let server = LocalApi::start(configuration.folder())?;
    let base = BaseUrl::parse(server.base_url()).map_err(Failure::failed)?;
    let id = ANY.parse().map_err(Failure::failed)?;
    let credential = Credential::token(ANY).map_err(Failure::failed)?;
    let client = HttpClient::for_base(&base)?;
    let account = Account { base, id, credential };
    Ok(Api::new(account, client, given, Some(server)))
}

impl StoreArguments {
    /// # Errors
    /// Returns an error if the account cannot be opened, has no such store, or has several and none is given.
    pub fn open_for(self, configuration: &ConfigurationArguments) -> Result<(Api, ChosenStore), Failure> {
        let mut api = self.account.open_for(configuration)?;
        let id = self.store_id.as_ref().map(ToString::to_string);
        api.given_store = GivenOptions::default().option("--store", self.store.clone(), None).option(
            "--store-id",
            id,
            Some(STORE_ID),
        );
        let store = match (self.store, self.store_id) {
            (Some(store), _) => api.store_named(&store)?,
            (None, Some(id)) => ChosenStore { is_of_variable: is_of_variable(), ..ChosenStore::from(id) },
            (None, None) => api.only_store()?,
        };
        Ok((api, store))
    }
}

/// Whether the store's id is not on the command line.
fn is_of_variable() -> bool {
    let is_option =
        |argument: &OsString| argument.to_str().is_some_and(|text| text.starts_with("--store-id"));
    !env::args_os().any(|argument| is_option(&argument))
}

impl Api {
    fn new(account: Account, client: HttpClient, given: GivenOptions, server: Option<LocalApi>) -> Self {
        let (sent, given_store) = (RefCell::default(), GivenOptions::default());
        Self { account, client, sent, given, given_store, _server: server }
    }

    /// A command for the user to paste, with the options for the same account and configuration.
    pub fn command(&self, words: &str) -> ShellCommand {
        self.given.command(words)
    }

    /// The same for `ostiary secrets`, with the option for the same store too.
    pub fn secrets_command(&self, words: &str) -> ShellCommand {
        self.given.clone().and(self.given_store.clone()).command(&format!("secrets {words}"))
    }

    /// The options of such a command, without the store.
    pub fn given(&self) -> &GivenOptions {
        &self.given
    }

    /// Starts the time limit for all later calls together: see [`HttpClient::begin_list`].
    pub fn begin_list(&self) {
        self.client.begin_list();
    }

    /// Sends the call and reads its result.
    ///
    /// # Errors
    /// Returns an error if there was no result.
    pub fn send<T>(&self, call: &Call<T>) -> Result<T, ApiFailure> {
        self.sent.borrow_mut().remember(call);
        let response = self.client.send(call.request()).map_err(|reason| unreached(call, reason))?;
        let is_repeated = response.extensions().get::<Repeated>().is_some();
        let read = call.read_after(&response, &self.sent.borrow());
        read.map_err(|error| self.refused(call, error, is_repeated))
    }

    /// Sends the call of a deletion. If its response may have been lost, `is_gone` finds out whether it was done.
    fn erase(&self, call: &Call<()>, is_gone: impl Fn() -> bool) -> Result<(), ApiFailure> {
        let failure = match self.client.send(call.request()) {
            Err(reason) => unreached(call, reason),
            Ok(response) => match call.read_after(&response, &self.sent.borrow()) {
                Ok(()) => return Ok(()),
                Err(error) => {
                    let is_repeated = response.extensions().get::<Repeated>().is_some();
                    let may_be_lost = error.is_passing() || (is_repeated && error.is_not_found());
                    let failure = self.refused(call, error, is_repeated);
                    if !may_be_lost {
                        return Err(failure);
                    }
                    failure
                }
            },
        };
        if is_gone() { Ok(()) } else { Err(failure) }
    }

    /// Whether the API answers that this secret is deleted or does not exist. A list without the secret is not enough.
    fn is_gone(&self, store: &StoreId, secret: &SecretId) -> bool {
        match self.send(&self.account.secret(store, secret)) {
            Ok(known) => known.id == *secret && known.status == Status::Deleted,
            Err(ApiFailure::Refused { error, .. }) => error.is_secret_missing(),
            Err(ApiFailure::Unreached { .. }) => false,
        }
    }

    /// Reads all pages of a list.
    ///
    /// # Errors
    /// Returns an error if a page could not be read.
    pub fn all<T: DeserializeOwned>(&self, list: &List<T>) -> Result<Vec<T>, ApiFailure> {
        let mut items = Vec::new();
        let mut next = Some(list.first());
        while let Some(call) = next {
            let page = self.send(&call)?;
            next = list.after(&page).map_err(|error| self.refused(&list.first(), error, false))?;
            items.extend(page.items);
        }
        Ok(items)
    }

    /// Deletes secrets. If a request was repeated or its response was lost, secrets that no longer exist count as
    /// deleted.
    ///
    /// # Errors
    /// Returns an error if at least one of them still exists, or this cannot be found out.
    pub fn delete(&self, store: &StoreId, secrets: &[SecretId]) -> Result<(), ApiFailure> {
        let call = match secrets {
            [one] => self.account.delete_secret(store, one),
            several => self.account.delete_secrets(store, several),
        };
        self.erase(&call, || secrets.iter().all(|secret| self.is_gone(store, secret)))
    }

    /// Deletes a store, in the same way as [`Self::delete`].
    ///
    /// # Errors
    /// Returns an error if it still exists, or this cannot be found out.
    pub fn delete_store(&self, store: &StoreId, force: bool) -> Result<(), ApiFailure> {
        self.erase(&self.account.delete_store(store, force), || {
            let found = self.send(&self.account.store(store));
            matches!(found, Err(ApiFailure::Refused { error, .. }) if error.is_store_missing())
        })
    }

    /// All secrets of a store, without those that are being deleted.
    ///
    /// # Errors
    /// Returns an error if the list could not be read.
    pub fn secrets(&self, store: &StoreId) -> Result<Vec<Secret>, ApiFailure> {
        self.kept(store, &SecretFilter::default())
    }

    fn kept(&self, store: &StoreId, filter: &SecretFilter) -> Result<Vec<Secret>, ApiFailure> {
        let mut secrets = self.all(&self.account.secrets(store, filter))?;
        secrets.retain(|secret| secret.status != Status::Deleted);
        Ok(secrets)
    }

    /// The secret with this name. The API can only search for a part of a name or comment.
    ///
    /// # Errors
    /// Returns an error if the store has no secret with this name.
    pub fn secret_named(&self, store: &ChosenStore, name: &str) -> Result<Secret, Failure> {
        let filter = SecretFilter { search: Some(name.to_owned()), ..SecretFilter::default() };
        let found = self.kept(&store.id, &filter)?;
        found.into_iter().find(|secret| secret.name == name).ok_or_else(|| {
            Failure::failed(format_args!(
                "the store `{}` has no secret `{}`; `{}` shows all",
                Printable(&store.name),
                Printable(name),
                self.secrets_command("list")
            ))
        })
    }

    /// The store with this name or id.
    ///
    /// # Errors
    /// Returns an error if no store or several stores have the name.
    pub fn store_named(&self, name: &str) -> Result<ChosenStore, Failure> {
        // A Cloudflare id is recognised by its form, without a call.
        if name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(ChosenStore::from(name.parse::<StoreId>().map_err(Failure::usage)?));
        }
        let stores = self.all(&self.account.stores(None))?;
        let with_id = stores.iter().filter(|store| store.id.to_string() == name);
        let with_name = stores.iter().filter(|store| store.name == name);
        let found: Vec<&Store> =
            if with_id.clone().next().is_some() { with_id.collect() } else { with_name.collect() };
        match found.as_slice() {
            [store] => Ok(ChosenStore { name: store.name.clone(), ..ChosenStore::from(store.id.clone()) }),
            [] => Err(Failure::failed(format_args!(
                "the account has no store with the name or id `{}`; it has {}",
                Printable(name),
                store_names(&stores)
            ))),
            _ => Err(Failure::usage(format_args!(
                "several stores have the name `{}`; write the id, `{}` shows it",
                Printable(name),
                self.command("stores list")
            ))),
        }
    }

    fn only_store(&self) -> Result<ChosenStore, Failure> {
        let stores = self.all(&self.account.stores(None))?;
        match stores.as_slice() {
            [store] => Ok(ChosenStore { name: store.name.clone(), ..ChosenStore::from(store.id.clone()) }),
            [] => Err(Failure::failed(format_args!(
                "the account has no store; `{} NAME` makes one",
                self.command("stores create")
            ))),
            several => Err(Failure::usage(format_args!(
                "the account has {} stores; choose one with --store: {}",
                several.len(),
                store_names(several)
            ))),
        }
    }

    fn refused<T>(&self, call: &Call<T>, error: Error, is_repeated: bool) -> ApiFailure {
        let request = call.request();
        let request = format!("{} {}", request.method(), request.uri());
        let hint = self.what_to_do(&error);
        ApiFailure::Refused { request, error, is_repeated, hint }
    }

    fn what_to_do(&self, error: &Error) -> Option<String> {
        let says = |word: &str| error.faults().iter().any(|fault| fault.message.starts_with(word));
        let hint = if error.is_auth() {
            "the token needs the permission Account › Secrets Store › Edit".to_owned()
        } else if error.is_quota() {
            format!("`{}` says how many there may be", self.command("quota"))
        } else if says("store_not_empty") {
            "`--force` also deletes its secrets".to_owned()
        } else if error.is_not_found() {
            let (stores, secrets) = (self.command("stores list"), self.secrets_command("list"));
            format!("`{stores}` and `{secrets}` show what there is")
        } else if error.is_passing() {
            "this may be temporary; try again later".to_owned()
        } else {
            return None;
        };
        Some(hint)
    }
}

/// The names of stores with their ids, for a sentence.
pub fn store_names(stores: &[Store]) -> String {
    let shown = |store: &Store| format!("`{}` ({})", Printable(&store.name), store.id);
    let all: Vec<String> = stores.iter().map(shown).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

fn unreached<T>(call: &Call<T>, reason: Unreached) -> ApiFailure {
    let request = call.request();
    ApiFailure::Unreached {
        is_read: *request.method() == Method::GET,
        url: request.uri().to_string(),
        reason,
    }
}

fn credential() -> Result<Credential, Failure> {
    // A variable that is not UTF-8 counts as set; its replacement characters are refused later.
    let set = |name: &str| env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    let set = |name: &str| set(name).filter(|value| !value.is_empty());
    let credential = match (set(API_TOKEN), set(API_EMAIL), set(API_KEY)) {
        (Some(token), _, _) => Credential::token(&token),
        (None, Some(email), Some(key)) => Credential::key(&email, &key),
        _ => {
            return Err(Failure::usage(
                "there is no credential: set CLOUDFLARE_API_TOKEN, or CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY",
            ));
        }
    };
    credential.map_err(|error| {
        let variable = match error.part {
            CredentialPart::Token => API_TOKEN,
            CredentialPart::Email => API_EMAIL,
            CredentialPart::Key => API_KEY,
        };
        Failure::usage(format_args!("{variable} is not valid: {error}"))
    })
}
