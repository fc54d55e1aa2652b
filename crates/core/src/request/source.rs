//! The second resource that a header names: the source of a copy or of a rename, and the target of a symbolic link.

use std::borrow::Cow;

use crate::configuration::{Route, UpstreamUrl};
use crate::http::header_name::{fold, same_folded};
use crate::http::method::Method;
use crate::http::path::{Below, CanonicalPath};
use crate::refusal::Code;
use crate::runtime::RequestHead;

/// How a header names the resource, by the end of its name. Providers put their own `x-amz-`, `x-goog-`, `x-ms-` and
/// so on in front.
const FORMS: &[(&str, Form)] = &[
    ("-copy-source", Form::Object(&[Method::Get])),
    ("-move-source", Form::Object(&[Method::Get, Method::Delete])),
    ("-rename-source", Form::Object(&[Method::Get, Method::Delete])),
    ("x-copy-from", Form::Swift),
    ("x-symlink-target", Form::Swift),
    ("-symlink-target", Form::Key),
    ("destination-account", Form::Unreadable),
    ("x-copy-from-account", Form::Unreadable),
    ("x-object-manifest", Form::Unreadable),
    ("x-symlink-target-account", Form::Unreadable),
];

/// The ends of hosts that have a region or an account, and a bucket may be in front of it.
const ENDPOINTS: &[&str] = &[
    ".digitaloceanspaces.com",
    ".eu.r2.cloudflarestorage.com",
    ".fedramp.r2.cloudflarestorage.com",
    ".linodeobjects.com",
    ".r2.cloudflarestorage.com",
    ".vultrobjects.com",
    ".your-objectstorage.com",
];

/// The beginnings of services' hosts, which a bucket may precede.
const SERVICES: &[&str] = &[".cos.", ".obs.", ".oss-", ".s3", ".storage.googleapis."];

