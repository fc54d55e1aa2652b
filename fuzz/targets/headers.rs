//! Lines: a query; then a header each. Exactly one credential arrives in each place, and it is the gateway's. Headers
//! that callers must not set are not forwarded, and all others are.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ostiary_core::configuration::Gateway;
use ostiary_fuzz::deployment::{Deployment, gateway, get};
use ostiary_fuzz::oracle::parameters;
use url::Url;

const GATEWAY: &str = r#"
[secrets]
a = ["A"]

[routes.r]
mount = "/r"
upstream = "https://up.example"
auth = [{ bearer = "${a}" }, { header = "x-injected", value = "Key ${a}" }, { query = "key", value = "${a}" }]
allow = { anyone = ["GET /**"] }
strip_headers = ["x-stripped"]
forward_headers = ["x-forwarded-for"]
"#;

const WRANGLER: &str = "secrets_store_secrets = [{ binding = \"A\", store_id = \"1\", secret_name = \"a\" }]";

/// With every character that is not a letter or a digit read as `-`.
const WITHHELD: &[&str] = &[
    "api-key",
    "cookie",
    "dd-api-key",
    "dd-application-key",
    "forwarded",
    "http2-settings",
    "job-token",
    "keep-alive",
    "private-token",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "true-client-ip",
    "x-amz-security-token",
    "x-api-key",
    "x-auth-email",
    "x-auth-key",
    "x-auth-token",
    "x-goog-api-key",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-real-ip",
    "x-rewrite-url",
    "x-stripped",
    "x-vault-token",
    "connection",
    "host",
    "content-length",
    "expect",
    "referer",
    "x-client-ip",
    "x-cluster-client-ip",
    "client-ip",
    "cluster-client-ip",
    "fastly-client-ip",
    "origin",
    "proxy-client-ip",
    "wl-proxy-client-ip",
    "x-appengine-user-ip",
    "x-azure-clientip",
    "x-azure-fdid",
    "x-azure-socketip",
    "x-forwarded",
    "x-host",
    "x-originating-ip",
    "x-override-url",
    "x-proxyuser-ip",
    "x-remote-addr",
    "x-remote-ip",
    "cdn-loop",
    "client-cert",
    "client-cert-chain",
    "proxy",
    "remote-email",
    "remote-groups",
    "remote-name",
    "remote-user",
    "x-anonymous-consumer",
    "x-apigateway-api-userinfo",
    "x-arr-clientcert",
    "x-credential-identifier",
    "x-endpoint-api-userinfo",
    "x-http-host-override",
    "x-userinfo",
    "as-user",
    "callerobjectid",
    "cb-on-behalf-of",
    "dropbox-api-select-admin",
    "dropbox-api-select-user",
    "es-security-runas-user",
    "mscrmcallerid",
    "on-behalf-of",
    "opendistro-security-impersonate-as",
    "x-consul-namespace",
    "x-gerrit-runas",
    "x-grafana-org-id",
    "x-on-behalf-of",
    "x-redmine-switch-user",
    "x-scope-orgid",
    "x-vault-namespace",
    "sudo",
];

