//! A typed client of Cloudflare's [Secrets Store API][api]: it builds requests and reads responses, and does no I/O.
//!
//! An [`Account`] has one method for each of the API's twelve operations. A method makes a [`Call`], which has the
//! request to send with any HTTP client, and reads the response. A [`List`] makes the calls for its pages one after the
//! other.
//!
//! ```
//! use ostiary_secrets_store::{
//!     Account, AccountId, BaseUrl, Credential, NewSecret, Scope, SecretName, SecretValue, StoreId,
//! };
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let account = Account {
//!     base: BaseUrl::default(),
//!     id: AccountId::parse("985e105f4ecef8ad9ca31a8372d0c353")?,
//!     credential: Credential::token("the-api-token")?,
//! };
//! let store = StoreId::parse("023e105f4ecef8ad9ca31a8372d0c353")?;
//!
//! let call = account.create_secret(
//!     &store,
//!     &NewSecret {
//!         name: SecretName::parse("stripe-key")?,
//!         value: SecretValue::parse("sk_live_…".to_owned())?,
//!         scopes: vec![Scope::Workers],
//!         comment: None,
//!     },
//! );
//! assert_eq!(call.request().method(), "POST");
//! // Neither the value nor the token is printed.
//! assert!(!format!("{call:?}").contains("sk_live") && !format!("{call:?}").contains("the-api-token"));
//!
//! # let send = |_: &http::Request<ostiary_secrets_store::Body>| http::Response::new(br#"{
//! #     "success": true, "errors": [], "messages": [], "result": [{
//! #         "id": "3fd85f74b32742f1bff64a85009dda07", "name": "stripe-key", "status": "pending",
//! #         "store_id": "023e105f4ecef8ad9ca31a8372d0c353",
//! #         "created": "2026-11-23T10:00:00Z", "modified": "2026-11-23T10:00:00Z" }]}"#.to_vec());
//! let response: http::Response<Vec<u8>> = send(call.request());
//! let secret = call.read(&response)?;
//! assert_eq!(secret.name, "stripe-key");
//! # Ok(())
//! # }
//! ```
//!
//! Requests follow the official schema. Older documentation has other forms, which this crate does not send: a single
//! object to create a secret, `secret_ids` to delete several, a duplicate without scopes, a scope `ai-gateway`.
//!
//! [api]: https://developers.cloudflare.com/api/resources/secrets_store/

/// The example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod account;
mod call;
mod envelope;
mod list;
mod masking;
mod request_body;
mod vocabulary;

mod base_url;
mod credential;
mod error;
mod identifier;
mod quota;
mod scope;
mod secret;
mod secret_name;
mod secret_value;
mod sent_values;
mod status;
mod store;

pub use account::{Account, SecretFilter};
pub use base_url::{BaseUrl, InvalidBaseUrl};
pub use call::{Body, Call};
pub use credential::{Credential, CredentialFault, CredentialPart, InvalidCredential};
pub use error::{Error, Fault, FaultSource};
pub use identifier::{AccountId, InvalidIdentifier, SecretId, StoreId};
pub use list::{Direction, List, Page, SecretOrder, StoreOrder};
pub use quota::{Allowance, Quota};
pub use scope::{Scope, UnknownScope};
pub use secret::{Changes, Duplicate, NewSecret, Secret};
pub use secret_name::{InvalidSecretName, SecretName};
pub use secret_value::{InvalidSecretValue, SecretValue};
pub use sent_values::SentValues;
pub use status::{OtherStatus, Status};
pub use store::Store;
