//! Decides the next step of a rotation from the current state only. So an interrupted rotation continues at the same
//! point when it is run again with the same value. Every case has its test here, which makes the file longer than
//! others.
//!
//! 1. A source that has the new value is probed before anything else is written.
//! 2. Until the upstream has accepted the new value, no source is written that may be the only one that works. A source
//!    that does not work is written first, the primary before others; otherwise, the last of several that work. If no
//!    source is known to work, although one has a value, nothing is written without `--all-dead`, because the probe
//!    itself may be wrong. If a source is refused in another way than the control, nothing is written, because that may
//!    be a valid key without permission for the probe. The same is true of a source that is neither accepted nor
//!    refused.
//! 3. Then every source that does not have the new value is written, the primary first. If a source had that value
//!    before this run, it may be the previous key and not the next one. Then a value that works, or may work, is not
//!    overwritten, and nothing is written before that is known of every source.
//!
//! A source that could not be read is never written. `--overwrite` waives the value of one source: [`Found::loss`].
//!
//! A caller's token has no upstream, and all its sources are accepted at the same time. One of them is written; the
//! others only with `--finish`, because that ends the old token.

use super::found::{Found, Holding, Loss, Verdict};

/// The purpose of the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The gateway adds it to requests.
    Injected {
        /// Whether every key is known to be dead, so that no source has to work.
        all_dead: bool,
    },
    /// Callers authenticate with it.
    Proof {
        /// Whether the old token may end.
        finish: bool,
    },
}

/// The next step; sources are positions from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send the probe with only this source.
    Probe(usize),
    /// Write the new value to this source, and wait until the gateway reads it.
    Write(usize),
    /// The end: every source has the new value, and it works.
    Done,
    /// The end of the first half: the rest needs `--finish`.
    Half,
    /// Stop, because the next write could fail requests.
    Stop(Obstacle),
}

/// The reason to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The upstream refuses the new value, which this source has.
    Mistyped(usize),
    /// It is not known whether this source works.
    Undecided(usize),
    /// The upstream refuses this source in another way than the control.
    Restricted(usize),
    /// The gateway could not read this source, which may be the only one that works.
    Unread(usize),
    /// This source comes before the one that works, and requests do not continue to the next source after this status:
    /// a wrong value there would fail requests.
    Exposed(usize, u16),
    /// This source serves requests, it has several secrets, which are written one after the other, and requests do not
    /// continue to the next source after this status.
    Parted(usize, u16),
    /// This source comes before one that may serve requests, and without a control it is not known whether requests
    /// continue to that one after a wrong value.
    ExposedUncontrolled(usize),
    /// The upstream accepts a wrong value, so the probe tells nothing.
    Blind,
    /// The status of the response to the control is neither that of a valid key nor a refusal.
    Foreign(u16),
    /// The control had no clear result; a retry may help.
    Untold,
    /// No source is known to work, although one has a value.
    NoneWorks,
    /// The first source had the new value before this run, and this one works, or may work, with another, which a write
    /// would end: the new value may be an older one.
    Displaced {
        /// The source that had the new value.
        holder: usize,
        /// The source that would be written.
        source: usize,
    },
    /// With `--finish`, the first source has this token, and this one has another that seems to be newer.
    Newer {
        /// The source that has the token.
        holder: usize,
        /// The source that would be written.
        source: usize,
    },
    /// This source has another token than the other sources, so a rotation is half done and a caller may use it.
    HalfDone(usize),
    /// There is one source, and it works: a wrong value there would fail requests.
    OnlySource,
    /// With `--finish`, no source has this value yet.
    NothingToPromote,
}

/// The next step. `held` is a source that had the new value before this run.
#[must_use]
pub fn next(found: &[Found], held: Option<usize>, purpose: Purpose) -> Step {
    match purpose {
        Purpose::Injected { all_dead } => next_injected(found, held, all_dead),
        Purpose::Proof { finish } => next_proof(found, finish),
    }
}

