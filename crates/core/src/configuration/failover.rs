//! The conditions for sending a request again.

use super::text::{List, Text};

/// The responses of an upstream that mean that it rejects the credential. The next source is tried then, and a
/// rotation knows that a key is not valid.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Failover {
    /// One or more conditions, of which one has to hold.
    pub when: List<RejectionCondition>,
}

/// A response that rejects the credential.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct RejectionCondition {
    /// From 400 to 599; from 200 where `body` is set.
    pub status: u16,
    /// A text in the beginning of the body; `None` if the status is enough.
    pub body: Option<Text>,
}

impl Failover {
    /// Whether a condition depends on the body.
    #[must_use]
    pub fn inspects_response(&self) -> bool {
        self.when.iter().any(|condition| condition.body.is_some())
    }
}

/// The attempts of a route when the connection fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Retry {
    /// The number of attempts, including the first one: two or more.
    pub attempts: u8,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_can_depend_on_the_body() {
        let condition =
            |body: Option<&'static str>| RejectionCondition { status: 401, body: body.map(Text::from) };
        for (when, expected) in [
            (vec![], false),
            (vec![condition(None)], false),
            (vec![condition(None), condition(Some("expired"))], true),
        ] {
            assert_eq!(Failover { when: when.into() }.inspects_response(), expected);
        }
    }
}
