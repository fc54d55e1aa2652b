//! Decides by name which request headers are not forwarded. [`planning`](super::planning) removes more headers by value
//! and adds all of them to the plan; `src/upstream.rs` deletes them.

use crate::configuration::{Route, TokenPlace};
use crate::http::connection::{ConnectionOptions, HOP_BY_HOP};
use crate::http::header_name::{HeaderName, fold, same_folded};

/// The runtime sets these for the next connection.
const FRAMING: &[&str] = &["content-length", "expect", "host"];

/// An upstream could use a credential of the caller instead of the gateway's.
const CREDENTIALS: &[&str] = &[
    "api-key",
    "authorization",
    "cookie",
    "dd-api-key",
    "dd-application-key",
    "job-token",
    "private-token",
    "x-amz-security-token",
    "x-api-key",
    "x-auth-email",
    "x-auth-key",
    "x-auth-token",
    "x-goog-api-key",
    "x-vault-token",
];

/// Headers that upstreams trust when a proxy sends them: the client, the target of its request, and its user. `Referer`
/// is a URL of the gateway, and can contain a token from a query. `Origin` is a page that uses the gateway; it means
/// nothing to the upstream, and some upstreams refuse every request with `Origin`. CGI programs use `Proxy` as the proxy
/// for their own requests (CVE-2016-5385).
const CLAIMS: &[&str] = &[
    "cdn-loop",
    "client-cert",
    "client-cert-chain",
    "client-ip",
    "cluster-client-ip",
    "fastly-client-ip",
    "forwarded",
    "origin",
    "proxy",
    "proxy-client-ip",
    "referer",
    "remote-email",
    "remote-groups",
    "remote-name",
    "remote-user",
    "true-client-ip",
    "wl-proxy-client-ip",
    "x-anonymous-consumer",
    "x-apigateway-api-userinfo",
    "x-appengine-user-ip",
    "x-arr-clientcert",
    "x-azure-clientip",
    "x-azure-fdid",
    "x-azure-socketip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-credential-identifier",
    "x-endpoint-api-userinfo",
    "x-forwarded",
    "x-host",
    "x-http-host-override",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-originating-ip",
    "x-override-url",
    "x-proxyuser-ip",
    "x-real-ip",
    "x-rewrite-url",
    "x-userinfo",
];

/// Families of such headers, and of headers that only the gateway may set. `X-Accel-*` controls nginx, `X-Envoy-*`
/// controls Envoy, and `Sec-Fetch-*` describes the browser's page. The users are those of Kong (`X-Authenticated-*`,
/// `X-Consumer-*`), AWS load balancers (`X-Amzn-*`), oauth2-proxy, Authentik, `CouchDB`, Google IAP, Azure, Pomerium,
/// Kubernetes (`X-Remote-*`), Tailscale and Grafana (`X-WebAuth-*`). `Impersonate-*`
/// makes a key of Kubernetes act as another user.
const CLAIM_PREFIXES: &[&str] = &[
    "cf-",
    "impersonate-",
    "ostiary-",
    "sec-fetch-",
    "ssl-client-",
    "tailscale-",
    "x-accel-",
    "x-amzn-mtls-",
    "x-amzn-oidc-",
    "x-auth-couchdb-",
    "x-auth-request-",
    "x-authenticated-",
    "x-authentik-",
    "x-client-cert",
    "x-consumer-",
    "x-envoy-",
    "x-forwarded-",
    "x-goog-authenticated-user-",
    "x-goog-iap-",
    "x-ms-client-principal",
    "x-ms-token-",
    "x-original-",
    "x-pomerium-",
    "x-remote-",
    "x-ssl-client-",
    "x-webauth-",
];

/// Headers with which a key acts as another user, or in another tenant or namespace, than its own. A rule for
/// `/v1/team-a/**` would otherwise admit the same path of each namespace, and a rule for the key's own user each user.
/// They are those of Box, Couchbase, Dynamics 365, Dropbox, Elasticsearch and `OpenSearch`, `SendGrid`, GitLab and
/// Gitea, Consul, Gerrit, Grafana, Zendesk, Redmine, Loki and Mimir, and Vault.
const IMPERSONATION: &[&str] = &[
    "as-user",
    "callerobjectid",
    "cb-on-behalf-of",
    "dropbox-api-select-admin",
    "dropbox-api-select-user",
    "es-security-runas-user",
    "mscrmcallerid",
    "on-behalf-of",
    "opendistro-security-impersonate-as",
    SUDO,
    "x-consul-namespace",
    "x-gerrit-runas",
    "x-grafana-org-id",
    "x-on-behalf-of",
    "x-redmine-switch-user",
    "x-scope-orgid",
    "x-vault-namespace",
];

/// GitLab and Gitea read this as a query parameter too.
pub const SUDO: &str = "sudo";

/// Headers of which the first one counts if a request has both. Where the auth sets one of the two, a caller cannot send
/// the other. <https://docs.stripe.com/context>
const SUPERSEDING: [&str; 2] = ["stripe-context", "stripe-account"];

/// Decides which headers of one request are not forwarded.
///
/// Names are compared as CGI and WSGI servers see them ([`fold`]). A header is removed too if such a server cannot
/// distinguish it from one that is removed.
pub struct HeaderFilter<'a> {
    route: &'a Route,
    connection: ConnectionOptions,
}

impl<'a> HeaderFilter<'a> {
    /// Makes a filter for a request on this route with this `Connection` header.
    #[must_use]
    pub fn new(route: &'a Route, connection: Option<&str>) -> Self {
        Self { route, connection: ConnectionOptions::new(connection) }
    }

    /// Whether the header with this lower-case name is not forwarded.
    #[must_use]
    pub fn removes(&self, name: &str) -> bool {
        let folded = fold(name);
        let is = |other: &str| same_folded(other, &folded);
        let listed = |list: &[&str]| list.contains(&folded.as_ref());
        let forwarded = self.route.forward_headers.iter().any(|header| header.as_str() == name);

        listed(HOP_BY_HOP)
            || listed(FRAMING)
            || self.connection.lists(&folded)
            || self.route.token_in.iter().filter_map(TokenPlace::header).any(is)
            || self.route.auth.iter().any(|placement| placement.sets_header(is))
            || self.route.strip_headers.iter().map(HeaderName::as_str).any(is)
            || (folded == "cookie" && !(self.route.cookies && name == "cookie"))
            || (folded != "cookie" && listed(CREDENTIALS) && !forwarded)
            || (!forwarded
                && (listed(CLAIMS)
                    || listed(IMPERSONATION)
                    || CLAIM_PREFIXES.iter().any(|prefix| folded.starts_with(prefix))
                    || self.supersedes(&folded)))
    }

    /// Whether the header counts instead of one that the auth sets.
    fn supersedes(&self, folded: &str) -> bool {
        let is_set = |header: &str| {
            let is = |name: &str| same_folded(name, header);
            self.route.auth.iter().any(|placement| placement.sets_header(is))
        };
        let [one, other] = SUPERSEDING;
        (folded == one && is_set(other)) || (folded == other && is_set(one))
    }
}
