//! Calls the Secrets Store API.
//!
//! The file is longer than others, because it has the error messages of all operations.

use std::env;
use std::error;
use std::fmt;
use std::path::Path;

use clap::Args;
use ostiary_secrets_store::{
    Account, AccountId, BaseUrl, Call, Credential, CredentialPart, Error, List, Secret, SecretFilter,
    SecretId, Store, StoreId,
};
use serde::de::DeserializeOwned;

use crate::failure::Failure;
use crate::http_client::{HttpClient, Repeated, Unreached};
use crate::local_api::LocalApi;
use crate::printable::Printable;

/// The account, and the URL of its API. The credential is in the environment, because lists of processes show
/// arguments: `CLOUDFLARE_API_TOKEN`, or `CLOUDFLARE_EMAIL` and `CLOUDFLARE_API_KEY`.
#[derive(Args)]
#[command(next_help_heading = "Account")]
pub struct AccountArguments {
    /// Use the local store, which `wrangler dev` reads; no account is needed.
    #[arg(long, global = true)]
    local: bool,
    /// The account's id.
    #[arg(long, global = true, env = "CLOUDFLARE_ACCOUNT_ID", value_name = "ID")]
    account_id: Option<AccountId>,
    /// The URL of the API, including /client/v4.
    #[arg(long, global = true, env = "CLOUDFLARE_API_BASE_URL", value_name = "URL", value_parser = BaseUrl::parse)]
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
    #[arg(long, global = true, env = "OSTIARY_STORE_ID", value_name = "ID")]
    store_id: Option<StoreId>,
}

/// The selected store.
pub struct ChosenStore {
    /// Its id, for calls.
    pub id: StoreId,
    /// Its name, or its id if that was given.
    pub name: String,
}

impl ChosenStore {
    /// The failure of an operation on a secret of the store.
    pub fn failure(&self, verb: &str, secret: &str, failure: &ApiFailure) -> Failure {
        Failure::failed(format_args!(
            "cannot {verb} `{}` in the store `{}`: {failure}",
            Printable(secret),
            Printable(&self.name)
        ))
    }
}

impl From<StoreId> for ChosenStore {
    fn from(id: StoreId) -> Self {
        let name = id.to_string();
        Self { id, name }
    }
}

/// An account's Secrets Store.
pub struct Api {
    /// The account for calls.
    pub account: Account,
    client: HttpClient,
    /// The server of a local store ends when this is dropped.
    _server: Option<LocalApi>,
}

/// The reason why a call has no result.
#[derive(Debug)]
pub enum ApiFailure {
    /// No response was received.
    Unreached {
        /// The URL that was called.
        url: String,
        /// The reason.
        reason: Unreached,
    },
    /// The API refused.
    Refused {
        /// The method and the URL.
        request: String,
        /// The error of the API.
        error: Error,
    },
}

impl AccountArguments {
    /// Opens the account, or the local store of the gateway in the current folder.
    ///
    /// # Errors
    /// Returns an error if the environment has no account or no credential.
    pub fn open(self) -> Result<Api, Failure> {
        self.open_for(Path::new("."))
    }

    /// Opens the account, or the local store of the gateway in this folder.
    ///
    /// # Errors
    /// Returns an error if the environment has no account or no credential.
    pub fn open_for(self, folder: &Path) -> Result<Api, Failure> {
        if self.local {
            return open_local(folder);
        }
        let id = self.account_id.ok_or_else(|| {
            Failure::usage(
                "no account is given: set CLOUDFLARE_ACCOUNT_ID, or use --account-id; --local uses the local store",
            )
        })?;
        let account = Account { base: self.api_base_url.unwrap_or_default(), id, credential: credential()? };
        Ok(Api { account, client: HttpClient::default(), _server: None })
    }
}

/// The local API accepts any account and any token.
fn open_local(folder: &Path) -> Result<Api, Failure> {
    const ANY: &str = "local";
    let server = LocalApi::start(folder)?;
    let base = BaseUrl::parse(server.base_url()).map_err(Failure::failed)?;
    let id = ANY.parse().map_err(Failure::failed)?;
    let credential = Credential::token(ANY).map_err(Failure::failed)?;
    Ok(Api {
        account: Account { base, id, credential },
        client: HttpClient::default(),
        _server: Some(server),
    })
}

