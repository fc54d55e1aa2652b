//! The second resource that a header names: the source of a copy or of a rename, and the target of a symbolic link.

use crate::configuration::{CopyBucket, Route, UpstreamUrl};
use crate::http::header_name::{fold, same_folded};
use crate::http::host::without_port;
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
    (CONCATENATION.0, &[]),
];

/// The ends of providers' hosts, and the beginning of what a bucket may precede there. Without a beginning, a bucket
/// may precede one label: a region or an account.
const ENDPOINTS: &[(&str, &str)] = &[
    (".aliyuncs.com", ".oss-"),
    (".amazonaws.com", ".s3"),
    (".amazonaws.com.cn", ".s3"),
    (".backblazeb2.com", ".s3"),
    (".bcebos.com", ""),
    (".blob.core.windows.net", ""),
    (".cloud-object-storage.appdomain.cloud", ".s3"),
    (".cloud.ovh.net", ".s3"),
    (".dfs.core.windows.net", ""),
    (".digitaloceanspaces.com", ""),
    (".eu.r2.cloudflarestorage.com", ""),
    (".exo.io", ".sos-"),
    (".fedramp.r2.cloudflarestorage.com", ""),
    (".file.core.windows.net", ""),
    (".filebase.com", ".s3"),
    (".googleapis.com", ".storage"),
    (".ksyuncs.com", ".ks3-"),
    (".linodeobjects.com", ""),
    (".myhuaweicloud.com", ".obs."),
    (".myqcloud.com", ".cos."),
    (".r2.cloudflarestorage.com", ""),
    (".scw.cloud", ".s3"),
    (".storage.dev", ".t3"),
    (".storage.tigris.dev", ".fly"),
    (".storjshare.io", ".gateway"),
    (".volces.com", ".tos-"),
    (".vultrobjects.com", ""),
    (".wasabisys.com", ".s3"),
    (".yandexcloud.net", ".storage"),
    (".your-objectstorage.com", ""),
];

/// The header in which tus names the uploads that are joined (<https://tus.io/protocols/resumable-upload>,
/// "Concatenation"), and the value that names none.
const CONCATENATION: (&str, &str) = ("upload-concat", "partial");

/// Refuses every header that names a second resource, for a method with which no provider reads a path from it. Swift
/// makes an object of others, and tus joins uploads.
///
/// # Errors
/// [`Code::NotAllowed`].
pub fn refuse(route: &Route, head: &impl RequestHead) -> Result<(), Code> {
    let names_any = head.header_names().any(|name| methods_for(route, head, name).is_some());
    if names_any { Err(Code::NotAllowed) } else { Ok(()) }
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
    head: &impl RequestHead,
    admits: &dyn Fn(Method, Below<'_>) -> bool,
) -> Result<(), Code> {
    for name in head.header_names() {
        if let Some(methods) = methods_for(route, head, name) {
            let value = head.header(name).unwrap_or_default();
            check_one(methods, value, route, &upstream()?, admits)?;
        }
    }
    Ok(())
}

/// The methods that need a rule for the resource in this header; `None` for a header that is not checked.
#[inline(never)]
fn methods_for(route: &Route, head: &impl RequestHead, name: &str) -> Option<&'static [Method]> {
    let folded = fold(name);
    let (_, methods) = HEADERS.iter().find(|(end, _)| folded.ends_with(end))?;
    let is_free = route.forward_headers.iter().any(|known| known.as_str() == name)
        || route.strip_headers.iter().any(|known| same_folded(known.as_str(), &folded))
        || (name == CONCATENATION.0 && head.header(name) == Some(CONCATENATION.1));
    (!is_free).then_some(methods)
}

