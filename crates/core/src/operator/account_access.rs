//! What the operator's endpoints ask the APIs of the account with.

use std::rc::Rc;

use crate::configuration::{AccountApi, Gateway, UpstreamUrl};
use crate::http::method::Method;
use crate::refusal::Code;
use crate::runtime::Bindings;
use crate::runtime::plan::Plan;
use crate::runtime::reading::Reading;
use crate::secret_value::{SecretBytes, SecretValue};
use crate::secrets::base_url::base_url;
use crate::secrets::concurrent_reads::Readings;
use crate::value_syntax::ValueSyntax;

/// Where an API is, and what authorizes a request to it.
pub(super) struct AccountAccess {
    url: UpstreamUrl,
    authorization: SecretValue,
}

impl AccountAccess {
    /// Reads the token: from the first source that yields a value that a header can hold. 500, 503
    pub(super) async fn read<'g, B: Bindings>(
        gateway: &'g Gateway,
        api: &'g AccountApi,
        readings: &mut Readings<'g, B>,
    ) -> Result<Self, Code> {
        let url = base_url(&api.url, readings.bindings())?;
        let secret = gateway.secret(api.token).ok_or(Code::Misconfigured)?;
        for source in secret.sources.iter() {
            readings.read([source]).await;
            if let Some(Reading::Value(value)) = readings.get(source)
                && ValueSyntax::Header.check(value.expose()).is_ok()
            {
                let authorization = SecretValue::new(["Bearer ", value.expose()].concat());
                return Ok(Self { url, authorization });
            }
        }
        Err(Code::SecretUnavailable)
    }

    /// A GET of a path below the API's URL, with its query.
    pub(super) fn get(&self, path: &str, timeout: u32) -> Plan {
        self.plan(Method::Get, path, Vec::new(), None, timeout)
    }

    /// A POST of a text to the API's URL.
    pub(super) fn post(&self, text: String, timeout: u32) -> Plan {
        let media_type = ("content-type".to_owned(), SecretValue::new("text/plain".to_owned()));
        self.plan(Method::Post, "", vec![media_type], Some(text), timeout)
    }

    fn plan(
        &self,
        method: Method,
        path: &str,
        headers: Vec<(String, SecretValue)>,
        text: Option<String>,
        timeout: u32,
    ) -> Plan {
        let authorization = SecretValue::new(self.authorization.expose().to_owned());
        let mut set = vec![("authorization".to_owned(), authorization)];
        set.extend(headers);
        let url = SecretValue::new([&self.url.origin, &self.url.base, path].concat());
        let has_body = text.is_some();
        let body = text.map(|text| Rc::new(SecretBytes::new(text.into_bytes())));
        Plan { has_body, body, ..Plan::subrequest(method, url, set, timeout) }
    }
}
