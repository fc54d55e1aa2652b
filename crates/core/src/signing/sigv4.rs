//! AWS Signature Version 4 (docs.aws.amazon.com, IAM User Guide, "Create a signed AWS API request").

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

use super::hmac::sha256_under;
use super::signature::Signature;
use super::unsigned::Unsigned;
use crate::configuration::{CONTENT_SHA256, SigV4};
use crate::digest::digest;
use crate::encoding::hex;
use crate::http::query;
use crate::refusal::Code;
use crate::runtime::RequestHead;
use crate::secret_value::{SecretBytes, SecretValue};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The last part of a credential scope.
const TERMINATOR: &str = "aws4_request";

/// All but the unreserved characters (RFC 3986 §2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Replaces the digest of a body that is not signed.
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// Marks a body in unsigned chunks with a checksum at its end. Current SDKs upload in this way.
const UNSIGNED_CHUNKS: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

/// A form of the configuration with its secrets.
#[derive(Debug)]
pub struct SigV4Signer<'g> {
    /// The form.
    pub form: &'g SigV4,
    /// The name of the key's secret.
    pub name: &'g str,
    /// The id of the access key.
    pub access_key_id: SecretValue,
    /// The secret access key.
    pub secret_access_key: SecretValue,
    /// The session token of a temporary key.
    pub session_token: Option<SecretValue>,
    /// The region of the service's endpoint.
    pub region: SecretValue,
}

