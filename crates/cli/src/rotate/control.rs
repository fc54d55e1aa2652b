//! The control: a probe with a wrong value that has the form of an accepted one.

use super::found::{Found, Holding, Refusal, Verdict};
use super::other_users::OtherRoute;
use super::plan::{Obstacle, Step};

/// The source whose value the control imitates, if the control has to come before this step. It comes before the first
/// write, again before each write that follows an accepted new value, and before the report tells the user to revoke a
/// key: an upstream that accepts everything for a moment would accept a mistyped value. An accepted value is preferred,
/// because its form is valid for the provider.
#[must_use]
pub fn example_for(step: Step, found: &[Found]) -> Option<usize> {
    let is_due = match step {
        Step::Write(_) | Step::Done => true,
        Step::Stop(obstacle) => {
            matches!(obstacle, Obstacle::Mistyped(_) | Obstacle::NoneWorks | Obstacle::Displaced { .. })
        }
        Step::Probe(_) | Step::Half => false,
    };
    if !is_due {
        return None;
    }
    let first = |wanted: fn(&Found) -> bool| found.iter().position(wanted);
    first(|source| source.verdict == Verdict::Accepted)
        .or_else(|| first(|source| source.holding == Holding::New))
        .or_else(|| first(|source| source.holding == Holding::Other))
}

/// The reason why a step could fail requests although it does not write the source that works: the written source comes
/// before one that may serve requests, and they do not continue to the next source after a response like the one to the
/// control. Without a control, it is not known whether they do. `others` has, for each other route with the secret, the
/// statuses after which requests continue.
#[must_use]
pub fn exposure(
    step: Step,
    found: &[Found],
    control: Option<Refusal>,
    others: &[OtherRoute],
) -> Option<Obstacle> {
    let Step::Write(source) = step else { return None };
    let goes_on = control.is_some_and(|control| goes_on(control, others));
    let is_serving = |(position, known): (usize, &Found)| {
        known.verdict == Verdict::Accepted && (known.holding == Holding::New || position < source)
    };
    let serves = found.iter().enumerate().any(is_serving);
    let may_serve = |known: &Found| {
        known.holding == Holding::Unread || (known.verdict.may_serve() && !known.is_missing())
    };
    let follows = found.iter().skip(source.saturating_add(1)).any(may_serve);
    // A source that is refused like the control fails requests already. Without a control, the refusal may be that of a
    // valid key without permission for the probe.
    let written = found.get(source)?;
    let is_refused = written.verdict == Verdict::Refused || written.verdict == Verdict::Unfit;
    let is_dead = written.holding == Holding::Other && is_refused;
    let obstacle = match control {
        Some(control) => Obstacle::Exposed(source, control.status),
        None => Obstacle::ExposedUncontrolled(source),
    };
    (follows && !serves && !goes_on && !is_dead).then_some(obstacle)
}

/// The reason why a step leads to failed requests between the writes of several secrets of one source: no source before
/// it serves requests at that moment, and they do not continue to the next one after a response like the one to the
/// control.
#[must_use]
pub fn parting(step: Step, found: &[Found], control: Refusal, others: &[OtherRoute]) -> Option<Obstacle> {
    let Step::Write(source) = step else { return None };
    let serving = found.iter().position(|known| known.verdict == Verdict::Accepted)?;
    // A source before it is written first, and then serves.
    let is_parted = found.get(serving)?.holding != Holding::New && source >= serving;
    (is_parted && !goes_on(control, others)).then_some(Obstacle::Parted(serving, control.status))
}

