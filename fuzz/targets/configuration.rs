//! A `gateway.toml`; then, after a line `-----`, a `wrangler.toml`. Every diagnostic has a position in its file, and an
//! accepted configuration is consistent.
#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use ostiary_core::configuration::{
    CallerAuthentication, Gateway, Grantee, KeySource, MountTarget, Placement, Upstream,
};
use ostiary_grammar::{Diagnostic, File, bake, read};
use url::{Host, Url};

const WRANGLER: &str = r#"
vars = { V = "variable" }
secrets = { required = ["W"] }
secrets_store_secrets = [
  { binding = "A", store_id = "1", secret_name = "a" },
  { binding = "B", store_id = "1", secret_name = "b" },
  { binding = "C", store_id = "1", secret_name = "c" },
]
"#;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (gateway, wrangler) = text.split_once("\n-----\n").unwrap_or((text, WRANGLER));
    let files = [("gateway.toml", gateway), ("wrangler.toml", wrangler)];
    let [gateway, wrangler] = files.map(|(path, text)| File { path, text });
    match read(gateway, wrangler) {
        Ok(checked) => {
            for warning in &checked.warnings {
                assert_placed(warning, &files);
            }
            assert_whole(&checked.gateway);
            assert_eq!(bake(&checked.gateway), bake(&checked.gateway.clone()));
        }
        Err(errors) => {
            assert!(!errors.is_empty());
            for error in &errors {
                assert_placed(error, &files);
            }
        }
    }
});

fn assert_placed(diagnostic: &Diagnostic, files: &[(&str, &str)]) {
    let (_, text) = files.iter().find(|(path, _)| *path == diagnostic.path).expect("one of the files");
    let line = text.split('\n').nth(diagnostic.line - 1).expect("a line of the file");
    assert!((1..=line.chars().count() + 1).contains(&diagnostic.column), "{diagnostic}");
    assert!(!diagnostic.message.is_empty() && !diagnostic.instead.is_empty());
    assert!(!diagnostic.to_string().contains(char::is_control), "{diagnostic:?}");
}

fn assert_whole(gateway: &Gateway) {
    for caller in gateway.callers.iter() {
        match &caller.authentication {
            CallerAuthentication::Secret(secret) => {
                assert!(gateway.secret(*secret).is_some());
                let mut injected = gateway
                    .routes
                    .iter()
                    .flat_map(|route| route.auths().flatten())
                    .flat_map(Placement::secrets);
                assert!(!injected.any(|injected| injected == *secret), "a caller's token goes up");
            }
            CallerAuthentication::Digests(digests) => assert!(!digests.is_empty()),
            CallerAuthentication::Jwt(jwt) => {
                assert!(!jwt.issuer.parts.is_empty() && !jwt.audiences.is_empty());
                assert!(!matches!(&jwt.keys, KeySource::Inline(keys) if keys.is_empty()));
            }
            CallerAuthentication::Hmac(hmac) => {
                assert!(gateway.secret(hmac.key).is_some() && hmac.window > 0);
                assert!(hmac.put.iter().any(ostiary_core::configuration::Output::is_signature));
            }
            CallerAuthentication::Issued(issued) => {
                assert!(!issued.keys.is_empty() && issued.max_ttl > 0);
                assert!(issued.revoked.is_none_or(|list| gateway.secret(list).is_some()));
            }
        }
    }
    for secret in gateway.secrets.iter() {
        assert!(!secret.sources.is_empty());
    }
    for route in gateway.routes.iter() {
        assert!(route.allow.iter().any(|grant| !grant.rules.is_empty()), "{} admits nobody", route.name);
        for grant in route.allow.iter() {
            assert!(
                matches!(grant.to, Grantee::Anyone) || route.callers().all(|id| gateway.caller(id).is_some())
            );
        }
        assert!(
            route
                .auths()
                .flatten()
                .flat_map(Placement::secrets)
                .all(|secret| gateway.secret(secret).is_some())
        );
        if let Upstream::Fixed(upstream) = &route.upstream {
            let base = upstream.base.replace(['{', '}'], "");
            let url = Url::parse(&format!("{}{base}/", upstream.origin)).expect("an upstream is a URL");
            assert_eq!(url.origin().ascii_serialization(), upstream.origin);
            assert_eq!(url.path(), format!("{base}/"));
            let loopback = match url.host().expect("a host") {
                Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
                Host::Ipv4(address) => address.is_loopback(),
                Host::Ipv6(address) => address.is_loopback(),
            };
            assert!(url.scheme() == "https" || loopback, "{url}");
        }
    }
    let mut places = BTreeSet::new();
    let mut operators = 0;
    for mount in gateway.mounts.iter() {
        assert!(places.insert((mount.host.as_deref(), mount.path())), "two mounts at {mount:?}");
        match mount.to {
            MountTarget::Route(id) => assert!(gateway.route(id).is_some()),
            MountTarget::Operator => operators += 1,
        }
    }
    assert_eq!(operators, usize::from(gateway.operator.is_some()));
    let rank = |host: Option<&str>, length: usize| (host.is_none(), std::cmp::Reverse(length));
    let ranks = gateway.mounts.iter().map(|mount| rank(mount.host.as_deref(), mount.prefix.len()));
    assert!(ranks.is_sorted(), "a longer mount comes after a shorter one");
}