#[inline(never)]
fn check_one(
    methods: &[Method],
    value: &str,
    route: &Route,
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
    let whole = whole_path(value, route, upstream).ok_or(Code::NotAllowed)?;
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
fn whole_path(value: &str, route: &Route, upstream: &UpstreamUrl) -> Option<String> {
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
    let place = route.copy_bucket.as_ref().map(BucketPlace::from).or_else(|| BucketPlace::of_host(host));
    let path = match place? {
        BucketPlace::Host(own) if own == bucket => key,
        BucketPlace::Host(_) => return None,
        BucketPlace::Path => source,
    };
    Some(["/", path].concat())
}

/// Where a host has the name of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BucketPlace<'a> {
    /// In the first segment of a path.
    Path,
    /// In the host itself.
    Host(&'a str),
}

impl<'a> From<&'a CopyBucket> for BucketPlace<'a> {
    fn from(place: &'a CopyBucket) -> Self {
        match place {
            CopyBucket::Path => Self::Path,
            CopyBucket::Host(bucket) => Self::Host(bucket),
        }
    }
}

impl<'a> BucketPlace<'a> {
    /// The place for this host; `None` if it is not known.
    fn of_host(host: &'a str) -> Option<Self> {
        let known = ENDPOINTS.iter().find_map(|(end, service)| Some((host.strip_suffix(end)?, *service)));
        match known {
            Some((before, "")) => {
                Some(before.rsplit_once('.').map_or(Self::Path, |(bucket, _)| Self::Host(bucket)))
            }
            // The last one, because a bucket's name can have dots.
            Some((before, service)) => match before.rsplit_once(service) {
                Some((bucket, _)) => Some(Self::Host(bucket)),
                None => before.starts_with(service.trim_start_matches('.')).then_some(Self::Path),
            },
            // A bucket precedes a name with a dot, and no address.
            None => {
                let name = without_port(host);
                let is_address =
                    name.starts_with('[') || name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
                (is_address || !name.contains('.')).then_some(Self::Path)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::BucketPlace::{self, Host, Path};

    #[test]
    fn case_74_a_bucket_is_in_the_host_or_in_the_path() {
        for (host, place) in [
            ("s3.amazonaws.com", Some(Path)),
            ("s3.eu-west-1.amazonaws.com", Some(Path)),
            ("s3-us-west-2.amazonaws.com", Some(Path)),
            ("my.bucket.s3.eu-west-1.amazonaws.com", Some(Host("my.bucket"))),
            ("my.s3.backups.s3.amazonaws.com", Some(Host("my.s3.backups"))),
            ("b.s3-accelerate.amazonaws.com", Some(Host("b"))),
            ("b--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com", Some(Host("b--use1-az4--x-s3"))),
            ("0123abcd.r2.cloudflarestorage.com", Some(Path)),
            ("b.0123abcd.r2.cloudflarestorage.com", Some(Host("b"))),
            ("0123abcd.eu.r2.cloudflarestorage.com", Some(Path)),
            ("b.0123abcd.eu.r2.cloudflarestorage.com", Some(Host("b"))),
            ("nyc3.digitaloceanspaces.com", Some(Path)),
            ("b.nyc3.digitaloceanspaces.com", Some(Host("b"))),
            ("storage.googleapis.com", Some(Path)),
            ("b.storage.googleapis.com", Some(Host("b"))),
            ("oss-cn-hangzhou.aliyuncs.com", Some(Path)),
            ("b.oss-cn-hangzhou.aliyuncs.com", Some(Host("b"))),
            ("b-125.cos.ap-paris.myqcloud.com", Some(Host("b-125"))),
            ("t3.storage.dev", Some(Path)),
            ("b.t3.storage.dev", Some(Host("b"))),
            ("storage.yandexcloud.net", Some(Path)),
            ("b.storage.yandexcloud.net", Some(Host("b"))),
            ("account.dfs.core.windows.net", Some(Path)),
            ("minio:9000", Some(Path)),
            ("127.0.0.1:9000", Some(Path)),
            ("[::1]:9000", Some(Path)),
            ("minio.example.com", None),
            ("eu.s3.example.com", None),
            ("mine.internal", None),
            ("ec2.eu-west-1.amazonaws.com", None),
            ("my-storage.googleapis.com", None),
            ("s3.amazonaws.com:8443", None),
        ] {
            assert_eq!(BucketPlace::of_host(host), place, "{host}");
        }
    }
}