impl StoreArguments {
    /// # Errors
    /// Returns an error if the account cannot be opened, has no such store, or has several and none is given.
    pub fn open_for(self, folder: &Path) -> Result<(Api, ChosenStore), Failure> {
        let api = self.account.open_for(folder)?;
        let store = match (self.store, self.store_id) {
            (Some(store), _) => api.store_named(&store)?,
            (None, Some(id)) => ChosenStore::from(id),
            (None, None) => api.only_store()?,
        };
        Ok((api, store))
    }
}

impl Api {
    /// Sends the call and reads its result.
    ///
    /// # Errors
    /// Returns an error if there is no result.
    pub fn send<T>(&self, call: &Call<T>) -> Result<T, ApiFailure> {
        let response = self.client.send(call.request()).map_err(|reason| unreached(call, reason))?;
        call.read(&response).map_err(|error| refused(call, error))
    }

    /// Sends a deletion. If its response may have been lost, `is_gone` tells whether it was done.
    fn erase(
        &self,
        call: &Call<()>,
        is_gone: impl Fn() -> Result<bool, ApiFailure>,
    ) -> Result<(), ApiFailure> {
        let failure = match self.client.send(call.request()) {
            Err(reason) => unreached(call, reason),
            Ok(response) => match call.read(&response) {
                Ok(()) => return Ok(()),
                Err(error) => {
                    let is_repeated = response.extensions().get::<Repeated>().is_some();
                    let may_be_lost = error.is_passing() || (is_repeated && error.is_not_found());
                    let failure = refused(call, error);
                    if !may_be_lost {
                        return Err(failure);
                    }
                    failure
                }
            },
        };
        if is_gone().unwrap_or(false) { Ok(()) } else { Err(failure) }
    }

    /// Reads all pages of a list.
    ///
    /// # Errors
    /// Returns an error if a page cannot be read.
    pub fn all<T: DeserializeOwned>(&self, list: &List<T>) -> Result<Vec<T>, ApiFailure> {
        let mut items = Vec::new();
        let mut next = Some(list.first());
        while let Some(call) = next {
            let page = self.send(&call)?;
            next = list.after(&page).map_err(|error| refused(&list.first(), error))?;
            items.extend(page.items);
        }
        Ok(items)
    }

    /// Deletes secrets. If a request was repeated or its response was lost, secrets that no longer exist count as
    /// deleted.
    ///
    /// # Errors
    /// Returns an error if at least one of them still exists, or this cannot be determined.
    pub fn delete(&self, store: &StoreId, secrets: &[SecretId]) -> Result<(), ApiFailure> {
        let call = match secrets {
            [one] => self.account.delete_secret(store, one),
            several => self.account.delete_secrets(store, several),
        };
        self.erase(&call, || Ok(!self.secrets(store)?.iter().any(|secret| secrets.contains(&secret.id))))
    }

    /// Deletes a store, in the same way as [`Self::delete`].
    ///
    /// # Errors
    /// Returns an error if it still exists, or this cannot be determined.
    pub fn delete_store(&self, store: &StoreId, force: bool) -> Result<(), ApiFailure> {
        self.erase(&self.account.delete_store(store, force), || {
            Ok(!self.all(&self.account.stores(None))?.iter().any(|known| known.id == *store))
        })
    }

    /// All secrets of a store.
    ///
    /// # Errors
    /// Returns an error if the list cannot be read.
    pub fn secrets(&self, store: &StoreId) -> Result<Vec<Secret>, ApiFailure> {
        self.all(&self.account.secrets(store, &SecretFilter::default()))
    }

    /// The secret with this name. The API can only search for a part of a name or comment.
    ///
    /// # Errors
    /// Returns an error if the store has no secret with this name.
    pub fn secret_named(&self, store: &ChosenStore, name: &str) -> Result<Secret, Failure> {
        let filter = SecretFilter { search: Some(name.to_owned()), ..SecretFilter::default() };
        let found = self.all(&self.account.secrets(&store.id, &filter))?;
        found.into_iter().find(|secret| secret.name == name).ok_or_else(|| {
            Failure::failed(format_args!(
                "the store `{}` has no secret `{name}`; `ostiary secrets list` shows all",
                store.name
            ))
        })
    }

