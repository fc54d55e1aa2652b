//! Lines: a rule's pattern; a path with its query. A path is admitted exactly if the rule admits every reading of it,
//! and it never leaves the upstream's origin or base path.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ostiary_fuzz::deployment::{Deployment, gateway, get, quoted};
use ostiary_fuzz::oracle::{admits, assert_unambiguous, segments};
use url::{Origin, Url};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some((pattern, path)) = text.split_once('\n') else { return };
    let rule = quoted(&format!("GET {pattern}"));
    let route = format!(
        "[routes.r]\nmount = \"/m\"\nupstream = \"https://up.example/base\"\nauth = []\nallow = {{ anyone = [{rule}] }}\n"
    );
    let Some(gateway) = gateway(&route, "") else { return };
    let ask = get(&format!("https://gw.example/m{path}"), "gw.example", []);
    let outcome = Deployment::default().ask(&gateway, &ask);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'/';
    let mounted = path.is_empty() || path.starts_with('/');
    match outcome {
        Ok(sent) => {
            let url = Url::parse(&sent.url).expect("what is sent is a URL");
            let origin = Origin::Tuple("https".into(), url::Host::Domain("up.example".into()), 443);
            assert_eq!(url.origin(), origin, "{}", sent.url);
            assert_eq!((url.username(), url.password(), url.fragment()), ("", None, None));
            let read = segments(&url);
            let below = read.strip_prefix(&[b"base".to_vec()][..]).expect("below the base path");
            assert_unambiguous(below);
            assert!(admits(pattern, below), "`{pattern}` does not admit {}", sent.url);
            assert_eq!(url.query(), Url::parse(&format!("https://gw.example{path}")).expect("a URL").query());
        }
        // The reverse, for a path that can be read in only one way.
        Err(code) => {
            if mounted && path.bytes().all(plain) {
                let path = if path.is_empty() { "/" } else { path };
                let read: Vec<_> =
                    path.split('/').skip(1).map(|segment| segment.as_bytes().to_vec()).collect();
                assert!(!admits(pattern, &read), "`{pattern}` admits {path}, and it is refused: {code}");
            }
        }
    }
});
