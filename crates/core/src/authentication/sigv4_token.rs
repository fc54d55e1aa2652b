//! Reads a caller's token from the access key id of an AWS signature, which is where an AWS SDK puts it. The signature
//! is not verified. `crates/core/src/signing/sigv4.rs` signs requests to upstreams.

use crate::http::query;

/// The number of parts after the id in a credential: date, region, service and terminator.
const SCOPE: usize = 4;

/// The id in `Authorization: AWS4-HMAC-SHA256 Credential=ID/…, …`.
pub(super) fn access_key_id(authorization: Option<&str>) -> Option<&str> {
    let (scheme, parameters) = authorization?.trim_matches([' ', '\t']).split_once(' ')?;
    // Version 4A has another algorithm and the same form.
    if !scheme.starts_with("AWS4-") {
        return None;
    }
    let mut parameters = parameters.split(',').map(str::trim);
    let credential = parameters.find_map(|parameter| parameter.strip_prefix("Credential="))?;
    id_of(credential.as_bytes()).and_then(|id| std::str::from_utf8(id).ok())
}

/// The ids in presigned queries: `X-Amz-Credential=ID%2F…`.
pub(super) fn access_key_ids(query: &str) -> impl Iterator<Item = Vec<u8>> + '_ {
    let credentials = query::parameters(query).filter(|parameter| *parameter.name() == *b"X-Amz-Credential");
    credentials.filter_map(|parameter| id_of(&parameter.value()).map(<[u8]>::to_vec))
}

/// The text before the scope. A token may contain slashes.
fn id_of(credential: &[u8]) -> Option<&[u8]> {
    // Version 4A has no region in its scope, but SDKs do not use it with a custom endpoint.
    credential.rsplitn(SCOPE + 1, |byte| *byte == b'/').nth(SCOPE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_id_of_a_header() {
        let rest = "SignedHeaders=host;x-amz-date, Signature=00";
        for (header, id) in [
            (
                format!("AWS4-HMAC-SHA256 Credential=tok/20150830/us-east-1/s3/aws4_request, {rest}"),
                Some("tok"),
            ),
            (
                format!("AWS4-HMAC-SHA256 {rest},Credential=t+/k/20150830/us-east-1/s3/aws4_request"),
                Some("t+/k"),
            ),
            (format!("AWS4-HMAC-SHA256 Credential=/20150830/us-east-1/s3/aws4_request, {rest}"), Some("")),
            (format!("AWS4-HMAC-SHA256 Credential=tok/us-east-1/s3/aws4_request, {rest}"), None),
            (format!("AWS4-HMAC-SHA256 {rest}"), None),
            ("AWS tok:signature".to_owned(), None),
            ("Bearer Credential=tok/20150830/us-east-1/s3/aws4_request".to_owned(), None),
            ("AWS4-HMAC-SHA256".to_owned(), None),
        ] {
            assert_eq!(access_key_id(Some(&header)), id, "{header}");
        }
        assert_eq!(access_key_id(None), None);
    }

    #[test]
    fn reads_the_ids_of_a_query() {
        let ids = |query: &str| access_key_ids(query).collect::<Vec<_>>();
        let scope = "%2F20150830%2Fus-east-1%2Fs3%2Faws4_request";
        assert_eq!(ids(&format!("a=1&X-Amz-Credential=tok{scope}&X-Amz-Expires=60")), [b"tok"]);
        assert_eq!(ids(&format!("X-Amz-Credential=a{scope}&X%2DAmz-Credential=b{scope}")), [b"a", b"b"]);
        assert_eq!(ids("X-Amz-Credential=tok&x-amz-credential=tok/1/2/3/4").len(), 0);
    }
}
