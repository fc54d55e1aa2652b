//! Headers that describe the bytes of a body, and are wrong once the body is changed.

/// Headers with a digest or a checksum of the body (RFC 9530, RFC 1864, and those of storage services).
const DIGESTS: &[&str] = &[
    "content-digest",
    "content-md5",
    "digest",
    "repr-digest",
    "x-bz-content-sha1",
    "x-cos-hash-crc64ecma",
    "x-goog-hash",
    "x-ms-blob-content-md5",
    "x-ms-content-crc64",
    "x-oss-hash-crc64ecma",
];

/// The same, for families of header names.
const DIGEST_PREFIXES: &[&str] = &["x-amz-checksum-", "x-checksum-"];

/// Headers that describe the bytes of a coded body, or of one with another length.
const OF_THE_BYTES: &[&str] = &["accept-ranges", "content-encoding", "content-length"];

/// Whether the header with this lower-case name has a digest of the body.
#[must_use]
pub fn is_digest(name: &str) -> bool {
    DIGESTS.contains(&name) || DIGEST_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Whether the header with this lower-case name has the length or the coding of the body, or offers ranges of it.
#[must_use]
pub fn is_of_the_bytes(name: &str) -> bool {
    OF_THE_BYTES.contains(&name)
}
