//! What is known of a source.

/// What is known of one source; of all secrets at that position, where a route's auth has several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// What the gateway reads there.
    pub holding: Holding,
    /// What the upstream says to it.
    pub verdict: Verdict,
}

/// What the gateway reads from a source. Of several secrets at one position the last of these holds for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holding {
    /// The new value, proved.
    New,
    /// Something else, or for several secrets not all of the new values.
    Other,
    /// Nothing that it could use: there is no value, or an empty one.
    Unreadable,
    /// It could not be read just now. What is there may be the only value that works.
    Unread,
}

/// What the upstream says to a request with one source alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not asked yet.
    Unknown,
    /// The expected status.
    Accepted,
    /// It is no key: the route's `failover` says so, or it does not fit its place.
    Refused,
    /// Refused, as the statuses of `--refused` alone say.
    RefusedAs(Refusal),
    /// Refused, and not as a value is that is certainly wrong: a key that works and may not do this is refused so.
    Restricted,
    /// Nothing that says whether the credential is any good: no answer, 429, or a fault of the upstream's own.
    Undecided,
}

/// A response that refuses a credential, as far as one is told from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Whether it is that of a token endpoint, and not the upstream's.
    pub is_of_token_endpoint: bool,
    /// Its status.
    pub status: u16,
    /// Whether it says in so many words that the credential is no good: the route's `failover` names it, or its code is
    /// that of OAuth.
    pub is_certain: bool,
}

impl Verdict {
    /// By a response that refuses the credential.
    pub fn refused(refusal: Refusal) -> Self {
        if refusal.is_certain { Self::Refused } else { Self::RefusedAs(refusal) }
    }

    /// Whether the credential is taken for one that is no good.
    pub fn is_refusal(self) -> bool {
        matches!(self, Self::Refused | Self::RefusedAs(_))
    }

    /// What it is worth, once it is known how a value is refused that is certainly wrong.
    pub fn compared_with(self, control: Refusal) -> Self {
        match self {
            Self::RefusedAs(refusal) if refusal == control => Self::Refused,
            Self::RefusedAs(_) => Self::Restricted,
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_like_that_of_a_wrong_value_is_one() {
        let refusal = |status, is_certain| Refusal { is_of_token_endpoint: false, status, is_certain };
        let (plain, named) = (refusal(401, false), refusal(401, true));
        let of_token_endpoint = Refusal { is_of_token_endpoint: true, ..plain };
        for (verdict, control, expected) in [
            (Verdict::refused(plain), plain, Verdict::Refused),
            (Verdict::refused(refusal(403, false)), plain, Verdict::Restricted),
            (Verdict::refused(plain), named, Verdict::Restricted),
            (Verdict::refused(plain), of_token_endpoint, Verdict::Restricted),
            (Verdict::refused(named), refusal(403, false), Verdict::Refused),
            (Verdict::Accepted, plain, Verdict::Accepted),
            (Verdict::Undecided, plain, Verdict::Undecided),
            (Verdict::Unknown, plain, Verdict::Unknown),
        ] {
            assert_eq!(verdict.compared_with(control), expected, "{verdict:?} {control:?}");
        }
    }
}
