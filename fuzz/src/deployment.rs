//! A deployment on which nothing waits: secrets are plain texts, the upstream answers 200 and keeps what it got.

use std::cell::RefCell;
use std::collections::BTreeMap;

use futures::FutureExt as _;
use ostiary_grammar::{File, read};
use ostiary_core::configuration::{Forms, Gateway, Source};
use ostiary_core::{Outcome, handle};
use ostiary_core::runtime::plan::Plan;
use ostiary_core::runtime::limit::Verdict;
use ostiary_core::request_id::RequestId;
use ostiary_core::runtime::{Bindings, Clock, Console, EmptyResponse, Network, ReceiveError, RequestHead, SendError};
use ostiary_core::secret_value::SecretValue;
use ostiary_core::runtime::reading::Reading;
use ostiary_core::runtime::signing::Signing;

/// The secrets and variables of a gateway.
#[derive(Default)]
pub struct Deployment {
    /// By binding.
    pub values: BTreeMap<&'static str, String>,
    /// By name.
    pub variables: BTreeMap<&'static str, String>,
    asked: RefCell<BTreeMap<String, String>>,
    sent: RefCell<Option<Sent>>,
}

/// What the upstream got.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The URL as it is handed to the runtime.
    pub url: String,
    /// All headers, names in lower case.
    pub headers: Vec<(String, String)>,
}

/// A caller's request.
pub struct Ask {
    url: String,
    /// Names in lower case, lines of one name joined.
    headers: BTreeMap<String, String>,
}

/// The gateway that these files make; `None` where they hold a fault.
pub fn gateway(text: &str, wrangler: &str) -> Option<Gateway> {
    let read = read(File { path: "gateway.toml", text }, File { path: "wrangler.toml", text: wrangler });
    read.ok().map(|checked| checked.gateway)
}

/// A text as TOML spells it.
pub fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

impl Ask {
    /// A GET request with this URL and this Host, and these lines.
    pub fn new<'l>(url: &str, host: &'l str, lines: impl IntoIterator<Item = (&'l str, &'l str)>) -> Self {
        let mut headers: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in lines.into_iter().chain([("host", host)]) {
            let joined = headers.entry(name.to_ascii_lowercase()).or_default();
            if !joined.is_empty() {
                joined.push_str(", ");
            }
            joined.push_str(value);
        }
        Self { url: url.to_owned(), headers }
    }

    /// The headers as the gateway sees them.
    pub fn headers(&self) -> &BTreeMap<String, String> {
        &self.headers
    }
}

impl Deployment {
    /// What goes up, or the code of the refusal.
    pub fn ask(&self, gateway: &Gateway, ask: &Ask) -> Result<Sent, &'static str> {
        self.asked.borrow_mut().clone_from(&ask.headers);
        self.sent.take();
        let handled = handle(gateway, ask, self, RequestId::new(1)).now_or_never().expect("nothing waits");
        match handled.outcome {
            Outcome::Refused(refusal) => {
                assert!(self.sent.take().is_none(), "refused, and sent all the same");
                Err(refusal.code.as_str())
            }
            _ => Ok(self.sent.take().expect("answered, so it was sent")),
        }
    }
}

impl RequestHead for Ask {
    fn method(&self) -> &'static str {
        "GET"
    }

    fn url(&self) -> &str {
        &self.url
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    fn header_names(&self) -> impl Iterator<Item = &str> {
        self.headers.keys().map(String::as_str)
    }
}

impl Bindings for Deployment {
    async fn read(&self, source: &Source, _within: u32) -> Reading {
        Reading::from_value(self.values.get(source.binding.as_ref()).cloned())
    }

    async fn limit(&self, _binding: &str, _key: &str, _within: u32) -> Verdict {
        Verdict::Within
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }
}

impl Network for Deployment {
    type Response = EmptyResponse;

    async fn send(&self, plan: &Plan) -> Result<EmptyResponse, SendError> {
        // As the edge does it: removed first, set afterwards.
        let mut headers = self.asked.take();
        for name in &plan.remove {
            headers.remove(name);
        }
        for (name, value) in &plan.set {
            headers.insert(name.clone(), value.expose().to_owned());
        }
        let headers = headers.into_iter().collect();
        *self.sent.borrow_mut() = Some(Sent { url: plan.url.expose().to_owned(), headers });
        Ok(EmptyResponse)
    }

    async fn keeps_body(&self) -> bool {
        true
    }
}

impl Console for Deployment {
    async fn receive(&self, _limit: u32, _within: u32) -> Result<SecretValue, ReceiveError> {
        Err(ReceiveError::Broken)
    }

    async fn measure(&self, source: &Source, within: u32) -> (Reading, u32) {
        (self.read(source, within).await, 0)
    }
}

impl Signing for Deployment {
    const FORMS: Forms = Forms::ALL;

    async fn body(&self, _limit: u32, _within: u32) -> Result<Vec<u8>, ReceiveError> {
        Ok(Vec::new())
    }
}

impl Clock for Deployment {
    fn now(&self) -> f64 {
        0.0
    }

    async fn sleep(&self, _milliseconds: u32) {}
}
