//! `GET ages`: when the secret of each source was created and last changed, as the [Secrets Store API][api] says it.
//!
//! The API returns metadata alone, and nothing of it is passed on but two numbers for each source: no text that
//! somebody has written into the store reaches the page.
//!
//! [api]:
//! https://developers.cloudflare.com/api/resources/secrets_store/subresources/stores/subresources/secrets/methods/list/

use serde::{Deserialize, Serialize};

use super::account_access::AccountAccess;
use super::analytics_query::{Row, number, text};
use super::report::Report;
use crate::configuration::{AccountApi, BoundSecret, Environment, Gateway, Secret, Source, SourceKind};
use crate::refusal::Code;
use crate::runtime::clock::elapsed;
use crate::runtime::own_request::OwnRequests;
use crate::runtime::{Bindings, Clock, SendError};
use crate::secrets::concurrent_reads::Readings;
use crate::signing::moment::seconds_of_rfc3339;

/// How long all requests to the API may take together, in milliseconds.
const TIMEOUT: u32 = 5_000;

/// The longest page, in bytes: far more than 100 secrets with their comments have.
const MAX_RESPONSE_BYTES: u32 = 1024 * 1024;

/// The most secrets that the API puts on a page.
const PER_PAGE: usize = 100;

/// The most pages that are read of one store. An account may have 100 secrets.
const MOST_PAGES: u16 = 5;

/// What is asked for.
pub(super) struct Asked<'g, 'q> {
    pub(super) gateway: &'g Gateway,
    pub(super) api: &'g AccountApi,
    pub(super) environment: &'g Environment,
    pub(super) query: Option<&'q str>,
}

/// The body of the response.
#[derive(Serialize)]
struct Ages<'g> {
    secrets: Vec<SecretAges<'g>>,
}

#[derive(Serialize)]
struct SecretAges<'g> {
    name: &'g str,
    sources: Vec<SourceAge<'g>>,
}

#[derive(Serialize)]
struct SourceAge<'g> {
    source: usize,
    binding: &'g str,
    #[serde(flatten)]
    age: Age,
}

/// Times are in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum Age {
    Known { created: u64, modified: u64 },
    Unknown { failure: Failure },
}

/// Why an age is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Failure {
    /// The store's list does not have the name.
    NotListed,
    /// The list has it, without times that can be read.
    TimeUnreadable,
    /// The API refuses the token.
    Refused,
    /// The account has no such store.
    StoreUnknown,
    /// The API has been asked too often.
    RateLimited,
    /// The API has not answered in time.
    Timeout,
    /// There is no connection to the API, or it broke off.
    Unreachable,
    /// The API's answer is not a list of secrets.
    Invalid,
    /// The list goes on after the pages that are read.
    TooManyPages,
}

/// One page of the API's list.
#[derive(Deserialize)]
struct Page {
    result: Vec<Row>,
    result_info: Option<Row>,
}

/// Reads the list of each store that the environment's bindings are in. A store whose list cannot be read costs the
/// others nothing, but for the time that is left. 400, 500, 503
pub(super) async fn report<'g, R: Bindings + OwnRequests + Clock>(
    asked: Asked<'g, '_>,
    runtime: &R,
    readings: &mut Readings<'g, R>,
) -> Result<Report, Code> {
    let Asked { gateway, api, environment, query } = asked;
    if query.is_some_and(|query| !query.is_empty()) {
        return Err(Code::OperationInvalid);
    }
    let access = AccountAccess::read(gateway, api, readings).await?;
    let began = runtime.now();
    let mut known: Vec<(&BoundSecret, Age)> = Vec::new();
    for bound in environment.bound.iter() {
        if known.iter().any(|(other, _)| other.store_id == bound.store_id) {
            continue;
        }
        let mut store = Store::new(&bound.store_id, environment);
        let rest = store.read(&access, runtime, began).await;
        known.extend(store.wanted.into_iter().map(|(bound, age)| (bound, age.unwrap_or(rest))));
    }
    let age = |source: &Source| {
        let found = known.iter().find(|(bound, _)| bound.binding == source.binding);
        found.map_or(Failure::NotListed.into(), |(_, age)| *age)
    };
    let of_store = |(_, source): &(usize, &Source)| source.kind == SourceKind::SecretsStore;
    let secret = |secret: &'g Secret| {
        let sources = (1..).zip(secret.sources.iter()).filter(of_store);
        let sources =
            sources.map(|(at, source)| SourceAge { source: at, binding: &source.binding, age: age(source) });
        SecretAges { name: &secret.name, sources: sources.collect() }
    };
    Ok(Report::new(200, &Ages { secrets: gateway.secrets.iter().map(secret).collect() }))
}

