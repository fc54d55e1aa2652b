//! Reads the method and the path of `--probe`, and checks that the path does not begin with the route's mount.

use ostiary_core::configuration::{Gateway, MountTarget, Route};
use ostiary_core::http::method::Method;
use ostiary_core::http::path::CanonicalPath;

use crate::failure::Failure;

/// Reads the argument: GET or HEAD, a space, and a path with its query.
///
/// # Errors
/// Returns an error for anything else; its message shows the correct form.
pub fn parse(text: &str) -> Result<(String, String), String> {
    const EXPECTED: &str =
        "write GET or HEAD, a space, and a path below the mount, such as \"GET /v1/balance\"";
    let Some((method, path)) = text.split_once(' ') else {
        let what = match text {
            "" => "it is empty",
            path if path.starts_with('/') => "it has no method",
            _ => "it has no path",
        };
        return Err(format!("{what}; {EXPECTED}"));
    };
    if !matches!(method, "GET" | "HEAD") {
        let upper = method.to_ascii_uppercase();
        return Err(if matches!(upper.as_str(), "GET" | "HEAD") {
            format!("a method has capital letters; write \"{upper} {path}\"")
        } else {
            format!("a probe may change nothing; {EXPECTED}")
        });
    }
    if path.contains("://") {
        return Err(format!("a URL is no path; {EXPECTED}"));
    }
    let Some(rest) = path.strip_prefix('/') else {
        return Err(format!(
            "a path begins with a slash; write \"{method} /{}\"",
            path.trim_start_matches([' ', '/'])
        ));
    };
    if let Some(odd) = rest.chars().find(|character| !matches!(character, '!'..='~') || *character == '#') {
        let instead = match odd {
            ' ' => "a blank; write %20 in its place".to_owned(),
            '#' => "a `#`, which begins a fragment and is never sent; write %23 if it is meant".to_owned(),
            _ => format!(
                "a character that no path can have (U+{:04X}); write it percent-encoded",
                u32::from(odd)
            ),
        };
        return Err(format!("the path has {instead}"));
    }
    Ok((method.to_owned(), path.to_owned()))
}

/// Checks that the path does not begin with the route's mount. Returns a warning if it does but a rule admits it.
///
/// # Errors
/// Returns an error if only the path without the mount is admitted.
pub fn check_mount(
    gateway: &Gateway,
    name: &str,
    method: &str,
    path: &str,
) -> Result<Option<String>, Failure> {
    let Some(position) = gateway.routes.iter().position(|route| route.name == name) else { return Ok(None) };
    let Some(route) = gateway.routes.get(position) else { return Ok(None) };
    let is_its = |to: &MountTarget| matches!(to, MountTarget::Route(id) if usize::from(id.0) == position);
    let mounts =
        gateway.mounts.iter().filter(|mount| is_its(&mount.to)).map(ostiary_core::configuration::Mount::path);
    let below = mounts.filter(|mount| !mount.is_empty()).find_map(|mount| {
        let rest = path.strip_prefix(&mount)?;
        let rest = if rest.is_empty() { "/" } else { rest };
        rest.starts_with('/').then(|| (mount, rest.to_owned()))
    });
    let Some((mount, below)) = below else { return Ok(None) };
    if is_admitted(route, method, path) {
        return Ok(Some(format!(
            "the path of --probe begins with the mount `{mount}`, so the upstream is asked for `{path}`; a path below the \
             mount would be \"{method} {below}\""
        )));
    }
    Err(Failure::usage(format_args!(
        "the path of --probe is one below the mount `{mount}`: write \"{method} {below}\""
    )))
}

fn is_admitted(route: &Route, method: &str, path: &str) -> bool {
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    let Some(method) = Method::parse(method) else { return false };
    let Ok(path) = CanonicalPath::parse(path) else { return false };
    let Some(below) = path.below(&[]) else { return false };
    let mut rules = route.allow.iter().flat_map(|grant| grant.rules.iter());
    rules.any(|rule| rule.methods.contain(method) && rule.pattern.admits(below))
}

#[cfg(test)]
mod tests {
    use ostiary_grammar::{File, read};

    use super::*;

    fn check(rule: &str, probe: &str) -> Result<Option<String>, String> {
        let gateway = format!(
            "[secrets]\nstripe = [\"S\"]\n[callers.a]\nbearer_sha256 = [\"{}\"]\n[routes.stripe]\nmount = \"/stripe\"\n\
             upstream = \"https://api.stripe.com\"\nauth = {{ bearer = \"${{stripe}}\" }}\nallow = {{ a = [\"{rule}\"] }}\n",
            "0123456789abcdef".repeat(4)
        );
        let wrangler = "[[secrets_store_secrets]]\nbinding = \"S\"\nstore_id = \"s\"\nsecret_name = \"s\"\n";
        let checked = read(
            File { path: "gateway.toml", text: &gateway },
            File { path: "wrangler.toml", text: wrangler },
        );
        let result = check_mount(&checked.unwrap().gateway, "stripe", "GET", probe);
        result.map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_probe_is_a_method_and_a_path() {
        for (text, expected) in [
            ("GET /v1/balance", Ok(("GET", "/v1/balance"))),
            ("HEAD /", Ok(("HEAD", "/"))),
            ("GET /a?b=c%20d", Ok(("GET", "/a?b=c%20d"))),
            ("", Err("it is empty")),
            ("FOO", Err("it has no path")),
            ("GET", Err("such as \"GET /v1/balance\"")),
            ("/v1/balance", Err("it has no method")),
            ("FOO /x", Err("such as \"GET /v1/balance\"")),
            ("POST /x", Err("a probe may change nothing; write GET or HEAD")),
            ("get /x", Err("write \"GET /x\"")),
            ("GET api", Err("write \"GET /api\"")),
            ("GET  /api", Err("write \"GET /api\"")),
            ("GET ", Err("a path begins with a slash")),
            ("GET https://api.stripe.com/v1", Err("a URL is no path; write GET or HEAD")),
            ("GET /x y", Err("write %20")),
            ("GET /x ", Err("write %20")),
            ("GET /x#y", Err("fragment")),
            ("GET /x\ty", Err("(U+0009)")),
            ("GET /é", Err("(U+00E9); write it percent-encoded")),
        ] {
            match (parse(text), expected) {
                (Ok((method, path)), Ok(expected)) => assert_eq!((method.as_str(), path.as_str()), expected),
                (Err(told), Err(expected)) => assert!(told.contains(expected), "{text}: {told}"),
                (parsed, _) => panic!("{text}: {parsed:?}"),
            }
        }
    }

    #[test]
    fn a_path_with_the_mount_is_told() {
        for (rule, probe) in
            [("GET /v1/**", "/v1/balance"), ("GET /**", "/v1/balance"), ("GET /**", "/stripes")]
        {
            assert_eq!(check(rule, probe), Ok(None), "{rule} {probe}");
        }
        let refused = check("GET /v1/**", "/stripe/v1/balance?x=1").unwrap_err();
        assert!(refused.contains("`/stripe`: write \"GET /v1/balance?x=1\""), "{refused}");
        let warned = check("GET /**", "/stripe/v1/balance").unwrap().unwrap();
        assert!(warned.contains("asked for `/stripe/v1/balance`"), "{warned}");
        assert!(check("GET /**", "/stripe").unwrap().is_some());
    }
}
