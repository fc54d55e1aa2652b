//! One operation: its request, and how to read the response.

use std::fmt;

use http::{Request, Response};
use zeroize::Zeroizing;

use crate::SentValues;
use crate::error::Error;
use crate::masking::Confidence;

/// An operation that is ready to be sent by an HTTP client. It may be sent more than once.
#[derive(Debug)]
pub struct Call<T> {
    request: Request<Body>,
    /// The page of a list that is requested; 1 where it is not a list.
    page: u32,
    read: Reader<T>,
}

/// Reads the response, which is the given page of a list.
type Reader<T> = fn(&Response<&[u8]>, u32) -> Result<T, Error>;

impl<T> Call<T> {
    pub(crate) fn new(request: Request<Body>, page: u32, read: Reader<T>) -> Self {
        Self { request, page, read }
    }

    /// The request to send, with an absolute URL.
    #[must_use]
    pub fn request(&self) -> &Request<Body> {
        &self.request
    }

    /// Reads the response. The messages of an error contain neither the values of the request nor its credential.
    ///
    /// # Errors
    /// [`Error::Refused`] where the API refused, [`Error::Unreadable`] where the body is not in the API's format.
    pub fn read(&self, response: &Response<impl AsRef<[u8]>>) -> Result<T, Error> {
        self.read_after(response, &SentValues::default())
    }

    /// The same, and the messages of an error do not contain the values of earlier requests either.
    ///
    /// # Errors
    /// The same as [`Self::read`].
    pub fn read_after(&self, response: &Response<impl AsRef<[u8]>>, sent: &SentValues) -> Result<T, Error> {
        let mut borrowed = Response::new(response.body().as_ref());
        *borrowed.status_mut() = response.status();
        (self.read)(&borrowed, self.page).map_err(|mut error| {
            if let Error::Refused { faults, .. } = &mut error {
                let confidence = Confidence::of(&self.request, sent);
                for fault in faults {
                    confidence.mask(fault);
                }
            }
            error
        })
    }
}

/// The body of a request: JSON, or empty. It contains secret values, so its `Debug` prints none of it and its bytes are
/// zeroed when it is dropped.
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
