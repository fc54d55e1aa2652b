//! Lists, one page at a time.

use std::marker::PhantomData;

use http::{Request, Response};
use serde::de::DeserializeOwned;

use crate::call::{Body, Call};
use crate::envelope::{Envelope, present};
use crate::error::Error;

/// A list that is fetched one page at a time. The next call is made from the last page.
///
/// ```
/// # use ostiary_secrets_store::*;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let account = Account {
/// #     base: BaseUrl::default(), id: AccountId::parse("a")?, credential: Credential::token("t")?,
/// # };
/// # let send = |request: &http::Request<Body>| http::Response::new(format!(
/// #     r#"{{"success":true,"errors":[],"messages":[],"result":[{{"id":"{}","name":"s","created":"","modified":""}}],
/// #     "result_info":{{"total_pages":2}}}}"#,
/// #     if request.uri().query().unwrap_or_default().contains("&page=2") { "b" } else { "a" },
/// # ).into_bytes());
/// let list = account.stores(None);
/// let mut stores = Vec::new();
/// let mut next = Some(list.first());
/// while let Some(call) = next {
///     let page = call.read(&send(call.request()))?;
///     next = list.after(&page)?;
///     stores.extend(page.items);
/// }
/// assert_eq!(stores.len(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct List<T> {
    /// The request for a page, without its number.
    request: Request<Body>,
    items: PhantomData<fn() -> T>,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, in the requested order.
    pub items: Vec<T>,
    number: u32,
    /// Whether another page follows.
    more: bool,
}

/// The number of items in a page: the most that the API allows.
pub(crate) const PER_PAGE: usize = 100;
/// Far more pages than an account with its 100 secrets can have.
const MOST_PAGES: u32 = 100;

impl<T: DeserializeOwned> List<T> {
    /// `request` has a query, to which the page's number is added.
    pub(crate) fn new(request: Request<Body>) -> Self {
        Self { request, items: PhantomData }
    }

    /// The call for the first page.
    #[must_use]
    pub fn first(&self) -> Call<Page<T>> {
        self.page(1)
    }

    /// The call for the page after this one; `None` after the last.
    ///
    /// An empty page is the last one, because the API's total ignores filters. Where the API returns no total, a full
    /// page is followed by another one.
    ///
    /// # Errors
    /// [`Error::Endless`] where the list continues after 100 pages.
    pub fn after(&self, page: &Page<T>) -> Result<Option<Call<Page<T>>>, Error> {
        match page.number.checked_add(1) {
            _ if !page.more => Ok(None),
            Some(next) if next <= MOST_PAGES => Ok(Some(self.page(next))),
            _ => Err(Error::Endless { pages: page.number }),
        }
    }

    fn page(&self, number: u32) -> Call<Page<T>> {
        let mut request = self.request.clone();
        // The number has only digits, so the URL stays valid.
        if let Ok(uri) = format!("{}&page={number}", request.uri()).parse() {
            *request.uri_mut() = uri;
        }
        Call::new(request, number, read)
    }
}

fn read<T: DeserializeOwned>(response: &Response<&[u8]>, number: u32) -> Result<Page<T>, Error> {
    let envelope: Envelope<Vec<T>> = Envelope::read(response)?;
    // A list that is not there is no empty one, unless the API says that there is nothing to list.
    let is_none = envelope.result_info.and_then(|info| info.total_count) == Some(0);
    let items = match envelope.result {
        None if is_none => Vec::new(),
        result => present(result, response)?,
    };
    let total = envelope.result_info.and_then(|info| info.total_pages);
    let full = envelope.result_info.and_then(|info| info.per_page).unwrap_or(PER_PAGE);
    let more = total.map_or(items.len() >= full, |total| number < total);
    Ok(Page { more: more && !items.is_empty(), items, number })
}

/// The field by which a list of stores is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is what its name says")]
pub enum StoreOrder {
    Name,
    Created,
    Modified,
}

impl StoreOrder {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Created => "created",
            Self::Modified => "modified",
        }
    }
}

/// The field by which a list of secrets is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is what its name says")]
pub enum SecretOrder {
    Name,
    Comment,
    Created,
    Modified,
    Status,
}

impl SecretOrder {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Comment => "comment",
            Self::Created => "created",
            Self::Modified => "modified",
            Self::Status => "status",
        }
    }
}

/// The direction in which a list is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is what its name says")]
pub enum Direction {
    Ascending,
    Descending,
}

impl Direction {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ascending => "asc",
            Self::Descending => "desc",
        }
    }
}
