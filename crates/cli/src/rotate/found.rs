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

/// What an overwrite of a source loses. No command can read a value, so the store may have its only copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Nothing: the source has the new value or none, the upstream refuses its value, or the user gives it up.
    Nothing,
    /// A value that works, or may work.
    Value,
    /// It is not known, because the source could not be read. That does not mean that its value is dead.
    Unknown,
}

/// The result of a probe with only this source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not asked yet.
    Unknown,
    /// The expected status.
    Accepted,
    /// The value does not work: the upstream refuses it as it refuses the control.
    Refused,
    /// Not asked: the user says that nobody needs the value. It may work all the same.
    Waived,
    /// Refused; the control has to confirm that a wrong value is refused like this.
    RefusedAs(Refusal),
    /// The value is not valid in its place, so the gateway never sends it.
    Unfit,
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

impl Found {
    /// What an overwrite of the source loses.
    pub fn loss(self) -> Loss {
        match (self.holding, self.verdict) {
            (Holding::New | Holding::Unreadable, _) | (_, Verdict::Waived) => Loss::Nothing,
            (Holding::Unread, _) => Loss::Unknown,
            (Holding::Other, verdict) if verdict.is_refusal() => Loss::Nothing,
            (Holding::Other, _) => Loss::Value,
        }
    }

    /// Whether the source has no value that the gateway could send.
    pub fn is_missing(self) -> bool {
        self.holding == Holding::Unreadable
    }
}

impl Verdict {
    /// Whether the credential counts as one that nobody needs.
    pub fn is_refusal(self) -> bool {
        matches!(self, Self::Refused | Self::Waived | Self::RefusedAs(_) | Self::Unfit)
    }

    /// Whether the gateway may serve requests with it.
    pub fn may_serve(self) -> bool {
        matches!(self, Self::Accepted | Self::Undecided | Self::Restricted)
    }

    /// The verdict after the comparison with the response to the control.
    pub fn compared_with(self, control: Refusal) -> Self {
        match self {
            Self::RefusedAs(refusal) if refusal.is_like(control) => Self::Refused,
            Self::RefusedAs(_) => Self::Restricted,
            other => other,
        }
    }
}

impl Refusal {
    /// Whether a wrong credential, which got `control`, is refused like this. If the route's `failover` matches the
    /// body of the control only, it is not: the same status may then mean a missing permission.
    fn is_like(self, control: Self) -> bool {
        self.status == control.status
            && self.is_of_token_endpoint == control.is_of_token_endpoint
            && (self.is_certain || !control.is_certain)
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
            (Verdict::RefusedAs(plain), plain, Verdict::Refused),
            (Verdict::RefusedAs(refusal(403, false)), plain, Verdict::Restricted),
            (Verdict::RefusedAs(plain), named, Verdict::Restricted),
            (Verdict::RefusedAs(plain), of_token_endpoint, Verdict::Restricted),
            (Verdict::RefusedAs(named), named, Verdict::Refused),
            (Verdict::RefusedAs(named), plain, Verdict::Refused),
            // `failover` has 401 and 403, and a key without permission gets 403.
            (Verdict::RefusedAs(refusal(403, true)), named, Verdict::Restricted),
            (Verdict::RefusedAs(named), refusal(403, false), Verdict::Restricted),
            (Verdict::Unfit, plain, Verdict::Unfit),
            (Verdict::Accepted, plain, Verdict::Accepted),
            (Verdict::Undecided, plain, Verdict::Undecided),
            (Verdict::Unknown, plain, Verdict::Unknown),
        ] {
            assert_eq!(verdict.compared_with(control), expected, "{verdict:?} {control:?}");
        }
    }
}
