//! What a running gateway says of itself.

use http::Request;
use ostiary_secrets_store::BaseUrl;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::http_client::HttpClient;

/// What the operator's `health` answers.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Deployed {
    /// Of the build.
    pub version: String,
    /// The digest of the configuration that is built in.
    pub configuration: String,
}

impl Deployed {
    /// Asks the gateway whose operator's mount is at this URL.
    ///
    /// # Errors
    /// Where there is no answer, or none of a gateway's.
    pub fn ask(mount: &BaseUrl) -> Result<Self, Failure> {
        let failed = |reason: &dyn std::fmt::Display| {
            let advice = "give the URL of the mount in `[operator]`";
            Failure::failed(format_args!(
                "{} does not tell what is deployed: {reason}; {advice}",
                mount.as_str()
            ))
        };
        let url = format!("{}/health", mount.as_str());
        let request = Request::get(url).body("").map_err(|error| failed(&error))?;
        let answer = HttpClient::default().send(&request).map_err(|error| failed(&error))?;
        serde_json::from_slice(answer.body()).map_err(|_| failed(&"the answer is none of a gateway's"))
    }
}
