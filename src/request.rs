//! The caller's request, for the core.

use ostiary_core::request_id::RequestId;
use ostiary_core::runtime::{RehearsalRequest, RequestHead};
use ostiary_core::secret_value::SecretValue;
use web_sys::Request;

use crate::headers::HeaderList;
use crate::js;

/// The head of the request. It contains the caller's token.
pub(crate) struct Head {
    method: String,
    url: SecretValue,
    headers: HeaderList,
}

impl From<&Request> for Head {
    fn from(request: &Request) -> Self {
        Self {
            method: request.method(),
            url: SecretValue::new(request.url()),
            headers: HeaderList::from(&request.headers()),
        }
    }
}

impl From<&RehearsalRequest> for Head {
    fn from(request: &RehearsalRequest) -> Self {
        Self {
            method: request.method.clone(),
            url: SecretValue::new(request.url.clone()),
            headers: request.headers.iter().cloned().collect(),
        }
    }
}

impl RequestHead for Head {
    fn method(&self) -> &str {
        &self.method
    }

    fn url(&self) -> &str {
        self.url.expose()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.value(name)
    }

    fn header_names(&self) -> impl Iterator<Item = &str> {
        self.headers.names()
    }
}

/// 128 random bits: the halves of two UUIDs that are fully random (RFC 9562 §5.4). A UUID costs a third of random bytes
/// in the runtime.
pub(crate) fn random_id() -> RequestId {
    let half = || {
        let uuid = js::random_uuid();
        let digits = [uuid.get(..4), uuid.get(24..)].map(Option::unwrap_or_default).concat();
        u128::from_str_radix(&digits, 16).unwrap_or_default()
    };
    RequestId::new(half() << 64 | half())
}
