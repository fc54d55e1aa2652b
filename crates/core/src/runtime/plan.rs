//! What is to be done to one request, decided and not yet done.

use std::rc::Rc;

use crate::configuration::Text;
use crate::http::method::Method;
use crate::secret_value::{SecretBytes, SecretValue};

/// The request that goes up, as edits of the one that came in.
#[derive(Debug)]
pub struct Plan {
    /// The caller's.
    pub method: Method,
    /// The binding that sends it; `None` where the runtime itself does.
    pub fetcher: Option<Text>,
    /// Where it goes. A text that may hold a secret.
    pub url: SecretValue,
    /// Headers of the caller's that stay behind, removed before any is set.
    pub remove: Vec<String>,
    /// Headers that are set, each once.
    pub set: Vec<(String, SecretValue)>,
    /// Whether the caller's body goes along, where there is one.
    pub has_body: bool,
    /// What is sent in the place of the caller's body; it may hold a secret.
    pub body: Option<Rc<SecretBytes>>,
    /// How many bytes of the body are kept for another attempt; 0 where there will be none.
    pub keep: u32,
    /// The most bytes that the body may have.
    pub max_body: Option<u64>,
    /// Until the head of the answer has arrived, in milliseconds, counted from the last progress of the body.
    pub timeout: u32,
    /// Whether the bytes of the response's body have to be seen: to redact it, to tell when it stands still, or to tell
    /// whether it refuses the credential.
    pub reads_body: bool,
}
