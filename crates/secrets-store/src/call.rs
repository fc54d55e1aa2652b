//! One operation: what to send, and how to read what comes back.

use std::fmt;

use http::{Request, Response};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::masking::Confidence;

/// An operation that is ready to be sent, by somebody else. It may be sent more than once.
#[derive(Debug)]
pub struct Call<T> {
    request: Request<Body>,
    /// The page of a list that is asked for; 1 where it is no list.
    page: u32,
    read: Reader<T>,
}

/// Reads a response, which is this page of a list.
type Reader<T> = fn(&Response<&[u8]>, u32) -> Result<T, Error>;

impl<T> Call<T> {
    pub(crate) fn new(request: Request<Body>, page: u32, read: Reader<T>) -> Self {
        Self { request, page, read }
    }

    /// What to send, with an absolute URL.
    #[must_use]
    pub fn request(&self) -> &Request<Body> {
        &self.request
    }

    /// What came back. An error's messages hold neither the values of the request nor its credential.
    ///
    /// # Errors
    /// [`Error::Refused`] where the API did not do it, [`Error::Unreadable`] where the body is not the API's.
    pub fn read(&self, response: &Response<impl AsRef<[u8]>>) -> Result<T, Error> {
        let mut borrowed = Response::new(response.body().as_ref());
        *borrowed.status_mut() = response.status();
        (self.read)(&borrowed, self.page).map_err(|mut error| {
            if let Error::Refused { faults, .. } = &mut error {
                let confidence = Confidence::of(&self.request);
                for fault in faults {
                    confidence.mask(fault);
                }
            }
            error
        })
    }
}

/// The body of a request: JSON, or empty. Its `Debug` says nothing and its bytes are zeroed when it is dropped,
/// since it holds values.
#[derive(Clone, Default)]
pub struct Body(Zeroizing<Vec<u8>>);

impl Body {
    pub(crate) fn new(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }
}

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Body([redacted])")
    }
}
