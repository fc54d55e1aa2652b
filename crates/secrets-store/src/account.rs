//! The twelve operations of the API.

use std::fmt::Write as _;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::json;
use zeroize::Zeroizing;

use crate::call::{Body, Call};
use crate::envelope::{Envelope, present};
use crate::error::Error;
use crate::list::{Direction, List, PER_PAGE, SecretOrder, StoreOrder};
use crate::secret::{ChangesBody, DuplicateBody, NewSecretBody};
use crate::{
    AccountId, BaseUrl, Changes, Credential, Duplicate, NewSecret, Quota, Scope, Secret, SecretId, Store,
    StoreId,
};

/// All characters except the unreserved ones (RFC 3986 §2.3), so that a text stays one path segment or one query value.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// An account, and the credential to access it.
#[derive(Clone, Debug)]
pub struct Account {
    /// The base URL of the API.
    pub base: BaseUrl,
    /// The account that owns the stores.
    pub id: AccountId,
    /// The credential.
    pub credential: Credential,
}

/// A filter and an order for the list of secrets.
#[derive(Clone, Debug, Default)]
pub struct SecretFilter {
    /// A part of the name or of the comment.
    pub search: Option<String>,
    /// Lists only secrets with these scopes.
    pub scopes: Vec<Scope>,
    /// The order; `None` for the API's own.
    pub order: Option<(SecretOrder, Direction)>,
}

impl Account {
    /// `GET /quota`: the number of secrets and its limit.
    #[must_use]
    pub fn quota(&self) -> Call<Quota> {
        one(self.request(Method::GET, &["quota"], &[], Body::default()))
    }

    /// `GET /stores`: all stores.
    #[must_use]
    pub fn stores(&self, order: Option<(StoreOrder, Direction)>) -> List<Store> {
        let per_page = PER_PAGE.to_string();
        let mut query = vec![("per_page", per_page.as_str())];
        if let Some((order, direction)) = order {
            query.extend([("order", order.as_str()), ("direction", direction.as_str())]);
        }
        List::new(self.request(Method::GET, &["stores"], &query, Body::default()))
    }

    /// `POST /stores`: creates a store.
    #[must_use]
    pub fn create_store(&self, name: &str) -> Call<Store> {
        one(self.request(Method::POST, &["stores"], &[], body(0, &json!({ "name": name }))))
    }

    /// `GET /stores/{store}`.
    #[must_use]
    pub fn store(&self, store: &StoreId) -> Call<Store> {
        one(self.request(Method::GET, &["stores", store.as_str()], &[], Body::default()))
    }

    /// `DELETE /stores/{store}`: deletes an empty store, or with `force` a store with all its secrets.
    #[must_use]
    pub fn delete_store(&self, store: &StoreId, force: bool) -> Call<()> {
        let query: &[_] = if force { &[("force", "true")] } else { &[] };
        none(self.request(Method::DELETE, &["stores", store.as_str()], query, Body::default()))
    }

    /// `GET /stores/{store}/secrets`: the secrets of a store.
    #[must_use]
    pub fn secrets(&self, store: &StoreId, filter: &SecretFilter) -> List<Secret> {
        let per_page = PER_PAGE.to_string();
        let mut query = vec![("per_page", per_page.as_str())];
        query.extend(filter.search.iter().map(|search| ("search", search.as_str())));
        query.extend(filter.scopes.iter().map(|scope| ("scopes", scope.as_str())));
        if let Some((order, direction)) = filter.order {
            query.extend([("order", order.as_str()), ("direction", direction.as_str())]);
        }
        List::new(self.request(Method::GET, &["stores", store.as_str(), "secrets"], &query, Body::default()))
    }

    /// `POST /stores/{store}/secrets`: creates one secret.
    #[must_use]
    pub fn create_secret(&self, store: &StoreId, secret: &NewSecret) -> Call<Secret> {
        Call::new(self.creation(store, std::slice::from_ref(secret)), 1, sole)
    }

    /// `POST /stores/{store}/secrets`: creates several secrets. If one of them is not valid, it is not documented
    /// whether those before it are created.
    #[must_use]
    pub fn create_secrets(&self, store: &StoreId, secrets: &[NewSecret]) -> Call<Vec<Secret>> {
        one(self.creation(store, secrets))
    }

    /// `GET /stores/{store}/secrets/{secret}`.
    #[must_use]
    pub fn secret(&self, store: &StoreId, secret: &SecretId) -> Call<Secret> {
        one(self.request(Method::GET, &secret_path(store, secret), &[], Body::default()))
    }