/// Whether requests continue to the next source after a response like the one to the control.
fn goes_on(control: Refusal, others: &[OtherRoute]) -> bool {
    let continues = |route: &OtherRoute| route.failover.contains(&control.status);
    // After a credential that cannot be exchanged, the gateway always tries the next source.
    control.is_of_token_endpoint || (control.is_certain && others.iter().all(continues))
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
        let unread = found(Holding::Unread, Verdict::Unknown);
        let proved = found(Holding::New, Verdict::Accepted);
        let named = Refusal { is_of_token_endpoint: false, status: 401, is_certain: true };
        let unnamed = Refusal { status: 403, is_certain: false, ..named };
        let other = |statuses: &[u16]| OtherRoute { name: "o".to_owned(), failover: statuses.to_vec() };
        let exchanged = Refusal { is_of_token_endpoint: true, ..unnamed };
        for (sources, step, control, is_exposed) in [
            (&[missing, accepted][..], Step::Write(0), unnamed, true),
            (&[gone, accepted], Step::Write(0), unnamed, true),
            (&[undecided, accepted], Step::Write(0), unnamed, true),
            (&[missing, undecided], Step::Write(0), unnamed, true),
            (&[missing, undecided], Step::Write(0), named, false),
            (&[missing, unread], Step::Write(0), unnamed, true),
            // `--overwrite` writes a source that works, too.
            (&[accepted, accepted], Step::Write(0), unnamed, true),
            (&[accepted, missing, undecided], Step::Write(1), unnamed, false),
            (&[missing, accepted], Step::Write(0), named, false),
            (&[missing, accepted], Step::Write(0), exchanged, false),
            (&[dead, accepted], Step::Write(0), unnamed, false),
            (&[accepted, missing], Step::Write(1), unnamed, false),
            (&[accepted, missing, accepted], Step::Write(1), unnamed, false),
            (&[missing, dead], Step::Write(0), unnamed, false),
            // A source without a value serves no request.
            (&[missing, found(Holding::Unreadable, Verdict::Undecided)], Step::Write(0), unnamed, false),
            (&[accepted, proved], Step::Write(0), unnamed, false),
            (&[missing, accepted], Step::Probe(1), unnamed, false),
        ] {
            let told = exposure(step, sources, Some(control), &[other(&[401, 403])]);
            let expected = is_exposed.then_some(Obstacle::Exposed(0, 403));
            assert_eq!(told, expected, "{sources:?} {step:?} {control:?}");
        }
        // Another route with the secret does not go on.
        let told = exposure(Step::Write(0), &[missing, accepted], Some(named), &[other(&[401]), other(&[])]);
        assert_eq!(told, Some(Obstacle::Exposed(0, 401)));
        // Without a control, nobody knows how a wrong value would be refused.
        let refused = found(Holding::Other, Verdict::RefusedAs(named));
        for (sources, step, is_exposed) in [
            (&[missing, accepted][..], Step::Write(0), true),
            (&[refused, accepted], Step::Write(0), true),
            (&[dead, accepted], Step::Write(0), false),
            (&[accepted, missing], Step::Write(1), false),
            (&[accepted, accepted], Step::Write(1), false),
            (&[missing, missing], Step::Write(0), false),
        ] {
            let expected = is_exposed.then_some(Obstacle::ExposedUncontrolled(0));
            assert_eq!(exposure(step, sources, None, &[]), expected, "{sources:?} {step:?}");
        }
    }

    #[test]
    fn several_secrets_of_the_source_that_serves_are_only_written_where_requests_go_on() {
        let found = |holding, verdict| Found { holding, verdict };
        let accepted = found(Holding::Other, Verdict::Accepted);
        let missing = found(Holding::Unreadable, Verdict::Unknown);
        let dead = found(Holding::Other, Verdict::Refused);
        let proved = found(Holding::New, Verdict::Accepted);
        let unnamed = Refusal { is_of_token_endpoint: false, status: 403, is_certain: false };
        let named = Refusal { is_certain: true, ..unnamed };
        let exchanged = Refusal { is_of_token_endpoint: true, ..unnamed };
        for (sources, step, control, parted) in [
            (&[accepted, accepted][..], Step::Write(1), unnamed, Some(0)),
            (&[accepted, proved], Step::Write(0), unnamed, Some(0)),
            (&[dead, accepted, proved], Step::Write(1), unnamed, Some(1)),
            (&[accepted, accepted], Step::Write(1), named, None),
            (&[accepted, accepted], Step::Write(1), exchanged, None),
            // The first source serves when the second one is written.
            (&[missing, accepted], Step::Write(0), unnamed, None),
            (&[dead, accepted], Step::Write(0), unnamed, None),
            (&[proved, accepted], Step::Write(1), unnamed, None),
            // No source serves.
            (&[missing, dead], Step::Write(0), unnamed, None),
            (&[accepted, accepted], Step::Probe(1), unnamed, None),
        ] {
            let told =
                parting(step, sources, control, &[OtherRoute { name: "o".to_owned(), failover: vec![403] }]);
            assert_eq!(told, parted.map(|source| Obstacle::Parted(source, 403)), "{sources:?} {step:?}");
        }
        let other = OtherRoute { name: "o".to_owned(), failover: vec![401] };
        let told = parting(Step::Write(1), &[accepted, accepted], named, &[other]);
        assert_eq!(told, Some(Obstacle::Parted(0, 403)));
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
            (&[refused, refused], Step::Stop(Obstacle::NoneWorks), Some(0)),
            (&[accepted], Step::Probe(0), None),
            (&[accepted], Step::Half, None),
            (&[accepted], Step::Stop(Obstacle::OnlySource), None),
        ] {
            assert_eq!(example_for(step, sources), expected, "{sources:?} {step:?}");
        }
    }
}
