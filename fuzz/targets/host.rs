//! Lines: what follows `https://` in a URL; a Host header. An accepted host is the one that a URL parser reads, and no
//! mount of another host is reached.
#![no_main]

use std::net::Ipv6Addr;

use libfuzzer_sys::fuzz_target;
use ostiary_core::configuration::Gateway;
use ostiary_core::request::routing;
use ostiary_core::request::target::Target;
use ostiary_fuzz::deployment::gateway;
use url::{Host, Url};

const GATEWAY: &str = r#"
[routes.a]
mount = ["a.example", "a.example/x", "b.example:8443", "[::1]", "/p"]
upstream = "https://up.example"
auth = []
allow = { anyone = ["GET /**"] }
"#;

thread_local! {
    static MOUNTED: Gateway = gateway(GATEWAY, "").expect("it holds together");
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some((rest, header)) = text.split_once('\n') else { return };
    let url = format!("https://{rest}");
    let Ok(target) = Target::parse(&url, Some(header)) else { return };
    let host = target.host.as_str();

    // The header, lower-cased and without the default port, is the host.
    let bare = header.to_ascii_lowercase();
    let (name, port) = match bare.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')) {
        Some((name, port)) => (name, port.parse::<u16>().expect("a port")),
        None => (bare.as_str(), 443),
    };
    let written = if port == 443 { name.to_owned() } else { format!("{name}:{port}") };
    assert_eq!(host, written, "{header:?}");

    // A URL parser reads the same host, if it accepts the URL. It accepts more spellings of an IP address.
    if let Ok(standard) = Url::parse(&url) {
        assert_eq!(
            (standard.username(), standard.password(), standard.fragment()),
            ("", None, None),
            "{url}"
        );
        assert_eq!(standard.port_or_known_default(), Some(port), "{url}");
        match standard.host() {
            Some(Host::Domain(domain)) => assert_eq!(domain, name, "{url}"),
            Some(Host::Ipv6(address)) => {
                let literal = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
                assert_eq!(literal.and_then(|name| name.parse::<Ipv6Addr>().ok()), Some(address), "{url}");
            }
            Some(Host::Ipv4(_)) => {}
            None => panic!("no host in {url}"),
        }
        assert_eq!(standard.query().is_some(), target.query.is_some(), "{url}");
    }

    MOUNTED.with(|gateway| {
        let named = ["a.example", "b.example:8443", "[::1]"].contains(&host);
        let Some(arrival) = routing::find(gateway, &target) else { return };
        assert_eq!(arrival.mount.host.as_deref(), named.then_some(host), "{url}");
    });
});