/// Families of names that are withheld.
const WITHHELD_FAMILIES: &[&str] = &[
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

/// Headers that ask for a response that cannot be searched: a coding, a charset, a part, or a digest of the body.
const UNSEARCHABLE: &[&str] = &[
    "a-im",
    "accept-charset",
    "accept-encoding",
    "available-dictionary",
    "connect-accept-encoding",
    "dictionary-id",
    "grpc-accept-encoding",
    "if-range",
    "range",
    "request-range",
    "want-content-digest",
    "want-digest",
    "want-repr-digest",
    "x-amz-checksum-mode",
    "x-ms-range",
    "x-ms-range-get-content-crc64",
    "x-ms-range-get-content-md5",
];

/// If the caller asks for one range, a wider one is requested. Charsets that cannot be searched are not requested.
const CHANGED: &[&str] = &["accept", "if-range", "range", "x-ms-range"];

/// Headers that the gateway sets.
const OWN: &[&str] = &["authorization", "cdn-loop", "upgrade", "x-injected"];

/// The list without the items in which callers show tokens.
const LIST: &str = "sec-websocket-protocol";

thread_local! {
    static ROUTED: Gateway = gateway(GATEWAY, WRANGLER).expect("it holds together");
}

fn is_token(name: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(known)
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.split('\n');
    let query = lines.next().unwrap_or_default();
    let lines = lines.filter_map(|line| line.split_once(':'));
    // Input as from a runtime: names are tokens, and values have no control characters.
    let lines = lines.map(|(name, value)| (name, value.trim()));
    let lines: Vec<_> = lines
        .filter(|(name, value)| is_token(name) && !value.contains(char::is_control) && *name != "host")
        .collect();
    let ask = get(&format!("https://gw.example/r/x?{query}"), "gw.example", lines);
    let mut deployment = Deployment::default();
    deployment.values.insert("A", "secret&value=1".to_owned());
    let Ok(sent) = ROUTED.with(|gateway| deployment.ask(gateway, &ask)) else { return };

    let folded = |name: &str| name.replace(|character: char| !character.is_ascii_alphanumeric(), "-");
    for (place, value) in [("authorization", "Bearer secret&value=1"), ("x-injected", "Key secret&value=1")] {
        let found: Vec<_> = sent.headers.iter().filter(|(name, _)| folded(name) == place).collect();
        let [(name, found)] = &found[..] else { panic!("not exactly one {place}: {:?}", sent.headers) };
        assert_eq!((name.as_str(), found.as_str()), (place, value));
    }
    let connection = ask.headers().get("connection").cloned().unwrap_or_default().to_ascii_lowercase();
    let options: Vec<String> = connection.split(',').map(|option| folded(option.trim())).collect();
    let may_be_forwarded = |name: &str| {
        let twin = folded(name);
        let claims = WITHHELD_FAMILIES.iter().any(|prefix| twin.starts_with(prefix));
        let forwarded = name == "x-forwarded-for";
        name != LIST
            && !OWN.contains(&twin.as_str())
            && !WITHHELD.contains(&twin.as_str())
            && !(claims && !forwarded)
            && !options.contains(&twin)
            && !UNSEARCHABLE.contains(&twin.as_str())
            && name != "accept"
    };
    assert_eq!(sent.headers.get("accept-encoding").map(String::as_str), Some("identity"));
    for (name, value) in &sent.headers {
        if OWN.contains(&name.as_str()) || name == "accept-encoding" {
            continue;
        }
        if CHANGED.contains(&name.as_str()) {
            assert!(ask.headers().contains_key(name), "{name} was not asked for");
            continue;
        }
        if name == LIST {
            let items = |value: &str| value.split(',').map(|item| item.trim().to_owned()).collect::<Vec<_>>();
            let asked = items(&ask.headers()[name]);
            assert!(items(value).iter().all(|item| asked.contains(item)), "{value}");
            continue;
        }
        assert!(may_be_forwarded(name), "{name} is forwarded: {:?}", ask.headers());
        assert_eq!(Some(value), ask.headers().get(name), "{name}");
    }
    for (name, value) in ask.headers().iter().filter(|(name, _)| may_be_forwarded(name)) {
        assert_eq!(sent.headers.get(name), Some(value), "{name} is not forwarded");
    }

    let url = Url::parse(&sent.url).expect("what is sent is a URL");
    assert_eq!(url.origin().ascii_serialization(), "https://up.example", "{}", sent.url);
    assert_eq!(url.path(), "/x");
    for read in parameters(&url, "key") {
        assert_eq!(read, ["secret&value=1"], "{}", sent.url);
    }
    assert!(sent.url.ends_with("key=secret%26value%3D1"), "{}", sent.url);
});
