//! Lists, a page at a time.

use std::marker::PhantomData;

use http::{Request, Response};
use serde::de::DeserializeOwned;

use crate::call::{Body, Call};
use crate::envelope::Envelope;
use crate::error::Error;

/// A list that is fetched a page at a time: the next call is made from the last page.
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
///     next = list.after(&page);
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
    /// In the order that was asked for.
    pub items: Vec<T>,
    number: u32,
    total: Option<u32>,
}

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
    /// An empty page is the last whatever the API says of the total, which does not heed filters.
    #[must_use]
    pub fn after(&self, page: &Page<T>) -> Option<Call<Page<T>>> {
        let more = page.total.is_some_and(|total| page.number < total);
        (more && !page.items.is_empty()).then(|| self.page(page.number.saturating_add(1)))
    }

    fn page(&self, number: u32) -> Call<Page<T>> {
        let mut request = self.request.clone();
        // The number is made of digits, so the URL stays one.
        if let Ok(uri) = format!("{}&page={number}", request.uri()).parse() {
            *request.uri_mut() = uri;
        }
        Call::new(request, number, read)
    }
}

fn read<T: DeserializeOwned>(response: &Response<&[u8]>, number: u32) -> Result<Page<T>, Error> {
    let envelope: Envelope<Vec<T>> = Envelope::read(response)?;
    let total = envelope.result_info.and_then(|info| info.total_pages);
    Ok(Page { items: envelope.result.unwrap_or_default(), number, total })
}

/// What a list of stores is sorted by.
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

/// What a list of secrets is sorted by.
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

/// Which way a list is sorted.
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
