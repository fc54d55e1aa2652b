//! When a value is tried that is certainly wrong, and in whose likeness.

use super::found::{Found, Holding, Verdict};
use super::plan::{Obstacle, Step};

/// The source in whose likeness a value is made that is certainly wrong, where such a control has to come before the
/// step: before the first write, and before something is said of a key that others act on. The form of a value that is
/// accepted is right, whatever a provider looks at first.
#[must_use]
pub fn example_for(step: Step, found: &[Found]) -> Option<usize> {
    if !matches!(step, Step::Write(_) | Step::Done | Step::Stop(Obstacle::Mistyped(_))) {
        return None;
    }
    let first = |wanted: fn(&Found) -> bool| found.iter().position(wanted);
    first(|source| source.verdict == Verdict::Accepted)
        .or_else(|| first(|source| source.holding == Holding::New))
        .or_else(|| first(|source| source.holding == Holding::Other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_before_what_cannot_be_undone_and_looks_like_a_value_that_is_accepted() {
        let found = |holding, verdict| Found { holding, verdict };
        let refused = found(Holding::Other, Verdict::Refused);
        let accepted = found(Holding::Other, Verdict::Accepted);
        let unreadable = found(Holding::Unreadable, Verdict::Unknown);
        let unread = found(Holding::Unread, Verdict::Undecided);
        let new = found(Holding::New, Verdict::Refused);
        for (sources, step, expected) in [
            (&[refused, accepted][..], Step::Write(0), Some(1)),
            (&[refused, new], Step::Stop(Obstacle::Mistyped(1)), Some(1)),
            (&[unreadable, refused], Step::Write(0), Some(1)),
            (&[accepted, accepted], Step::Done, Some(0)),
            (&[unreadable, unreadable], Step::Write(0), None),
            (&[unread, unreadable], Step::Write(1), None),
            (&[accepted], Step::Probe(0), None),
            (&[accepted], Step::Half, None),
            (&[accepted], Step::Stop(Obstacle::OnlySource), None),
        ] {
            assert_eq!(example_for(step, sources), expected, "{sources:?} {step:?}");
        }
    }
}
