//! Recognises S3 clients by their signature.

/// Whether `Authorization` has a signature for S3. The signature is not verified.
#[must_use]
pub fn is_of_s3(authorization: Option<&str>) -> bool {
    let signature = authorization.and_then(|text| text.trim_matches([' ', '\t']).strip_prefix("AWS4-"));
    signature.is_some_and(|signature| {
        let mut parameters = signature.split([' ', ',']);
        let credential = parameters.find_map(|parameter| parameter.strip_prefix("Credential="));
        // A scope ends with the service and then the terminator.
        credential
            .and_then(|credential| credential.rsplit('/').nth(1))
            .is_some_and(|name| name.starts_with("s3"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_a_client_of_s3_by_its_signature() {
        let scope = |service: &str| {
            format!("Credential=t/s3/20150830/us-east-1/{service}/aws4_request, Signature=00")
        };
        for (header, is_s3) in [
            (format!("AWS4-HMAC-SHA256 {}", scope("s3")), true),
            (format!("AWS4-HMAC-SHA256 Signature=00,{}", scope("s3express")), true),
            (format!("AWS4-HMAC-SHA256 {}", scope("dynamodb")), false),
            (format!("Bearer {}", scope("s3")), false),
            ("AWS4-HMAC-SHA256 Credential=s3".to_owned(), false),
            ("AWS4-".to_owned(), false),
        ] {
            assert_eq!(is_of_s3(Some(&header)), is_s3, "{header}");
        }
        assert!(!is_of_s3(None));
    }
}
