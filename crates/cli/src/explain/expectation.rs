//! The decision that a test expects of the gateway.

use ostiary_core::refusal::Code;

use super::explanation::{Decision, Explanation};

/// Any refusal.
const REFUSED: &str = "refused";
const FORWARDED: &str = "forwarded";
const ANSWERED: &str = "answered";

/// All decisions: the kinds, and the codes of refusals.
pub fn names() -> impl Iterator<Item = &'static str> {
    [FORWARDED, ANSWERED, REFUSED].into_iter().chain(Code::ALL.into_iter().map(Code::as_str))
}

/// Whether the gateway has made this decision.
pub fn is_met(expected: &str, explanation: &Explanation) -> bool {
    match explanation.decision {
        Decision::Forwarded => expected == FORWARDED,
        Decision::Answered => expected == ANSWERED,
        Decision::Refused => expected == REFUSED || explanation.code == Some(expected),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_decision_has_one_name() {
        let mut all: Vec<_> = names().collect();
        assert!(all.contains(&"not_allowed") && all.len() == Code::ALL.len() + 3);
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), Code::ALL.len() + 3);
    }
}