#[derive(Clone, Copy)]
enum Form {
    /// `bucket/key`, with or without a slash in front, or a URL of the upstream. These methods need a rule there.
    Object(&'static [Method]),
    /// `container/object` of the account, which is the request's own path up to its second segment.
    Swift,
    /// A key in the bucket of the upstream's host.
    Key,
    /// Another account, or a prefix of names that no rule can be compared with.
    Unreadable,
}

/// Checks every header that names a second resource. What the caller may do (`admits`) must include to read it, and to
/// delete it where it is moved. Otherwise, a rule for `/public/**` would allow copying everything there that the
/// gateway's key can read.
///
/// A header that the route names in `forward_headers` is not checked, and one that it strips is not forwarded.
///
/// # Errors
/// [`Code::NotAllowed`], also for a resource that is not certainly on the same route; [`Code::PathAmbiguous`] for a
/// path that can be read in more than one way; and an error of `upstream`.
pub fn check(
    route: &Route,
    upstream: impl Fn() -> Result<UpstreamUrl, Code>,
    path: Below<'_>,
    head: &impl RequestHead,
    admits: &dyn Fn(Method, Below<'_>) -> bool,
) -> Result<(), Code> {
    for name in head.header_names() {
        let folded = fold(name);
        let form = FORMS.iter().find(|(end, _)| folded.ends_with(end)).map(|(_, form)| *form);
        let is_free = route.forward_headers.iter().any(|known| known.as_str() == name)
            || route.strip_headers.iter().any(|known| same_folded(known.as_str(), &folded));
        if let Some(form) = form.filter(|_| !is_free) {
            let value = head.header(name).unwrap_or_default().trim_matches([' ', '\t']);
            check_one(form, value, &upstream()?, path, admits)?;
        }
    }
    Ok(())
}

fn check_one(
    form: Form,
    value: &str,
    upstream: &UpstreamUrl,
    path: Below<'_>,
    admits: &dyn Fn(Method, Below<'_>) -> bool,
) -> Result<(), Code> {
    // Providers decode the value, and runtimes differ about characters outside of ASCII.
    let value = value.replace("%2F", "/").replace("%2f", "/");
    let whole = form.whole_path(&value, upstream, path).ok_or(Code::NotAllowed)?;
    if !whole.is_ascii() {
        return Err(Code::PathAmbiguous);
    }
    let base: Vec<Cow<'static, str>> =
        upstream.base.split('/').skip(1).map(|segment| Cow::Owned(segment.to_owned())).collect();
    // Some servers read `+` as a space.
    for reading in [whole.replace('+', "%20"), whole] {
        let reading = CanonicalPath::parse(&reading).map_err(|_| Code::PathAmbiguous)?;
        let below = reading.below(&base).ok_or(Code::NotAllowed)?;
        if !form.methods().iter().all(|method| admits(*method, below)) {
            return Err(Code::NotAllowed);
        }
    }
    Ok(())
}

impl Form {
    const fn methods(self) -> &'static [Method] {
        match self {
            Self::Object(methods) => methods,
            Self::Swift | Self::Key | Self::Unreadable => &[Method::Get],
        }
    }

    /// The path of the resource at the upstream's origin; `None` if it is not certain.
    fn whole_path(self, value: &str, upstream: &UpstreamUrl, path: Below<'_>) -> Option<String> {
        let relative = value.strip_prefix('/').unwrap_or(value);
        match self {
            Self::Object(_) if value.contains("://") => {
                // Anything but a slash would continue the host.
                let path =
                    value.strip_prefix(upstream.origin.as_ref()).filter(|path| path.starts_with('/'))?;
                Some(path.split_once('?').map_or(path, |(path, _)| path).to_owned())
            }
            Self::Object(_) => object(relative, upstream.origin.split_once("://")?.1),
            Self::Swift => {
                let whole = [&upstream.base, path.raw()].concat();
                let account: Vec<&str> = whole.split('/').take(3).collect();
                Some([&account.join("/"), "/", relative].concat())
            }
            Self::Key => Some(["/", relative].concat()),
            Self::Unreadable => None,
        }
        .filter(|_| !upstream.base.contains('{'))
    }
}

/// The path of `bucket/key`, with an optional version of the object.
fn object(source: &str, host: &str) -> Option<String> {
    let (source, version) = source.split_once('?').unwrap_or((source, "versionId="));
    let version = version.strip_prefix("versionId=")?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let (bucket, key) = source.split_once('/')?;
    // An ARN has colons, as the names of tenants have. A bucket has no characters that are escaped.
    if bucket.is_empty() || !version.bytes().chain(bucket.bytes()).all(is_plain) {
        return None;
    }
    match bucket_of(host) {
        Some(own) => (own == bucket || host == bucket).then(|| ["/", key].concat()),
        None => Some(["/", bucket, "/", key].concat()),
    }
}

/// The bucket in front of a provider's host; `None` if buckets are the first segments of paths.
fn bucket_of(host: &str) -> Option<&str> {
    let before = ENDPOINTS.iter().find_map(|end| host.strip_suffix(end));
    if let Some(before) = before {
        return before.rsplit_once('.').map(|(bucket, _)| bucket);
    }
    let end = SERVICES.iter().filter_map(|service| host.find(service)).min()?;
    host.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_74_a_bucket_is_in_the_host_or_in_the_path() {
        for (host, bucket) in [
            ("s3.amazonaws.com", None),
            ("s3.eu-west-1.amazonaws.com", None),
            ("s3-us-west-2.amazonaws.com", None),
            ("my.bucket.s3.eu-west-1.amazonaws.com", Some("my.bucket")),
            ("b.s3-accelerate.amazonaws.com", Some("b")),
            ("b--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com", Some("b--use1-az4--x-s3")),
            ("0123abcd.r2.cloudflarestorage.com", None),
            ("b.0123abcd.r2.cloudflarestorage.com", Some("b")),
            ("0123abcd.eu.r2.cloudflarestorage.com", None),
            ("b.0123abcd.eu.r2.cloudflarestorage.com", Some("b")),
            ("nyc3.digitaloceanspaces.com", None),
            ("b.nyc3.digitaloceanspaces.com", Some("b")),
            ("storage.googleapis.com", None),
            ("b.storage.googleapis.com", Some("b")),
            ("oss-cn-hangzhou.aliyuncs.com", None),
            ("b.oss-cn-hangzhou.aliyuncs.com", Some("b")),
            ("b-125.cos.ap-paris.myqcloud.com", Some("b-125")),
            ("minio.example.com", None),
            ("127.0.0.1:9000", None),
        ] {
            assert_eq!(bucket_of(host), bucket, "{host}");
        }
    }
}
