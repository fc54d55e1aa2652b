//! `copy_bucket`: where an object store has the bucket that a copy source names.

use super::diagnostic::Findings;
use super::document::Value;
use ostiary_core::configuration::{CopyBucket, Text};

const EXAMPLE: &str = "copy_bucket = \"path\"";

/// `path`, or `host:` and the name of the bucket in the upstream's host.
pub(crate) fn read(value: Value<'_>, findings: &mut Findings<'_>) -> Option<CopyBucket> {
    let text = value.string(EXAMPLE, findings)?;
    if text.text == "path" {
        return Some(CopyBucket::Path);
    }
    let bucket = text.text.strip_prefix("host:").filter(|bucket| is_bucket(bucket));
    if bucket.is_none() {
        let message = format!("`{}` is not a place of a bucket", text.text);
        let instead = "write `path` if buckets are the first segments of paths, or `host:my-bucket` if the upstream's \
                       host is the one of a bucket";
        findings.error(text.span, &message, instead);
    }
    bucket.map(|bucket| CopyBucket::Host(Text::Owned(bucket.to_owned())))
}

/// A name without the characters that are escaped in a URL.
fn is_bucket(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::super::example::{accepted, assert_diagnostics};
    use super::*;

    #[test]
    fn tells_what_is_no_place_of_a_bucket() {
        assert_diagnostics(include_str!("diagnostics/copy_bucket.txt"));
    }

    #[test]
    fn reads_both_places() {
        for (line, expected) in [
            ("copy_bucket = \"path\"", CopyBucket::Path),
            ("copy_bucket = \"host:my.bucket\"", CopyBucket::Host("my.bucket".into())),
        ] {
            let checked = accepted("mount = \"/stripe\"", &format!("mount = \"/stripe\"\n{line}"));
            assert_eq!(checked.gateway.routes[0].copy_bucket, Some(expected), "{line}");
        }
    }
}
