//! Checks the fields of a body that several placements set.

use super::diagnostic::Findings;
use super::file::Span;
use ostiary_core::configuration::BodyPlace;

/// Reports two placements that set the same field of the body, or fields of two types of bodies.
pub(crate) fn check(places: &[(BodyPlace, Span)], findings: &mut Findings<'_>) -> bool {
    for (at, (place, span)) in places.iter().enumerate() {
        for (earlier, _) in places.iter().take(at) {
            let message = match (earlier, place) {
                (BodyPlace::Json(one), BodyPlace::Json(other))
                    if one.starts_with(other) || other.starts_with(one) =>
                {
                    "two placements set the same member of the body"
                }
                (BodyPlace::Form(one), BodyPlace::Form(other)) if one == other => {
                    "two placements set the same field of the body"
                }
                (BodyPlace::Json(_), BodyPlace::Form(_)) | (BodyPlace::Form(_), BodyPlace::Json(_)) => {
                    "a body is a JSON document or a form, and not both"
                }
                _ => continue,
            };
            findings.error(*span, message, "remove one of the two");
            return false;
        }
    }
    true
}
