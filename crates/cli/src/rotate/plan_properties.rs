//! Case 79: without `--overwrite`, no sequence of steps writes over a value that the store may have the
//! only copy of, whatever the state of three sources.

use super::*;
use crate::rotate::found::Refusal;

const REFUSAL: Refusal = Refusal { is_of_token_endpoint: false, status: 401, is_certain: false };
const HOLDINGS: [Holding; 4] = [Holding::New, Holding::Other, Holding::Unreadable, Holding::Unread];
const VERDICTS: [Verdict; 8] = [
    Verdict::Unknown,
    Verdict::Accepted,
    Verdict::Refused,
    Verdict::Waived,
    Verdict::RefusedAs(REFUSAL),
    Verdict::Unfit,
    Verdict::Restricted,
    Verdict::Undecided,
];
const PURPOSES: [Purpose; 4] = [
    Purpose::Injected { all_dead: false },
    Purpose::Injected { all_dead: true },
    Purpose::Proof { finish: false },
    Purpose::Proof { finish: true },
];

/// Each list of three of these.
fn triples<T: Copy>(all: &[T]) -> Vec<[T; 3]> {
    let pairs = || all.iter().flat_map(|first| all.iter().map(move |second| (*first, *second)));
    pairs().flat_map(|(first, second)| all.iter().map(move |third| [first, second, *third])).collect()
}

#[test]
fn no_step_writes_over_a_value_that_nobody_gave_up() {
    let states: Vec<Found> =
        HOLDINGS.into_iter().flat_map(|holding| VERDICTS.map(|verdict| Found { holding, verdict })).collect();
    for found in triples(&states) {
        let is_new = |source: &Found| source.holding == Holding::New;
        for held in [None, found.iter().position(is_new)] {
            for purpose in PURPOSES {
                let Step::Write(source) = next(&found, held, purpose) else { continue };
                let loss = found[source].loss();
                assert_ne!(loss, Loss::Unknown, "{found:?} {held:?} {purpose:?}");
                assert!(!is_new(&found[source]), "{found:?} {held:?} {purpose:?}");
                if matches!(purpose, Purpose::Proof { .. }) {
                    continue;
                }
                let works = |source: &Found| source.verdict == Verdict::Accepted;
                let others = || found.iter().enumerate().filter(|(other, _)| *other != source);
                let is_new_and_proved = held.is_none() && found.iter().any(|one| is_new(one) && works(one));
                let is_spare = !found.iter().any(is_new)
                    && others().any(|(_, other)| other.holding != Holding::Unread && works(other));
                let is_allowed = loss == Loss::Nothing || is_new_and_proved || is_spare;
                assert!(is_allowed, "{found:?} {held:?} {purpose:?}");
            }
        }
    }
}

/// The real content of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Real {
    /// The key in use.
    Current,
    /// Another key that works.
    Previous,
    /// A key that works, and that the gateway cannot read in this run.
    Hidden,
    Dead,
    Missing,
    /// The value that this run has written.
    Written,
}

/// The value that the user pastes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pasted {
    Current,
    Previous,
    New,
    Mistyped,
}

fn is_pasted(real: Real, pasted: Pasted) -> bool {
    matches!(
        (real, pasted),
        (Real::Written, _) | (Real::Current, Pasted::Current) | (Real::Previous, Pasted::Previous)
    )
}

fn works(real: Real, pasted: Pasted) -> bool {
    match real {
        Real::Current | Real::Previous | Real::Hidden => true,
        Real::Written => pasted != Pasted::Mistyped,
        Real::Dead | Real::Missing => false,
    }
}

/// Runs to the end, and checks each write. The probe of the source `hidden` fails: it becomes one that was not read.
fn run(mut world: [Real; 3], pasted: Pasted, hidden: Option<usize>, purpose: Purpose) {
    let look = |real: Real| Found {
        holding: match real {
            Real::Hidden => Holding::Unread,
            Real::Missing => Holding::Unreadable,
            real if is_pasted(real, pasted) => Holding::New,
            _ => Holding::Other,
        },
        verdict: Verdict::Unknown,
    };
    let before = world;
    let mut found = world.map(look);
    let held = found.iter().rposition(|source| source.holding == Holding::New);
    for _ in 0..32 {
        match next(&found, held, purpose) {
            Step::Probe(source) if hidden == Some(source) && found[source].holding == Holding::Other => {
                found[source] = Found { holding: Holding::Unread, verdict: Verdict::Undecided };
            }
            Step::Probe(source) => {
                let is_accepted = works(world[source], pasted);
                found[source].verdict = if is_accepted { Verdict::Accepted } else { Verdict::Refused };
            }
            Step::Write(source) => {
                let real = world[source];
                let told = format!("{before:?} {pasted:?} {hidden:?} {purpose:?}: {source} of {world:?}");
                assert_ne!(real, Real::Hidden, "{told}");
                assert!(found[source].holding != Holding::Unread, "{told}");
                let is_worth = works(real, pasted) && !is_pasted(real, pasted);
                assert!(held.is_none() || !is_worth, "{told}: the value may be an older one");
                let worked = world.iter().any(|real| works(*real, pasted));
                world[source] = Real::Written;
                found[source] = look(Real::Written);
                assert!(!worked || world.iter().any(|real| works(*real, pasted)), "{told}: the last one");
            }
            Step::Done | Step::Half | Step::Stop(_) => return,
        }
    }
    panic!("no end: {before:?}");
}

#[test]
fn no_sequence_of_steps_writes_over_the_last_source_that_works() {
    let all = [Real::Current, Real::Previous, Real::Hidden, Real::Dead, Real::Missing];
    for world in triples(&all) {
        for pasted in [Pasted::Current, Pasted::Previous, Pasted::New, Pasted::Mistyped] {
            for hidden in [None, Some(0), Some(1), Some(2)] {
                for all_dead in [false, true] {
                    run(world, pasted, hidden, Purpose::Injected { all_dead });
                }
            }
        }
    }
}
