//! The Secrets Store API, over a connection.

use std::env;
use std::error;
use std::fmt;

use clap::Args;
use ostiary_secrets_store::{
    Account, AccountId, BaseUrl, Call, Credential, CredentialPart, Error, List, Secret, SecretFilter,
    SecretId, StoreId,
};
use serde::de::DeserializeOwned;

use crate::failure::Failure;
use crate::http_client::{HttpClient, Repeated, Unreached};
use crate::printable::Printable;

/// Which account is meant, and where its API is. Who asks is in the environment, where no list of processes shows
/// it: `CLOUDFLARE_API_TOKEN`, or `CLOUDFLARE_EMAIL` and `CLOUDFLARE_API_KEY`.
#[derive(Args)]
#[command(next_help_heading = "Account")]
pub struct AccountArguments {
    /// The account's id.
    #[arg(long, env = "CLOUDFLARE_ACCOUNT_ID", value_name = "ID")]
    account_id: Option<AccountId>,
    /// Where the API is, up to and with /client/v4.
    #[arg(long, env = "CLOUDFLARE_API_BASE_URL", value_name = "URL", value_parser = BaseUrl::parse)]
    api_base_url: Option<BaseUrl>,
}

/// Which store is meant.
#[derive(Args)]
pub struct StoreArguments {
    #[command(flatten)]
    account: AccountArguments,
    /// The store's id. Without it, the account's only store.
    #[arg(long, env = "OSTIARY_STORE_ID", value_name = "ID")]
    store: Option<StoreId>,
}

/// An account's Secrets Store.
pub struct Api {
    /// Makes the calls.
    pub account: Account,
    client: HttpClient,
}

/// Why a call has no result.
#[derive(Debug)]
pub enum ApiFailure {
    /// No answer came.
    Unreached(Unreached),
    /// The API said no.
    Refused(Error),
}

impl AccountArguments {
    /// # Errors
    /// Where the environment does not say which account is meant, or who asks.
    pub fn open(self) -> Result<Api, Failure> {
        let id = self.account_id.ok_or_else(|| {
            Failure::usage("no account is named: set CLOUDFLARE_ACCOUNT_ID, or write --account-id")
        })?;
        let account = Account { base: self.api_base_url.unwrap_or_default(), id, credential: credential()? };
        Ok(Api { account, client: HttpClient::default() })
    }
}

impl StoreArguments {
    /// # Errors
    /// Where the account cannot be opened, or has not exactly one store and none is named.
    pub fn open(self) -> Result<(Api, StoreId), Failure> {
        let api = self.account.open()?;
        let store = match self.store {
            Some(store) => store,
            None => api.only_store()?,
        };
        Ok((api, store))
    }
}

impl Api {
    /// Sends the call and reads its result.
    ///
    /// # Errors
    /// Where none came.
    pub fn send<T>(&self, call: &Call<T>) -> Result<T, ApiFailure> {
        let response = self.client.send(call.request()).map_err(ApiFailure::Unreached)?;
        call.read(&response).map_err(ApiFailure::Refused)
    }

    /// Sends the call of a deletion. Where its answer may have been lost, `is_gone` says whether it was done.
    fn erase(
        &self,
        call: &Call<()>,
        is_gone: impl Fn() -> Result<bool, ApiFailure>,
    ) -> Result<(), ApiFailure> {
        let failure = match self.client.send(call.request()) {
            Err(unreached) => ApiFailure::Unreached(unreached),
            Ok(response) => match call.read(&response) {
                Ok(()) => return Ok(()),
                Err(error) => {
                    let is_repeated = response.extensions().get::<Repeated>().is_some();
                    let may_be_lost = error.is_passing() || (is_repeated && error.is_not_found());
                    let failure = ApiFailure::Refused(error);
                    if !may_be_lost {
                        return Err(failure);
                    }
                    failure
                }
            },
        };
        if is_gone().unwrap_or(false) { Ok(()) } else { Err(failure) }
    }

    /// All pages of a list.
    ///
    /// # Errors
    /// Where one of them did not come.
    pub fn all<T: DeserializeOwned>(&self, list: &List<T>) -> Result<Vec<T>, ApiFailure> {
        let mut items = Vec::new();
        let mut next = Some(list.first());
        while let Some(call) = next {
            let page = self.send(&call)?;
            next = list.after(&page).map_err(ApiFailure::Refused)?;
            items.extend(page.items);
        }
        Ok(items)
    }

