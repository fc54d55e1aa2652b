//! The control: a probe with a wrong value that has the form of an accepted one.

use super::found::{Found, Holding, Refusal, Verdict};
use super::plan::{Obstacle, Step};

/// The source whose value the control imitates, if the control has to come before this step. It comes before the first
/// write, and before the report tells the user to revoke a key. An accepted value is preferred, because its form is
/// valid for the provider.
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

/// The reason why a step could fail requests although it does not write the source that works: the written source comes
/// before that one, and requests do not continue to the next source after a response like the one to the control.
/// `others` has, for each other route with the secret, the statuses after which requests continue.
#[must_use]
pub fn exposure(step: Step, found: &[Found], control: Refusal, others: &[Vec<u16>]) -> Option<Obstacle> {
    let Step::Write(source) = step else { return None };
    // After a credential that cannot be exchanged, the gateway always tries the next source.
    let goes_on = control.is_of_token_endpoint
        || (control.is_certain && others.iter().all(|statuses| statuses.contains(&control.status)));
    let is_serving = |(position, known): (usize, &Found)| {
        known.verdict == Verdict::Accepted && (known.holding == Holding::New || position < source)
    };
    let serves = found.iter().enumerate().any(is_serving);
    let follows = found.iter().skip(source).any(|known| known.verdict == Verdict::Accepted);
    // A source that is refused fails requests already.
    let written = found.get(source)?;
    let is_dead = written.holding == Holding::Other && written.verdict.is_refusal();
    (follows && !serves && !goes_on && !is_dead).then_some(Obstacle::Exposed(source, control.status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_not_proved_stands_in_front_of_none_that_works_unless_requests_go_on() {
        let found = |holding, verdict| Found { holding, verdict };
        let accepted = found(Holding::Other, Verdict::Accepted);
        let missing = found(Holding::Unreadable, Verdict::Unknown);
        let gone = found(Holding::Unreadable, Verdict::Refused);
        let undecided = found(Holding::Other, Verdict::Undecided);
        let dead = found(Holding::Other, Verdict::Refused);
        let proved = found(Holding::New, Verdict::Accepted);
        let named = Refusal { is_of_token_endpoint: false, status: 401, is_certain: true };
        let unnamed = Refusal { status: 403, is_certain: false, ..named };
        let exchanged = Refusal { is_of_token_endpoint: true, ..unnamed };
        for (sources, step, control, is_exposed) in [
            (&[missing, accepted][..], Step::Write(0), unnamed, true),
            (&[gone, accepted], Step::Write(0), unnamed, true),
            (&[undecided, accepted], Step::Write(0), unnamed, true),
            (&[missing, accepted], Step::Write(0), named, false),
            (&[missing, accepted], Step::Write(0), exchanged, false),
            (&[dead, accepted], Step::Write(0), unnamed, false),
            (&[accepted, missing], Step::Write(1), unnamed, false),
            (&[accepted, missing, accepted], Step::Write(1), unnamed, false),
            (&[missing, dead], Step::Write(0), unnamed, false),
            (&[accepted, proved], Step::Write(0), unnamed, false),
            (&[missing, accepted], Step::Probe(1), unnamed, false),
        ] {
            let told = exposure(step, sources, control, &[vec![401, 403]]);
            let expected = is_exposed.then_some(Obstacle::Exposed(0, 403));
            assert_eq!(told, expected, "{sources:?} {step:?} {control:?}");
        }
        // Another route with the secret does not go on.
        let told = exposure(Step::Write(0), &[missing, accepted], named, &[vec![401], vec![]]);
        assert_eq!(told, Some(Obstacle::Exposed(0, 401)));
    }

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