fn next_injected(found: &[Found], held: Option<usize>, all_dead: bool) -> Step {
    let first = |wanted: fn(&Found) -> bool| found.iter().position(wanted);

    // 1. Probe a source that has the new value.
    if let Some(step) = next_for_new(found) {
        return step;
    }
    if let Some(source) = unread(found) {
        return Step::Stop(Obstacle::Unread(source));
    }
    // 3. One source works with the new value, so every other one can be written.
    if found.iter().any(|source| source.holding == Holding::New) {
        if let Some(step) = held.and_then(|holder| next_for_held(found, holder)) {
            return step;
        }
        return first(|source| source.holding != Holding::New).map_or(Step::Done, Step::Write);
    }
    // 2. Find the source that is not needed.
    if let Some(source) = untried(found) {
        return Step::Probe(source);
    }
    if let Some(source) = first(|source| source.verdict == Verdict::Restricted) {
        return Step::Stop(Obstacle::Restricted(source));
    }
    let accepted = found.iter().filter(|source| source.verdict == Verdict::Accepted).count();
    let undecided = first(|source| source.holding == Holding::Other && source.verdict == Verdict::Undecided);
    if accepted == 0 {
        if let Some(source) = undecided {
            return Step::Stop(Obstacle::Undecided(source));
        }
        let is_value = |source: &Found| !source.is_missing() && source.verdict != Verdict::Unfit;
        if found.iter().any(is_value) && !all_dead {
            return Step::Stop(Obstacle::NoneWorks);
        }
        // The last one, because the probe itself may be wrong and the first source may work.
        let missing = first(|source| source.is_missing());
        let last = found.iter().rposition(|source| source.verdict.is_refusal());
        return missing.or(last).map_or(Step::Stop(Obstacle::NoneWorks), Step::Write);
    }
    match (first(|source| source.loss() == Loss::Nothing), undecided) {
        (Some(source), _) => Step::Write(source),
        (None, Some(source)) => Step::Stop(Obstacle::Undecided(source)),
        (None, None) if accepted == 1 => Step::Stop(Obstacle::OnlySource),
        (None, None) => Step::Write(found.len().saturating_sub(1)),
    }
}

/// The step that comes before any write, where a source had the new value before this run.
fn next_for_held(found: &[Found], holder: usize) -> Option<Step> {
    if let Some(source) = untried(found) {
        return Some(Step::Probe(source));
    }
    let source = found.iter().position(|source| source.loss() == Loss::Value)?;
    Some(Step::Stop(Obstacle::Displaced { holder, source }))
}

/// The step for a source that has the new value, unless the upstream has accepted it.
fn next_for_new(found: &[Found]) -> Option<Step> {
    let first = |wanted: fn(Verdict) -> bool| {
        found.iter().position(|source| source.holding == Holding::New && wanted(source.verdict))
    };
    if let Some(source) = first(|verdict| verdict == Verdict::Unknown) {
        return Some(Step::Probe(source));
    }
    if let Some(source) = first(Verdict::is_refusal) {
        // The advice needs a source that works, so the others are probed first.
        return Some(untried(found).map_or(Step::Stop(Obstacle::Mistyped(source)), Step::Probe));
    }
    if let Some(source) = first(|verdict| verdict == Verdict::Undecided) {
        return Some(Step::Stop(Obstacle::Undecided(source)));
    }
    let restricted = first(|verdict| verdict == Verdict::Restricted)?;
    Some(Step::Stop(Obstacle::Restricted(restricted)))
}

/// A source that has another value and was not probed.
fn untried(found: &[Found]) -> Option<usize> {
    found.iter().position(|source| source.holding == Holding::Other && source.verdict == Verdict::Unknown)
}

/// A source that could not be read, unless the user says that nobody needs it.
fn unread(found: &[Found]) -> Option<usize> {
    found.iter().position(|source| source.loss() == Loss::Unknown)
}

fn next_proof(found: &[Found], finish: bool) -> Step {
    let held = found.iter().filter(|source| source.holding == Holding::New).count();
    let first = |wanted: fn(&Found) -> bool| found.iter().position(wanted);
    if held == found.len() {
        return Step::Done;
    }
    if held > 0 && !finish {
        return Step::Half;
    }
    if let Some(source) = unread(found) {
        return Step::Stop(Obstacle::Unread(source));
    }
    if held > 0 {
        return first(|source| source.holding != Holding::New).map_or(Step::Done, Step::Write);
    }
    if finish {
        return Step::Stop(Obstacle::NothingToPromote);
    }
    if let Some(source) = first(|source| source.is_missing()) {
        return Step::Write(source);
    }
    if found.len() < 2 {
        return Step::Stop(Obstacle::OnlySource);
    }
    let overwritten = first(|source| source.verdict == Verdict::Waived);
    Step::Write(overwritten.unwrap_or(found.len().saturating_sub(1)))
}

