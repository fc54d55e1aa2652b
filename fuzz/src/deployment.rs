//! A simulated deployment for the targets, in which nothing waits.

use std::collections::BTreeMap;

use ostiary_core::Outcome;
use ostiary_core::configuration::Gateway;
use ostiary_grammar::{File, read};
use ostiary_rehearsal::EmptyResponse;
use ostiary_rehearsal::{Rehearsal, RehearsedRequest, UpstreamRequest};

/// The secrets and variables of a gateway.
#[derive(Default)]
pub struct Deployment {
    /// By binding.
    pub values: BTreeMap<&'static str, String>,
    /// By name.
    pub variables: BTreeMap<&'static str, String>,
}

/// The gateway of these files; `None` if they have an error.
pub fn gateway(text: &str, wrangler: &str) -> Option<Gateway> {
    let read = read(File { path: "gateway.toml", text }, File { path: "wrangler.toml", text: wrangler });
    read.ok().map(|checked| checked.gateway)
}

/// The text as a TOML string.
pub fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A GET request with this URL, this Host and these lines.
pub fn get<'l>(
    url: &str,
    host: &'l str,
    lines: impl IntoIterator<Item = (&'l str, &'l str)>,
) -> RehearsedRequest {
    RehearsedRequest::new("GET", url, lines.into_iter().chain([("host", host)]))
}

impl Deployment {
    /// Handles a request whose upstream returns an empty 200.
    pub fn outcome(&self, gateway: &Gateway, request: &RehearsedRequest) -> Outcome<EmptyResponse> {
        self.rehearsal().handle(gateway, request).expect("nothing waits").outcome
    }

    fn rehearsal(&self) -> Rehearsal {
        let owned = |texts: &BTreeMap<&'static str, String>| {
            texts.iter().map(|(name, text)| ((*name).to_owned(), text.clone())).collect()
        };
        Rehearsal::new(owned(&self.values), owned(&self.variables))
    }

    /// The request that is sent upstream, or the code of the refusal.
    pub fn ask(
        &self,
        gateway: &Gateway,
        request: &RehearsedRequest,
    ) -> Result<UpstreamRequest, &'static str> {
        let rehearsal = self.rehearsal();
        let handled = rehearsal.handle(gateway, request).expect("nothing waits");
        match handled.outcome {
            Outcome::Refused(refusal) => {
                assert!(rehearsal.sent().is_none(), "refused, and sent all the same");
                Err(refusal.code.as_str())
            }
            _ => Ok(rehearsal.sent().expect("forwarded, so it was sent")),
        }
    }
}
