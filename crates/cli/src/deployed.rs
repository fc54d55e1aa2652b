//! What a running gateway says of itself.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use ureq::Agent;

use crate::failure::Failure;

/// From the look-up of the name to the last byte of the answer.
const DEADLINE: Duration = Duration::from_secs(30);

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
    pub fn ask(mount: &str) -> Result<Self, Failure> {
        let failed = |reason: &dyn std::fmt::Display| {
            let advice = "give the URL of the mount in `[operator]`";
            Failure::failed(format_args!("{mount} does not tell what is deployed: {reason}; {advice}"))
        };
        let agent: Agent = Agent::config_builder()
            .timeout_global(Some(DEADLINE))
            .max_redirects(0)
            .user_agent(concat!("ostiary/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        let url = format!("{}/health", mount.trim_end_matches('/'));
        let mut answer = agent.get(url).call().map_err(|error| failed(&error))?;
        let text = answer.body_mut().with_config().limit(4_096).read_to_string();
        let text = text.map_err(|error| failed(&error))?;
        serde_json::from_str(&text).map_err(|_| failed(&"the answer is none of a gateway's"))
    }
}
