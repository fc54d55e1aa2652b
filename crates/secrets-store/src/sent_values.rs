//! The values of earlier requests.

use std::fmt;

use zeroize::Zeroizing;

use crate::Call;
use crate::request_body::values_in;

/// The values that a program has sent. The API may quote them in its response to a later request, which may contain no
/// value itself.
///
/// Its `Debug` prints none of them, and their bytes are zeroed when it is dropped.
///
/// ```
/// use ostiary_secrets_store::*;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let account = Account {
/// #     base: BaseUrl::default(), id: AccountId::parse("a")?, credential: Credential::token("t")?,
/// # };
/// # let (store, id) = (StoreId::parse("s")?, SecretId::parse("i")?);
/// let mut sent = SentValues::default();
/// let changes = Changes { value: Some(SecretValue::parse("hunter2".to_owned())?), ..Changes::default() };
/// let update = account.update_secret(&store, &id, &changes);
/// sent.remember(&update);
///
/// # let body = br#"{"success":false,"errors":[{"code":1,"message":"bad value hunter2"}],"result":null}"#;
/// let refusal = http::Response::builder().status(400).body(body.to_vec())?;
/// let error = account.secret(&store, &id).read_after(&refusal, &sent).unwrap_err();
/// assert!(!error.to_string().contains("hunter2"));
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
pub struct SentValues(Vec<Zeroizing<String>>);

impl SentValues {
    /// Adds the values of this call, which should be done before it is sent.
    pub fn remember<T>(&mut self, call: &Call<T>) {
        for value in values_in(call.request().body().as_ref()) {
            if !self.0.contains(&value) {
                self.0.push(value);
            }
        }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Zeroizing<String>> {
        self.0.iter()
    }
}

impl fmt::Debug for SentValues {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SentValues([redacted])")
    }
}