    /// The store with this name or id.
    ///
    /// # Errors
    /// Returns an error if there is none, or several have the name.
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
            [store] => Ok(ChosenStore { id: store.id.clone(), name: store.name.clone() }),
            [] => {
                let known: Vec<&str> = stores.iter().map(|store| store.name.as_str()).collect();
                Err(Failure::failed(format_args!(
                    "the account has no store with the name or id `{name}`; it has {}",
                    if known.is_empty() { "none".to_owned() } else { known.join(", ") }
                )))
            }
            _ => Err(Failure::usage(format_args!(
                "several stores have the name `{name}`; use the id, which `ostiary stores list` shows"
            ))),
        }
    }

    fn only_store(&self) -> Result<ChosenStore, Failure> {
        let mut stores = self.all(&self.account.stores(None))?;
        match (stores.pop(), stores.as_slice()) {
            (Some(store), []) => Ok(ChosenStore { id: store.id, name: store.name }),
            (None, _) => {
                Err(Failure::failed("the account has no store; `ostiary stores create NAME` makes one"))
            }
            (Some(last), others) => {
                let names: Vec<&str> =
                    others.iter().chain([&last]).map(|store| store.name.as_str()).collect();
                Err(Failure::usage(format_args!(
                    "the account has {} stores; choose one with --store: {}",
                    names.len(),
                    names.join(", ")
                )))
            }
        }
    }
}

fn unreached<T>(call: &Call<T>, reason: Unreached) -> ApiFailure {
    ApiFailure::Unreached { url: call.request().uri().to_string(), reason }
}

fn refused<T>(call: &Call<T>, error: Error) -> ApiFailure {
    let request = call.request();
    ApiFailure::Refused { request: format!("{} {}", request.method(), request.uri()), error }
}

const TOKEN: &str = "CLOUDFLARE_API_TOKEN";
const EMAIL: &str = "CLOUDFLARE_EMAIL";
const KEY: &str = "CLOUDFLARE_API_KEY";

fn credential() -> Result<Credential, Failure> {
    // A variable that is not UTF-8 counts as set; its replacement characters are refused later.
    let set = |name: &str| env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    let set = |name: &str| set(name).filter(|value| !value.is_empty());
    let credential = match (set(TOKEN), set(EMAIL), set(KEY)) {
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
            CredentialPart::Token => TOKEN,
            CredentialPart::Email => EMAIL,
            CredentialPart::Key => KEY,
        };
        Failure::usage(format_args!("{variable} is not valid: {error}"))
    })
}

impl fmt::Display for ApiFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreached { url, reason } => {
                write!(formatter, "the Secrets Store API at {}: {reason}", Printable(url))
            }
            Self::Refused { request, error } => {
                write!(formatter, "{} ({})", Printable(&error.to_string()), Printable(request))?;
                what_to_do(error).map_or(Ok(()), |hint| write!(formatter, "; {hint}"))
            }
        }
    }
}

fn what_to_do(error: &Error) -> Option<&'static str> {
    let says = |word: &str| error.faults().iter().any(|fault| fault.message.starts_with(word));
    if error.is_auth() {
        Some("the token needs the permission Account › Secrets Store › Edit")
    } else if error.is_quota() {
        Some("`ostiary quota` shows the limit")
    } else if says("store_not_empty") {
        Some("`--force` also deletes its secrets")
    } else if error.is_name_taken() {
        Some("it exists already; `ostiary secrets update NAME --value` changes it")
    } else if error.is_not_found() {
        Some("`ostiary stores list` and `ostiary secrets list` show what exists")
    } else if error.is_passing() {
        Some("this may be temporary; try again later")
    } else {
        None
    }
}

impl error::Error for ApiFailure {}

impl From<ApiFailure> for Failure {
    fn from(failure: ApiFailure) -> Self {
        Self::failed(failure)
    }
}