impl From<Failure> for Age {
    fn from(failure: Failure) -> Self {
        Self::Unknown { failure }
    }
}

impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        match error {
            SendError::TimedOut => Self::Timeout,
            SendError::Unreachable | SendError::NoBinding => Self::Unreachable,
            SendError::TooLarge | SendError::Invalid => Self::Invalid,
        }
    }
}

/// One store, and what is known of the secrets in it that bindings are bound to.
struct Store<'g> {
    id: &'g str,
    wanted: Vec<(&'g BoundSecret, Option<Age>)>,
}

impl<'g> Store<'g> {
    fn new(id: &'g str, environment: &'g Environment) -> Self {
        let within = environment.bound.iter().filter(|bound| bound.store_id == id);
        Self { id, wanted: within.map(|bound| (bound, None)).collect() }
    }

    /// Reads the list, a page after the other, until it has every wanted name; what is to be said of the others.
    async fn read<R: OwnRequests + Clock>(&mut self, access: &AccountAccess, runtime: &R, began: f64) -> Age {
        for page in 1..=MOST_PAGES {
            let left = TIMEOUT.saturating_sub(elapsed(began, runtime.now()));
            match self.read_page(access, runtime, page, left).await {
                Ok(true) if self.wanted.iter().any(|(_, age)| age.is_none()) => {}
                Ok(_) => return Failure::NotListed.into(),
                Err(failure) => return failure.into(),
            }
        }
        Failure::TooManyPages.into()
    }

    /// Whether another page follows.
    async fn read_page<R: OwnRequests>(
        &mut self,
        access: &AccountAccess,
        runtime: &R,
        page: u16,
        timeout: u32,
    ) -> Result<bool, Failure> {
        if timeout == 0 {
            return Err(Failure::Timeout);
        }
        let path =
            format!("/stores/{}/secrets?order=name&direction=asc&per_page={PER_PAGE}&page={page}", self.id);
        let response = runtime.request(&access.get(&path, timeout), MAX_RESPONSE_BYTES).await?;
        match response.status {
            200 => {}
            400 | 401 | 403 => return Err(Failure::Refused),
            404 => return Err(Failure::StoreUnknown),
            429 => return Err(Failure::RateLimited),
            _ => return Err(Failure::Invalid),
        }
        let Page { result, result_info } =
            serde_json::from_slice(response.body.expose()).map_err(|_| Failure::Invalid)?;
        self.take(&result);
        let pages = result_info.map_or(0.0, |info| number(&info, "total_pages"));
        // Without a total a full page is followed by another one. An empty one is the last, whatever the total says.
        let is_full = result.len() >= PER_PAGE;
        Ok(!result.is_empty() && if pages > 0.0 { f64::from(page) < pages } else { is_full })
    }

    /// The first row of a name counts. Rows of another store are skipped.
    fn take(&mut self, rows: &[Row]) {
        for row in rows.iter().filter(|row| text(row, "store_id") == self.id) {
            for (bound, age) in &mut self.wanted {
                if age.is_none() && bound.name == text(row, "name") {
                    *age = Some(Age::from(row));
                }
            }
        }
    }
}

impl From<&Row> for Age {
    fn from(row: &Row) -> Self {
        let time = |column| seconds_of_rfc3339(text(row, column));
        match (time("created"), time("modified")) {
            (Some(created), Some(modified)) => Self::Known { created, modified },
            _ => Failure::TimeUnreadable.into(),
        }
    }
}