#[cfg(test)]
#[path = "plan_properties.rs"]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;

    /// The real content of a source, which the planner does not see.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Real {
        Works,
        Dead,
        Missing,
        New,
    }

    const INJECTED: Purpose = Purpose::Injected { all_dead: false };
    const OLD: [Real; 3] = [Real::Works, Real::Dead, Real::Missing];

    fn works(real: Real, new_works: bool) -> bool {
        real == Real::Works || (real == Real::New && new_works)
    }

    /// The state before any probe.
    fn look(real: Real) -> Found {
        let holding = match real {
            Real::New => Holding::New,
            Real::Works | Real::Dead => Holding::Other,
            Real::Missing => Holding::Unreadable,
        };
        Found { holding, verdict: Verdict::Unknown }
    }

    /// Runs to the end, with a restart after each step whose bit is set. Panics if a step could fail a request.
    fn run(mut world: Vec<Real>, new_works: bool, interruptions: u32) -> (Vec<Real>, Step) {
        let mut found: Vec<Found> = world.iter().copied().map(look).collect();
        for number in 0..32 {
            let step = next(&found, None, Purpose::Injected { all_dead: true });
            match step {
                Step::Probe(source) => {
                    let accepted = works(world[source], new_works);
                    found[source].verdict = if accepted { Verdict::Accepted } else { Verdict::Refused };
                }
                Step::Write(source) => {
                    let something_worked = world.iter().any(|real| works(*real, new_works));
                    world[source] = Real::New;
                    // A value that was not probed yet counts as wrong.
                    let proved =
                        found.iter().any(|f| f.holding == Holding::New && f.verdict == Verdict::Accepted);
                    let serves =
                        world.iter().any(|real| *real == Real::Works || (*real == Real::New && proved));
                    assert!(!something_worked || serves, "{world:?}: the only one that works was written");
                    found[source] = look(Real::New);
                }
                Step::Done | Step::Half | Step::Stop(_) => return (world, step),
            }
            if interruptions & (1 << number) != 0 {
                found = world.iter().copied().map(look).collect();
            }
        }
        panic!("no end: {world:?}");
    }

    fn worlds() -> impl Iterator<Item = Vec<Real>> {
        let pairs = OLD.into_iter().flat_map(|a| OLD.into_iter().map(move |b| vec![a, b]));
        let triples = pairs.clone().flat_map(|pair| {
            OLD.into_iter().map(move |c| pair.iter().copied().chain([c]).collect::<Vec<_>>())
        });
        pairs.chain(triples)
    }

    #[test]
    fn from_every_state_and_interrupted_anywhere_it_ends_with_the_new_value_everywhere() {
        for world in worlds() {
            for interruptions in 0..1 << 9 {
                let (end, step) = run(world.clone(), true, interruptions);
                assert_eq!(
                    (step, end.iter().all(|real| *real == Real::New)),
                    (Step::Done, true),
                    "{world:?}"
                );
            }
        }
    }

    #[test]
    fn from_every_state_a_mistyped_value_is_found_with_whatever_worked_still_working() {
        for world in worlds() {
            for interruptions in 0..1 << 9 {
                let (end, step) = run(world.clone(), false, interruptions);
                assert!(matches!(step, Step::Stop(Obstacle::Mistyped(_))), "{world:?}: {step:?}");
                assert_eq!(end.iter().filter(|real| **real == Real::New).count(), 1, "{world:?}");
                assert_eq!(end.contains(&Real::Works), world.contains(&Real::Works), "{world:?}");
            }
        }
    }

    #[test]
    fn writes_first_what_is_not_needed() {
        use Verdict::{Accepted, Refused, Restricted, Undecided, Unfit};
        let other = |verdict| Found { holding: Holding::Other, verdict };
        let unreadable = Found { holding: Holding::Unreadable, verdict: Verdict::Unknown };
        let unread = Found { holding: Holding::Unread, verdict: Verdict::Unknown };
        let new = Found { holding: Holding::New, verdict: Accepted };
        for (found, expected) in [
            (vec![other(Accepted), other(Accepted)], Step::Write(1)),
            (vec![other(Refused), other(Accepted)], Step::Write(0)),
            (vec![unreadable, other(Accepted)], Step::Write(0)),
            (vec![other(Accepted), unreadable], Step::Write(1)),
            // No source is known to work, and the probe itself may be wrong.
            (vec![other(Refused), unreadable], Step::Stop(Obstacle::NoneWorks)),
            (vec![other(Refused), other(Refused)], Step::Stop(Obstacle::NoneWorks)),
            (vec![other(Unfit), other(Refused)], Step::Stop(Obstacle::NoneWorks)),
            (vec![other(Undecided), other(Refused)], Step::Stop(Obstacle::Undecided(0))),
            // No source has a value that could work.
            (vec![unreadable, unreadable], Step::Write(0)),
            (vec![other(Unfit), unreadable], Step::Write(1)),
            (vec![other(Unfit), other(Unfit)], Step::Write(1)),
            (vec![other(Unfit), other(Accepted)], Step::Write(0)),
            (vec![unreadable, other(Refused), other(Accepted)], Step::Write(0)),
            (vec![other(Refused), unreadable, other(Accepted)], Step::Write(0)),
            (vec![other(Undecided), other(Accepted)], Step::Stop(Obstacle::Undecided(0))),
            (vec![other(Accepted), other(Undecided)], Step::Stop(Obstacle::Undecided(1))),
            (vec![other(Accepted), other(Accepted), other(Undecided)], Step::Stop(Obstacle::Undecided(2))),
            (vec![other(Accepted), other(Undecided), unreadable], Step::Write(2)),
            (vec![other(Undecided), unreadable], Step::Stop(Obstacle::Undecided(0))),
            (vec![other(Undecided), other(Undecided)], Step::Stop(Obstacle::Undecided(0))),
            (vec![other(Accepted)], Step::Stop(Obstacle::OnlySource)),
            (vec![other(Refused)], Step::Stop(Obstacle::NoneWorks)),
            (vec![unreadable], Step::Write(0)),
            (vec![other(Refused), unread], Step::Stop(Obstacle::Unread(1))),
            (vec![unread, other(Accepted)], Step::Stop(Obstacle::Unread(0))),
            (vec![unreadable, unread], Step::Stop(Obstacle::Unread(1))),
            (vec![unread], Step::Stop(Obstacle::Unread(0))),
            (vec![new, unread], Step::Stop(Obstacle::Unread(1))),
            (vec![other(Accepted), other(Restricted)], Step::Stop(Obstacle::Restricted(1))),
            (vec![other(Restricted)], Step::Stop(Obstacle::Restricted(0))),
            (vec![unreadable, other(Restricted)], Step::Stop(Obstacle::Restricted(1))),
            (vec![new, other(Restricted)], Step::Write(1)),
            (
                vec![other(Accepted), Found { verdict: Restricted, ..new }],
                Step::Stop(Obstacle::Restricted(1)),
            ),
        ] {
            assert_eq!(next(&found, None, Purpose::Injected { all_dead: false }), expected, "{found:?}");
        }
        for (found, expected) in [
            (vec![other(Refused), unreadable], Step::Write(1)),
            (vec![other(Refused), other(Refused)], Step::Write(1)),
            (vec![other(Refused)], Step::Write(0)),
            (vec![other(Refused), other(Accepted)], Step::Write(0)),
            (vec![other(Undecided), other(Refused)], Step::Stop(Obstacle::Undecided(0))),
            (vec![other(Restricted), other(Refused)], Step::Stop(Obstacle::Restricted(0))),
        ] {
            assert_eq!(next(&found, None, Purpose::Injected { all_dead: true }), expected, "{found:?}");
        }
    }

    #[test]
    fn what_a_mistyped_value_can_be_undone_with_is_tried_first() {
        let new = Found { holding: Holding::New, verdict: Verdict::Refused };
        let other = |verdict| Found { holding: Holding::Other, verdict };
        assert_eq!(next(&[other(Verdict::Unknown), new], None, INJECTED), Step::Probe(0));
        for verdict in [Verdict::Accepted, Verdict::Refused, Verdict::Undecided] {
            let stop = Step::Stop(Obstacle::Mistyped(1));
            assert_eq!(next(&[other(verdict), new], None, INJECTED), stop, "{verdict:?}");
        }
    }

    #[test]
    fn an_upstream_that_does_not_answer_stops_before_the_second_write() {
        let new = Found { holding: Holding::New, verdict: Verdict::Undecided };
        let old = Found { holding: Holding::Other, verdict: Verdict::Accepted };
        assert_eq!(next(&[old, new], None, INJECTED), Step::Stop(Obstacle::Undecided(1)));
    }

    #[test]
    fn a_proof_stops_half_way_until_it_is_told_to_finish() {
        let [new, old, missing, unread] =
            [Holding::New, Holding::Other, Holding::Unreadable, Holding::Unread]
                .map(|holding| Found { holding, verdict: Verdict::Unknown });
        for (found, finish, expected) in [
            (vec![old, old], false, Step::Write(1)),
            (vec![missing, old], false, Step::Write(0)),
            (vec![old, new], false, Step::Half),
            (vec![new, old], false, Step::Half),
            (vec![old, new], true, Step::Write(0)),
            (vec![new, old], true, Step::Write(1)),
            (vec![new, new], true, Step::Done),
            (vec![new, new], false, Step::Done),
            (vec![old, old], true, Step::Stop(Obstacle::NothingToPromote)),
            (vec![old], false, Step::Stop(Obstacle::OnlySource)),
            (vec![missing], false, Step::Write(0)),
            (vec![unread, old], false, Step::Stop(Obstacle::Unread(0))),
            (vec![missing, unread], false, Step::Stop(Obstacle::Unread(1))),
            (vec![unread, new], true, Step::Stop(Obstacle::Unread(0))),
            (vec![new, unread], false, Step::Half),
            (vec![unread, old], true, Step::Stop(Obstacle::Unread(0))),
        ] {
            assert_eq!(next(&found, None, Purpose::Proof { finish }), expected, "{found:?} {finish}");
        }
    }
}