    /// `PATCH /stores/{store}/secrets/{secret}`: changes the value, the scopes or the comment.
    ///
    /// Every service that uses the secret gets the new value. The old one is lost.
    #[must_use]
    pub fn update_secret(&self, store: &StoreId, secret: &SecretId, changes: &Changes) -> Call<Secret> {
        let length = changes.value.as_ref().map_or(0, |value| value.expose().len());
        let body = body(length, &ChangesBody::from(changes));
        one(self.request(Method::PATCH, &secret_path(store, secret), &[], body))
    }

    /// `DELETE /stores/{store}/secrets/{secret}`.
    #[must_use]
    pub fn delete_secret(&self, store: &StoreId, secret: &SecretId) -> Call<()> {
        none(self.request(Method::DELETE, &secret_path(store, secret), &[], Body::default()))
    }

    /// `DELETE /stores/{store}/secrets`: deletes several secrets.
    #[must_use]
    pub fn delete_secrets(&self, store: &StoreId, secrets: &[SecretId]) -> Call<()> {
        let body = body(0, &json!({ "ids": secrets }));
        none(self.request(Method::DELETE, &["stores", store.as_str(), "secrets"], &[], body))
    }

    /// `POST /stores/{store}/secrets/{secret}/duplicate`: creates another secret with the same value.
    #[must_use]
    pub fn duplicate_secret(
        &self,
        store: &StoreId,
        secret: &SecretId,
        duplicate: &Duplicate,
    ) -> Call<Secret> {
        let path = ["stores", store.as_str(), "secrets", secret.as_str(), "duplicate"];
        one(self.request(Method::POST, &path, &[], body(0, &DuplicateBody::from(duplicate))))
    }

    fn creation(&self, store: &StoreId, secrets: &[NewSecret]) -> Request<Body> {
        let length = secrets.iter().map(|secret| secret.value.expose().len()).sum();
        let bodies: Vec<_> = secrets.iter().map(NewSecretBody::from).collect();
        self.request(Method::POST, &["stores", store.as_str(), "secrets"], &[], body(length, &bodies))
    }

    fn request(&self, method: Method, path: &[&str], query: &[(&str, &str)], body: Body) -> Request<Body> {
        let mut url = format!("{}/accounts/{}/secrets_store", self.base.as_str(), encoded(self.id.as_str()));
        for segment in path {
            url.push('/');
            url.push_str(&encoded(segment));
        }
        for (position, (name, value)) in query.iter().enumerate() {
            url.push(if position == 0 { '?' } else { '&' });
            // Writing to a `String` cannot fail.
            let _ = write!(url, "{name}={}", encoded(value));
        }
        let has_body = !body.as_ref().is_empty();
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.headers_mut() = self.credential.headers().clone();
        if has_body {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        // A valid base with encoded segments is a valid URL, unless a search makes it longer than 64 KiB. Then the
        // request has no host, and cannot be sent.
        if let Ok(url) = url.parse() {
            *request.uri_mut() = url;
        }
        request
    }
}

fn secret_path<'a>(store: &'a StoreId, secret: &'a SecretId) -> [&'a str; 4] {
    ["stores", store.as_str(), "secrets", secret.as_str()]
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// The JSON of `content`, which contains `length` bytes of secret values.
///
/// The buffer is allocated at full size, because one that grows would leave copies of a secret. JSON writes a byte as
/// at most six.
fn body(length: usize, content: &impl Serialize) -> Body {
    const ROOM_FOR_THE_REST: usize = 4_096;
    let mut bytes =
        Zeroizing::new(Vec::with_capacity(length.saturating_mul(6).saturating_add(ROOM_FOR_THE_REST)));
    // Serialising texts to a `Vec` cannot fail.
    let _ = serde_json::to_writer(&mut *bytes, content);
    Body::new(bytes)
}

fn one<T: DeserializeOwned>(request: Request<Body>) -> Call<T> {
    Call::new(request, 1, |response, _| present(Envelope::read(response)?.result, response))
}

fn none(request: Request<Body>) -> Call<()> {
    Call::new(request, 1, |response, _| Envelope::<IgnoredAny>::read(response).map(|_| ()))
}

/// The single element of a list of results.
fn sole(response: &Response<&[u8]>, _: u32) -> Result<Secret, Error> {
    let secrets: Option<Vec<Secret>> = Envelope::read(response)?.result;
    present(secrets.and_then(|secrets| secrets.into_iter().next()), response)
}
