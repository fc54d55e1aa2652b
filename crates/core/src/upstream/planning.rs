//! Step 6: the plan, from what every attempt has in common and one credential.

use crate::configuration::{Route, SigV4, TokenPlace, UpstreamUrl};
use crate::http::method::Method;
use crate::http::path::Below;
use crate::http::{cdn_loop, query};
use crate::runtime::RequestHead;
use crate::runtime::plan::Plan;
use crate::secret_value::SecretValue;
use crate::secrets::credential::Credential;
use crate::upstream::header_filter::HeaderFilter;

/// Asks for a part of the answer (RFC 9110 §14, RFC 3229 §10.5.3, and what Apache httpd takes for `Range`): two parts
/// could each hold half of a secret.
const REQUESTS_A_PART: &[&str] = &["a-im", "if-range", "range", "request-range"];

/// What a plan is made of, besides the credential.
pub struct Forward<'a, H> {
    /// The caller's request.
    pub head: &'a H,
    /// Its method.
    pub method: Method,
    /// What of its path follows the mount.
    pub path: Below<'a>,
    /// Its query.
    pub query: Option<&'a str>,
    /// Whether it may have a body.
    pub has_body: bool,
    /// How long it says that its body is, in bytes.
    pub length: Option<u64>,
    /// Whether it asks for a WebSocket.
    pub is_upgrade: bool,
    /// The route that it came by.
    pub route: &'a Route,
    /// Where that route leads.
    pub upstream: &'a UpstreamUrl,
    /// Whether what is sent will be looked for in the answer.
    pub redacts: bool,
}

impl<H: RequestHead> Forward<'_, H> {
    /// Strips first and injects afterwards, so that nothing the caller says removes what the gateway sets
    /// (CVE-2024-45410, CVE-2025-48865).
    #[must_use]
    pub fn plan(&self, credential: &Credential<'_>) -> Plan {
        let header_filter = self.header_filter();
        let removed =
            |name: &&str| header_filter.removes(name) || (self.redacts && REQUESTS_A_PART.contains(name));
        let remove = self.head.header_names().filter(removed).map(str::to_owned).collect();

        let mut set: Vec<(String, SecretValue)> = Vec::with_capacity(credential.headers.len() + 2);
        for (name, value) in &credential.headers {
            set.push(((*name).to_owned(), SecretValue::new(value.expose().to_owned())));
        }
        let cdn_loop = cdn_loop::appended(self.head.header("cdn-loop"));
        set.push(("cdn-loop".to_owned(), SecretValue::new(cdn_loop)));
        let reads_body = self.redacts || self.route.idle_timeout.is_some();
        if reads_body {
            // The runtime decodes what is read here: an event that is coded again would wait for the next one.
            set.push(("accept-encoding".to_owned(), SecretValue::new("identity".to_owned())));
        }
        if self.is_upgrade {
            set.push(("upgrade".to_owned(), SecretValue::new("websocket".to_owned())));
        }
        Plan {
            method: self.method,
            url: self.url(credential),
            remove,
            set,
            has_body: self.has_body,
            body: None,
            keep: 0,
            max_body: self.route.max_body,
            timeout: self.route.timeout,
            reads_all_headers: self.redacts,
            reads_body,
        }
    }

    /// What of the caller's headers stays behind.
    #[must_use]
    pub fn header_filter(&self) -> HeaderFilter<'_> {
        HeaderFilter::new(self.route, self.head.header("connection"))
    }

    /// The URL with what this credential adds to it.
    ///
    /// An origin without a slash at its end, and then a slash: whatever follows is read as path and query, so
    /// nothing of the caller's can move the origin.
    #[must_use]
    pub fn url(&self, credential: &Credential<'_>) -> SecretValue {
        let route = self.route;
        let query =
            self.query.and_then(|query| query::without(query, |parameter| drops(route, &parameter.name())));
        let encoded = |(name, value): &(&str, SecretValue)| 3 * (name.len() + value.expose().len()) + 2;
        let room = credential.parameters.iter().map(encoded).sum::<usize>()
            + query.as_ref().map_or(0, |query| query.len());
        // With room for all, no shorter copy of a secret is left behind in freed memory.
        let mut parameters = String::with_capacity(room);
        parameters.push_str(query.as_deref().unwrap_or_default());
        for (name, value) in &credential.parameters {
            query::append(&mut parameters, name, value.expose());
        }
        let parameters = SecretValue::new(parameters);
        let mark = if query.is_some() || !credential.parameters.is_empty() { "?" } else { "" };
        let pieces = [&self.upstream.origin, &self.upstream.base, self.path.raw(), mark, parameters.expose()];
        SecretValue::new(pieces.concat())
    }
}

/// Whether a parameter with this decoded name stays behind.
fn drops(route: &Route, name: &[u8]) -> bool {
    let token = |place: &TokenPlace| match place {
        TokenPlace::Query { name: token, .. } => token.as_bytes() == name,
        TokenPlace::SigV4 => SigV4::parameters().iter().any(|parameter| parameter.as_bytes() == name),
        TokenPlace::Bearer | TokenPlace::Basic | TokenPlace::Header { .. } => false,
    };
    route.strip_query.iter().any(|stripped| stripped.as_bytes() == name)
        || route.auth.iter().any(|placement| placement.sets_parameter(name))
        || route.token_in.iter().any(token)
}
