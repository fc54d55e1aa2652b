//! Finds the name that was probably meant.

/// The candidate that differs by one or two typing errors, if there is one.
#[must_use]
pub fn nearest<'n>(name: &str, candidates: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let tolerated = (name.chars().count() / 3).clamp(1, 3);
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= tolerated)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_what_is_close_and_nothing_else() {
        let known = ["mount", "upstream", "auth", "allow"];
        for (name, suggestion) in [
            ("mout", Some("mount")),
            ("uptsream", Some("upstream")),
            ("alow", Some("allow")),
            ("upstre", Some("upstream")),
            ("upstr", None),
            ("body", None),
            ("", None),
            ("timeout", None),
        ] {
            assert_eq!(nearest(name, known.into_iter()), suggestion, "{name}");
        }
    }
}
