//! A runtime on which the gateway's own pipeline handles a request without touching anything: every binding yields a
//! placeholder, every upstream answers 200, and what would have been done is written down.

use std::cell::RefCell;
use std::collections::BTreeMap;

use ostiary_core::configuration::{Encoding, Forms, Gateway, KeyEncoding, Part, Placement, SecretId, Source};
use ostiary_core::runtime::limit::Verdict;
use ostiary_core::runtime::plan::Plan;
use ostiary_core::runtime::reading::Reading;
use ostiary_core::runtime::signing::Signing;
use ostiary_core::runtime::{
    Bindings, Clock, Console, EmptyResponse, Network, ReceiveError, RequestHead, SendError,
};
use ostiary_core::secret_value::SecretValue;
use ostiary_core::signing::encoding::encode;

/// The placeholders of a configuration, and what one request did.
pub struct Rehearsal {
    values: BTreeMap<String, String>,
    placeholders: Vec<String>,
    variables: BTreeMap<String, String>,
    reads: RefCell<Vec<String>>,
    sent: RefCell<Option<Sent>>,
}

/// The request that would have gone up.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Its method.
    pub method: &'static str,
    /// Its URL; a secret in it is its binding in angle brackets.
    pub url: String,
    /// Names of the caller's headers that stay behind.
    pub removed: Vec<String>,
}

/// A request that nobody has sent.
pub struct RehearsedHead {
    method: String,
    url: String,
    headers: BTreeMap<String, String>,
}

impl Rehearsal {
    /// With a placeholder for every source, and these variables.
    pub fn new(gateway: &Gateway, variables: BTreeMap<String, String>) -> Self {
        let ids = (0..=u16::MAX).map(SecretId).zip(gateway.secrets.iter());
        let sources = ids.flat_map(|(id, secret)| secret.sources.iter().map(move |source| (id, source)));
        let value = |(id, source): (SecretId, &Source)| {
            (source.binding.to_string(), written(gateway, &Part::Secret(id), placeholder(&source.binding)))
        };
        let mut values: BTreeMap<String, String> = sources.map(value).collect();
        let templates =
            gateway.routes.iter().flat_map(|route| route.auth.iter()).flat_map(Placement::templates);
        let mut fields: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for part in templates.flat_map(|template| template.parts.iter()) {
            let Part::Field(secret, field) = part else { continue };
            for source in gateway.secret(*secret).into_iter().flat_map(|secret| secret.sources.iter()) {
                let value = written(gateway, part, placeholder(&format!("{}.{field}", source.binding)));
                fields.entry(source.binding.to_string()).or_default().insert(field.to_string(), value);
            }
        }
        let placeholders =
            values.values().chain(fields.values().flat_map(BTreeMap::values)).cloned().collect();
        let objects =
            fields.into_iter().map(|(binding, fields)| (binding, serde_json::json!(fields).to_string()));
        values.extend(objects);
        Self { values, placeholders, variables, reads: RefCell::default(), sent: RefCell::default() }
    }

    /// The bindings that were read, in their order.
    pub fn reads(&self) -> Vec<String> {
        self.reads.borrow().clone()
    }

    /// The request that would have gone up, if any.
    pub fn sent(&self) -> Option<Sent> {
        self.sent.borrow().clone()
    }
}

/// The placeholder as a key is written, where this part is one that is decoded.
fn written(gateway: &Gateway, part: &Part, placeholder: String) -> String {
    let placements = gateway.routes.iter().flat_map(|route| route.auth.iter());
    let mut keys = placements.filter_map(|placement| match placement {
        Placement::Hmac(hmac) if *hmac.key.parts == [part.clone()] => Some(hmac.key_encoding),
        _ => None,
    });
    match keys.find(|encoding| *encoding != KeyEncoding::Text) {
        Some(KeyEncoding::Hex) => encode(Encoding::Hex, placeholder.as_bytes()),
        Some(KeyEncoding::Base64) => encode(Encoding::Base64, placeholder.as_bytes()),
        Some(KeyEncoding::Text) | None => placeholder,
    }
}

/// What a binding yields. It can stand wherever a secret can.
pub fn placeholder(binding: &str) -> String {
    format!("<{binding}>")
}

impl RehearsedHead {
    /// Header lines of one name are joined.
    pub fn new(method: String, url: String, lines: &[(String, String)]) -> Self {
        let mut headers: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in lines {
            let joined = headers.entry(name.to_ascii_lowercase()).or_default();
            if !joined.is_empty() {
                joined.push_str(", ");
            }
            joined.push_str(value);
        }
        Self { method, url, headers }
    }
}

impl RequestHead for RehearsedHead {
    fn method(&self) -> &str {
        &self.method
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

impl Bindings for Rehearsal {
    async fn read(&self, source: &Source, _within: u32) -> Reading {
        self.reads.borrow_mut().push(source.binding.to_string());
        Reading::from_value(self.values.get(source.binding.as_ref()).cloned())
    }

    async fn limit(&self, _binding: &str, _key: &str, _within: u32) -> Verdict {
        Verdict::Within
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }
}

impl Network for Rehearsal {
    type Response = EmptyResponse;

    async fn send(&self, plan: &Plan) -> Result<EmptyResponse, SendError> {
        let mut url = plan.url.expose().to_owned();
        for placeholder in &self.placeholders {
            url = url.replace(&placeholder.replace('<', "%3C").replace('>', "%3E"), placeholder);
        }
        let method = plan.method.as_str();
        *self.sent.borrow_mut() = Some(Sent { method, url, removed: plan.remove.clone() });
        Ok(EmptyResponse)
    }

    async fn keeps_body(&self) -> bool {
        true
    }
}

impl Console for Rehearsal {
    async fn receive(&self, _limit: u32, _within: u32) -> Result<SecretValue, ReceiveError> {
        Err(ReceiveError::Broken)
    }

    async fn measure(&self, source: &Source, within: u32) -> (Reading, u32) {
        (self.read(source, within).await, 0)
    }
}

impl Signing for Rehearsal {
    const FORMS: Forms = Forms::ALL;

    /// Nobody knows what the request would hold, and a field can be put into an empty one.
    async fn body(&self, _limit: u32, _within: u32) -> Result<Vec<u8>, ReceiveError> {
        Ok(Vec::new())
    }
}

impl Clock for Rehearsal {
    fn now(&self) -> f64 {
        0.0
    }

    async fn sleep(&self, _milliseconds: u32) {}
}