impl<'g> SigV4Signer<'g> {
    /// Signs the host and every `x-amz-` header. Other headers are not signed: proxies may change them, and TLS
    /// protects them.
    pub(super) fn sign(&self, request: &mut Unsigned<'_, impl RequestHead>) -> Result<Signature<'g>, Code> {
        let service = self.form.service.as_ref();
        let is_s3 = self.form.is_s3();
        let payload = if is_s3 { s3_payload(request)? } else { hex(&digest(request.body())).into() };
        let date = request.moment().basic();
        if is_s3 {
            request.set_header(CONTENT_SHA256, SecretValue::new(payload.to_string()));
            // S3 signs the canonical path, so that spelling is sent.
            let path = canonical_path(request.path(), false, false);
            request.set_path(&path);
        }
        request.set_header("x-amz-date", SecretValue::new(date.clone()));
        if let Some(token) = &self.session_token {
            request.set_header("x-amz-security-token", SecretValue::new(token.expose().to_owned()));
        }
        let headers = signed_headers(request);
        let path = canonical_path(request.path(), !is_s3, !is_s3);
        let query = canonical_query(request.query().unwrap_or_default());
        let canonical = canonical_request(request.method(), &path, &query, &headers, &payload);
        let scope = [date.get(..8).unwrap_or_default(), self.region.expose(), service, TERMINATOR];
        let signature = signature(self.secret_access_key.expose(), scope, &date, &canonical);
        let names = names(&headers);
        let authorization = format!(
            "{ALGORITHM} Credential={}/{}, SignedHeaders={names}, Signature={}",
            self.access_key_id.expose(),
            scope.join("/"),
            signature.expose()
        );
        request.set_header("authorization", SecretValue::new(authorization));
        Ok((self.name, signature))
    }

    pub(super) fn each_secret(&self, take: &mut dyn FnMut(&[u8])) {
        let token = self.session_token.as_ref().map_or("", SecretValue::expose);
        for secret in
            [self.access_key_id.expose(), self.secret_access_key.expose(), token, self.region.expose()]
        {
            take(secret.as_bytes());
        }
    }
}

/// The payload hash for S3. The caller's own hash is used where it sends one, because S3 compares it with the body; so
/// an upload can stream. Chunks that the caller signed one by one are refused, because each would need a new signature.
fn s3_payload(request: &Unsigned<'_, impl RequestHead>) -> Result<Cow<'static, str>, Code> {
    if !request.has_body() || request.has_own_body() {
        return Ok(hex(&digest(request.body())).into());
    }
    let told = request.caller_header(CONTENT_SHA256).unwrap_or_default().trim();
    if told.starts_with("STREAMING-") {
        return if told == UNSIGNED_CHUNKS {
            Ok(UNSIGNED_CHUNKS.into())
        } else {
            Err(Code::UnsupportedMediaType)
        };
    }
    let is_digest = told.len() == 64 && told.bytes().all(|byte| byte.is_ascii_hexdigit());
    Ok(if is_digest { told.to_ascii_lowercase().into() } else { UNSIGNED.into() })
}

/// The headers that are signed, in lower case, sorted, each once; they are sent with exactly these values.
fn signed_headers(request: &mut Unsigned<'_, impl RequestHead>) -> Vec<(String, String)> {
    let mut headers = request.headers_with_prefix("x-amz-");
    for (name, value) in &mut headers {
        *value = canonical_value(value);
        request.set_header(name, SecretValue::new(value.clone()));
    }
    headers.push(("host".to_owned(), request.host().to_owned()));
    headers.sort_unstable();
    headers
}

/// Replaces each run of white space with one space.
fn canonical_value(value: &str) -> String {
    value.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// The canonical path: each segment is decoded and encoded again, and encoded a second time for services that require
/// it. `normalizes` removes dot segments and empty segments (RFC 3986 §5.2.4).
fn canonical_path(path: &str, encodes_twice: bool, normalizes: bool) -> String {
    let mut segments: Vec<&str> = path.split('/').skip(1).collect();
    if normalizes {
        let mut kept: Vec<&str> = Vec::with_capacity(segments.len());
        let ends_open = matches!(segments.last(), Some(&("" | "." | "..")));
        for segment in segments {
            match segment {
                "" | "." => {}
                ".." => {
                    kept.pop();
                }
                _ => kept.push(segment),
            }
        }
        if ends_open {
            kept.push("");
        }
        segments = kept;
    }
    let mut canonical = String::with_capacity(path.len() + 16);
    for segment in segments {
        canonical.push('/');
        if encodes_twice {
            canonical.extend(percent_encode(segment.as_bytes(), RESERVED));
        } else {
            let decoded: Cow<'_, [u8]> = percent_decode_str(segment).into();
            canonical.extend(percent_encode(&decoded, RESERVED));
        }
    }
    if canonical.is_empty() { "/".to_owned() } else { canonical }
}

/// The canonical query: the parameters encoded, and sorted by name and then by value.
fn canonical_query(query: &str) -> String {
    let encoded = |bytes: &[u8]| percent_encode(bytes, RESERVED).to_string();
    let parameters = query.split('&').filter(|raw| !raw.is_empty());
    let parameters = parameters.map(|raw| {
        let (name, value) = raw.split_once('=').unwrap_or((raw, ""));
        (encoded(&query::decode_form(name)), encoded(&query::decode_form(value)))
    });
    let mut parameters: Vec<(String, String)> = parameters.collect();
    parameters.sort_unstable();
    let parameters = parameters.iter().map(|(name, value)| format!("{name}={value}"));
    parameters.collect::<Vec<_>>().join("&")
}

/// `headers` are sorted and without duplicates, with canonical values.
fn canonical_request(
    method: &str,
    path: &str,
    query: &str,
    headers: &[(String, String)],
    payload: &str,
) -> String {
    let lines: Vec<_> = headers.iter().flat_map(|(name, value)| [name, ":", value, "\n"]).collect();
    [method, path, query, &lines.concat(), &names(headers), payload].join("\n")
}

fn names(headers: &[(String, String)]) -> String {
    headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";")
}

/// The signature of a canonical request in hexadecimal digits. The signing key is derived from the secret and the
/// scope.
fn signature(secret: &str, scope: [&str; 4], date: &str, canonical: &str) -> SecretValue {
    let first = SecretBytes::new(["AWS4", secret].concat().into_bytes());
    let key = scope.iter().fold(first, |key, piece| sha256_under(key.expose(), piece.as_bytes()));
    let hashed = hex(&digest(canonical.as_bytes()));
    let to_sign = [ALGORITHM, date, &scope.join("/"), &hashed].join("\n");
    SecretValue::new(hex(sha256_under(key.expose(), to_sign.as_bytes()).expose()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Case {
        name: String,
        method: String,
        target: String,
        headers: Vec<(String, String)>,
        body: String,
        normalize: bool,
        #[serde(default)]
        double: bool,
        #[serde(default)]
        sign_body: bool,
        token: Option<String>,
        date: Option<String>,
        canonical: String,
        signature: Option<String>,
    }

    #[test]
    fn aws_s_test_suite() {
        let cases: Vec<Case> = serde_json::from_str(include_str!("../../tests/sigv4/suite.json")).unwrap();
        assert_eq!(cases.len(), 40);
        for case in cases {
            let name = &case.name;
            let date = case.date.as_deref().unwrap_or("20150830T123600Z");
            let payload = hex(&digest(case.body.as_bytes()));
            let mut headers: Vec<(String, String)> = Vec::new();
            let mut lines: Vec<(String, String)> = case
                .headers
                .iter()
                .map(|(name, value)| (name.to_lowercase(), canonical_value(value)))
                .collect();
            lines.push(("x-amz-date".to_owned(), date.to_owned()));
            lines.extend(case.sign_body.then(|| (CONTENT_SHA256.to_owned(), payload.clone())));
            lines.extend(case.token.map(|token| ("x-amz-security-token".to_owned(), token)));
            for (name, value) in lines {
                match headers.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, known)) => *known = format!("{known},{value}"),
                    None => headers.push((name, value)),
                }
            }
            headers.sort_unstable();
            let (path, query) = case.target.split_once('?').unwrap_or((&case.target, ""));
            let path = canonical_path(path, case.double, case.normalize);
            let canonical =
                canonical_request(&case.method, &path, &canonical_query(query), &headers, &payload);
            // Some files of the suite lack the empty line for an empty query.
            assert_eq!(canonical.replace("\n\n", "\n"), case.canonical.replace("\n\n", "\n"), "{name}");
            let Some(expected) = case.signature else { continue };
            let scope = ["20150830", "us-east-1", "service", TERMINATOR];
            let found = signature("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", scope, date, &canonical);
            assert_eq!(found.expose(), expected, "{name}");
        }
    }

    /// The examples of docs.aws.amazon.com, Amazon S3 API Reference, "Authenticating Requests: Using the Authorization
    /// Header", "Transferring Payload in a Single Chunk".
    #[test]
    fn s3_s_examples() {
        let none = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let text = &hex(&digest(b"Welcome to Amazon S3."));
        let (date, host) = (("x-amz-date", "20130524T000000Z"), ("host", "examplebucket.s3.amazonaws.com"));
        for (method, path, query, more, payload, expected) in [
            (
                "GET",
                "/test.txt",
                "",
                vec![("range", "bytes=0-9")],
                none,
                "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            ),
            (
                "PUT",
                "/test$file.text",
                "",
                vec![
                    ("date", "Fri, 24 May 2013 00:00:00 GMT"),
                    ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
                ],
                text,
                "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
            ),
            (
                "GET",
                "/",
                "lifecycle",
                vec![],
                none,
                "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
            ),
            (
                "GET",
                "/",
                "max-keys=2&prefix=J",
                vec![],
                none,
                "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
            ),
        ] {
            let all = more.iter().copied().chain([date, host, (CONTENT_SHA256, payload)]);
            let mut headers: Vec<_> = all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            headers.sort_unstable();
            let path = canonical_path(path, false, false);
            let canonical = canonical_request(method, &path, &canonical_query(query), &headers, payload);
            let scope = ["20130524", "us-east-1", "s3", TERMINATOR];
            let found = signature("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", scope, date.1, &canonical);
            assert_eq!(found.expose(), expected, "{method} {path}?{query}");
        }
    }

    #[test]
    fn a_path_has_one_spelling_for_s3() {
        for (path, canonical) in [
            ("/", "/"),
            ("/b/a%20b", "/b/a%20b"),
            ("/b/a+b!'()*", "/b/a%2Bb%21%27%28%29%2A"),
            ("/b/%e9%7E~", "/b/%E9~~"),
            ("/b/a%2Fb//c/", "/b/a%2Fb//c/"),
            ("/b/%", "/b/%25"),
        ] {
            assert_eq!(canonical_path(path, false, false), canonical, "{path}");
            assert_eq!(canonical_path(canonical, false, false), canonical, "{path}");
        }
    }

    #[test]
    fn a_query_is_sorted_and_spelt_in_one_way() {
        for (query, canonical) in [
            ("", ""),
            ("acl", "acl="),
            ("b=2&a=1&&a=%2f", "a=%2F&a=1&b=2"),
            ("a=x+y%20z&a=*", "a=%2A&a=x%20y%20z"),
            ("a=1=2", "a=1%3D2"),
        ] {
            assert_eq!(canonical_query(query), canonical, "{query}");
        }
    }
}
