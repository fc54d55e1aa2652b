//! The second resource that a header names: the source of a copy or of a rename, and the target of a symbolic link.

use crate::configuration::{Route, UpstreamUrl};
use crate::http::header_name::{fold, same_folded};
use crate::http::method::Method;
use crate::http::path::{Below, CanonicalPath};
use crate::refusal::Code;
use crate::runtime::RequestHead;

/// The ends of the names of such headers, and the methods that need a rule for the resource. Providers put their own
/// `x-amz-`, `x-goog-`, `x-ms-` and so on in front. Without methods, the value has no path that could be compared with
/// a rule: a prefix of names, or a path in an account or bucket that is not in it.
const HEADERS: &[(&str, &[Method])] = &[
    ("-copy-source", &[Method::Get]),
    ("-move-source", &[Method::Get, Method::Delete]),
    ("-rename-source", &[Method::Get, Method::Delete]),
    ("-symlink-target", &[]),
    ("x-copy-from", &[]),
    ("x-object-manifest", &[]),
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
    head: &impl RequestHead,
    admits: &dyn Fn(Method, Below<'_>) -> bool,
) -> Result<(), Code> {
    for name in head.header_names() {
        if let Some(methods) = methods(route, name) {
            let value = head.header(name).unwrap_or_default();
            check_one(methods, value, &upstream()?, admits)?;
        }
    }
    Ok(())
}

/// The methods that need a rule for the resource in this header; `None` for a header that is not checked.
#[inline(never)]
fn methods(route: &Route, name: &str) -> Option<&'static [Method]> {
    let folded = fold(name);
    let (_, methods) = HEADERS.iter().find(|(end, _)| folded.ends_with(end))?;
    let is_free = route.forward_headers.iter().any(|known| known.as_str() == name)
        || route.strip_headers.iter().any(|known| same_folded(known.as_str(), &folded));
    (!is_free).then_some(methods)
}

#[inline(never)]
fn check_one(
    methods: &[Method],
    value: &str,
    upstream: &UpstreamUrl,
    admits: &dyn Fn(Method, Below<'_>) -> bool,
) -> Result<(), Code> {
    // Servers differ about a `+`, and runtimes about characters outside of ASCII.
    if value.bytes().any(|byte| byte == b'+' || !byte.is_ascii()) {
        return Err(Code::PathAmbiguous);
    }
    if methods.is_empty() || upstream.base.contains('{') {
        return Err(Code::NotAllowed);
    }
    let whole = whole_path(value, upstream).ok_or(Code::NotAllowed)?;
    let below = whole.strip_prefix(upstream.base.as_ref()).filter(|below| below.starts_with('/'));
    let path = CanonicalPath::parse(below.ok_or(Code::NotAllowed)?).map_err(|_| Code::PathAmbiguous)?;
    if path.has_encoded_slash() {
        return Err(Code::PathAmbiguous);
    }
    let is_admitted =
        path.below(&[]).is_some_and(|below| methods.iter().all(|method| admits(*method, below)));
    if is_admitted { Ok(()) } else { Err(Code::NotAllowed) }
}

/// The path at the upstream's origin of `bucket/key`, with or without a slash in front, or of a URL of the upstream;
/// `None` if it is not certain.
fn whole_path(value: &str, upstream: &UpstreamUrl) -> Option<String> {
    if let Some(path) = value.strip_prefix(upstream.origin.as_ref()) {
        return path.split('?').next().map(str::to_owned);
    }
    let (source, version) = value.split_once('?').unwrap_or((value, "versionId="));
    let source = source.strip_prefix('/').unwrap_or(source);
    let (bucket, key) = source.split_once('/')?;
    let is_plain = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
    };
    // An ARN and a URL have colons, as the names of tenants have. A bucket has no characters that are escaped.
    if bucket.is_empty() || !is_plain(bucket) || !is_plain(version.strip_prefix("versionId=")?) {
        return None;
    }
    let (_, host) = upstream.origin.split_once("://")?;
    let path = match bucket_of(host) {
        Some(own) if own == bucket || host == bucket => key,
        Some(_) => return None,
        None => source,
    };
    Some(["/", path].concat())
}

/// The bucket in front of a provider's host; `None` if buckets are the first segments of paths.
fn bucket_of(host: &str) -> Option<&str> {
    match ENDPOINTS.iter().find_map(|end| host.strip_suffix(end)) {
        Some(before) => before.rsplit_once('.').map(|(bucket, _)| bucket),
        None => SERVICES.iter().find_map(|service| Some(host.split_once(service)?.0)),
    }
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
