//! The state of a source.

/// The state of one source. If several secrets are rotated together, of all their sources at one position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The value that the gateway reads.
    pub holding: Holding,
    /// The result of the probe.
    pub verdict: Verdict,
}

/// The value that the gateway reads from a source. For several secrets at one position, the last of these applies to
/// all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holding {
    /// The new value, as its HMAC proves.
    New,
    /// Another value; or of several secrets, not all have the new values.
    Other,
    /// No usable value: it is missing or empty.
    Unreadable,
    /// It could not be read. It may be the only value that works.
    Unread,
}

/// The result of a probe with only this source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not asked yet.
    Unknown,
    /// The expected status.
    Accepted,
    /// The value does not work: the response matches the route's `failover`, or the value is not valid in its place.
    Refused,
    /// Refused with a status of `--refused`, which the control has to confirm.
    RefusedAs(Refusal),
    /// Refused in another way than the control: a valid key without permission is refused like this.
    Restricted,
    /// It is not known whether the credential works: there was no response, or 429, or an error of the upstream.
    Undecided,
}

/// The properties that distinguish one refusal of a credential from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Whether the response came from a token endpoint, and not from the upstream.
    pub is_of_token_endpoint: bool,
    /// Its status.
    pub status: u16,
    /// Whether the response means a wrong credential: it matches the route's `failover`, or has an OAuth error code.
    pub is_certain: bool,
}

impl Verdict {
    /// A source that the upstream has refused.
    pub fn refused(refusal: Refusal) -> Self {
        if refusal.is_certain { Self::Refused } else { Self::RefusedAs(refusal) }
    }

    /// Whether the credential counts as wrong.
    pub fn is_refusal(self) -> bool {
        matches!(self, Self::Refused | Self::RefusedAs(_))
    }

    /// The verdict after the comparison with the response to the control.
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
