//! Reads the `health` of a running gateway.

use http::Request;
use ostiary_secrets_store::BaseUrl;
use serde::{Deserialize, Serialize};

use crate::configuration::{Environment, place};
use crate::failure::Failure;
use crate::http_client::HttpClient;
use crate::printable::Printable;

/// The response of the operator's `health`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Deployed {
    /// The version of the build.
    pub version: String,
    /// The digest of the `gateway.toml` that is built in.
    pub configuration: String,
    /// The environment that it runs in; `None` for the top level.
    #[serde(default)]
    pub environment: Option<String>,
    /// The digest of that environment's bindings; `None` if the gateway does not know the environment.
    #[serde(default)]
    pub bindings: Option<String>,
}

impl Deployed {
    /// Reads the `health` of the gateway with the operator's mount at this URL.
    ///
    /// # Errors
    /// There is no response, or it is not that of a gateway.
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
        serde_json::from_slice(answer.body()).map_err(|_| failed(&"the response is not that of a gateway"))
    }

    /// Checks that this is the gateway of that environment, and that its bindings are those of wrangler's
    /// configuration. Then the gateway reads the secrets that are written to the store.
    ///
    /// # Errors
    /// The gateway is another one, or this cannot be determined.
    pub fn confirm(&self, mount: &BaseUrl, environment: &Environment) -> Result<(), Failure> {
        let (url, ours) = (mount.as_str(), environment.place());
        let theirs = place(self.environment.as_deref());
        let told = match &self.bindings {
            _ if self.environment != environment.name => {
                format!("the gateway at {url} runs `{}`, and not `{ours}`", Printable(&theirs))
            }
            Some(digest) if *digest == environment.digest => return Ok(()),
            Some(_) => format!(
                "the gateway at {url} is deployed with other bindings in `{ours}` than wrangler's configuration has, so \
                 that it may not read what would be written"
            ),
            None => format!("the gateway at {url} does not report its bindings in `{ours}`"),
        };
        Err(Failure::failed(format_args!("{told}; write --env, or deploy this configuration first")))
    }

    /// Whether it was built from the `gateway.toml` with this digest: its routes, rules and forms of auth are the
    /// expected ones.
    ///
    /// # Errors
    /// Returns an error if it was built from another one.
    pub fn confirm_configuration(&self, mount: &BaseUrl, digest: &str) -> Result<(), Failure> {
        if self.configuration == digest {
            return Ok(());
        }
        Err(Failure::failed(format_args!(
            "the gateway at {} is built from another gateway.toml than the one here; deploy this one first, or run this \
             with the one that is deployed (--config)",
            mount.as_str()
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_gateway_that_was_meant_is_confirmed() {
        let mount = BaseUrl::parse("https://ops.example.com").unwrap();
        let deployed = |environment: Option<&str>, bindings: Option<&str>| Deployed {
            version: "1".to_owned(),
            configuration: "c".to_owned(),
            environment: environment.map(str::to_owned),
            bindings: bindings.map(str::to_owned),
        };
        let meant = |name: Option<&str>| Environment {
            name: name.map(str::to_owned),
            digest: "d".to_owned(),
            ..Environment::default()
        };
        for (environment, bindings, name, expected) in [
            (None, Some("d"), None, ""),
            (Some("staging"), Some("d"), Some("staging"), ""),
            (None, Some("d"), Some("staging"), "runs `top level`, and not `env.staging`"),
            (Some("staging"), Some("d"), None, "runs `env.staging`, and not `top level`"),
            (Some("a\u{1b}"), None, None, "runs `env.a\\u{1b}`, and not"),
            (None, Some("e"), None, "other bindings in `top level`"),
            (None, None, None, "does not report its bindings"),
        ] {
            let told = deployed(environment, bindings).confirm(&mount, &meant(name));
            let told = told.err().map(|failure| failure.to_string()).unwrap_or_default();
            assert!(told.contains(expected) && told.is_empty() == expected.is_empty(), "{told}");
        }
        let built = deployed(None, Some("d"));
        assert!(built.confirm_configuration(&mount, "c").is_ok());
        let told = built.confirm_configuration(&mount, "another").unwrap_err().to_string();
        assert!(told.contains("is built from another gateway.toml"), "{told}");
    }
}