    /// Deletes secrets. Where a request is repeated, or its answer lost, they may be gone already: then it is done.
    ///
    /// # Errors
    /// Where at least one of them is still there, or nobody can say.
    pub fn delete(&self, store: &StoreId, secrets: &[SecretId]) -> Result<(), ApiFailure> {
        let call = match secrets {
            [one] => self.account.delete_secret(store, one),
            several => self.account.delete_secrets(store, several),
        };
        self.erase(&call, || Ok(!self.secrets(store)?.iter().any(|secret| secrets.contains(&secret.id))))
    }

    /// Deletes a store, as [`Self::delete`] does secrets.
    ///
    /// # Errors
    /// Where it is still there, or nobody can say.
    pub fn delete_store(&self, store: &StoreId, force: bool) -> Result<(), ApiFailure> {
        self.erase(&self.account.delete_store(store, force), || {
            Ok(!self.all(&self.account.stores(None))?.iter().any(|known| known.id == *store))
        })
    }

    /// All secrets of a store.
    ///
    /// # Errors
    /// Where the list did not come.
    pub fn secrets(&self, store: &StoreId) -> Result<Vec<Secret>, ApiFailure> {
        self.all(&self.account.secrets(store, &SecretFilter::default()))
    }

    /// The secret with this name. The API finds by a part of a name or comment only.
    ///
    /// # Errors
    /// Where there is none.
    pub fn secret_named(&self, store: &StoreId, name: &str) -> Result<Secret, Failure> {
        let filter = SecretFilter { search: Some(name.to_owned()), ..SecretFilter::default() };
        let found = self.all(&self.account.secrets(store, &filter))?;
        found.into_iter().find(|secret| secret.name == name).ok_or_else(|| {
            Failure::failed(format_args!(
                "the store {store} has no secret `{name}`; `ostiary secrets list` shows all"
            ))
        })
    }

    fn only_store(&self) -> Result<StoreId, Failure> {
        let mut stores = self.all(&self.account.stores(None))?;
        match (stores.pop(), stores.len()) {
            (Some(store), 0) => Ok(store.id),
            (None, _) => {
                Err(Failure::failed("the account has no store; `ostiary stores create NAME` makes one"))
            }
            (Some(_), more) => Err(Failure::usage(format_args!(
                "the account has {} stores; say which with --store, `ostiary stores list` shows them",
                more.saturating_add(1)
            ))),
        }
    }
}

const TOKEN: &str = "CLOUDFLARE_API_TOKEN";
const EMAIL: &str = "CLOUDFLARE_EMAIL";
const KEY: &str = "CLOUDFLARE_API_KEY";

fn credential() -> Result<Credential, Failure> {
    // A variable that is not UTF-8 is set all the same, and its replacement characters are found fault with.
    let set = |name: &str| env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    let set = |name: &str| set(name).filter(|value| !value.is_empty());
    let credential = match (set(TOKEN), set(EMAIL), set(KEY)) {
        (Some(token), _, _) => Credential::token(&token),
        (None, Some(email), Some(key)) => Credential::key(&email, &key),
        _ => {
            return Err(Failure::usage(
                "nothing says who asks: set CLOUDFLARE_API_TOKEN, or CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY",
            ));
        }
    };
    credential.map_err(|error| {
        let variable = match error.part {
            CredentialPart::Token => TOKEN,
            CredentialPart::Email => EMAIL,
            CredentialPart::Key => KEY,
        };
        Failure::usage(format_args!("{variable} cannot be what it is meant to be: {error}"))
    })
}

impl fmt::Display for ApiFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreached(unreached) => write!(formatter, "the Secrets Store API: {unreached}"),
            Self::Refused(error) => {
                write!(formatter, "{}", Printable(&error.to_string()))?;
                formatter.write_str(if error.is_auth() {
                    "; the token needs the permission Account › Secrets Store › Edit"
                } else if error.is_quota() {
                    "; `ostiary quota` says how many there may be"
                } else {
                    ""
                })
            }
        }
    }
}

impl error::Error for ApiFailure {}

impl From<ApiFailure> for Failure {
    fn from(failure: ApiFailure) -> Self {
        Self::failed(failure)
    }
}
